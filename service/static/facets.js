// What narrows the answer: chips with their counts of documents, the span of time, and the filters that are chosen.

import { byId, el, plain } from "./dom.js";
import { date, has, languageName, t } from "./words.js";
import { years } from "./years.js";

const SHOWN = 8; // chips of a kind at once

/** Shows what can be narrowed, if anything; go(patch) makes filters so. How many kinds. */
export function show(facets, state, go) {
  const panel = byId("facets");
  const focused = panel.contains(document.activeElement) && { ...document.activeElement.dataset, typed: document.activeElement.value };
  const toggled = (name, value) => {
    const now = state[name];
    go({ [name]: now.includes(value) ? now.filter((each) => each !== value) : [...now, value] });
  };
  const many = (name) => (entry) => {
    const chosen = state[name].includes(entry.value);
    return chip(name, entry, LABELS[name](entry.value), chosen, () => toggled(name, entry.value));
  };
  const one = (name, label = (value) => value) => (entry) => {
    const chosen = state[name] === entry.value;
    return chip(name, entry, label(entry.value), chosen, () => go({ [name]: chosen ? "" : entry.value }));
  };
  const { undated = 0, authors = [], tags = [] } = facets;
  const without = { value: "1", count: undated };
  const span = (undated > 0 || state.undated) &&
    chip("undated", without, t("undated"), Boolean(state.undated), () => go({ undated: state.undated ? "" : "1", from: "", to: "" }));
  const folders = branches(facets.folders, state.folder);
  const groups = [
    group("language", withChosen(facets.languages, state.language), many("language")),
    years(facets, state, span, go),
    group("author", withChosen(authors, only(state.author)), one("author"), least(state.author)),
    group("tag", withChosen(tags, only(state.tag)), one("tag"), least(state.tag)),
    group("format", withChosen(facets.formats, state.format), many("format")),
    tree(withChosen(folders, only(state.folder)), one("folder", (path) => path.split("/").at(-1)), least(state.folder)),
  ].filter(Boolean);
  panel.replaceChildren(...groups);
  if (focused) returned(panel, focused);
  return groups.length;
}

const only = (value) => (value ? [value] : []);
const least = (chosen) => (chosen ? 1 : 2);

/** The focus goes back to where it was; what was being typed there too. */
function returned(panel, { key, typed }) {
  const node = panel.querySelector(`[data-key="${CSS.escape(key)}"]`);
  if (node?.matches("input")) node.value = typed;
  node?.focus({ preventScroll: true });
}

/** Writes the filters that are chosen, each with its way out; go(patch) as for show, go(null) clears all. */
export function chosen(state, go) {
  const box = byId("chosen");
  const within = box.contains(document.activeElement);
  const chips = written(state).map(([name, text, patch]) => {
    const said = t("part", { part: t(name), text });
    const shown = [el("bdi", { text: said }), el("span", { "aria-hidden": "true", text: " ×" })];
    return el("button", { type: "button", class: "chip", "aria-label": t("remove_filter", { filter: said }), onclick: () => go(patch) }, shown);
  });
  box.replaceChildren(...chips, ...(chips.length > 1 ? [plain(t("clear_filters"), () => go(null))] : []));
  box.hidden = !chips.length;
  if (within) (box.querySelector("button") ?? byId("found")).focus({ preventScroll: true });
}

const LABELS = { language: languageName, format: (format) => (has(`format.${format}`) ? t(`format.${format}`) : format) };

/** [kind, words, the patch without it] of each filter of a state. */
function written(state) {
  const lists = ["language", "format"].flatMap((name) =>
    state[name].map((value) => [name, LABELS[name](value), { [name]: state[name].filter((each) => each !== value) }]),
  );
  const texts = ["author", "tag", "folder"].filter((name) => state[name]).map((name) => [name, state[name], { [name]: "" }]);
  const span = state.from || state.to ? [["year", spanned(state), { from: "", to: "" }]] : [];
  const undated = state.undated ? [["year", t("undated"), { undated: "" }]] : [];
  return [...span, ...undated, ...lists, ...texts];
}

