// Every failure in a sentence of its own, with a way on. What may pass is tried again without being asked.

import { PASSING } from "./api.js";
import { announce, button, byId, el } from "./dom.js";
import { t } from "./words.js";

const PAUSES = [1, 2, 4, 8, 10]; // seconds between attempts

let attempts = 0;
let timer = 0;
let shown = null; // {failure, ways}

/** Shows a failure. ways: retry(), clear() of the filters where they may be at fault, or null. */
export function fail(failure, ways) {
  clearTimeout(timer);
  const again = shown?.failure.kind === failure.kind;
  shown = { failure, ways };
  if (!again) draw();
  if (!PASSING.includes(failure.kind)) return;
  const pause = PAUSES[Math.min(attempts, PAUSES.length - 1)];
  attempts += 1;
  timer = setTimeout(ways.retry, pause * 1000);
}

/** Says something that is no failure. */
export function tell(...content) {
  shown = null;
  byId("notice").replaceChildren(...content);
}

/** All is well again. */
export function well() {
  clearTimeout(timer);
  attempts = 0;
  shown = null;
  byId("notice").replaceChildren();
}

/** Whether a failure is shown. */
export const failing = () => shown !== null;

/** The same in another language. */
export function redraw() {
  if (shown) draw();
}

function draw() {
  const { failure, ways } = shown;
  const { kind } = failure;
  const own = kind === "refused" || kind === "missing" || kind === "broken";
  const clear = ways.clear && button(t("clear_filters"), ways.clear);
  const said = [
    el("p", { class: "what", text: t(`failure.${kind}`) }),
    failure.command && el("pre", { tabindex: "0" }, el("code", { text: failure.command })),
    own && failure.message && el("p", { class: "detail", lang: "en", text: failure.message }),
    PASSING.includes(kind) && el("p", { class: "detail", text: t("failure.again") }),
    el("p", { class: "ways" }, button(t("retry"), ways.retry), clear),
  ];
  byId("notice").replaceChildren(...said.filter(Boolean));
  announce("");
}

window.addEventListener("online", () => shown?.ways.retry());
window.addEventListener("offline", () => shown?.failure.kind === "down" && shown.ways.retry());
