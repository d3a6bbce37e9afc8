// A document beside the results: its whole text, the passage that was asked for marked and in view.

import { forget, get, LOCKED, PASSING, pathOf } from "./api.js";
import { blocks, direction, pieces, wrapped } from "./blocks.js";
import { button, byId, el, plain } from "./dom.js";
import { atSentence, openOriginal } from "./originals.js";
import { keeper } from "./keeping.js";
import { entire } from "./paths.js";
import { bare, offsets } from "./spans.js";
import { date, languageName, leftward, t } from "./words.js";

const LINE = 40; // pixels of a passage that are enough to see where it begins
const MANY = 400; // blocks beyond which those out of sight are not laid out
const DRAWN = ["pdf", "picture"]; // formats whose pages the service draws

let held = null; // the document last fetched
let pictured = false; // whether pages are shown as they look, where there are any
let open = null; // what is shown: {doc, passage, hits, at} and the actions given with it

/**
 * Opens a document at a passage; whether it is shown. hits are those of the answer that stand in it;
 * actions hold close(), go(passage), cite(hit, button), similar(hit), failed(failure).
 */
export async function read(source, passage, hits, actions) {
  const reader = byId("reader");
  const fresh = open?.source !== source;
  const before = JSON.stringify(open?.hits);
  open = { source, passage, hits: [...hits].sort((a, b) => a.start - b.start), actions };
  if (fresh) {
    reader.hidden = false;
    const waiting = el("div", { class: "page", "aria-busy": "true" });
    reader.replaceChildren(head({ title: hits[0]?.title ?? source, source }), waiting);
    reader.querySelector("h2").focus({ preventScroll: true });
  }
  try {
    const asked = pathOf("documents", source);
    if (held?.asked !== asked) held = { asked, doc: under(source, await get("document", asked)) };
  } catch (failure) {
    if ([...PASSING, ...LOCKED].includes(failure.kind)) actions.failed(failure);
    else if (failure.kind !== "stale") {
      const why = el("p", { class: "gone", text: t(`failure.${failure.kind}`) });
      swap(head({ title: source, source }), el("div", { class: "page" }, why));
    }
    return false;
  }
  if (open?.source !== source) return false;
  if (fresh || reader.querySelector("[aria-busy]")) draw(true);
  else if (before !== JSON.stringify(open.hits)) draw(false);
  else if (leafed(held.doc)) draw(true);
  else select();
  return true;
}

/** Whether the document that is open has come. */
const isHeld = () => open !== null && held?.asked === pathOf("documents", open.source);

/** A document under the path that was asked for, where that is one of its copies. */
function under(source, doc) {
  if (!doc.copies.includes(source)) return doc;
  return { ...doc, source, copies: doc.copies.map((each) => (each === source ? doc.source : each)) };
}

export function close() {
  forget("document");
  open = null;
  byId("reader").hidden = true;
  byId("reader").replaceChildren();
}

/** Draws what is open once more, in the language of now. */
export function redraw() {
  if (isHeld()) draw(false);
}

/** Goes to the next (1) or the one before (-1) of this document's hits, or of all its passages. */
export function step(by, among = "hits") {
  if (!isHeld()) return;
  const all = among === "hits" ? open.hits : held.doc.content;
  const here = all.findIndex((each) => each.passage_id === open.passage);
  const there = all[here < 0 ? 0 : here + by];
  if (there) open.actions.go(there.passage_id);
}

/** Draws all of it; brings the passage into view, or stays where the text was scrolled to. */
function draw(anew) {
  const reader = byId("reader");
  const before = reader.querySelector(".page");
  const scrolled = before ? scroller(before).scrollTop : 0;
  const page = leafed(held.doc) ? leaf(held.doc) : sheet(held.doc);
  swap(head(held.doc), page);
  if (anew) bring(page);
  else scroller(page).scrollTop = scrolled;
}

/** Makes another passage the current one of the text as it is drawn. */
function select() {
  const page = byId("reader").querySelector(".page");
  for (const node of page.querySelectorAll("[data-passage]")) {
    node.classList.toggle("current", node.dataset.passage === open.passage);
  }
  swap(head(held.doc), page);
  bring(page);
}

