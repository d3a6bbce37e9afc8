// What a person keeps in this browser: passages, each with a note, and questions. What is shown of them follows.

import { announce, byId, el, plain } from "./dom.js";
import { keep as store } from "./storage.js";
import { t } from "./words.js";

const PASSAGES = "repere.basket";
const QUESTIONS = "repere.questions";
const LONGEST = 20_000; // characters of a text from a file or a link that are taken
/** What is kept of a hit: all that a citation and an export tell. */
const FIELDS = [
  ...["source", "passage_id", "collection", "title", "author", "authors", "date", "type", "container", "publisher", "volume", "issue"],
  ...["pages", "identifiers", "url", "tags", "language", "format", "section", "page", "page_label", "start", "end", "text"],
];

/** Passages that are kept, in the order in which they were. */
export const passages = () => list(PASSAGES).map(safe).filter(Boolean);

/** Questions that are kept: {q, search}, search being the address that asks it. */
export const questions = () =>
  list(QUESTIONS).filter(({ q, search }) => typeof q === "string" && typeof search === "string" && /^(?:\?|$)/.test(search));

function list(name) {
  try {
    const found = JSON.parse(localStorage.getItem(name) ?? "[]");
    return Array.isArray(found) ? found.filter((each) => each && typeof each === "object") : [];
  } catch {
    return [];
  }
}

/** A passage as it may be shown, whatever a file or a link holds in its place; null where it is none. */
export function safe(given) {
  const text = (value) => (typeof value === "string" ? value.slice(0, LONGEST) : null);
  const whole = (value) => (Number.isSafeInteger(value) ? value : null);
  const texts = (value) => (Array.isArray(value) ? value.map(text).filter(Boolean) : []);
  if (!text(given?.source) || !text(given.passage_id)) return null;
  const found = {};
  for (const name of FIELDS) found[name] = text(given[name]);
  for (const name of ["page", "start", "end"]) found[name] = whole(given[name]);
  for (const name of ["section", "tags"]) found[name] = texts(given[name]);
  const names = Array.isArray(given.authors) ? given.authors.filter((each) => each && typeof each === "object") : [];
  found.authors = names.map(({ family, given: first, literal }) => ({ family: text(family), given: text(first), literal: text(literal) }));
  const schemes = given.identifiers && typeof given.identifiers === "object" ? Object.entries(given.identifiers) : [];
  found.identifiers = Object.fromEntries(schemes.filter(([, value]) => text(value)));
  found.title ??= found.source;
  found.text ??= "";
  if (!/^\d{4}(?:-\d\d){0,2}$/.test(found.date ?? "")) found.date = null;
  const { highlight } = given;
  found.highlight = {
    text: text(highlight?.text) ?? found.text,
    start: whole(highlight?.start) ?? found.start,
    end: whole(highlight?.end) ?? found.end,
  };
  found.note = text(given.note) ?? "";
  return found;
}

/** Keeps passages in place of those that were; whether the browser had room. */
export function keepAll(kept) {
  const done = store(PASSAGES, JSON.stringify(kept));
  counted();
  return done;
}

/** A button that keeps a hit or lets go of it. */
export function keeper(hit) {
  const node = plain("", () => toggled(hit), { class: "plain keep", data: { keeps: hit.passage_id, title: hit.title } });
  return pressed(node, passages().some((each) => each.passage_id === hit.passage_id));
}

function pressed(node, is) {
  node.textContent = t(is ? "kept" : "keep");
  node.setAttribute("aria-label", `${t("keep")} · ${node.dataset.title}`);
  node.setAttribute("aria-pressed", String(is));
  return node;
}

function toggled(hit) {
  const before = passages();
  const others = before.filter((each) => each.passage_id !== hit.passage_id);
  const keeps = others.length === before.length;
  const done = keepAll(keeps ? [...before, safe({ highlight: null, ...hit })] : others);
  if (!done) announce(t("not_kept"));
  else announce(t(keeps ? "kept_n" : "let_go", { n: passages().length }));
}

/** Says how many passages are kept, and of each button whether it keeps its own. */
export function counted() {
  const kept = new Set(passages().map((each) => each.passage_id));
  const link = byId("kept-link");
  link.hidden = !kept.size && !questions().length;
  link.textContent = t("basket_n", { n: kept.size });
  for (const node of document.querySelectorAll("[data-keeps]")) pressed(node, kept.has(node.dataset.keeps));
}

/** Shows the button that keeps a question, for the one that an address asks; "" hides it. */
export function questionShown(q, search) {
  const node = byId("save");
  const is = questions().some((each) => each.search === search);
  node.hidden = !q;
  node.textContent = is ? "★" : "☆";
  node.title = t("save_question");
  node.setAttribute("aria-label", node.title);
  node.setAttribute("aria-pressed", String(is));
  node.onclick = () => {
    const others = questions().filter((each) => each.search !== search);
    keepQuestions(is ? others : [...others, { q, search }]);
    announce(t(is ? "question_let_go" : "question_kept"));
    questionShown(q, search);
  };
}

export function keepQuestions(kept) {
  store(QUESTIONS, JSON.stringify(kept));
  counted();
}

/** A link within the page, to a passage or a question. */
export const inside = (href, text, more = {}) => el("a", { href, text, data: { inside: "" }, ...more });
