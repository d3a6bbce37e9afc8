// The panel under a citation that was copied: the same in another style, or as a file for citation programs.

import { pathOf } from "./api.js";
import { citation, copy } from "./cite.js";
import { announce, button, el, save } from "./dom.js";
import { FORMATS } from "./exports.js";
import { item } from "./references.js";
import { keep, read } from "./storage.js";
import { STYLES } from "./styles.js";
import { t } from "./words.js";

const STYLE = "repere.style";
const FILES = { ris: "RIS", bib: "BibTeX", csl: "CSL-JSON" };
const DONE = 2000; // milliseconds for which a button says so

/** The style that was chosen; "note", a sentence with its page and its link, to begin with. */
const chosen = () => (read(STYLE) in STYLES ? read(STYLE) : "note");

/** A reference to a hit in a style; link opens its passage. */
export function reference(hit, style, link) {
  if (!(style in STYLES)) return citation(hit, link);
  return STYLES[style](item(hit, "", link), new Date().toISOString().slice(0, 10));
}

/** The address of a document's own page, which bears what citation programs read, at a passage. */
function ownPage({ source, passage_id }) {
  const page = new URL(pathOf("read", source), location.href);
  page.searchParams.set("passage", passage_id);
  return page.href;
}

/** Copies a citation of a hit, as a button asks; what was copied is shown beside it, with other ways to have it. */
export async function cite(hit, link, pressed) {
  document.getElementById("citing")?.remove();
  const text = el("p", { class: "cited", dir: "auto" });
  const select = el(
    "select",
    { onchange: () => keep(STYLE, select.value) !== undefined && copied() },
    ["note", ...Object.keys(STYLES)].map((each) => el("option", { value: each, text: t(`styles.${each}`) })),
  );
  select.value = chosen();
  const file = (kind) => {
    const { name, type, write } = FORMATS[kind];
    save(name, type, write({ question: "", hits: [hit], link: () => link }));
    announce(t("exported", { name }));
  };
  const panel = el(
    "div",
    { id: "citing", popover: "auto", role: "group", "aria-label": t("cite") },
    text,
    el("p", { class: "ways" }, el("label", {}, `${t("style")} `, select), Object.entries(FILES).map(([kind, label]) => button(label, () => file(kind)))),
    el("p", {}, el("a", { href: ownPage(hit), target: "_blank", text: t("own_page") })),
  );

  async function copied() {
    text.textContent = reference(hit, select.value, link);
    const done = await copy(text.textContent);
    announce(t(done ? "copied" : "not_copied"));
    pressed.classList.toggle("done", done);
    setTimeout(() => pressed.classList.remove("done"), DONE);
  }

  await copied();
  pressed.after(panel); // next to its button for who goes on by keys
  panel.showPopover();
}
