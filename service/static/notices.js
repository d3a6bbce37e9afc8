// Every failure in a sentence of its own, with a way on. What may pass is tried again without being asked.

import { LOCKED, PASSING } from "./api.js";
import { announce, button, byId, el } from "./dom.js";
import { keepKey, keyLasts } from "./storage.js";
import { t } from "./words.js";

const PAUSES = [1, 2, 4, 8, 10]; // seconds between attempts
const OWN = ["refused", "missing", "broken", "forbidden"]; // those of which the service's own words tell more

let attempts = 0;
let timer = 0;
let shown = null; // {failure, ways}

/** Shows a failure. ways: retry(), clear() of the filters where they may be at fault, or null. */
export function fail(failure, ways) {
  clearTimeout(timer);
  const before = shown?.failure;
  shown = { failure, ways };
  document.documentElement.classList.add("failing");
  if (before?.kind !== failure.kind || before.after !== failure.after) draw();
  if (LOCKED.includes(failure.kind) && !history.state?.typed) byId("key").focus(); // nobody is typing a question
  if (!PASSING.includes(failure.kind)) return;
  const pause = failure.after || PAUSES[Math.min(attempts, PAUSES.length - 1)];
  attempts += 1;
  timer = setTimeout(ways.retry, pause * 1000);
}

/** Says something that is no failure. */
export function tell(...content) {
  shown = null;
  document.documentElement.classList.remove("failing");
  byId("notice").replaceChildren(...content);
}

/** All is well again. */
export function well() {
  clearTimeout(timer);
  attempts = 0;
  tell();
}

/** Whether a failure is shown. */
export const failing = () => shown !== null;

/** The same in another language. */
export function redraw() {
  if (shown) draw();
}

function draw() {
  const { failure, ways } = shown;
  const { kind, after } = failure;
  const locked = LOCKED.includes(kind);
  const clear = ways.clear && button(t("clear_filters"), ways.clear);
  const again = after ? t("failure.after", { n: after }) : t("failure.again");
  const said = [
    el("p", { class: "what", text: t(`failure.${kind}`) }),
    failure.command && el("pre", { tabindex: "0" }, el("code", { text: failure.command })),
    OWN.includes(kind) && failure.message && el("p", { class: "detail", lang: "en", text: failure.message }),
    PASSING.includes(kind) && el("p", { class: "detail", text: again }),
    locked ? keyForm(ways.retry) : el("p", { class: "ways" }, button(t("retry"), ways.retry), clear),
  ];
  const typing = document.activeElement === byId("key");
  byId("notice").replaceChildren(...said.filter(Boolean));
  if (typing) byId("key")?.focus();
  announce("");
}

/** The field for a key; what was typed and ticked in it outlasts another drawing. */
function keyForm(retry) {
  const before = byId("key");
  const field = el("input", { id: "key", type: "password", autocomplete: "off", required: true });
  field.value = before?.value ?? "";
  const lasting = el("input", { id: "lasting", type: "checkbox" });
  lasting.checked = byId("lasting")?.checked ?? keyLasts();
  const given = (event) => {
    event.preventDefault();
    keepKey(field.value, lasting.checked);
    field.value = "";
    byId("q").focus({ preventScroll: true });
    retry();
  };
  return el(
    "form",
    { class: "unlock", onsubmit: given },
    el("label", { for: "key", text: t("key") }),
    el("p", { class: "ways" }, field, el("button", { text: t("use_key") })),
    el("label", {}, lasting, ` ${t("key_lasts")}`),
    el("p", { class: "detail", text: t("key_kept") }),
  );
}

window.addEventListener("online", () => shown?.ways.retry());
window.addEventListener("offline", () => shown?.failure.kind === "down" && shown.ways.retry());
