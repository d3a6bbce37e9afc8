// What is shown of a passage's text: pieces in the order in which they are read, lines joined.

import { bare, locate, parts } from "./spans.js";

const ROOM = 190; // characters that a digest is filled up to: two lines, on a wide screen
const MOST = 250; // the same with other sentences that answer: three

/**
 * A passage at a glance: its best sentence first, then others that answer, or what follows it. Pieces are
 * {start, end, kind}, places in the hit's text; kind is "best", "also", "text", or "gap" where text is left out.
 */
export function digest(hit) {
  const [best, ...answering] = sentences(hit);
  const from = headed(hit, best?.[0] ?? hit.text.length);
  const others = fitting(best, answering);
  const found = best ?? [from, filled(hit.text, from, from)];
  const pieces = [{ start: found[0], end: found[1], kind: "best" }];
  for (const [start, end] of others) pieces.push(...between(hit.text, pieces.at(-1).end, start), { start, end, kind: "also" });
  const { end } = pieces.at(-1);
  const stop = others.length ? end : filled(hit.text, found[0], end);
  if (stop > end) pieces.push({ start: end, end: stop, kind: "text" });
  const cut = (place) => ({ start: place, end: place, kind: "gap" });
  return [
    ...(blank(hit.text, from, found[0]) ? [] : [cut(found[0])]),
    ...pieces,
    ...(blank(hit.text, stop, hit.text.length) ? [] : [cut(stop)]),
  ];
}

/** All of a passage but headings that stand above it anyway, in the same pieces. */
export function whole(hit) {
  const [best, ...others] = sentences(hit);
  const from = headed(hit, best?.[0] ?? hit.text.length);
  if (!best) return [{ start: from, end: hit.text.length, kind: "best" }];
  return parts(from, hit.text.length, [best, ...others]).map(([start, end, inside]) => {
    const kind = start === best[0] ? "best" : "also";
    return { start, end, kind: inside ? kind : "text" };
  });
}

/** The text of a piece on one line: lists and fragments of web pages are joined by dots, other lines by spaces. */
export function flat(text, start, end) {
  const lines = /[^\S\n]*\n\s*(?:[-*•‣◦▪–]\s+)*/g;
  return text.slice(start, end).replace(lines, (run, at) => {
    const before = text.slice(0, start + at).trimEnd().at(-1) ?? "";
    const after = text.slice(start + at + run.length).at(0) ?? "";
    if (!before || !after) return "";
    return /[\p{L}\p{N})\]»”"%€]/u.test(before) && (/\S/.test(run) || !/\p{Ll}/u.test(after)) ? " · " : " ";
  });
}

/** Where the sentences that answer stand: the best, then the others in the order of the text. */
function sentences(hit) {
  const found = hit.highlights.map(({ text, start }) => {
    const at = locate(hit.text, text, start - hit.start);
    return [at, at + text.length];
  });
  const [best, ...others] = found;
  if (!best || best[0] < 0) return [];
  const apart = others.filter(([start, end]) => start >= 0 && (end <= best[0] || start >= best[1]));
  return [best, ...apart.sort((a, b) => a[0] - b[0])];
}

/** As many of the other sentences as fit beside the best. */
function fitting(best, others) {
  let length = best ? best[1] - best[0] : 0;
  return others.filter(([start, end]) => (length += end - start) <= MOST);
}

const blank = (text, start, end) => !/\S/.test(text.slice(start, end));

/** What stands between two sentences that are shown one after the other. */
function between(text, end, start) {
  if (end <= start && blank(text, end, start)) return [{ start: end, end: start, kind: "text" }];
  return [{ start, end: start, kind: "gap" }];
}

/** Where a digest that begins at `from` ends, at the end of a word; at least at `end`. */
function filled(text, from, end) {
  let stop = Math.min(text.length, Math.max(end, from + ROOM));
  while (stop < text.length && stop > end && /\S/.test(text[stop])) stop -= 1;
  return stop === end && stop === from ? Math.min(text.length, from + ROOM) : stop;
}

/** Characters at a passage's head, before its best sentence, that only repeat its title and its headings. */
function headed(hit, limit) {
  const said = new Set([hit.title, ...hit.section].map(bare));
  let head = 0;
  for (const line of hit.text.slice(0, limit).split(/(?<=\n)/)) {
    if (line.trim() && !said.has(bare(line))) break;
    head += line.length;
  }
  return head;
}
