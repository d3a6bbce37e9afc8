// What the browser keeps between visits: choices and questions. Nothing breaks where it may keep nothing.

const RECENT = "repere.recent";
const MOST = 8;

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
