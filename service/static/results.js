// The answer as a list: one entry a document, its best sentence first; "more" opens the rest of what was found in it.

import { get } from "./api.js";
import { byId, el, plain } from "./dom.js";
import { digest, flat, whole } from "./excerpts.js";
import { keeper } from "./keeping.js";
import { path } from "./paths.js";
import { authorsOf, coins } from "./references.js";
import { offsets, parts } from "./spans.js";
import { date, languageName, spoken, t } from "./words.js";

const NAMED = 3; // authors, beyond which the first stands for all
const SEVERAL = { also_in: "also_in_n", versions: "versions_n" };
const SHORT = 120; // characters of a passage that are shown whole on any screen

let shown = []; // what each entry of the list was made from
let judging = null; // what offers to judge an answer, where the service keeps that; asked for once

/** Whether a hit has something to do with the question. */
export const matters = (hit) => hit.relevance.class !== "none";

/** Hits by document, the best passage of each first. */
export function grouped(hits) {
  const groups = new Map();
  for (const hit of hits) {
    const [passages, document] = [[hit, ...hit.more], JSON.stringify([hit.collection, hit.source])];
    if (groups.has(document)) groups.get(document).push(...passages);
    else groups.set(document, passages);
  }
  return [...groups.values()];
}

/**
 * Shows groups of hits; entries that are the same as before stay where they are. `actions` holds
 * href(hit), link(hit), cite(hit, button) and similar(hit).
 */
export function show(groups, actions) {
  const list = byId("results");
  const made = groups.map((group) => JSON.stringify([group, spoken(), actions.href(group[0])]));
  const same = made.findIndex((each, at) => each !== shown[at]);
  const kept = same < 0 ? made.length : same;
  while (list.children.length > kept) list.lastElementChild.remove();
  list.append(...groups.slice(kept).map((group) => entry(group, actions)));
  shown = made;
}

/** Marks the passage that is open in the reader; an entry that holds it further down is opened. */
export function mark(passage) {
  const within = `#results [data-further~="${CSS.escape(passage)}"]`;
  if (passage) document.querySelector(`${within} .unfold[aria-expanded=false]`)?.click();
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
  const best = passage(first, digest(first), actions);
  const node = el(
    "article",
    { class: "entry", data: { further: others.map((hit) => hit.passage_id).join(" ") } },
    el(
      "h2",
      { dir: "auto", lang: first.language },
      el("a", { class: "title", href: actions.href(first), text: first.title }),
    ),
    coins(first, actions.link(first)),
    meta(first),
    best,
  );
  best.querySelector(".tools").append(judged(first));
  if (others.length || first.text.length > SHORT) best.querySelector(".tools").append(unfolding(node, group, actions));
  return el("li", {}, node);
}

/** Room for the buttons that judge a hit's document; they come where the service keeps what they say. */
function judged(hit) {
  const node = el("span", { class: "judging" });
  judging ??= get("judgements", "/judgements").then(
    ({ kept }) => kept && import("./judging.js"),
    () => (judging = null),
  );
  judging.then((there) => there && there.draw(node, hit));
  return node;
}

/** The button that opens the whole passage and the others of its document, and folds them again. */
function unfolding(entry, [first, ...others], actions) {
  const said = (open) => t(open ? "fold" : others.length ? "further" : "unfold", { n: others.length });
  const set = (button, open) => {
    button.textContent = said(open);
    button.setAttribute("aria-expanded", String(open));
    button.setAttribute("aria-label", `${said(open)} · ${told(first)}`);
    return button;
  };
  const toggled = ({ currentTarget }) => {
    const open = currentTarget.getAttribute("aria-expanded") === "false";
    entry.querySelector("blockquote").replaceWith(quote(first, open ? whole(first) : digest(first), actions, open));
    if (open) entry.append(...others.map((hit) => passage(hit, digest(hit), actions)));
    else for (const node of [...entry.querySelectorAll(".passage")].slice(1)) node.remove();
    set(currentTarget, open);
  };
  return set(plain("", toggled, { class: "plain unfold" }), false);
}

