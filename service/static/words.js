// The page's own words, and dates and numbers as its language writes them.

let words = {};
let language = "en";

/** Loads a language and puts its words in place. */
export async function speak(code) {
  words = (await import(`./${code}.js`)).default;
  language = code;
  document.documentElement.lang = code;
  for (const node of document.querySelectorAll("[data-t]")) node.textContent = t(node.dataset.t);
  for (const node of document.querySelectorAll("[data-t-label]")) {
    node.setAttribute("aria-label", t(node.dataset.tLabel));
  }
  for (const node of document.querySelectorAll("[data-t-placeholder]")) {
    node.placeholder = t(node.dataset.tPlaceholder);
  }
}

export const spoken = () => language;

/** The words of a key, {names} filled in. With a number n, the form that goes with it: "one" or "other". */
export function t(key, values = {}) {
  let said = words[key];
  if (typeof said === "object") {
    said = said[new Intl.PluralRules(language).select(values.n)] ?? said.other;
  }
  return said.replace(/\{(\w+)\}/g, (_, name) => {
    const value = values[name];
    return typeof value === "number" ? number(value) : value;
  });
}

export const has = (key) => key in words;

export const number = (value) => new Intl.NumberFormat(language).format(value);

/** A date as precise as it is known: "2019", "2019-10" or "2019-10-18". */
export function date(iso) {
  const [year, month, day] = iso.split("-").map(Number);
  if (!month) return iso;
  const shown = { year: "numeric", month: "long", timeZone: "UTC", ...(day && { day: "numeric" }) };
  return new Intl.DateTimeFormat(language, shown).format(new Date(Date.UTC(year, month - 1, day || 1)));
}

/** Whether a language is written from right to left. */
export const leftward = (code) => ["ar", "fa", "he", "ur"].includes(code);

/** What a language is called, in this page's language. */
export function languageName(code) {
  try {
    return new Intl.DisplayNames(language, { type: "language" }).of(code);
  } catch {
    return code;
  }
}
