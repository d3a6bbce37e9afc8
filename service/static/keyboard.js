// Keys, and the panel that lists them and what a question may hold.

import { announce, byId, button, el } from "./dom.js";
import { links } from "./results.js";
import { forgetKey, keep, keyLasts, read } from "./storage.js";
import { has, t } from "./words.js";

const KEYS = [
  ["/", "keys.field"],
  ["Enter", "keys.ask"],
  ["↓ ↑", "keys.move"],
  ["Enter", "keys.open"],
  ["← →", "keys.hits"],
  ["Shift ← →", "keys.passages"],
  ["Esc", "keys.close"],
  ["?", "keys.help"],
];

const OFF = "repere.letters-off"; // under which it is kept that keys of one sign do nothing

const SYNTAX = ["phrase", "excluded", "title", "author", "source"];

let step = null;

/**
 * Listens; stepped(by, among) goes from hit to hit, or passage, of the open document; close() closes what is open
 * and tells whether something was.
 */
export function listen(close, stepped) {
  step = stepped;
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (byId("help").open) return;
    if (acted(event, close)) event.preventDefault();
  });
  byId("keys").addEventListener("click", help);
}

function acted(event, close) {
  const typing = event.target.closest("textarea, input, select");
  if (event.key === "Escape") return close();
  const down = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (down) return moved(down, event.target);
  if (typing || ("/?".includes(event.key) && read(OFF))) return false;
  if (event.key === "/") {
    byId("q").focus();
    byId("q").select();
    return true;
  }
  if (event.key === "?") {
    help();
    return true;
  }
  const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (by && !byId("reader").hidden) {
    step(by, event.shiftKey ? "passages" : "hits");
    return true;
  }
  return false;
}

/** From the field into the results, from one to the next, and back into the field. */
function moved(by, from) {
  const field = byId("q");
  const all = links();
  if (from === field) {
    if (by < 0 || field.selectionEnd < field.value.length || !all.length) return false;
    return focused(all[0]);
  }
  const at = all.indexOf(from.closest(".passage")?.querySelector(".sentence"));
  if (at < 0) return false;
  return focused(all[at + by] ?? (by < 0 ? field : all[at]));
}

function focused(node) {
  node.focus({ preventScroll: true });
  node.scrollIntoView({ block: "nearest" });
  return true;
}

/** Whether "/" and "?" do something: who speaks to the browser, or trembles, types them unawares. */
function letters() {
  const box = el("input", { type: "checkbox", checked: !read(OFF) });
  box.addEventListener("change", () => keep(OFF, box.checked ? "" : "1"));
  return box;
}

function help() {
  const named = (key) => (has(`key.${key}`) ? t(`key.${key}`) : key);
  const caps = (keys) => keys.split(" ").map((key) => el("kbd", { text: named(key) }));
  const row = ([keys, said]) => el("div", {}, el("dt", {}, caps(keys)), el("dd", { text: t(said) }));
  const example = (kind) =>
    el("div", {}, el("dt", {}, el("code", { text: t(`syntax.${kind}`) })), el("dd", { text: t(`means.${kind}`) }));
  const panel = byId("help");
  panel.replaceChildren(
    el("h2", { id: "help-title", text: t("help") }),
    el("dl", {}, KEYS.map(row)),
    el("p", {}, el("label", {}, letters(), " ", t("keys.letters"))),
    el("h2", { text: t("syntax") }),
    el("dl", {}, SYNTAX.map(example)),
    el("p", {}, el("a", { href: "#corpus", onclick: () => panel.close(), text: t("panel.corpus_link") })),
    el("p", {}, el("a", { href: "docs", text: t("api") })),
    ...(keyLasts() ? [keptKey()] : []),
    el("form", { method: "dialog" }, el("button", { text: t("close"), autofocus: true })),
  );
  panel.showModal();
}

/** Says that a key is kept on this computer, and forgets it. */
function keptKey() {
  const forgotten = ({ currentTarget }) => {
    forgetKey();
    announce(t("key_forgotten"));
    currentTarget.parentNode.replaceChildren(t("key_forgotten"));
  };
  return el("p", {}, `${t("key_stays")} `, button(t("forget"), forgotten));
}
