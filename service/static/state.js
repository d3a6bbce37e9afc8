// The page's state, which is its address: question, filters, how many, language, what is open.

import { kept } from "./collections.js";

const LISTS = ["language", "format"];
const TEXTS = ["q", "similar", "folder", "from", "to", "author", "tag", "doc", "passage"];
const FLAGS = ["undated", "far"];
/** Documents of one page of an answer; its candidates depend on it, so that every page is asked for by it. */
export const STEP = 50;
export const MOST = 5000;
export const MOST_SIMILAR = 100;
export const LONGEST = 1000;
export const FILTERS = ["language", "format", "folder", "from", "to", "undated", "author", "tag"];

/** The state that an address holds; what it cannot mean is left out. */
export function read(search) {
  const given = new URLSearchParams(search);
  const state = {};
  for (const name of TEXTS) state[name] = given.get(name) ?? "";
  if (!state.q.trim()) state.q = "";
  for (const name of LISTS) state[name] = (given.get(name) ?? "").split(",").filter(Boolean);
  for (const name of FLAGS) state[name] = given.get(name) === "1" ? "1" : "";
  state.sort = given.get("sort") === "date" ? "date" : "";
  const k = Number(given.get("k"));
  state.k = Number.isInteger(k) && k > STEP && k <= MOST ? k : STEP;
  return state;
}

/** The address of a state: what is as it is by itself stays out of it. */
export function address(state) {
  const shown = new URLSearchParams();
  for (const name of ["q", "similar", ...FILTERS, "sort", "far"]) {
    const value = String(state[name]);
    if (value) shown.set(name, value);
  }
  if (state.k !== STEP) shown.set("k", state.k);
  for (const name of ["doc", "passage"]) if (state[name]) shown.set(name, state[name]);
  for (const [name, value] of kept(state)) shown.set(name, value);
  return shown.size ? `${location.pathname}?${shown}` : location.pathname; // the page stands at the service's root
}

/** The filters as the API takes them. */
export function filters(state) {
  const taken = {};
  for (const name of LISTS) if (state[name].length) taken[name] = state[name].join(",");
  for (const name of ["from", "to", "author", "tag"]) if (state[name]) taken[name] = state[name];
  if (state.undated) taken.undated = "true";
  if (state.folder) taken.source = `${state.folder.replace(/[[*?]/g, "[$&]")}/*`;
  return taken;
}

export const NO_FILTERS = { language: [], format: [], folder: "", from: "", to: "", undated: "", author: "", tag: "" };

/** How many kinds of filters are set; from and to are one. */
export const filtered = (state) =>
  FILTERS.filter((name) => state[name].length && !(name === "to" && state.from)).length;

/** Characters as the service counts them: an emoji is one. */
export const length = (text) => [...text].length;
