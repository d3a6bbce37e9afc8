// The answer to the question: fetched, shown with all that is said of it, and kept until another is asked.

import { Failure, forget, get } from "./api.js";
import { announce, button, byId, el } from "./dom.js";
import * as notices from "./notices.js";
import { oneLine } from "./references.js";
import { grouped, matters, show as list } from "./results.js";
import { filtered, filters, MOST } from "./state.js";
import { t } from "./words.js";

const SLOW = 2000; // milliseconds after which a person is told that an answer is awaited

let held = null; // {key, subject, answer, groups, state, actions} of what is shown
let near = false; // whether the nearest passages are wanted though nothing is relevant
const seen = new Map(); // passage → the hit it was shown as, for saying what others are like
let counted = null; // {key, q, facets} last fetched

const subject = (state) => JSON.stringify([state.q.trim(), state.similar, filters(state)]);
const key = (state) => `${state.k} ${subject(state)}`;

/** Shows the answer for a state; whether there is one. Throws the Failure of one that does not come. */
export async function show(state, actions) {
  if (!state.q && !state.similar) return clear();
  forget("search");
  if (held?.key === key(state)) return !busy(false);
  busy(true);
  const slow = setTimeout(() => say(t("slow")), SLOW);
  let answer;
  try {
    answer = await asked(state);
  } catch (failure) {
    if (failure.kind === "stale") return false;
    busy(false);
    say("");
    const more = held?.subject === subject(state);
    byId("notice").classList.toggle("below", more);
    if (!more) drop();
    throw failure;
  } finally {
    clearTimeout(slow);
  }
  busy(false);
  if (held?.subject !== subject(state)) near = false;
  held = { key: key(state), subject: subject(state), answer, groups: grouped(answer.hits), state, actions };
  for (const hit of held.groups.flat()) seen.set(hit.passage_id, hit);
  draw();
  announce(said());
  return true;
}

function asked(state) {
  const { similar, k, q } = state;
  if (similar) return get("search", `/similar/${encodeURIComponent(similar)}`, { k });
  return get("search", "/search", { q, k, group: "document", ...filters(state) });
}

function busy(is) {
  byId("found").setAttribute("aria-busy", String(is));
  return is;
}

/** Nothing asked, nothing shown; always false. */
export function clear() {
  for (const name of ["search", "facets"]) forget(name);
  if (!notices.failing()) notices.well();
  drop();
  say("");
  return busy(false);
}

function drop() {
  held = null;
  for (const id of ["export", "more", "rest"]) byId(id).hidden = true;
  list([], {});
}

/** The hits shown that stand in a document, or in a copy of it, and that of a passage. */
export const hitsIn = (source, passage) =>
  (held?.groups ?? [])
    .flat()
    .filter((hit) => standsIn(hit, source) && (near || matters(hit) || hit.passage_id === passage));

const standsIn = (hit, source) =>
  hit.source === source ||
  hit.also_in.some((other) => other.source === source && other.passage_id === hit.passage_id);

/** Every hit that is shown, and the question they answer; null while there is none. */
export const shown = () => held && { question: held.state.q, hits: visible(held.groups.flat(), matters) };

/** Those that matter; all of them where the nearest are wanted. */
const visible = (all, counts) => (near ? all : all.filter(counts));

/** What failed beside the answer of a state has passed: what is said of the answer is said again. */
export function recovered(state) {
  if (!notices.failing()) return;
  if (held?.key === key(state)) draw();
  else if (!state.q && !state.similar) notices.well();
}

/** The same answer once more, in the language of now. */
export function redraw() {
  if (held) draw();
}

function draw() {
  const { answer, groups, state, actions } = held;
  const none = !groups.flat().some(matters);
  const listed = none && !near ? [] : visible(groups, (group) => group.some(matters));
  const rest = groups.length - listed.length;
  notices.well();
  byId("notice").classList.remove("below");
  if (state.similar) notices.tell(...likeness(state, actions));
  else if (none) notices.tell(...nothing(groups, state, actions));
  else if (answer.relevance?.class === "weak") notices.tell(el("p", { class: "detail", text: t("unsure") }));
  list(listed, actions);
  say(...summary(answer, listed.length));
  byId("export").hidden = !listed.length;
  byId("more").hidden = !listed.length || rest > 0 || answer.hits.length < state.k || state.k >= MOST;
  byId("rest").hidden = none || !rest;
  byId("rest").textContent = t("rest", { n: rest });
}

