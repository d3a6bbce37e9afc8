// The page: what is asked goes into the address, and what the address says is shown.

import * as answers from "./answers.js";
import { Failure, forget } from "./api.js";
import { citation, copy } from "./cite.js";
import { announce, byId } from "./dom.js";
import * as exports from "./exports.js";
import * as facets from "./facets.js";
import * as keyboard from "./keyboard.js";
import * as notices from "./notices.js";
import * as reader from "./reader.js";
import { mark } from "./results.js";
import { address, filtered, length, LONGEST, MOST, NO_FILTERS, read, STEP } from "./state.js";
import * as storage from "./storage.js";
import * as welcome from "./welcome.js";
import { speak, spoken, t } from "./words.js";

const NEXT = { auto: "light", light: "dark", dark: "auto" };
const SIGNS = { auto: "◐", light: "○", dark: "●" };
const PAUSE = 200; // milliseconds without a key after which a question is taken as asked

const field = byId("q");
let state = read(location.search);
let typing = 0;

/** Goes to another state: as a new entry of the history, or in place of the one that is being typed. */
function go(patch, { typed = false } = {}) {
  clearTimeout(typing);
  const next = { ...state, ...patch, lang: spoken() };
  const where = address(next);
  const replaces = where === location.pathname + location.search || (typed && history.state?.typed);
  if (!typed) storage.remember(next.q.trim());
  history[replaces ? "replaceState" : "pushState"]({ typed }, "", where);
  state = next;
  return shown();
}

/** A draft of a question becomes an entry of its own: what follows does not replace it. */
function settle() {
  if (history.state?.typed) history.replaceState({ typed: false }, "");
  storage.remember(state.q.trim());
}

/** Shows the state; what fails is said, and tried again where it may mend itself. */
async function shown() {
  const root = document.documentElement;
  root.classList.toggle("asked", Boolean(state.q || state.similar || state.doc));
  root.classList.toggle("reading", Boolean(state.doc));
  document.title = state.q ? `${state.q} · Repère` : "Repère";
  cover();
  const known = answers.knownFacets(state);
  if (known) facets.show(known, state, narrowed); // pressed at once, counted anew once there is an answer
  try {
    if (state.doc) open();
    else reader.close();
    if (await answers.show(state, actions)) {
      if (state.doc) open();
      narrow();
    } else if (!root.classList.contains("asked")) await welcome.show(ask);
    mark(state.passage);
  } catch (failure) {
    fail(failure);
  }
}

const narrowScreen = () => matchMedia("(max-width: 55.99rem)").matches;

/** On a screen that holds one thing only, the open document is it: the rest cannot be reached behind it. */
function cover() {
  const covered = Boolean(state.doc) && narrowScreen();
  for (const id of ["top", "bar", "facets", "found"]) byId(id).inert = covered;
}

async function open() {
  const hits = answers.hitsIn(state.doc, state.passage);
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
  if (!menu.open) return closed();
  menu.open = false;
  menu.querySelector("summary").focus();
  return true;
}

const narrowed = (patch) => go({ ...(patch ?? NO_FILTERS), k: STEP });

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
  href: ({ source, passage_id }) => address({ ...state, lang: spoken(), doc: source, passage: passage_id }),
  link: (hit) => new URL(actions.href(hit), location.href).href,
  similar: (hit) => go({ similar: hit.passage_id, k: STEP, ...(narrowScreen() && { doc: "", passage: "" }) }),
  back: () => go({ similar: "", k: STEP }),
  unfilter: () => go({ ...NO_FILTERS, k: STEP }),
  cite: async (hit, button) => {
    settle();
    const done = await copy(citation(hit, actions.link(hit)));
    announce(t(done ? "copied" : "not_copied"));
    button.classList.toggle("done", done);
    setTimeout(() => button.classList.remove("done"), 2000);
  },
};

/** Says what failed, with what may be done about it. */
function fail(failure) {
  if (!(failure instanceof Failure)) throw failure;
  const clear = failure.kind === "refused" && filtered(state) > 0 && (() => go(NO_FILTERS));
  if (failure.kind !== "stale") notices.fail(failure, { retry: shown, clear });
}

function ask(question) {
  field.value = question;
  sized();
  field.focus();
  go({ q: question, similar: "", k: STEP, doc: "", passage: "" });
}

/** What is typed, without what no question holds. */
const typed = () => field.value.replace(/\p{Cc}+/gu, " ");

