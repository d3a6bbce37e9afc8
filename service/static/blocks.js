// A document's source text → its blocks and, within each, the pieces that are shown alike. Only offsets.

import { bare } from "./spans.js";

const ITEM = /^[^\S\n]*(?:[-*+•]|\d{1,3}[.)])[^\S\n]+/;
const HASHES = /^[^\S\n]{0,3}(#{1,6})[^\S\n]+/;
const FENCE = /^[^\S\n]{0,3}(`{3,}|~{3,})[^\S\n]*(\{?)[^`\n]*$/;
const FRONT = [/^---[^\S\n]*\n([\s\S]*?\n)?(?:---|\.\.\.)[^\S\n]*(?=\n|$)/, /^\+\+\+[^\S\n]*\n([\s\S]*?\n)?\+\+\+[^\S\n]*(?=\n|$)/];
const ENTRY = /^[A-Za-z"'][\w"'-]*[^\S\n]*[:=]/m;

const TAG = /(?<tag><\/?[a-z][\w:-]*(?:\s+(?:"[^"]*"|'[^']*'|[^<>"'])*)?\/?>)/;
/** What only sets type or gives orders to a program, and is not shown. */
const UNSEEN = {
  markdown: [
    /\*\*|__/,
    /^[^\S\n]{0,3}#{1,6}[^\S\n]+/,
    /<!--[\s\S]*?(?:-->|$(?![\s\S]))/,
    /^[^\S\n]*:{3,}[^\S\n]*(?:\{[^}\n]*\}|[\w-]*)/, // a container: ":::note", ":::{note} Title"
    /\{[%#][^\n]*?[%#]\}|\{\{[<%][^\n]*?[%>]\}\}/, // orders of Liquid, Jinja and Hugo
    /[^\S\n]*\{[^\S\n]*[#.:][^{}\n]*\}[^\S\n]*$/, // attributes: "{#id .class}"
  ],
  text: [
    /^[^\S\n]*\.\.[^\S\n]+(?:\|[^|\n]+\|[^\S\n]+)?[\w:+-]+::[^\S\n]*/, // a directive of reStructuredText, but not its title
    /^[^\S\n]*\.\.[^\S\n]+_[^\n]*:[^\S\n]*$/, // a place that links lead to
    /^(?<=^[^\S\n]*\.\.[^\n]*\n(?:[^\S\n]+:[^\n]*\n)*)[^\S\n]+:[\w-]+:[^\n]*$/, // options under a directive
    /(?<=^|[\s(])(?::[a-z][\w+.-]*)+:(?=`)/, // a role
  ],
};
const SEEN = /(?<seen>\]\([^)\s]*\)|!?\[(?=[^\]]*\]\())/; // a link, an image: shown, but dimmed
const CODE = /(?:(?<!`)(?<ticks>`+)(?!`)[^\n]*?(?<!`)\k<ticks>(?!`))/;
const ALWAYS = alike(UNSEEN.text, "gm");
const MARKUP = alike([CODE, ...UNSEEN.text, ...UNSEEN.markdown, TAG, SEEN], "gim");
const BOLD = /^(?:\*\*|__)$/;
/** Elements of HTML that stand in texts; another word between < and > is taken for text unless it is used as a tag. */
const ELEMENTS = new Set(
  ("a abbr address article aside audio b bdi bdo big blockquote body br button caption center cite code col colgroup" +
    " dd del details dfn div dl dt em embed figcaption figure font footer form h1 h2 h3 h4 h5 h6 head header hr html i" +
    " iframe img input ins kbd label li link main mark meta nav object ol p param picture pre q rp rt ruby s samp" +
    " script section small source span strike strong style sub summary sup svg table tbody td template tfoot th thead" +
    " time title tr track tt u ul var video wbr").split(" "),
);

function alike(patterns, flags) {
  return new RegExp(patterns.map(({ source }) => source).join("|"), flags);
}

/**
 * Blocks in order: {start, end, level}; level is 0 for text, 1 … 6 for a heading, "item" for one of a list, "code"
 * for what stands between fences, "front" for the data above the text. Headings are lines that say they are in
 * Markdown, or that are the heading of a passage. Lines that a comment holds alone are left out.
 */
export function blocks(text, markdown, headings = new Map()) {
  const front = markdown ? data(text) : 0;
  const found = front ? [{ start: 0, end: front, level: "front" }] : [];
  let open = null;
  let fence = ""; // what closes the code that is open
  const directives = []; // what closes those that are open: MyST writes them as code, but they hold text
  let comment = false;
  for (let at = front; at < text.length; ) {
    const newline = text.indexOf("\n", at);
    const end = newline < 0 ? text.length : newline;
    const line = text.slice(at, end);
    const start = at;
    at = end + 1;
    const signs = markdown && !comment && FENCE.exec(line);
    if (fence) {
      if (signs?.[1].startsWith(fence) && line.trim() === signs[1]) [fence, open] = ["", null];
      else if (open) open.end = end;
      else found.push((open = { start, end, level: "code" }));
      continue;
    }
    if (signs) {
      open = null;
      if (signs[2]) directives.push(signs[1]);
      else if (directives.at(-1) === line.trim()) directives.pop();
      else fence = signs[1];
      continue;
    }
    if (markdown && (comment || /^\s*<!--/.test(line))) {
      comment = !line.includes("-->");
      open = null;
      if (comment || !line.split("-->").at(-1).trim()) continue;
    }
    const level = line.length < 300 ? heading(line, markdown, headings) : 0;
    if (!line.trim()) open = null;
    else if (level) {
      found.push({ start, end, level });
      open = null;
    } else if (!open || ITEM.test(line)) {
      open = { start, end, level: ITEM.test(line) ? "item" : 0 };
      found.push(open);
    } else open.end = end;
  }
  return found;
}

/** Where the data above a text end, YAML or TOML; 0 for none. */
function data(text) {
  const match = FRONT.map((form) => form.exec(text)).find(Boolean);
  return match && ENTRY.test(match[1] ?? "") ? match[0].length : 0;
}

function heading(line, markdown, headings) {
  const hashes = markdown && HASHES.exec(line);
  return hashes ? hashes[1].length : (headings.get(bare(line)) ?? 0);
}

/**
 * The pieces of a block: {start, end, passage, sentence, markup, bold, code}. passages and sentences are sorted
 * [start, end) that do not overlap within their list; a piece holds the number of its own, or -1. markup is
 * "unseen", "seen" or "".
 */
export function pieces(text, block, markdown, passages, sentences) {
  const markup = typeof block.level === "string" && block.level !== "item" ? [] : marks(text, block, markdown);
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
    return { start, end, passage, sentence, markup: mark?.kind ?? "", bold, code: mark?.kind === "" };
  });
}

/** Spans of a block that are markup, and those of code, whose kind is ""; signs alone on a line take its break along. */
function marks(text, block, markdown) {
  return signed(text, block, markdown).map((mark) => {
    if (mark.kind !== "unseen") return mark;
    const first = mark.start === block.start || text[mark.start - 1] === "\n";
    const last = mark.end === block.end || text[mark.end] === "\n";
    if (!first || !last) return mark;
    if (mark.end < block.end) return { ...mark, end: mark.end + 1 };
    return mark.start > block.start ? { ...mark, start: mark.start - 1 } : mark;
  });
}

function signed(text, block, markdown) {
  const written = text.slice(block.start, block.end);
  return [...written.matchAll(markdown ? MARKUP : ALWAYS)].flatMap((match) => {
    const [mark] = match;
    const start = block.start + match.index;
    const end = start + mark.length;
    const { ticks, tag, seen } = match.groups ?? {};
    if (ticks) {
      const [from, to] = [start + ticks.length, end - ticks.length];
      const kinds = [[start, from, "unseen"], [from, to, ""], [to, end, "unseen"]];
      return kinds.map(([first, last, kind]) => ({ start: first, end: last, kind }));
    }
    if (tag && !isTag(tag, text)) return [];
    return [{ start, end, kind: seen ? "seen" : "unseen", bold: BOLD.test(mark) }];
  });
}

/** Whether it is a tag of HTML or one that is used as such: with a value, closed, or closing another. */
function isTag(mark, text) {
  const [, name] = /^<\/?([\w:-]+)/.exec(mark);
  const used = /^<\/|\/>$|=/.test(mark) || /[:-]/.test(name);
  return used || ELEMENTS.has(name.toLowerCase()) || text.includes(`</${name}>`);
}

/** Which way a text runs: "rtl", "ltr", or null where it holds no letter. */
export function direction(text) {
  const leftward = text.match(/[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/gu)?.length ?? 0;
  const letters = text.match(/\p{L}/gu)?.length ?? 0;
  if (!letters) return null;
  return leftward * 2 > letters ? "rtl" : "ltr";
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
