// Places in texts. The service counts characters; a string of the browser counts an emoji as two.

/** A function from the service's offsets in a text to the browser's. */
export function offsets(text) {
  const wide = [];
  let at = 0;
  if (/[\u{10000}-\u{10FFFF}]/u.test(text)) {
    for (const character of text) {
      if (character.length > 1) wide.push(at);
      at += 1;
    }
  }
  return (offset) => offset + below(wide, offset);
}

/** How many numbers of a sorted list are lower. */
function below(sorted, limit) {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] < limit) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Where a part stands in a text: of several places the nearest to the one expected; -1 for none. */
export function locate(text, part, expected) {
  let best = -1;
  for (let at = part ? text.indexOf(part) : -1; at >= 0; at = text.indexOf(part, at + 1)) {
    if (best < 0 || Math.abs(at - expected) < Math.abs(best - expected)) best = at;
  }
  return best;
}

/** [start, end, inside] from one place to another, in order: the parts inside spans, and those between. */
export function parts(from, to, spans) {
  const found = [];
  let at = from;
  for (const [start, end] of [...spans].sort((a, b) => a[0] - b[0])) {
    const [first, last] = [Math.max(start, at), Math.min(end, to)];
    if (first >= last) continue;
    if (first > at) found.push([at, first, false]);
    found.push([first, last, true]);
    at = last;
  }
  if (at < to) found.push([at, to, false]);
  return found;
}

/** A line's words, for comparing: no marks, one space between. */
export const bare = (line) => line.replace(/[*_#`]+/g, "").replace(/\s+/g, " ").trim();
