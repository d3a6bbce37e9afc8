// What the browser keeps: choices and questions between visits, a key as long as its tab is open or, where that is
// wanted, on this computer. Nothing breaks where it may keep nothing.

const RECENT = "repere.recent";
const MOST = 8;
const KEY = "repere.key";

let held; // the key

export function keep(name, value) {
  try {
    localStorage.setItem(name, value);
  } catch {
    // forbidden or full: the choice lasts as long as the page
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
  if (!question) return;
  keep(RECENT, JSON.stringify([question, ...recent().filter((each) => each !== question)].slice(0, MOST)));
}

export function forget() {
  keep(RECENT, "[]");
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
export function keyLasts() {
  try {
    return localStorage.getItem(KEY) !== null;
  } catch {
    return false;
  }
}

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
