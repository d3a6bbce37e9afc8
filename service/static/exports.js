// Passages as a file: CSV, JSON, CSL-JSON, RIS or BibTeX, made here of what is shown.

import { authorsOf, inverted, item, iso, keyOf, oneLine, typeOf } from "./references.js";

const TEX = { "\\": "\\textbackslash{}", "~": "\\textasciitilde{}", "^": "\\textasciicircum{}" };

/** Kind of file → its name, its type, and its text of {question, link, hits}, where link(hit) opens a passage. */
export const FORMATS = {
  csv: { name: "repere.csv", type: "text/csv;charset=utf-8", write: csv },
  json: { name: "repere.json", type: "application/json", write: json },
  csl: { name: "repere-csl.json", type: "application/vnd.citationstyles.csl+json", write: csl },
  ris: { name: "repere.ris", type: "application/x-research-info-systems", write: ris },
  bib: { name: "repere.bib", type: "application/x-bibtex", write: bibtex },
};

/** What is told of a passage, in the order of a spreadsheet's columns. */
function record(hit, rank, link) {
  return {
    rank,
    title: hit.title,
    author: authorsOf(hit).map(inverted).join("; "),
    date: hit.date,
    type: typeOf(hit),
    container: hit.container ?? null,
    doi: hit.identifiers?.doi ?? null,
    url: hit.url ?? null,
    source: hit.source,
    page: hit.page_label ?? hit.page,
    section: hit.section.join(" › "),
    language: hit.language,
    format: hit.format,
    relevance: hit.relevance?.class ?? null,
    probability: hit.relevance?.probability ?? null,
    sentence: hit.highlight.text,
    passage: hit.text,
    note: hit.note ?? null,
    link: link(hit),
  };
}

/** For spreadsheets: marked as UTF-8; a cell that would be taken for a formula is made text. */
export function csv({ hits, link }) {
  const records = hits.map((hit, at) => record(hit, at + 1, link));
  const rows = [Object.keys(records[0] ?? {}), ...records.map(Object.values)];
  const lines = rows.map((row) => row.map(cell).join(","));
  return `\ufeff${lines.join("\r\n")}\r\n`;
}

/** What begins a formula, after anything that a spreadsheet passes over: its own signs, and wide and small ones. */
const FORMULA = /^[\s\p{C}]*[=+\-@＝＋－＠﹢﹣﹦﹫]|^[\t\r\n]/u;

function cell(value) {
  if (typeof value === "number") return String(value);
  const text = value ?? "";
  const safe = FORMULA.test(text) ? `'${text}` : text;
  return `"${safe.replaceAll('"', '""')}"`;
}

export function json({ question, hits, link }) {
  const passages = hits.map((hit, at) => {
    const { passage_id, start, end, authors = [] } = hit;
    return { ...record(hit, at + 1, link), authors, passage_id, start, end };
  });
  return `${JSON.stringify({ question, passages }, null, 2)}\n`;
}

/** One item a document; each sentence, with its page and the link to it, stands in its note. */
export function csl({ hits, link }) {
  const items = references(hits, link).map(({ work, notes }) => ({ ...work, note: notes.join("\n") }));
  return `${JSON.stringify(items, null, 2)}\n`;
}

/** Type of CSL → type of RIS; of all others "GEN". */
const RIS_TYPES = {
  article: "UNPB",
  "article-journal": "JOUR",
  "article-magazine": "MGZN",
  "article-newspaper": "NEWS",
  review: "JOUR",
  "review-book": "JOUR",
  bill: "BILL",
  book: "BOOK",
  chapter: "CHAP",
  dataset: "DATA",
  "entry-dictionary": "DICT",
  "entry-encyclopedia": "ENCYC",
  graphic: "ART",
  hearing: "HEAR",
  legal_case: "CASE",
  legislation: "STAT",
  manuscript: "UNPB",
  map: "MAP",
  motion_picture: "MPCT",
  musical_score: "MUSIC",
  pamphlet: "PAMP",
  "paper-conference": "CPAPER",
  patent: "PAT",
  personal_communication: "PCOMM",
  post: "ELEC",
  "post-weblog": "BLOG",
  report: "RPRT",
  software: "COMP",
  song: "SOUND",
  standard: "STAND",
  thesis: "THES",
  webpage: "ELEC",
};

