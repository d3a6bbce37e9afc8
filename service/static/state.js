// The page's state, which is its address: question, filters, how many, language, what is open.

const LISTS = ["language", "format"];
const TEXTS = ["q", "folder", "from", "to", "similar", "doc", "passage"];
export const STEP = 10;
export const MOST = 100;
export const LONGEST = 1000;
export const FILTERS = ["language", "format", "folder", "from", "to"];

/** The state that an address holds; what it cannot mean is left out. */
export function read(search) {
  const given = new URLSearchParams(search);
  const state = {};
  for (const name of TEXTS) state[name] = given.get(name) ?? "";
  if (!state.q.trim()) state.q = "";
  for (const name of LISTS) state[name] = (given.get(name) ?? "").split(",").filter(Boolean);
  const k = Number(given.get("k"));
  state.k = Number.isInteger(k) && k >= 1 && k <= MOST ? k : STEP;
  state.lang = ["fr", "en"].includes(given.get("lang")) ? given.get("lang") : "";
  return state;
}

/** The address of a state: what is as it is by itself stays out of it. */
export function address(state) {
  const shown = new URLSearchParams();
  for (const name of ["q", "similar", ...FILTERS]) {
    const value = String(state[name]);
    if (value) shown.set(name, value);
  }
  if (state.k !== STEP) shown.set("k", state.k);
  for (const name of ["doc", "passage", "lang"]) if (state[name]) shown.set(name, state[name]);
  return shown.size ? `/?${shown}` : "/";
}

/** The filters as the API takes them. */
export function filters(state) {
  const taken = {};
  for (const name of LISTS) if (state[name].length) taken[name] = state[name].join(",");
  for (const name of ["from", "to"]) if (state[name]) taken[name] = state[name];
  if (state.folder) taken.source = `${state.folder.replace(/[[*?]/g, "[$&]")}/*`;
  return taken;
}

export const NO_FILTERS = { language: [], format: [], folder: "", from: "", to: "" };

export const filtered = (state) => FILTERS.filter((name) => state[name].length).length;

/** Characters as the service counts them: an emoji is one. */
export const length = (text) => [...text].length;
