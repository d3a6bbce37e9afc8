// The field for the question: what is typed, how much may be, and the pause after which it is taken as asked.

import { forget } from "./api.js";
import { byId } from "./dom.js";
import { length, LONGEST } from "./state.js";
import { t } from "./words.js";

const PAUSE = 200; // milliseconds without a key

const field = byId("q");
let typing = 0;

/** What is typed, without what no question holds. */
export const typed = () => field.value.replace(/\p{Cc}+/gu, " ");

/** Puts a question in place of what is typed. */
export function put(question) {
  field.value = question;
  sized();
}

export const focus = () => field.focus();

/** What is being typed is not asked by itself any more. */
export const settled = () => clearTimeout(typing);

/** The counter near the limit, and the cross. */
export function sized() {
  const left = LONGEST - length(typed());
  const counter = byId("counter");
  if (left > 100) counter.textContent = "";
  else if (left >= 0) counter.textContent = t("counter_left", { n: left });
  else counter.textContent = `${t("too_long")} ${t("counter", { n: -left, most: LONGEST })}`;
  counter.classList.toggle("over", left < 0);
  field.setAttribute("aria-invalid", String(left < 0));
  byId("clear").hidden = !field.value;
}

/** changed(): a key was pressed; ask(draft): after a pause as a draft, or on Enter; left(): the field was. */
export function listen({ changed, ask, left }) {
  const submit = (draft) => {
    settled();
    if (length(typed()) <= LONGEST) ask(draft);
  };
  const typedOn = ({ isComposing }) => {
    sized();
    changed();
    settled();
    forget("search");
    if (!isComposing) typing = setTimeout(submit, PAUSE, true); // what an input method shows is not yet a word
  };
  field.addEventListener("input", typedOn);
  field.addEventListener("compositionend", () => typedOn({ isComposing: false }));
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    submit(false);
  });
  field.addEventListener("blur", left);
  byId("ask").addEventListener("submit", (event) => event.preventDefault());
}
