// What is kept: passages with their notes, to export, print, and hand on; questions to ask again.

import { Failure, get, pathOf } from "./api.js";
import { copy } from "./cite.js";
import { learn } from "./collections.js";
import { announce, button, el, plain, save } from "./dom.js";
import { FORMATS } from "./exports.js";
import * as keeping from "./keeping.js";
import { entire } from "./paths.js";
import { authorsOf, inverted } from "./references.js";
import { filters, read } from "./state.js";
import { date, t } from "./words.js";

const FILE = "repere-basket.json";

/** Shows what is kept, or what a link hands on. */
export async function show(body, handed, tools) {
  if (!handed) return drawn(body, tools);
  const passages = await received(handed);
  const add = () => {
    const own = keeping.passages();
    const known = new Set(own.map((each) => each.passage_id));
    keeping.keepAll([...own, ...passages.filter((each) => !known.has(each.passage_id))]);
    location.hash = "basket";
  };
  body.replaceChildren(
    el("p", { class: "detail", text: t(passages.length ? "basket_received" : "basket_unreadable") }),
    passages.length > 0 && el("p", { class: "ways" }, button(t("basket_add", { n: passages.length }), add), ...exporting(() => passages, tools)),
    el("ol", { class: "kept-list" }, passages.map((each) => entry(each, tools))),
  );
}

function drawn(body, tools) {
  const passages = keeping.passages();
  const questions = keeping.questions();
  learn({ hits: passages });
  const again = () => drawn(body, tools);
  const put = (changed) => {
    keeping.keepAll(changed);
    again();
    document.getElementById("panel-title").focus();
  };
  const let_go = (hit) => put(keeping.passages().filter((each) => each.passage_id !== hit.passage_id));
  const noted = (hit, note) => keeping.keepAll(keeping.passages().map((each) => (each.passage_id === hit.passage_id ? { ...each, note } : each)));
  const empty = () => confirm(t("basket_empty_sure")) && put([]);
  const none = !passages.length;
  const ways = [
    ...(none ? [] : exporting(keeping.passages, tools)),
    !none && button(t("print"), () => print()),
    !none && button(t("basket_link"), () => linked()),
    !none && button(t("basket_file"), () => save(FILE, "application/json", JSON.stringify({ repere: "basket", passages: keeping.passages() }, null, 2))),
    opener(put),
    !none && button(t("basket_empty"), empty),
  ];
  body.replaceChildren(
    el("p", { class: "detail", text: t("basket_where") }),
    el("p", { class: "ways" }, ways),
    none ? el("p", { text: t("basket_none") }) : el("ol", { class: "kept-list" }, passages.map((each) => entry(each, tools, { noted, let_go }))),
    ...(questions.length ? asked(questions, again) : []),
  );
}

/** A menu of the kinds of file that passages are exported to. */
function exporting(passages, tools) {
  const written = (kind) => {
    const { name, type, write } = FORMATS[kind];
    save(name, type, write({ question: "", hits: passages(), link: tools.link }));
    announce(t("exported", { name }));
  };
  const labels = { csv: "CSV", json: "JSON", csl: "CSL-JSON", ris: "RIS", bib: "BibTeX" };
  const kinds = Object.entries(labels).map(([kind, label]) => el("option", { value: kind, text: label }));
  const select = el("select", { "aria-label": t("export"), onchange: () => { if (select.value) written(select.value); select.value = ""; } });
  select.append(el("option", { value: "", text: t("export") }), ...kinds);
  return [select];
}

/** Takes in a basket that was saved as a file. */
function opener(put) {
  const taken = async () => {
    const [file] = field.files;
    let given = [];
    try {
      given = JSON.parse(await file.text()).passages.map(keeping.safe).filter(Boolean);
    } catch {
      // it is said below
    }
    if (!given.length) return announce(t("basket_unreadable"));
    const known = new Set(given.map((each) => each.passage_id));
    put([...keeping.passages().filter((each) => !known.has(each.passage_id)), ...given]);
    return announce(t("kept_n", { n: keeping.passages().length }));
  };
  const field = el("input", { type: "file", accept: ".json,application/json", class: "unseen", onchange: taken });
  return el("label", { class: "button" }, t("basket_open"), field);
}

