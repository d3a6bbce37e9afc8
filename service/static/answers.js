// The answer to the question: fetched, shown with all that is said of it, and kept until another is asked.

import { Failure, forget, get } from "./api.js";
import { announce, button, byId, el } from "./dom.js";
import * as notices from "./notices.js";
import { oneLine } from "./references.js";
import { grouped, show as list } from "./results.js";
import { filtered, filters, MOST_SIMILAR, STEP } from "./state.js";
import { t } from "./words.js";

const SOON = 300; // milliseconds after which a person is told that an answer is awaited
const SLOW = 2000; // the same, that it is long in coming

let held = null; // {subject, pages, groups, state, actions} of what is shown
let calibrated = true; // whether the service can leave out what is not relevant
const seen = new Map(); // passage → the hit it was shown as, for saying what others are like
let counted = null; // {key, q, facets} last fetched

const subject = (state) => JSON.stringify([state.q.trim(), state.similar, filters(state), state.sort, state.far]);

/** Whether pages of an answer hold all that a state shows, or all there is. */
function enough(pages, { similar, k }) {
  const last = pages.at(-1);
  if (!last) return false;
  if (similar) return last.k >= Math.min(k, MOST_SIMILAR);
  return !last.hits.length || length(pages) >= Math.min(k, last.total);
}

const length = (pages) => pages.reduce((sum, { hits }) => sum + hits.length, 0);

/** Shows the answer for a state; whether there is one. Throws the Failure of one that does not come. */
export async function show(state, actions) {
  if (!state.q && !state.similar) return clear();
  forget("search");
  const same = held?.subject === subject(state);
  if (same && enough(held.pages, state)) return !busy(false);
  busy(true);
  const empty = !byId("results").children.length && !same;
  const soon = setTimeout(() => say(t("searching")), empty ? 0 : SOON);
  const slow = setTimeout(() => say(t("slow")), SLOW);
  try {
    let pages = same ? held.pages : [];
    do {
      pages = await further(pages, state);
      keep(pages, state, actions);
    } while (!enough(pages, state));
  } catch (failure) {
    if (failure.kind === "stale") return false;
    busy(false);
    say("");
    const more = held?.subject === subject(state);
    byId("notice").classList.toggle("below", more);
    if (!more) drop();
    throw failure;
  } finally {
    clearTimeout(soon);
    clearTimeout(slow);
  }
  busy(false);
  announce(said());
  return true;
}

function keep(pages, state, actions) {
  const groups = grouped(pages.flatMap((page) => page.hits));
  held = { subject: subject(state), pages, groups, state, actions };
  for (const hit of groups.flat()) seen.set(hit.passage_id, hit);
  draw();
}

/**
 * Pages of an answer and the next one. All are asked for by one size and of one generation of the index; when
 * that is gone the first page comes anew. Where nothing is relevant, `nearest` is the passage that is least far.
 */
async function further(pages, state) {
  const { similar, k, q, sort, far } = state;
  if (similar) {
    const wanted = { k: Math.min(k, MOST_SIMILAR) };
    return [{ ...(await get("search", `/similar/${encodeURIComponent(similar)}`, wanted)), ...wanted }];
  }
  const offset = length(pages);
  const asked = {
    q,
    k: STEP,
    group: "document",
    ...(calibrated && !far && { min_relevance: "weak" }),
    ...(sort && { sort }),
    ...(offset && { offset, generation: pages[0].index.generation }),
    ...filters(state),
  };
  try {
    const page = await get("search", "/search", asked);
    const none = asked.min_relevance && !offset && !page.hits.length;
    const nearest = none ? (await get("search", "/search", { q, k: 1, ...filters(state) })).hits : [];
    return [...pages, { ...page, nearest }];
  } catch (failure) {
    if (failure.code === "other_generation") return further([], state);
    if (failure.code !== "uncalibrated" || !calibrated) throw failure;
    calibrated = false;
    return further(pages, state);
  }
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
  byId("export").hidden = byId("sorting").hidden = byId("end").hidden = true;
  list([], {});
}

