// The page: what is asked goes into the address, and what the address says is shown.

import * as answers from "./answers.js";
import { Failure } from "./api.js";
import { announce, byId, save } from "./dom.js";
import * as facets from "./facets.js";
import * as field from "./field.js";
import * as keeping from "./keeping.js";
import * as keyboard from "./keyboard.js";
import * as notices from "./notices.js";
import * as panels from "./panels.js";
import { mark } from "./results.js";
import * as settings from "./settings.js";
import { address, filtered, NO_FILTERS, read, STEP } from "./state.js";
import { remember } from "./storage.js";
import * as welcome from "./welcome.js";
import { speak, spoken, t } from "./words.js";

const AHEAD = 1000; // milliseconds after an answer

let state = read(location.search);
let reader = null; // the module, fetched with the first document that is opened

/** A module that is fetched once it is needed. Throws a Failure where the service does not answer. */
async function part(fetched) {
  try {
    return await fetched;
  } catch {
    throw new Failure(navigator.onLine ? "down" : "offline");
  }
}

/** What is likely to be needed next is fetched while nothing else is. */
function ahead() {
  setTimeout(() => Promise.allSettled([import("./reader.js"), import("./citing.js")]), AHEAD);
}

/**
 * Goes to another state: as a new entry of the history, or in place of the one that is being typed. In place too
 * where only more of the same is shown.
 */
function go(patch, { typed = false, more = false } = {}) {
  field.settled();
  const next = { ...state, ...patch };
  const where = address(next);
  const replaces = more || where === location.pathname + location.search || (typed && history.state?.typed);
  if (!typed) remember(next.q.trim());
  if (!replaces) left();
  history[replaces ? "replaceState" : "pushState"]({ ...(replaces && history.state), typed }, "", where);
  if (next.q !== state.q || next.similar !== state.similar) scrollTo(0, 0);
  state = next;
  return shown();
}

/** A draft of a question becomes an entry of its own: what follows does not replace it. */
function settle() {
  if (history.state?.typed) history.replaceState({ ...history.state, typed: false }, "");
  remember(state.q.trim());
}

/** Shows the state; what fails is said, and tried again where it may mend itself. */
async function shown() {
  const root = document.documentElement;
  root.classList.toggle("asked", Boolean(state.q || state.similar || state.doc || panels.there()));
  root.classList.toggle("reading", Boolean(state.doc));
  document.title = state.q ? `${state.q} · Repère` : "Repère";
  keeping.questionShown(state.q, asking());
  panels.show(panelTools);
  cover();
  facets.chosen(state, narrowed);
  const known = answers.knownFacets(state);
  if (known) facets.show(known, state, narrowed); // pressed at once, counted anew once there is an answer
  try {
    if (state.doc) open();
    else reader?.close();
    if (await answers.show(state, actions)) {
      ahead();
      if (state.doc) open();
      narrow();
    } else if (!root.classList.contains("asked")) {
      await welcome.show(ask);
      if (!root.classList.contains("asked")) notices.well();
    }
    mark(state.passage);
  } catch (failure) {
    fail(failure);
  }
}

const narrowScreen = () => matchMedia("(max-width: 55.99rem)").matches;

/**
 * On a screen that holds one thing only, the open document is it: the rest cannot be reached behind it. What
 * failed comes before it, with the way on.
 */
function cover() {
  const covered = Boolean(state.doc) && narrowScreen() && !notices.failing();
  for (const id of ["top", "bar", "facets", "found"]) byId(id).inert = covered;
}

async function open() {
  try {
    reader ??= await part(import("./reader.js"));
  } catch (failure) {
    fail(failure);
    return;
  }
  if (!state.doc) return;
  const hits = answers.hitsIn(state.doc, state.passage); // of now: the answer may have come while the reader did
  const there = await reader.read(state.doc, state.passage, hits, {
    ...actions,
    close: closed,
    go: (passage) => {
      history.replaceState(history.state, "", address({ ...state, passage }));
      state = { ...state, passage };
      open();
      mark(passage);
    },
    failed: fail,
  });
  if (there) answers.recovered(state);
  cover();
}