/** A passage, where it stands, and its note, which can be written where it is one's own. */
function entry(hit, tools, own = null) {
  const { noted, let_go } = own ?? {};
  const about = [
    authorsOf(hit).map(inverted).join("; "),
    hit.date && date(hit.date),
    hit.container,
    hit.page !== null && t("page", { page: hit.page_label ?? String(hit.page) }),
  ].filter(Boolean);
  const written = el("p", { class: own ? "printed" : "note", dir: "auto", text: hit.note });
  const area = () => {
    const field = el("textarea", { rows: "2", dir: "auto", "aria-label": `${t("note")} · ${hit.title}`, placeholder: t("note"), oninput: () => noted(hit, (written.textContent = field.value)) });
    field.value = hit.note;
    return field;
  };
  return el(
    "li",
    {},
    el("h3", { dir: "auto" }, keeping.inside(tools.link(hit), hit.title)),
    el("p", { class: "meta" }, about.map((each) => el("span", { dir: "auto", text: each })), entire(hit.source)),
    el("blockquote", { dir: "auto", lang: hit.language, text: hit.highlight.text }),
    own ? area() : null,
    (own || hit.note) && written,
    hit.gone && el("p", { class: "detail", text: t("failure.missing") }),
    own &&
      el(
        "p",
        { class: "tools" },
        plain(t("cite"), (event) => tools.cite(hit, event.currentTarget), { "aria-label": `${t("cite")} · ${hit.title}` }),
        plain(t("remove"), () => let_go(hit), { "aria-label": `${t("remove")} · ${hit.title}` }),
      ),
  );
}

/** The address of a question's Atom feed: it names new documents of which the relevance suffices. */
function feed(search) {
  const state = read(search);
  const collection = new URLSearchParams(search).get("collection");
  return `${location.pathname}feed?${new URLSearchParams({ q: state.q, ...filters(state), ...(collection && { collection }) })}`;
}

function asked(questions, again) {
  const let_go = (search) => {
    keeping.keepQuestions(keeping.questions().filter((each) => each.search !== search));
    again();
  };
  const rows = questions.map(({ q, search }) =>
    el(
      "li",
      {},
      keeping.inside(`${location.pathname}${search}`, q, { dir: "auto" }),
      " ",
      el("a", { href: feed(search), type: "application/atom+xml", text: t("feed"), "aria-label": `${t("feed")} · ${q}` }),
      " ",
      plain(t("remove"), () => let_go(search), { "aria-label": `${t("remove")} · ${q}` }),
    ),
  );
  return [el("h3", { text: t("saved_questions") }), el("p", { class: "detail", text: t("feed_what") }), el("ul", {}, rows)];
}

/** Copies a link that hands the basket on: all of it stands in the link, and none of it is sent to the service. */
async function linked() {
  const short = keeping.passages().map(({ source, passage_id, highlight, note, collection }) => [source, passage_id, highlight.text, note, collection]);
  const packed = await through(new CompressionStream("deflate-raw"), new TextEncoder().encode(JSON.stringify(short)));
  const code = btoa(String.fromCharCode(...packed)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  const done = await copy(`${location.origin}${location.pathname}#basket=${code}`);
  announce(t(done ? "link_copied" : "not_copied"));
}

async function through(stream, bytes) {
  return new Uint8Array(await new Response(new Blob([bytes]).stream().pipeThrough(stream)).arrayBuffer());
}

/** The passages of a link, with what the service says of their documents; the sentence alone where it holds them no more. */
async function received(code) {
  let given;
  try {
    const packed = Uint8Array.from(atob(code.replaceAll("-", "+").replaceAll("_", "/")), (sign) => sign.charCodeAt(0));
    given = JSON.parse(new TextDecoder().decode(await through(new DecompressionStream("deflate-raw"), packed)));
  } catch {
    return [];
  }
  const documents = new Map();
  const found = [];
  for (const [source, passage_id, sentence, note, collection] of Array.isArray(given) ? given.filter(Array.isArray) : []) {
    learn({ hits: [{ source, passage_id, collection }] });
    const name = JSON.stringify([collection, source]);
    if (!documents.has(name)) documents.set(name, await told(String(source)));
    const document = documents.get(name);
    const passage = document?.content.find((each) => each.passage_id === passage_id);
    const hit = keeping.safe({ ...document, ...passage, source, passage_id, note, collection, highlight: { text: sentence } });
    if (hit) found.push({ ...hit, gone: !passage });
  }
  return found;
}

async function told(source) {
  try {
    return await get(`basket ${source}`, pathOf("documents", source));
  } catch (failure) {
    if (failure instanceof Failure) return null;
    throw failure;
  }
}
