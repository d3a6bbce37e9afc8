// A document's source text → its blocks and, within each, the pieces that are shown alike. Only offsets.

const ITEM = /^[^\S\n]*(?:[-*+•]|\d{1,3}[.)])[^\S\n]+/;
const HASHES = /^[^\S\n]{0,3}(#{1,6})[^\S\n]+/;
const SIGNS = [
  /\*\*|__|`+/, // strong, code
  /^[^\S\n]{0,3}#{1,6}[^\S\n]+/, // a heading
  /<\/?[a-z][a-z0-9]*(?:\s[^<>]*)?\/?>/, // a tag
  /\]\([^)\s]*\)|!?\[(?=[^\]]*\]\()/, // a link, an image
];
const MARKUP = new RegExp(SIGNS.map((sign) => sign.source).join("|"), "gim");
const UNSEEN = /^(?:\*\*|__|[^\S\n]{0,3}#+[^\S\n]+)$/;
const BOLD = /^(?:\*\*|__)$/;

/**
 * Blocks in order: {start, end, level}; level is 0 for text, 1 … 6 for a heading, "item" for one of a list.
 * Headings are lines that say they are in Markdown, or that are the heading of a passage.
 */
export function blocks(text, markdown, headings = new Map()) {
  const found = [];
  let open = null;
  for (let at = 0; at < text.length; ) {
    const newline = text.indexOf("\n", at);
    const end = newline < 0 ? text.length : newline;
    const line = text.slice(at, end);
    const level = line.length < 300 ? heading(line, markdown, headings) : 0;
    if (!line.trim()) open = null;
    else if (level) {
      found.push({ start: at, end, level });
      open = null;
    } else if (!open || ITEM.test(line)) {
      open = { start: at, end, level: ITEM.test(line) ? "item" : 0 };
      found.push(open);
    } else open.end = end;
    at = end + 1;
  }
  return found;
}

function heading(line, markdown, headings) {
  const hashes = markdown && HASHES.exec(line);
  return hashes ? hashes[1].length : (headings.get(bare(line)) ?? 0);
}

/** A line's words, for comparing: no marks, one space between. */
export const bare = (line) => line.replace(/[*_#`]+/g, "").replace(/\s+/g, " ").trim();

/**
 * The pieces of a block: {start, end, passage, sentence, markup, bold}. passages and sentences are sorted
 * [start, end) that do not overlap within their list; a piece holds the number of its own, or -1.
 */
export function pieces(text, block, markdown, passages, sentences) {
  const markup = markdown ? marks(text, block) : [];
  const cuts = new Set([block.start, block.end]);
  for (const spans of [passages, sentences, markup]) {
    for (const { start, end } of touching(spans, block)) {
      cuts.add(Math.max(start, block.start)).add(Math.min(end, block.end));
    }
  }
  const ends = [...cuts].sort((a, b) => a - b);
  return ends.slice(1).map((end, place) => {
    const start = ends[place];
    const mark = markup.find((each) => each.start <= start && end <= each.end);
    const bold = markup.filter((each) => each.bold && each.end <= start).length % 2 === 1;
    const [passage, sentence] = [holding(passages, start), holding(sentences, start)];
    return { start, end, passage, sentence, markup: mark ? (mark.unseen ? "unseen" : "seen") : "", bold };
  });
}

function marks(text, block) {
  return [...text.slice(block.start, block.end).matchAll(MARKUP)].map((match) => {
    const [mark] = match;
    const start = block.start + match.index;
    return { start, end: start + mark.length, unseen: UNSEEN.test(mark), bold: BOLD.test(mark) };
  });
}

function* touching(spans, block) {
  for (let at = Math.max(0, first(spans, block.start)); spans[at]?.start < block.end; at += 1) {
    if (spans[at].end > block.start) yield spans[at];
  }
}

/** The last span that begins at or before a place; -1 for none. */
function first(spans, place) {
  let [low, high] = [0, spans.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (spans[middle].start <= place) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

function holding(spans, place) {
  const at = first(spans, place);
  return at >= 0 && place < spans[at].end ? at : -1;
}

/** Whether a block's lines were cut at a width, so that they are better joined. */
export function wrapped(text) {
  const lines = text.split("\n").map((line) => line.trim().length);
  const longest = Math.max(...lines);
  const even = lines.slice(0, -1).every((each) => each > longest * 0.7);
  return even && lines.length > 1 && longest >= 50 && longest <= 130;
}