/** Asks what stands in the field, unless it is what was asked, or too long. */
function submit(draft) {
  clearTimeout(typing);
  const q = typed();
  if (length(q) > LONGEST) return;
  const same = q.trim() === state.q.trim() && !state.similar;
  if (same) {
    if (!draft) settle();
    shown();
  } else go({ q: q.trim() ? q : "", similar: "", k: STEP, doc: "", passage: "" }, { typed: draft });
}

/** The counter near the limit, the cross, and the place of the field. */
function sized() {
  const left = LONGEST - length(typed());
  const counter = byId("counter");
  if (left > 100) counter.textContent = "";
  else if (left >= 0) counter.textContent = t("counter_left", { n: left });
  else counter.textContent = `${t("too_long")} ${t("counter", { n: -left, most: LONGEST })}`;
  counter.classList.toggle("over", left < 0);
  field.setAttribute("aria-invalid", String(left < 0));
  byId("clear").hidden = !field.value;
}

/** The results as a file. */
function exported(event) {
  const format = event.target.dataset.format;
  const found = answers.shown();
  if (!format || !found) return;
  settle();
  const { type, write } = exports.FORMATS[format];
  const name = `repere.${format}`;
  exports.save(name, type, write({ ...found, link: actions.link }));
  byId("export").open = false;
  byId("export").querySelector("summary").focus();
  announce(t("exported", { name }));
}

function listen() {
  field.addEventListener("input", () => {
    sized();
    document.documentElement.classList.toggle("asked", Boolean(field.value.trim() || state.q || state.doc));
    clearTimeout(typing);
    forget("search");
    typing = setTimeout(submit, PAUSE, true);
  });
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    submit(false);
  });
  field.addEventListener("blur", settle);
  byId("ask").addEventListener("submit", (event) => event.preventDefault());
  byId("clear").addEventListener("click", () => ask(""));
  byId("name").addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    go(NO_FILTERS);
    ask("");
  });
  byId("results").addEventListener("click", opened);
  byId("more").addEventListener("click", () => go({ k: Math.min(MOST, state.k + STEP) }));
  byId("rest").addEventListener("click", answers.nearest);
  byId("export").addEventListener("click", exported);
  byId("narrow").addEventListener("click", (event) => {
    const wide = document.documentElement.classList.toggle("narrowing");
    event.currentTarget.setAttribute("aria-expanded", String(wide));
  });
  byId("language").addEventListener("click", () => translate(spoken() === "fr" ? "en" : "fr"));
  byId("theme").addEventListener("click", () => themed(NEXT[document.documentElement.dataset.theme]));
  window.addEventListener("popstate", travelled);
  window.addEventListener("resize", cover);
  new ResizeObserver(measured).observe(byId("top"));
}

/** The open document stands below the top, however high a long question makes it. */
function measured([{ target }]) {
  document.documentElement.style.setProperty("--top", `${target.offsetHeight}px`);
}

/** A plain click on a passage or a title opens it; selecting text, or a click for another window, does not. */
function opened(event) {
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  const text = getSelection().isCollapsed && event.target.closest("h2, blockquote");
  const link = event.target.closest("a") ?? (text && text.parentNode.querySelector(".sentence"));
  if (!link) return;
  event.preventDefault();
  const { doc, passage } = read(new URL(link.href).search);
  go({ doc, passage });
}

/** Back, forward, or an address that was typed. */
async function travelled() {
  const before = spoken();
  state = read(location.search);
  clearTimeout(typing);
  if (typed().trim() !== state.q.trim()) field.value = state.q;
  if (state.lang && state.lang !== before) await translated(state.lang);
  sized();
  shown();
}

async function translate(language) {
  storage.keep("repere.language", language);
  await translated(language);
  go({});
}

async function translated(language) {
  await speak(language);
  themed(document.documentElement.dataset.theme);
  sized();
  notices.redraw();
  answers.redraw();
  reader.redraw();
  welcome.draw(ask);
  if (state.q) narrow();
}

function themed(theme) {
  document.documentElement.dataset.theme = theme;
  storage.keep("repere.theme", theme);
  const button = byId("theme");
  button.textContent = SIGNS[theme];
  button.title = t(`theme.${theme}`);
  button.setAttribute("aria-label", button.title);
}

async function start() {
  await speak(document.documentElement.lang);
  themed(document.documentElement.dataset.theme);
  field.value = state.q;
  listen();
  keyboard.listen(escape);
  sized();
  shown();
}

start();