/** Puts head and sheet in place, without losing the focus. */
function swap(head, page) {
  const reader = byId("reader");
  const focused = reader.contains(document.activeElement) && document.activeElement.dataset.does;
  if (page.parentNode === reader) reader.firstElementChild.replaceWith(head);
  else reader.replaceChildren(head, page);
  if (!focused) return;
  const again = reader.querySelector(`[data-does="${focused}"]:enabled`) ?? reader.querySelector("h2");
  (focused === "page" ? page : again).focus({ preventScroll: true });
}

/** What scrolls the text: its sheet, or where there is little height all of the reader. */
const scroller = (page) => (getComputedStyle(page).overflowY === "visible" ? byId("reader") : page);

/** Scrolls the text, and nothing else, until the current passage stands in its upper part, unless it is seen. */
function bring(page) {
  const node = page.querySelector("mark.current") ?? page.querySelector(".current");
  if (!node) return;
  const box = scroller(page);
  const [seen, it] = [box.getBoundingClientRect(), node.getBoundingClientRect()];
  const hidden = it.top < seen.top || Math.min(it.bottom, it.top + LINE) > seen.bottom;
  if (hidden) box.scrollTop += it.top - seen.top - seen.height / 4;
}

function head(doc) {
  const { actions, hits, passage } = open;
  const at = hits.findIndex((each) => each.passage_id === passage);
  const signed = (does, sign, act, off = false) =>
    button(sign, act, { data: { does }, "aria-label": t(does), title: t(does), disabled: off });
  const current = held?.doc === doc && here();
  const hit = current && { ...doc, highlight: null, ...current };
  return el(
    "div",
    { class: "head" },
    el("h2", { tabindex: "-1", dir: "auto", text: doc.title, data: { does: "title" } }),
    signed("close", "×", actions.close),
    el("p", { class: "meta" }, about(doc)),
    el(
      "p",
      { class: "tools" },
      hits.length > 1 && [
        signed("previous", "‹", () => step(-1), at === 0),
        el("span", { class: "count", text: t("hit_of", { at: at < 0 ? "–" : at + 1, n: hits.length }) }),
        signed("next", "›", () => step(1), at === hits.length - 1),
      ],
      hit && [
        plain(t("cite"), (event) => actions.cite(hit, event.currentTarget), named("cite", hit)),
        keeper({ ...hit, highlight: hit.highlight ?? null }),
        plain(t("similar"), () => actions.similar(hit), named("similar", hit)),
      ],
      held?.doc === doc && [
        DRAWN.includes(doc.format) && plain(t(pictured ? "text_shown" : "leaf_shown"), turned, { data: { does: "view" } }),
        plain(t("original"), opened, { data: { does: "original" } }),
      ],
      online(doc, hit),
    ),
    el("p", { class: "refusal", role: "status", data: { says: "original" } }),
    el("p", { class: "printed", text: actions.link({ source: doc.source, passage_id: passage }) }),
  );
}

/** The hit or the passage that is open, if any. */
const here = () =>
  [...open.hits, ...held.doc.content].find((each) => each.passage_id === open.passage);

const leafed = (doc) => pictured && DRAWN.includes(doc.format);

/** From the text to the pages as they look, or back. */
function turned() {
  pictured = !pictured;
  draw(true);
}

/** The page as it looks on which the open passage stands; what cannot be drawn is said, and the text shown. */
function leaf(doc) {
  const node = el("div", { class: "page picture", tabindex: "0", role: "region", "aria-label": t("leaf_shown"), data: { does: "page" } });
  const at = here();
  const span = { page: at?.page ?? null, start: at?.highlight?.start ?? at?.start, end: at?.highlight?.end ?? at?.end };
  const failed = (failure) => {
    if (failure.kind === "stale" || !node.isConnected) return;
    pictured = false;
    draw(true);
    refused(failure);
  };
  const seen = (place) => {
    const box = scroller(node);
    box.scrollTop = place - box.clientHeight / 4;
  };
  import("./leaves.js").then(({ show }) => show(node, doc.source, span, { failed, seen }));
  return node;
}

/** Opens the file at the page of what is open, or says why not. */
async function opened() {
  refused(null);
  try {
    await openOriginal(held.doc.source, held.doc.format === "pdf" ? here()?.page : null);
  } catch (failure) {
    refused(failure);
  }
}

function refused(failure) {
  const said = byId("reader").querySelector("[data-says=original]");
  if (!failure) said.textContent = "";
  else if (LOCKED.includes(failure.kind)) open.actions.failed(failure);
  else if (failure.kind !== "stale") {
    const why = failure.message && el("span", { lang: "en", text: ` ${failure.message}` });
    said.replaceChildren(t(failure.kind === "missing" ? "no_original" : `failure.${failure.kind}`), why || "");
  }
}

