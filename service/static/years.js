// The span of time in the filters: bars that count documents, the ends as fields, and those without a date.

import { button, el } from "./dom.js";
import { date, t } from "./words.js";

const BARS = 12; // in a row; when there are more years, one bar stands for several
const WIDTHS = [1, 2, 5, 10, 20, 50, 100, 200, 500]; // years that a bar may stand for
const DATE = /^\d{4}(?:-(?:0[1-9]|1[0-2])(?:-(?:0[1-9]|[12]\d|3[01]))?)?$/;

/** The field set, or null where there is nothing to choose; `undated` is its chip, go(patch) sets the filter. */
export function years({ years: entries, months = [] }, state, undated, go) {
  const set = state.from || state.to;
  if (entries.length < 2 && !set && !undated) return null;
  const chosen = { from: state.from, to: state.to };
  const bins = entries.length ? binned(entries) : [];
  const within = entries.filter(({ value }) => set && inside({ from: value, to: value }, chosen));
  const finer = months.length ? monthly(months) : within.length > 1 ? binned(within) : [];
  const detailed = Boolean(set) && (months.length > 0 || (finer.length > 0 && width(finer) < width(bins)));
  const pick = (bin, all) => go({ ...picked(bin, chosen, all), undated: "" });
  return el(
    "fieldset",
    { class: "years" },
    el("legend", { text: t("year") }),
    bins.length > 1 && row(bins, chosen, (bin) => pick(bin, bins)),
    detailed && row(finer, chosen, (bin) => pick(bin, []), "finer"),
    fields(chosen, (patch) => go({ ...patch, undated: "" })),
    undated && el("div", { class: "chips" }, undated),
  );
}

/** Years in at most BARS bars of equally many, none left out: {from, to, count}. */
export function binned(entries) {
  const first = Number(entries[0].value);
  const last = Number(entries.at(-1).value);
  const wide = WIDTHS.find((each) => last / each - Math.floor(first / each) < BARS) ?? 1000;
  const bins = [];
  for (let from = Math.floor(first / wide) * wide; from <= last; from += wide) {
    const within = entries.filter(({ value }) => value >= from && value < from + wide);
    const count = within.reduce((sum, each) => sum + each.count, 0);
    bins.push({ from: year(from), to: year(from + wide - 1), count });
  }
  return bins;
}

const year = (number) => String(number).padStart(4, "0");

const width = (bins) => (bins.length ? bins[0].to - bins[0].from : 0);

/** A bar for each month from the first to the last that is counted. */
function monthly(entries) {
  const counts = new Map(entries.map(({ value, count }) => [value, count]));
  const bins = [];
  for (let month = entries[0].value; month <= entries.at(-1).value; month = next(month)) {
    bins.push({ from: month, to: month, count: counts.get(month) ?? 0 });
  }
  return bins;
}

function next(month) {
  const [now, number] = month.split("-").map(Number);
  return number === 12 ? `${year(now + 1)}-01` : `${year(now)}-${String(number + 1).padStart(2, "0")}`;
}

/** Whether spans of years, months or days meet; an empty end is open. */
function inside(bin, { from, to }) {
  const starts = !to || bin.from <= to.slice(0, bin.from.length);
  return starts && (!from || bin.to.slice(0, from.length) >= from.slice(0, bin.to.length));
}

/**
 * The range once a bar is picked: it alone, up to it from the one bar that was picked, or none where it was it.
 * `all` are the bars in whose row ranges are made.
 */
export function picked(bin, chosen, all) {
  const same = (one) => one.from === chosen.from && one.to === chosen.to;
  if (same(bin)) return { from: "", to: "" };
  const one = all.find(same);
  if (!one) return { from: bin.from, to: bin.to };
  return { from: one.from < bin.from ? one.from : bin.from, to: one.to > bin.to ? one.to : bin.to };
}

function row(bins, chosen, pick, name = "") {
  const most = Math.max(1, ...bins.map((each) => each.count));
  const set = chosen.from || chosen.to;
  const bars = bins.map((bin) => bar(bin, bin.count / most, Boolean(set && inside(bin, chosen)), () => pick(bin)));
  const ends = [bins[0].from, bins.at(-1).to].map((end) => el("span", { text: end }));
  return el(
    "div",
    { class: `row ${name}` },
    el("div", { class: "bars" }, bars),
    el("p", { class: "ends", "aria-hidden": "true" }, ends),
  );
}

function bar({ from, to, count }, share, chosen, act) {
  const span = from === to ? date(from) : `${from}–${to}`;
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

/** Both ends as they are typed: years, months or days, whichever is first. */
function fields(chosen, go) {
  const given = (end) => {
    const value = end.value.trim().replaceAll("/", "-");
    const fits = !value || DATE.test(value);
    end.setAttribute("aria-invalid", String(!fits));
    return fits ? value : null;
  };
  const apply = (event) => {
    event.preventDefault();
    const ends = [...event.currentTarget.querySelectorAll("input")].map(given);
    if (ends.includes(null)) return;
    const [from, to] = ends[0] && ends[1] && ends[1] < ends[0].slice(0, ends[1].length) ? ends.reverse() : ends;
    if (from !== chosen.from || to !== chosen.to) go({ from, to });
  };
  const field = (name) =>
    el("input", {
      type: "text",
      inputmode: "numeric",
      maxlength: "10",
      autocomplete: "off",
      placeholder: t("date_form"),
      value: chosen[name],
      "aria-label": t(name),
      data: { key: `field:${name}` },
    });
  const button = el("button", { class: "plain", text: "›", title: t("apply"), "aria-label": t("apply"), data: { key: "apply" } });
  return el("form", { class: "span", onsubmit: apply }, field("from"), "–", field("to"), button);
}