/** Closes the document; the focus goes back to where it was opened from. */
function closed() {
  if (!state.doc) return false;
  const { passage } = state;
  go({ doc: "", passage: "" });
  const link = document.querySelector(`[data-passage="${CSS.escape(passage)}"] .sentence`);
  (link ?? byId("found")).focus({ preventScroll: true });
  return true;
}

/** Closes what was opened last; whether something was. */
function escape() {
  const menu = byId("export");
  if (document.querySelector("#citing:popover-open")) return false; // the browser closes it
  if (!byId("panel").hidden) return unpanelled();
  if (!menu.open) return closed();
  menu.open = false;
  menu.querySelector("summary").focus();
  return true;
}

const narrowed = (patch) => go({ ...(patch ?? NO_FILTERS), k: STEP, far: "" });

/** Shows more of the same answer; the focus goes to the first entry that was not there. */
async function further(patch) {
  const before = byId("results").children.length;
  await go(patch, { more: true });
  byId("results").children[before]?.querySelector(".title").focus({ preventScroll: true });
}

let [arriving, still] = [true, 0];

/** Where the page is scrolled to is kept with its entry of the history, once its answer is there. */
function left() {
  if (!arriving) history.replaceState({ ...history.state, y: scrollY }, "");
}

function scrolled() {
  clearTimeout(still);
  still = setTimeout(left, 150);
}

/** Shows the state of an entry of the history, where it was scrolled to. */
async function arrived() {
  clearTimeout(still);
  arriving = true;
  await shown();
  if (!location.hash) scrollTo(0, history.state?.y ?? 0);
  arriving = false;
}

async function narrow() {
  const [asked, button] = [state, byId("narrow")];
  button.hidden = true;
  byId("facets").hidden = !asked.q || Boolean(asked.similar);
  if (byId("facets").hidden) return;
  const n = filtered(asked);
  button.textContent = n ? t("narrow_n", { n }) : t("narrow");
  const found = await answers.facets(asked);
  if (found === undefined) return;
  const shown = found && facets.show(found, asked, narrowed);
  if (!found) byId("facets").replaceChildren();
  button.hidden = !shown;
}

const actions = {
  href: ({ source, passage_id }) => address({ ...state, k: STEP, far: "", doc: source, passage: passage_id }),
  link: ({ source, passage_id }) =>
    new URL(address({ ...read(""), doc: source, passage: passage_id }), location.href).href,
  similar: (hit) => go({ similar: hit.passage_id, k: STEP, far: "", ...(narrowScreen() && { doc: "", passage: "" }) }),
  back: () => go({ similar: "", k: STEP }),
  nearest: () => further({ far: "1" }),
  unfilter: () => narrowed(null),
  cite: async (hit, button) => {
    settle();
    try {
      const { cite } = await part(import("./citing.js"));
      await cite(hit, actions.link(hit), button);
    } catch (failure) {
      fail(failure);
    }
  },
};

/** The address that asks what is asked, without the page's own path. */
const asking = () => new URL(address({ ...state, doc: "", passage: "" }), location.href).search;

/** What is done from the pages beside the search. */
const panelTools = { link: actions.link, cite: actions.cite, close: () => unpanelled() };

/** Leaves the page beside the search for the answer that was there. */
function unpanelled() {
  go({});
  byId("q").focus();
  return true;
}

/** Says what failed, with what may be done about it. */
function fail(failure) {
  if (!(failure instanceof Failure)) throw failure;
  const clear = failure.kind === "refused" && filtered(state) > 0 && actions.unfilter;
  if (failure.kind !== "stale") notices.fail(failure, { retry: shown, clear });
  cover();
}

function ask(question) {
  field.put(question);
  field.focus();
  go({ q: question, similar: "", k: STEP, far: "", doc: "", passage: "" });
}

/** Asks what stands in the field, unless it is what was asked. */
function submit(draft) {
  const q = field.typed();
  const same = q.trim() === state.q.trim() && !state.similar;
  if (same) {
    if (!draft) settle();
    shown();
  } else go({ q: q.trim() ? q : "", similar: "", k: STEP, far: "", doc: "", passage: "" }, { typed: draft });
}

