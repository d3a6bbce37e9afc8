// The answer as a list: one entry a document, its passages under it, what answers best in each marked.

import { bare } from "./blocks.js";
import { byId, el, plain } from "./dom.js";
import { around, locate, offsets, parts } from "./spans.js";
import { date, languageName, spoken, t } from "./words.js";

const ROOM = 260; // characters shown to each side of the best sentence
const LESS = 90; // the same for a document's further passages

let shown = []; // what each entry of the list was made from

/** Whether a hit has something to do with the question. */
export const matters = (hit) => hit.relevance.class !== "none";

/** Hits by document, the best passage of each first. */
export function grouped(hits) {
  const groups = new Map();
  for (const hit of hits) {
    const passages = [hit, ...hit.more];
    if (groups.has(hit.source)) groups.get(hit.source).push(...passages);
    else groups.set(hit.source, passages);
  }
  return [...groups.values()];
}

/**
 * Shows groups of hits; entries that are the same as before stay where they are. `actions` holds
 * href(hit), cite(hit, button), similar(hit) and the passage that is open.
 */
export function show(groups, actions) {
  const list = byId("results");
  const made = groups.map((group) => JSON.stringify([group, spoken()]));
  const same = made.findIndex((each, at) => each !== shown[at]);
  const kept = same < 0 ? made.length : same;
  while (list.children.length > kept) list.lastElementChild.remove();
  list.append(...groups.slice(kept).map((group) => entry(group, actions)));
  shown = made;
}

/** Marks the passage that is open in the reader. */
export function mark(passage) {
  for (const node of document.querySelectorAll("#results .passage")) {
    const link = node.querySelector(".sentence");
    if (node.dataset.passage === passage) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
}

/** The links to passages, in the order they are shown. */
export const links = () => [...document.querySelectorAll("#results .sentence")];

function entry(group, actions) {
  const [first, ...others] = group;
  const far = others.filter((hit) => !matters(hit) && matters(first));
  return el(
    "li",
    {},
    el(
      "article",
      { class: "entry" },
      el("h2", { dir: "auto", text: first.title, lang: first.language }),
      meta(first),
      passage(first, ROOM, actions),
      others.filter((hit) => !far.includes(hit)).map((hit) => passage(hit, LESS, actions)),
      far.length > 0 && folded(far, actions),
    ),
  );
}

/** A document's passages that have little to do with the question, behind a button. */
function folded(far, actions) {
  const unfold = (event) => {
    const nodes = far.map((hit) => passage(hit, LESS, actions));
    event.currentTarget.replaceWith(...nodes);
    nodes[0].querySelector(".sentence").focus({ preventScroll: true });
  };
  return plain(t("far", { n: far.length }), unfold, { class: "plain fold" });
}

function meta(hit) {
  const said = [
    el("span", { class: "source", dir: "auto", text: hit.source }),
    hit.author && el("span", { dir: "auto", text: hit.author }),
    hit.date && el("time", { datetime: hit.date, text: date(hit.date) }),
    hit.language && el("span", { text: languageName(hit.language) }),
  ];
  return el("p", { class: "meta" }, said);
}

function passage(hit, room, actions) {
  const name = matters(hit) ? "passage" : "passage far";
  const node = el("div", { class: name, data: { passage: hit.passage_id } });
  node.append(
    place(hit),
    quote(hit, room, actions),
    el(
      "p",
      { class: "tools" },
      plain(t("cite"), (event) => actions.cite(hit, event.currentTarget)),
      plain(t("similar"), () => actions.similar(hit)),
    ),
  );
  for (const kind of ["also_in", "versions"]) {
    if (hit[kind].length) node.append(elsewhere(kind, hit[kind], actions));
  }
  return node;
}

/** How sure it is, and where in the document: its page and its headings. */
function place(hit) {
  const sure = hit.relevance.class;
  return el(
    "p",
    { class: "place" },
    sure !== "uncalibrated" && el("span", { class: `sign ${sure}`, text: t(`relevance.${sure}`) }),
    hit.page !== null && el("span", { text: t("page", { page: hit.page_label ?? String(hit.page) }) }),
    hit.section.length > 0 && el("span", { dir: "auto", text: hit.section.join(" › ") }),
  );
}

function quote(hit, room, actions) {
  const [best, ...others] = hit.highlights.map((sentence) => span(hit, sentence));
  const [start, end] = best ?? [0, 0];
  const head = best ? headed(hit, start) : 0;
  const [before, to] = around(hit.text, start, end, room);
  const from = Math.max(before, head);
  const marked = (...sentence) => el("mark", {}, emphasised(hit, ...sentence));
  const link = el("a", { class: "sentence", href: actions.href(hit) }, marked(...(best ?? [from, to])));
  const beside = (first, last) =>
    parts(first, last, others.filter(Boolean)).map(([at, stop, inside]) =>
      inside ? marked(at, stop) : hit.text.slice(at, stop),
    );
  return el(
    "blockquote",
    { dir: "auto", lang: hit.language },
    from > head && "… ",
    best && beside(from, start),
    link,
    best && beside(end, to),
    to < hit.text.length && " …",
  );
}

/** Where a sentence stands in a hit's text; null where it was written otherwise. */
function span(hit, { text, start }) {
  const at = locate(hit.text, text, start - hit.start);
  return at < 0 ? null : [at, at + text.length];
}

/** The text of a hit from one place to another, words of the question in bold. */
function emphasised(hit, from, to) {
  const place = offsets(hit.text);
  const words = hit.matches.map(({ start, end }) => [place(start), place(end)]);
  return parts(from, to, words).map(([start, end, inside]) => {
    const text = hit.text.slice(start, end);
    return inside ? el("strong", { text }) : text;
  });
}

/** Characters at a passage's head, before its best sentence, that only repeat its title and its headings. */
function headed(hit, limit) {
  const said = new Set([hit.title, ...hit.section].map(bare));
  let head = 0;
  for (const line of hit.text.slice(0, limit).split(/(?<=\n)/)) {
    if (line.trim() && !said.has(bare(line))) break;
    head += line.length;
  }
  return head;
}

/** Where else the same text stands, or one that differs in figures alone. */
function elsewhere(kind, others, actions) {
  const links = others.map((other) =>
    el(
      "li",
      {},
      el("a", { href: actions.href(other), dir: "auto", text: other.title }),
      el("span", { class: "source", dir: "auto", text: other.source }),
      other.date && el("time", { datetime: other.date, text: date(other.date) }),
    ),
  );
  return el("div", { class: `also ${kind}` }, el("span", { text: t(kind) }), el("ul", {}, links));
}
