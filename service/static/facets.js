// Chips that narrow the answer: language, year, format, folder, each with its count of documents.

import { button, byId, el, plain } from "./dom.js";
import { filtered } from "./state.js";
import { has, languageName, t } from "./words.js";

const BARS = 12; // of years; when there are more, one bar stands for several
const WIDTHS = [1, 2, 5, 10, 20, 50, 100, 200, 500]; // years that a bar may stand for
const FOLDERS = 8; // shown at once

/** Shows what can be narrowed, if anything; go(patch) makes filters so, go(null) clears them. How many kinds. */
export function show(facets, state, go) {
  const panel = byId("facets");
  const focused = panel.contains(document.activeElement) && document.activeElement.dataset.key;
  const toggled = (name, value) => {
    const now = state[name];
    go({ [name]: now.includes(value) ? now.filter((each) => each !== value) : [...now, value] });
  };
  const many = (name, label) => (entry) => {
    const chosen = state[name].includes(entry.value);
    return chip(name, entry, label(entry.value), chosen, () => toggled(name, entry.value));
  };
  const folders = branches(facets.folders, state.folder);
  const folder = (entry) =>
    chip("folder", entry, entry.value, state.folder === entry.value, () =>
      go({ folder: state.folder === entry.value ? "" : entry.value }),
    );
  const groups = [
    group("language", withChosen(facets.languages, state.language), many("language", languageName)),
    years(facets.years, state, go),
    group("format", withChosen(facets.formats, state.format), many("format", formatName)),
    group("folder", withChosen(folders, state.folder ? [state.folder] : []), folder, state.folder ? 1 : 2),
  ].filter(Boolean);
  const clear = plain(t("clear_filters"), () => go(null), { data: { key: "clear" } });
  clear.hidden = !filtered(state);
  panel.replaceChildren(...(groups.length ? [...groups, clear] : []));
  if (focused) panel.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
  return groups.length;
}

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

const formatName = (format) => (has(`format.${format}`) ? t(`format.${format}`) : format);

/** Entries, and those that are chosen though nothing is counted for them any more. */
function withChosen(entries, chosen) {
  const known = new Set(entries.map((each) => each.value));
  return [...entries, ...chosen.filter((value) => !known.has(value)).map((value) => ({ value, count: 0 }))];
}

function group(name, entries, made, least = 2) {
  const chosen = entries.some((each) => each.count === 0);
  if (entries.length < least && !chosen) return null;
  const chips = entries.map(made);
  const rest = chips.length > FOLDERS + 1 ? chips.splice(FOLDERS) : []; // one more is shown in its button's place
  const hidden = rest.filter((each) => each.getAttribute("aria-pressed") !== "true");
  chips.push(...rest.filter((each) => !hidden.includes(each)));
  return el(
    "fieldset",
    {},
    el("legend", { text: t(name) }),
    el("div", { class: "chips" }, chips, hidden.length > 0 && all(hidden)),
  );
}

function all(hidden) {
  const reveal = (event) => {
    event.currentTarget.replaceWith(...hidden);
    hidden[0].focus();
  };
  return plain(t("all", { n: hidden.length }), reveal);
}

function chip(name, { value, count }, label, chosen, act) {
  const key = `${name}:${value}`;
  return el(
    "button",
    { type: "button", class: "chip", "aria-pressed": String(chosen), data: { key }, onclick: act },
    el("span", { dir: "auto", text: label }),
    el("span", { class: "count", text: String(count), "aria-label": t("documents", { n: count }) }),
  );
}

/** Years in at most BARS bars of equally many, none left out: {from, to, count}. */
export function binned(entries) {
  const first = Number(entries[0].value);
  const last = Number(entries.at(-1).value);
  const width = WIDTHS.find((each) => last / each - Math.floor(first / each) < BARS) ?? 1000;
  const bins = [];
  for (let from = Math.floor(first / width) * width; from <= last; from += width) {
    const within = entries.filter(({ value }) => value >= from && value < from + width);
    bins.push({ from, to: from + width - 1, count: within.reduce((sum, each) => sum + each.count, 0) });
  }
  return bins;
}

function years(entries, state, go) {
  const chosen = Boolean(state.from || state.to);
  if (entries.length < 2 && !chosen) return null;
  const bins = entries.length ? binned(entries) : [];
  const most = Math.max(1, ...bins.map((each) => each.count));
  const [from, to] = [Number(state.from.slice(0, 4)) || -Infinity, Number(state.to.slice(0, 4)) || Infinity];
  const inside = (bin) => chosen && bin.from <= to && bin.to >= from;
  const pick = (bin) => go(picked(bin, bins.filter(inside)));
  const bars = bins.map((bin) => bar(bin, bin.count / most, inside(bin), () => pick(bin)));
  const marks = bins.length ? [entries[0].value, entries.at(-1).value] : [];
  const said = marks.map((year) => el("span", { text: year }));
  const ends = el("p", { class: "ends", "aria-hidden": "true" }, said);
  return el("fieldset", {}, el("legend", { text: t("year") }), el("div", { class: "bars" }, bars), ends);
}

function bar({ from, to, count }, share, chosen, act) {
  const span = from === to ? String(from) : `${from}–${to}`;
  const said = t("year_bar", { span, documents: t("documents", { n: count }) });
  const node = button("", act, {
    class: "bar",
    title: said,
    "aria-label": said,
    "aria-pressed": String(chosen),
    data: { key: `year:${from}` },
    disabled: !count && !chosen,
  });
  node.append(el("span"));
  node.firstChild.style.blockSize = `${Math.round(100 * share)}%`;
  return node;
}

/** The range once a bar is picked: it alone, up to it from the one that was picked, or none. */
export function picked(bin, chosen) {
  const [one] = chosen;
  if (chosen.length !== 1) return { from: String(bin.from), to: String(bin.to) };
  if (one.from === bin.from) return { from: "", to: "" };
  return { from: String(Math.min(one.from, bin.from)), to: String(Math.max(one.to, bin.to)) };
}