/** The results as a file. */
async function exported(event) {
  const format = event.target.dataset.format;
  const found = answers.shown();
  if (!format || !found) return;
  settle();
  const exports = await part(import("./exports.js")).catch(fail);
  if (!exports) return;
  const { name, type, write } = exports.FORMATS[format];
  save(name, type, write({ ...found, link: actions.link }));
  byId("export").open = false;
  byId("export").querySelector("summary").focus();
  announce(t("exported", { name }));
}

function listen() {
  field.listen({ changed: begun, ask: submit, left: settle });
  settings.listen(translated);
  byId("clear").addEventListener("click", () => ask(""));
  byId("name").addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    go({ ...NO_FILTERS, sort: "" });
    ask("");
  });
  byId("results").addEventListener("click", opened);
  byId("more").addEventListener("click", () => further({ k: state.k + STEP }));
  byId("all").addEventListener("click", () => further({ k: answers.total() }));
  byId("rest").addEventListener("click", actions.nearest);
  byId("sort").addEventListener("change", ({ target }) => go({ sort: target.value === "date" ? "date" : "" }));
  byId("export").addEventListener("click", exported);
  byId("narrow").addEventListener("click", (event) => {
    const wide = document.documentElement.classList.toggle("narrowing");
    event.currentTarget.setAttribute("aria-expanded", String(wide));
  });
  byId("panel").addEventListener("click", entered);
  byId("kept-link").addEventListener("click", plainly);
  window.addEventListener("storage", keeping.counted); // another tab keeps something
  window.addEventListener("popstate", travelled);
  window.addEventListener("pagehide", left);
  window.addEventListener("scroll", scrolled, { passive: true });
  window.addEventListener("resize", cover);
  new ResizeObserver(measured).observe(byId("top"));
}

const isPlain = (event) => !(event.ctrlKey || event.metaKey || event.shiftKey || event.button);

/** A fragment alone is followed from the address of now, wherever the page stands. */
function plainly(event) {
  if (!isPlain(event)) return;
  event.preventDefault();
  location.hash = event.currentTarget.hash;
}

/** A link of a page beside the search leads back into it, without loading the page again. */
function entered(event) {
  const link = event.target.closest("a[data-inside]");
  if (!link || !isPlain(event)) return;
  event.preventDefault();
  history.pushState({}, "", link.href);
  travelled();
}

/** As soon as a question is begun, the page makes room for its answer. */
function begun() {
  const asked = Boolean(field.typed().trim() || state.q || state.doc);
  document.documentElement.classList.toggle("asked", asked);
}

/** The open document stands below the top, however high a long question makes it. */
function measured([{ target }]) {
  document.documentElement.style.setProperty("--top", `${target.offsetHeight}px`);
}

/** A plain click on a passage or a title opens it; selecting text, or a click for another window, does not. */
function opened(event) {
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  const text = getSelection().isCollapsed && event.target.closest("blockquote");
  const link = event.target.closest("a") ?? (text && text.querySelector(".sentence"));
  if (!link) return;
  event.preventDefault();
  const { doc, passage } = read(new URL(link.href).search);
  go({ doc, passage });
}

/** Back, forward, or an address that was typed. */
function travelled() {
  state = read(location.search);
  field.settled();
  if (field.typed().trim() !== state.q.trim()) field.put(state.q);
  field.sized();
  arrived();
}

async function translated(language) {
  await speak(language);
  settings.themed();
  field.sized();
  notices.redraw();
  answers.redraw();
  facets.chosen(state, narrowed);
  mark(state.passage);
  reader?.redraw();
  welcome.draw(ask);
  keeping.counted();
  keeping.questionShown(state.q, asking());
  panels.show(panelTools, true);
  if (state.q) narrow();
}

async function start() {
  await speak(document.documentElement.lang);
  settings.themed();
  field.put(state.q);
  history.replaceState(history.state, "", address(state) + location.hash); // whoever is sent it reads it in their own language
  history.scrollRestoration = "manual"; // the browser would scroll before there is an answer
  listen();
  keyboard.listen(escape, (by, among) => reader?.step(by, among));
  keeping.counted();
  arrived();
}

start();
