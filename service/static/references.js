// What is known of a document as a reference: an item of CSL-JSON (docs.citationstyles.org), and COinS.

import { el } from "./dom.js";

const KINDS = { html: "webpage", mhtml: "webpage", "e-mail": "personal_communication" };
const SCHEMES = { doi: "DOI", isbn: "ISBN", issn: "ISSN", pmid: "PMID", pmcid: "PMCID" };
const JOURNAL = "info:ofi/fmt:kev:mtx:journal";
const BOOK = "info:ofi/fmt:kev:mtx:book";
/** Type of CSL → format and genre of an OpenURL (ANSI/NISO Z39.88), for the types that have one of their own. */
const GENRES = {
  article: [JOURNAL, "preprint"],
  "article-journal": [JOURNAL, "article"],
  "article-magazine": [JOURNAL, "article"],
  review: [JOURNAL, "article"],
  "paper-conference": [BOOK, "proceeding"],
  book: [BOOK, "book"],
  chapter: [BOOK, "bookitem"],
  report: [BOOK, "report"],
  thesis: ["info:ofi/fmt:kev:mtx:dissertation", ""],
};
const DUBLIN_CORE = "info:ofi/fmt:kev:mtx:dc";
/** Type of CSL → what Dublin Core's type is to say for Zotero, which makes a web page of all others. */
const DC_TYPES = {
  "article-newspaper": "newspaperArticle",
  "post-weblog": "blogPost",
  post: "forumPost",
  webpage: "webpage",
  personal_communication: "email",
};

export const oneLine = (text) => text.replace(/\s+/g, " ").trim();

/** The type of a work as CSL names it: what it is said to be, or what its format makes of it. */
export const typeOf = (work) => work.type ?? KINDS[work.format] ?? "document";

/** Its authors as CSL has them, one a person or organisation. */
export function authorsOf({ author, authors = [] }) {
  const named = authors.map(({ family, given, literal }) =>
    family ? { family: oneLine(family), ...(given && { given: oneLine(given) }) } : { literal: oneLine(literal ?? given ?? "") },
  );
  const known = named.filter((name) => name.family || name.literal);
  return known.length || !author ? known : [{ literal: oneLine(author) }];
}

/** A work as an item of CSL-JSON under an id; link stands for the address of one that has none. */
export function item(work, id, link) {
  const found = { id, type: typeOf(work), title: oneLine(work.title) };
  const texts = { "container-title": "container", publisher: "publisher", volume: "volume", issue: "issue", page: "pages" };
  for (const [name, from] of Object.entries(texts)) if (work[from]) found[name] = oneLine(work[from]);
  for (const [scheme, name] of Object.entries(SCHEMES)) {
    if (work.identifiers?.[scheme]) found[name] = oneLine(work.identifiers[scheme]);
  }
  const authors = authorsOf(work);
  if (authors.length) found.author = authors;
  if (work.date) found.issued = { "date-parts": [work.date.split("-").map(Number)] };
  if (work.language) found.language = work.language;
  if (work.tags?.length) found.keyword = work.tags.map(oneLine).join(", ");
  found.URL = work.url ?? link;
  return found;
}

/** A key of letters, digits and "-" for a work, unlike those in `used`, to which it is added. */
export function keyOf(work, used) {
  const plain = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  const [first] = authorsOf(work);
  const name = plain(first?.family ?? first?.literal ?? "").match(/[a-z]+/g)?.join("").slice(0, 20) ?? "";
  const words = plain(work.title).match(/[a-z]{4,}/g) ?? [];
  const [year = ""] = (work.date ?? "").split("-");
  const base = name || words.length ? [name, ...words.slice(0, name ? 1 : 2)].join("") + year : `document${year}`;
  let key = base;
  for (let turn = 2; used.has(key); turn += 1) key = `${base}-${turn}`;
  used.add(key);
  return key;
}

/** The same for programs that read the page, as COinS has it (an OpenURL in a span that shows nothing). */
export function coins(work, link) {
  return el("span", { class: "Z3988", title: openUrl(item(work, "", link)), "aria-hidden": "true" });
}

/** An item of CSL-JSON as the ContextObject of an OpenURL. */
export function openUrl(work) {
  const [format, genre] = GENRES[work.type] ?? [DUBLIN_CORE, ""];
  const said = new URLSearchParams({ ctx_ver: "Z39.88-2004", rft_val_fmt: format });
  const say = (name, value) => value && said.append(name, value);
  if (work.DOI) say("rft_id", `info:doi/${work.DOI}`);
  say("rft_id", work.URL);
  if (format === DUBLIN_CORE) describe(work, say);
  else {
    say("rft.genre", genre);
    for (const [name, value] of titles(work, format)) say(name, value);
    for (const name of ["volume", "issue"]) say(`rft.${name}`, work[name]);
    say("rft.pages", work.page);
    say("rft.issn", work.ISSN);
    say("rft.isbn", work.ISBN);
    say(format.endsWith("dissertation") ? "rft.inst" : "rft.pub", work.publisher);
    const [first] = work.author ?? [];
    say("rft.aulast", first?.family);
    say("rft.aufirst", first?.family && first.given);
    for (const author of (work.author ?? []).slice(first?.family ? 1 : 0)) say("rft.au", inverted(author));
  }
  say("rft.date", work.issued && iso(work.issued));
  say("rft.language", work.language);
  return said.toString();
}

function describe(work, say) {
  say("rft.type", DC_TYPES[work.type] ?? "document");
  say("rft.title", work.title);
  for (const author of work.author ?? []) say("rft.creator", inverted(author));
  say("rft.source", work["container-title"]);
  say("rft.publisher", work.publisher);
  say("rft.identifier", work.URL);
}

function titles(work, format) {
  const whole = work["container-title"];
  if (format === JOURNAL) return [["rft.atitle", work.title], ["rft.jtitle", whole]];
  if (format !== BOOK) return [["rft.title", work.title]];
  return whole ? [["rft.atitle", work.title], ["rft.btitle", whole]] : [["rft.btitle", work.title]];
}

/** "Family, Given", or the name that is not taken apart. */
export const inverted = ({ family, given, literal }) => literal ?? [family, given].filter(Boolean).join(", ");

/** A date of CSL-JSON in ISO 8601, as precise as it is known. */
export const iso = ({ "date-parts": [parts] }) =>
  parts.map((part, at) => String(part).padStart(at ? 2 : 4, "0")).join("-");
