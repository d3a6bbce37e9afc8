// What the browser keeps: choices and questions between visits, a key as long as its tab is open or, where that is
// wanted, on this computer. Nothing breaks where it may keep nothing.

const RECENT = "repere.recent";
const UNRECORDED = "repere.unrecorded";
const MOST = 8;
const KEY = "repere.key";

let held; // the key

/** Keeps a value between visits; whether it is: it may be forbidden, or there may be no room. */
export function keep(name, value) {
  try {
    localStorage.setItem(name, value);
    return true;
  } catch {
    return false;
  }
}

export function recent() {
  try {
    const kept = JSON.parse(localStorage.getItem(RECENT) ?? "[]");
    return Array.isArray(kept) ? kept.filter((each) => typeof each === "string").slice(0, MOST) : [];
  } catch {
    return [];
  }
}

/** Puts a question first, and forgets the oldest. */
export function remember(question) {
  if (!question || !records()) return;
  keep(RECENT, JSON.stringify([question, ...recent().filter((each) => each !== question)].slice(0, MOST)));
}

export function forget() {
  keep(RECENT, "[]");
}

/** Whether questions that are asked are kept. */
export const records = () => read(UNRECORDED) === null;

/** Has questions kept from now on, or forgets them and keeps none. */
export function record(is) {
  if (is) localStorage.removeItem(UNRECORDED);
  else if (keep(UNRECORDED, "1")) forget();
}

/** What is kept under a name; null for nothing. */
export function read(name) {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}

/** The key that was given to the service's questions, in this tab or for this computer; "" for none. */
export function key() {
  try {
    held ??= sessionStorage.getItem(KEY) ?? localStorage.getItem(KEY) ?? "";
  } catch {
    held ??= "";
  }
  return held;
}

/** Whether a key is kept on this computer. */
export const keyLasts = () => read(KEY) !== null;

/**
 * Keeps a key as it is sent: without what was copied around it, or what no header holds. It lasts as long as the
 * tab, or, where that is wanted, on this computer; one that was kept there before is not.
 */
export function keepKey(given, lasting) {
  held = given.replace(/^\s*(?:Authorization:\s*)?(?:Bearer\s)?/i, "").replace(/[^\x21-\x7e]+/g, "");
  try {
    localStorage.removeItem(KEY);
    (lasting ? localStorage : sessionStorage).setItem(KEY, held);
    if (lasting) sessionStorage.removeItem(KEY);
  } catch {
    // forbidden: it lasts as long as the page
  }
}

/** No key is kept any more, nor sent. */
export function forgetKey() {
  held = "";
  try {
    for (const kept of [localStorage, sessionStorage]) kept.removeItem(KEY);
  } catch {
    // nothing was kept
  }
}