/** The hits shown that stand in a document, or in a copy of it; in the collection of a passage of it. */
export function hitsIn(source, passage) {
  const hits = (held?.groups ?? []).flat().filter((hit) => standsIn(hit, source));
  const opened = hits.find((hit) => hit.passage_id === passage) ?? hits[0];
  return hits.filter((hit) => hit.collection === opened.collection);
}

const standsIn = (hit, source) =>
  hit.source === source ||
  hit.also_in.some((other) => other.source === source && other.passage_id === hit.passage_id);

/** Every hit that is shown, and the question they answer; null while there is none. */
export const shown = () => held && { question: held.state.q, hits: held.groups.flat() };

/** How many documents there are to show; of passages like another, those that are shown. */
export const total = () => held?.pages.at(-1).total ?? held?.groups.length ?? 0;

/** What failed beside the answer of a state has passed: what is said of the answer is said again. */
export function recovered(state) {
  if (!notices.failing()) return;
  if (held?.subject === subject(state) && enough(held.pages, state)) draw();
  else if (!state.q && !state.similar) notices.well();
}

/** The same answer once more, in the language of now. */
export function redraw() {
  if (held) draw();
}

function draw() {
  const { pages, groups, state, actions } = held;
  const [answer] = pages;
  notices.well();
  byId("notice").classList.remove("below");
  if (state.similar) notices.tell(...likeness(state, actions));
  else if (!groups.length || (state.far && answer.relevance?.class === "none")) notices.tell(...nothing(state, actions));
  else if (answer.relevance?.class === "weak") notices.tell(el("p", { class: "detail", text: t("unsure") }));
  list(groups, actions);
  say(...summary(answer));
  byId("export").hidden = !groups.length;
  byId("sorting").hidden = !groups.length || Boolean(state.similar);
  byId("sort").value = state.sort || "relevance";
  ended(state, groups.length);
}

/** What stands below the list: how much of all it is, and the ways to the rest. */
function ended({ similar, k, far }, n) {
  const all = total();
  const more = similar ? n > 0 && k < MOST_SIMILAR && held.pages[0].hits.length >= k : n < all;
  byId("end").hidden = !n;
  byId("so-far").textContent = more && !similar ? t("so_far", { n, all }) : "";
  byId("more").hidden = !more;
  byId("all").hidden = !more || similar || all - n <= STEP;
  byId("all").textContent = t("all_of", { n: all });
  byId("rest").hidden = more || Boolean(similar) || far || !calibrated;
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

function nothing(state, actions) {
  const narrowed = filtered(state) > 0;
  const said = [subtitle(t(narrowed ? "nothing_filtered" : "nothing"))];
  if (!narrowed) said.push(el("p", { class: "detail", text: t("nothing_hint") }));
  if (narrowed) said.push(way("clear_filters", {}, actions.unfilter));
  if (held.pages[0].nearest.length) said.push(way("nearest", {}, actions.nearest));
  return said;
}

function said() {
  const n = total();
  return n ? t("announced", { n, q: held.state.q }) : t("nothing");
}

function summary(answer) {
  const searched = t("searched", { n: answer.index.passages, took: Math.max(1, Math.round(answer.took_ms)) });
  const n = total();
  const first = n ? `${t("documents", { n })} · ${searched}` : searched;
  return [first, ...reading(answer).map(([name, text]) => el("span", { class: name, dir: "auto", text }))];
}

/** How the question was read, [class, sentence] each: its syntax, words that nothing holds, others tried. */
function reading({ query, language, hits, nearest = [], understood = [], missing = [], corrected, expanded }) {
  const said = [];
  if (understood.length) said.push(["understood", understood.map(part).join(" · ")]);
  const unknown = missing.filter((word) => /\p{Lu}/u.test(word) || !foreign(query, language, [...hits, ...nearest]));
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