/** One reference a document, its sentences as notes. A line break would begin another field. */
export function ris({ hits, link }) {
  const records = references(hits, link).map(({ work, notes }) => {
    const [first, last] = (work.page ?? "").split(/\s*[-–—]+\s*/);
    const fields = [
      ["TY", RIS_TYPES[work.type] ?? "GEN"],
      ["TI", work.title],
      ...(work.author ?? []).map((author) => ["AU", inverted(author)]),
      ["PY", work.issued && iso(work.issued).slice(0, 4)],
      ["DA", work.issued && risDate(iso(work.issued))],
      ["T2", work["container-title"]],
      ["PB", work.publisher],
      ["VL", work.volume],
      ["IS", work.issue],
      ["SP", first],
      ["EP", last],
      ["SN", work.ISSN ?? work.ISBN],
      ["DO", work.DOI],
      ["LA", work.language],
      ...notes.map((note) => ["N1", note]),
      ["UR", work.URL],
      ["ER", ""],
    ];
    const known = fields.filter(([tag, value]) => value || tag === "ER");
    return known.map(([tag, value]) => `${tag}  - ${oneLine(value)}`).join("\r\n");
  });
  return `${records.join("\r\n\r\n")}\r\n`;
}

function risDate(day) {
  const [year, month = "", date = ""] = day.split("-");
  return `${year}/${month}/${date}/`;
}

/** Type of CSL → entry of BibTeX, and the field that names what it appeared in or who gave it out. */
const ENTRIES = {
  "article-journal": ["article", "journal", "publisher"],
  "article-magazine": ["article", "journal", "publisher"],
  "article-newspaper": ["article", "journal", "publisher"],
  review: ["article", "journal", "publisher"],
  book: ["book", "series", "publisher"],
  chapter: ["incollection", "booktitle", "publisher"],
  "paper-conference": ["inproceedings", "booktitle", "publisher"],
  report: ["techreport", "series", "institution"],
  thesis: ["phdthesis", "series", "school"],
};
/** Entry of BibTeX → the field without which a style has nothing to set; without it the entry is a @misc. */
const NEEDED = { article: "journal", techreport: "institution", phdthesis: "school", book: "publisher" };

export function bibtex({ hits, link }) {
  const entries = references(hits, link).map(({ work, notes }) => {
    const [kind, whole, giver] = ENTRIES[work.type] ?? ["misc", "howpublished", "publisher"];
    const [year, month] = work.issued ? iso(work.issued).split("-") : [];
    const fields = {
      title: `{${tex(work.title)}}`,
      author: work.author?.map(texName).join(" and "),
      year,
      month: month && String(Number(month)),
      date: work.issued && iso(work.issued),
      [whole]: work["container-title"] && tex(work["container-title"]),
      [giver]: work.publisher && tex(work.publisher),
      volume: work.volume && tex(work.volume),
      number: work.issue && tex(work.issue),
      pages: work.page && tex(work.page.replace(/\s*[-–—]+\s*/g, "--")),
      doi: work.DOI && verbatim(work.DOI),
      issn: work.ISSN && tex(work.ISSN),
      isbn: work.ISBN && tex(work.ISBN),
      language: work.language,
      keywords: work.keyword && tex(work.keyword),
      note: notes.map(tex).join(" / "),
      url: verbatim(work.URL),
    };
    const known = Object.entries(fields).filter(([, value]) => value);
    const lines = known.map(([name, value]) => `  ${name} = {${value}},\n`);
    const entry = NEEDED[kind] && !fields[NEEDED[kind]] ? "misc" : kind;
    return `@${entry}{${work.id},\n${lines.join("")}}\n`;
  });
  return entries.join("\n");
}

/** "Family, Given"; a name in braces is one word to BibTeX, whatever "and" or comma it holds. */
function texName({ family, given, literal }) {
  if (literal) return `{${tex(literal)}}`;
  const whole = /,|(?:^|\s)and(?:\s|$)/i;
  const parts = [family, given].filter(Boolean).map((part) => (whole.test(part) ? `{${tex(part)}}` : tex(part)));
  return parts.join(", ");
}

/** Text that TeX sets as it stands: what means something to it is escaped, braces too. */
export const tex = (text) => oneLine(text).replace(/[\\~^{}$&#%_]/g, (sign) => TEX[sign] ?? `\\${sign}`);

/** What BibTeX takes letter for letter, an address or a DOI: only what would end the field is encoded. */
const verbatim = (text) => text.replace(/[{}\\\s]/g, encodeURIComponent);

/** One a document: its item of CSL-JSON, and a note for each of its passages and each that was written by hand. */
function references(hits, link) {
  const found = new Map();
  for (const hit of hits) found.set(hit.source, [...(found.get(hit.source) ?? []), hit]);
  const used = new Set();
  return [...found.values()].map((passages) => ({
    work: item(passages[0], keyOf(passages[0], used), link(passages[0])),
    notes: passages.flatMap((hit) => [`${noted(hit)} ${link(hit)}`, ...(hit.note ? [oneLine(hit.note)] : [])]),
  }));
}

const noted = (hit) => `${hit.page === null ? "" : `p. ${hit.page_label ?? hit.page}: `}${oneLine(hit.highlight.text)}`;