const subtitle = (text) => el("p", { class: "what", text });
const way = (name, values, act) => el("p", { class: "ways" }, button(t(name, values), act));

/** What the passages are like, where it was seen before, and the way back. */
function likeness({ similar, q }, actions) {
  const hit = seen.get(similar);
  const said = [subtitle(t("similar_to"))];
  if (hit) {
    const quoted = t("quoted", { text: oneLine(hit.text) });
    said.push(el("p", { class: "like", dir: "auto", lang: hit.language, text: quoted }));
  }
  if (q) said.push(way("back_to_question", {}, actions.back));
  return said;
}

function nothing(groups, state, actions) {
  const narrowed = filtered(state) > 0;
  const said = [subtitle(t(narrowed ? "nothing_filtered" : "nothing"))];
  if (!narrowed) said.push(el("p", { class: "detail", text: t("nothing_hint") }));
  if (narrowed) said.push(way("clear_filters", {}, actions.unfilter));
  if (groups.length && !near) said.push(way("nearest", { n: groups.length }, nearest));
  return said;
}

/** Shows all there is, however far from the question; the focus goes to the first that was not shown. */
export function nearest() {
  const before = byId("results").children.length;
  near = true;
  draw();
  byId("results").children[before]?.querySelector(".sentence").focus({ preventScroll: true });
}

function said() {
  const n = byId("results").children.length;
  return n ? t("announced", { n, q: held.state.q }) : t("nothing");
}

function summary(answer, documents) {
  const searched = t("searched", { n: answer.index.passages, took: Math.max(1, Math.round(answer.took_ms)) });
  const first = documents ? `${t("documents", { n: documents })} · ${searched}` : searched;
  return [first, ...reading(answer).map(([name, text]) => el("span", { class: name, dir: "auto", text }))];
}

/** How the question was read, [class, sentence] each: its syntax, words that nothing holds, others tried. */
function reading({ query, language, hits, understood = [], missing = [], corrected, expanded }) {
  const said = [];
  if (understood.length) said.push(["understood", understood.map(part).join(" · ")]);
  const unknown = missing.filter((word) => /\p{Lu}/u.test(word) || !foreign(query, language, hits));
  const words = unknown.map((word) => t("quoted", { text: word })).join(", ");
  if (words) said.push(["missing", t("missing", { n: unknown.length, words })]);
  const tried = Object.entries({ ...corrected, ...expanded }).map(([word, other]) => `${word} → ${other}`);
  if (tried.length) said.push(["tried", t("also_tried", { words: tried.join(", ") })]);
  return said;
}

/** Whether a question is in another language than what it found, so that only its names could stand there. */
const foreign = (query, language, [hit]) =>
  /(\S+\s+){2}\S/.test(query) && language && hit?.language && language !== hit.language;

/** A part of the question that was understood as syntax, and whether nothing meets it. */
function part({ kind, value, passages }) {
  const text = t("quoted", { text: value });
  if (passages === 0 && kind === "phrase") return t("no_phrase", { text });
  return t(passages === 0 ? "unmet" : "part", { part: t(`part.${kind}`), text });
}

function say(...content) {
  byId("status").replaceChildren(...content);
}

/** The facets last counted for the question, perhaps with other filters: what these let through is not known. */
export const knownFacets = ({ q }) => (counted?.q === q ? { ...counted.facets, documents: null } : null);

/** The facets of a question; null where the service has none, undefined where another was asked since. */
export async function facets(state) {
  const parameters = { q: state.q, ...filters(state) };
  const wanted = JSON.stringify(parameters);
  if (counted?.key === wanted) return counted.facets;
  try {
    counted = { key: wanted, q: state.q, facets: await get("facets", "/facets", parameters) };
    return counted.facets;
  } catch (failure) {
    if (!(failure instanceof Failure)) throw failure;
    return failure.kind === "stale" ? undefined : null; // nothing is lost but the chips
  }
}