function spanned({ from, to }) {
  const said = (end) => (DATED.test(end) ? date(end) : end);
  if (!to) return t("since", { from: said(from) });
  if (!from) return t("until", { to: said(to) });
  return from === to ? said(from) : `${said(from)} – ${said(to)}`;
}

const DATED = /^\d{4}(-\d\d){0,2}$/;

/**
 * The folders to choose among: those on top, and those within the chosen one and within the ones that it stands
 * in. Entries count what stands in a folder and below, "" all of it.
 */
export function branches(entries, chosen) {
  const counts = new Map(entries.map(({ value, count }) => [value, count]));
  let base = "";
  let level = below(entries, base);
  while (level.length === 1 && level[0].count === counts.get(base)) {
    base = level[0].value; // it holds all there is, and would narrow nothing
    level = below(entries, base);
  }
  const found = [];
  for (const each of level) {
    found.push(each);
    if (within(chosen, each.value)) found.push(...opened(entries, each.value, chosen));
  }
  return found;
}

function opened(entries, folder, chosen) {
  const inside = below(entries, folder);
  return inside.flatMap((each) => [
    each,
    ...(within(chosen, each.value) ? opened(entries, each.value, chosen) : []),
  ]);
}

const within = (path, folder) => path === folder || path.startsWith(`${folder}/`);

/** The folders one step below a folder, in the order of the entries: most documents first. */
function below(entries, base) {
  const prefix = base && `${base}/`;
  return entries.filter(
    ({ value }) => value && value.startsWith(prefix) && !value.slice(prefix.length).includes("/"),
  );
}

/** Entries, and those that are chosen though nothing is counted for them any more. */
function withChosen(entries, chosen) {
  const known = new Set(entries.map((each) => each.value));
  return [...entries, ...chosen.filter((value) => !known.has(value)).map((value) => ({ value, count: 0 }))];
}

function group(name, entries, made, fewest = 2) {
  const chosen = entries.some((each) => each.count === 0);
  if (entries.length < fewest && !chosen) return null;
  return el("fieldset", {}, el("legend", { text: t(name) }), el("div", { class: "chips" }, few(entries.map(made))));
}

/** The folders as a tree, each one step further in than the one it stands in. */
function tree(entries, made, fewest) {
  const shown = group("folder", entries, made, fewest);
  const paths = entries.map(({ value }) => value);
  for (const node of shown?.querySelectorAll(".chip") ?? []) {
    const path = node.dataset.key.slice("folder:".length);
    const depth = paths.filter((each) => each !== path && within(path, each)).length;
    node.title = path;
    node.style.marginInlineStart = `${depth * 0.9}rem`;
  }
  shown?.classList.add("tree");
  return shown;
}

/** The first chips, those that are pressed, and a button for the others. */
function few(chips) {
  const rest = chips.length > SHOWN + 1 ? chips.splice(SHOWN) : []; // one more is shown in its button's place
  const hidden = rest.filter((each) => each.getAttribute("aria-pressed") !== "true");
  const reveal = (event) => {
    event.currentTarget.replaceWith(...hidden);
    hidden[0].focus();
  };
  const pressed = rest.filter((each) => !hidden.includes(each));
  return [...chips, ...pressed, ...(hidden.length ? [plain(t("all", { n: hidden.length }), reveal)] : [])];
}

function chip(name, { value, count }, label, pressed, act) {
  const key = `${name}:${value}`;
  return el(
    "button",
    { type: "button", class: "chip", "aria-pressed": String(pressed), data: { key }, onclick: act },
    el("bdi", { text: label }),
    el("span", { class: "count", text: String(count), "aria-label": t("documents", { n: count }) }),
  );
}
