// The answer as a file: CSV, JSON, RIS or BibTeX, made here of what is shown.

import { oneLine } from "./cite.js";

const TEX = { "\\": "\\textbackslash{}", "~": "\\textasciitilde{}", "^": "\\textasciicircum{}" };

/** Kind of file → its type, and its text of {question, link, hits}, where link(hit) opens a passage. */
export const FORMATS = {
  csv: { type: "text/csv;charset=utf-8", write: csv },
  json: { type: "application/json", write: json },
  ris: { type: "application/x-research-info-systems", write: ris },
  bib: { type: "application/x-bibtex", write: bibtex },
};

/** What is told of a passage, in the order of a spreadsheet's columns. */
function record(hit, rank, link) {
  return {
    rank,
    title: hit.title,
    author: hit.author,
    date: hit.date,
    source: hit.source,
    page: hit.page_label ?? hit.page,
    section: hit.section.join(" › "),
    language: hit.language,
    format: hit.format,
    relevance: hit.relevance.class,
    probability: hit.relevance.probability,
    sentence: hit.highlight.text,
    passage: hit.text,
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

function cell(value) {
  if (typeof value === "number") return String(value);
  const text = value ?? "";
  const safe = /^\s*[=+\-@＝＋－＠]|^[\t\r\n]/.test(text) ? `'${text}` : text;
  return `"${safe.replaceAll('"', '""')}"`;
}

export function json({ question, hits, link }) {
  const passages = hits.map((hit, at) => {
    const { passage_id, start, end } = hit;
    return { ...record(hit, at + 1, link), passage_id, start, end };
  });
  return `${JSON.stringify({ question, passages }, null, 2)}\n`;
}

/** One reference a document, its sentences as notes. A line break would begin another field. */
export function ris({ hits, link }) {
  const references = documents(hits).map(([hit, ...others]) => {
    const [year, month = "", day = ""] = (hit.date ?? "").split("-");
    const notes = [hit, ...others].map((each) => ["N1", noted(each)]);
    const fields = [
      ["TY", "GEN"],
      ["TI", hit.title],
      ["AU", hit.author],
      ["PY", year],
      ["DA", year && `${year}/${month}/${day}/`],
      ["LA", hit.language],
      ["ID", hit.source],
      ...notes,
      ["UR", link(hit)],
      ["ER", ""],
    ];
    const known = fields.filter(([tag, value]) => value || tag === "ER");
    return known.map(([tag, value]) => `${tag}  - ${oneLine(value)}`).join("\r\n");
  });
  return `${references.join("\r\n\r\n")}\r\n`;
}

export function bibtex({ hits, link }) {
  const used = new Set();
  const entries = documents(hits).map(([hit, ...others]) => {
    const [year, month] = (hit.date ?? "").split("-");
    const fields = {
      title: `{${tex(hit.title)}}`,
      author: hit.author && `{${tex(hit.author)}}`,
      year,
      month: month && String(Number(month)),
      howpublished: tex(hit.source),
      language: hit.language,
      note: [hit, ...others].map((each) => tex(noted(each))).join(" / "),
      url: link(hit),
    };
    const known = Object.entries(fields).filter(([, value]) => value);
    const lines = known.map(([name, value]) => `  ${name} = {${value}},\n`);
    return `@misc{${key(hit, year, used)},\n${lines.join("")}}\n`;
  });
  return entries.join("\n");
}

const noted = (hit) => `${hit.page === null ? "" : `p. ${hit.page_label ?? hit.page}: `}${oneLine(hit.highlight.text)}`;

/** Text that TeX sets as it stands: what means something to it is escaped, braces too. */
export const tex = (text) => oneLine(text).replace(/[\\~^{}$&#%_]/g, (sign) => TEX[sign] ?? `\\${sign}`);

function key(hit, year, used) {
  const plain = hit.title.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  const words = (plain.match(/[a-z]{4,}/g) ?? ["document"]).slice(0, 2);
  const base = words.join("") + (year ?? "");
  let name = base;
  for (let turn = 2; used.has(name); turn += 1) name = `${base}-${turn}`;
  used.add(name);
  return name;
}

function documents(hits) {
  const found = new Map();
  for (const hit of hits) found.set(hit.source, [...(found.get(hit.source) ?? []), hit]);
  return [...found.values()];
}

/** Has the browser save a file. */
export function save(name, type, text) {
  const address = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