/** What a button does, and to what, for those who hear it by itself. */
const named = (does, { title }) => ({ data: { does }, "aria-label": `${t(does)} · ${title}` });

/** A link to the original on the web, at the sentence where the browser can find it. */
function online({ url }, hit) {
  const href = url && atSentence(url, hit);
  return href && el("a", { href, target: "_blank", rel: "noopener noreferrer", text: t("online"), data: { does: "online" } });
}

function about(doc) {
  return [
    entire(doc.source),
    doc.author && el("span", { dir: "auto", text: doc.author }),
    doc.date && el("time", { datetime: doc.date, text: date(doc.date) }),
    doc.language && el("span", { text: languageName(doc.language) }),
    doc.copies?.length > 0 && el("span", {}, `${t("also_in")} `, doc.copies.flatMap((each, at) => [at ? ", " : null, entire(each)])),
  ];
}

function sheet(doc) {
  const { text, content } = doc;
  const place = offsets(text);
  const spans = (all) => all.map(({ start, end }) => ({ start: place(start), end: place(end) }));
  const markdown = doc.format === "markdown";
  const passages = spans(content);
  const sentences = spans(open.hits.map((hit) => hit.highlight));
  const titles = new Map([[bare(doc.title), 1]]);
  for (const { section } of content) section.forEach((title, level) => titles.set(bare(title), level + 1));
  const shown = {
    pages: content.map(({ page }, at) => (at && content[at - 1].page === page ? null : page)),
    sentences: open.hits.map((hit) => hit.passage_id),
    content,
    markdown,
  };
  const found = blocks(text, markdown, titles);
  const gone = open.passage && !content.some((each) => each.passage_id === open.passage);
  const node = el("div", {
    class: found.length > MANY ? "page long" : "page",
    tabindex: "0",
    role: "region",
    "aria-label": t("text"),
    dir: leftward(doc.language) ? "rtl" : null,
    data: { does: "page" },
    onclick: chosen,
  });
  if (gone) node.append(el("p", { class: "gone", text: t("gone") }));
  for (const block of found) {
    const parts = pieces(text, block, markdown, passages, sentences);
    const seen = parts.filter((part) => part.markup !== "unseen");
    const written = seen.map((part) => text.slice(part.start, part.end)).join("");
    if (written.trim()) node.append(block.level === "front" ? front(written) : drawn(text, block, parts, shown, written));
  }
  return node;
}

/** What a file says of itself above its text, which the head tells in words. */
const front = (written) =>
  el("details", { class: "front" }, el("summary", { class: "plain", text: t("front") }), el("pre", { text: written }));

/** A block of the text; written is what of it is shown. */
function drawn(text, block, parts, shown, written) {
  const heading = typeof block.level === "number" && block.level > 0;
  const code = block.level === "code";
  const kinds = [block.level === "item" && "item", !heading && !code && wrapped(written) && "joined"];
  const node = el(heading ? `h${Math.min(6, block.level + 2)}` : code ? "pre" : "p", {
    dir: code ? "ltr" : direction(written), // figures alone go the way of their document
    class: kinds.filter(Boolean).join(" ") || null,
  });
  for (const part of parts) {
    const passage = shown.content[part.passage];
    const page = shown.pages[part.passage] ?? null;
    if (page !== null) node.append(el("span", { class: "leaf", text: t("page", { page: String(page) }) }));
    shown.pages[part.passage] = null;
    node.append(piece(text.slice(part.start, part.end), part, passage, shown));
  }
  return node;
}

function piece(said, part, passage, shown) {
  const id = passage?.passage_id;
  const current = id !== undefined && id === open.passage;
  const best = part.sentence >= 0 && shown.sentences[part.sentence] === id;
  const names = [
    current && "current",
    part.markup && `markup ${part.markup}`,
    part.bold && "bold",
    part.code && "code",
  ].filter(Boolean);
  const data = id ? { passage: id } : {};
  return el(best ? "mark" : "span", { class: names.join(" ") || null, data, lang: passage?.language, text: said });
}

/** A click on a passage makes it the one that is cited and compared; a selection of text does not. */
function chosen(event) {
  const passage = event.target.closest("[data-passage]")?.dataset.passage;
  if (passage && passage !== open.passage && getSelection().isCollapsed) open.actions.go(passage);
}
