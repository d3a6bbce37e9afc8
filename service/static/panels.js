// Pages beside the search, each named by the fragment of an address: what is kept, and what the corpus holds.

import { byId, el } from "./dom.js";
import { t } from "./words.js";

const PANELS = { basket: () => import("./basket.js"), corpus: () => import("./corpus.js") };

let shown = null; // the fragment of the panel that is there

/** The name of the panel that an address names; "" for none. */
const named = (hash) => /^#([a-z]+)/.exec(hash)?.[1] ?? "";

/** Whether an address names a panel. */
export const there = () => named(location.hash) in PANELS;

/** Shows the panel that the address names, or none; whether one is shown. tools are what panels do outside of them. */
export async function show(tools, anew = false) {
  const { hash } = location;
  const name = named(hash);
  document.documentElement.classList.toggle("panelled", there());
  byId("panel").hidden = !there();
  if (!there()) shown = null;
  if (!there() || (shown === hash && !anew)) return there();
  shown = hash;
  const title = el("h2", { id: "panel-title", tabindex: "-1", text: t(`panel.${name}`) });
  const body = el("div", { class: "body", "aria-busy": "true" });
  const close = el("button", { type: "button", text: "×", title: t("close"), "aria-label": t("close"), onclick: tools.close });
  byId("panel").replaceChildren(el("header", {}, title, close), body);
  document.title = `${t(`panel.${name}`)} · Repère`;
  title.focus();
  const panel = await PANELS[name]();
  if (shown !== hash) return true;
  await panel.show(body, hash.slice(name.length + 2), tools);
  body.removeAttribute("aria-busy");
  return true;
}
