// The language and the theme: chosen, and kept for the next visit.

import { byId } from "./dom.js";
import { keep } from "./storage.js";
import { spoken, t } from "./words.js";

const NEXT = { auto: "light", light: "dark", dark: "auto" };
const SIGNS = { auto: "◐", light: "○", dark: "●" };

/** translate(language) has the page speak it. */
export function listen(translate) {
  byId("language").addEventListener("click", () => {
    const language = spoken() === "fr" ? "en" : "fr";
    keep("repere.language", language);
    translate(language);
  });
  byId("theme").addEventListener("click", () => themed(NEXT[document.documentElement.dataset.theme]));
}

/** Sets a theme, or says the one that is set in the language of now. */
export function themed(theme = document.documentElement.dataset.theme) {
  document.documentElement.dataset.theme = theme;
  keep("repere.theme", theme);
  const button = byId("theme");
  button.textContent = SIGNS[theme];
  button.title = t(`theme.${theme}`);
  button.setAttribute("aria-label", button.title);
}