/** Authors, year, language where it is not the page's, and the path. */
function meta(hit) {
  const [year] = (hit.date ?? "").split("-");
  return el(
    "p",
    { class: "meta" },
    authors(hit),
    year && el("time", { datetime: hit.date, title: date(hit.date), text: year }),
    hit.language && hit.language !== spoken() && el("span", { text: languageName(hit.language) }),
    path(hit.source),
  );
}

/** At most three names, each in its own direction; of more the first stands for all. */
function authors(hit) {
  const names = authorsOf(hit).map(({ family, given, literal }) => literal ?? [given, family].filter(Boolean).join(" "));
  if (!names.length) return null;
  if (names.length > NAMED) return el("span", { dir: "auto", title: names.join(", "), text: t("and_others", { name: names[0] }) });
  return el("span", {}, names.flatMap((name, at) => [at ? ", " : null, el("bdi", { text: name })]));
}

function passage(hit, pieces, actions) {
  const name = matters(hit) ? "passage" : "passage far";
  const node = el("div", { class: name, data: { passage: hit.passage_id } });
  const tools = el(
    "p",
    { class: "tools" },
    plain(t("cite"), (event) => actions.cite(hit, event.currentTarget), named("cite", hit)),
    keeper(hit),
    plain(t("similar"), () => actions.similar(hit), named("similar", hit)),
  );
  node.append(quote(hit, pieces, actions), el("div", { class: "foot" }, place(hit), tools));
  for (const kind of ["also_in", "versions"]) {
    if (hit[kind].length) node.append(elsewhere(kind, hit[kind], actions));
  }
  return node;
}

/** The name of a button for those who hear it among many others: what it does, and to which passage. */
export const named = (does, hit) => ({ "aria-label": `${t(does)} · ${told(hit)}` });

const told = ({ title, page, page_label }) =>
  page === null ? title : `${title}, ${t("page", { page: page_label ?? String(page) })}`;

/** How sure it is, and where in the document: its page and its headings. */
function place(hit) {
  const sure = hit.relevance.class;
  const section = hit.section.filter((heading) => heading !== hit.title);
  return el(
    "p",
    { class: "place" },
    sure !== "uncalibrated" && el("span", { class: `sign ${sure}`, text: t(`relevance.${sure}`) }),
    hit.page !== null && el("span", { text: t("page", { page: hit.page_label ?? String(hit.page) }) }),
    section.length > 0 && el("span", { class: "section", dir: "auto", text: section.join(" › ") }),
  );
}

/** Pieces of a passage as text that is read on; the best sentence is the link into its document. */
function quote(hit, pieces, actions, open = false) {
  const drawn = pieces.map(({ start, end, kind }, at) => {
    if (kind === "gap") return at === 0 ? "… " : at === pieces.length - 1 ? " …" : " … ";
    const text = emphasised(hit, start, end);
    if (kind === "text") return el("span", {}, text);
    const marked = el("mark", {}, text);
    return kind === "best" ? el("a", { class: "sentence", href: actions.href(hit) }, marked) : marked;
  });
  return el("blockquote", { class: open ? "open" : null, dir: "auto", lang: hit.language }, drawn);
}

/** The text of a hit from one place to another on one line, words of the question in bold. */
function emphasised(hit, from, to) {
  const place = offsets(hit.text);
  const words = hit.matches.map(({ start, end }) => [place(start), place(end)]);
  return parts(from, to, words).map(([start, end, inside]) => {
    const text = flat(hit.text, start, end);
    return inside ? el("strong", { text }) : text;
  });
}

/** Where else the same text stands, or one that differs in figures alone; several places wait behind their number. */
function elsewhere(kind, others, actions) {
  const links = others.map((other) =>
    el(
      "li",
      {},
      el("a", { href: actions.href(other), dir: "auto", text: other.title }),
      path(other.source),
      other.date && el("time", { datetime: other.date, text: date(other.date) }),
    ),
  );
  const list = el("ul", {}, links);
  if (links.length === 1) return el("div", { class: `also ${kind}` }, el("span", { text: t(kind) }), list);
  const said = el("summary", { class: "plain", text: t(SEVERAL[kind], { n: links.length }) });
  return el("details", { class: `also ${kind}` }, said, list);
}
