// A citation of a passage, and how text gets into the clipboard.

import { date, t } from "./words.js";

/** Author, « title », date, page, source: « quote » and a link that opens this passage again. */
export function citation(hit, link) {
  const quoted = oneLine(hit.highlight?.text ?? hit.text);
  const parts = [
    hit.author,
    t("quoted", { text: oneLine(hit.title) }),
    hit.date && date(hit.date),
    hit.page !== null && t("page", { page: hit.page_label ?? String(hit.page) }),
    hit.source,
  ].filter(Boolean);
  return t("citation", { parts: parts.join(", "), quote: t("quoted", { text: quoted }), link });
}

export const oneLine = (text) => text.replace(/\s+/g, " ").trim();

/** Whether the text is in the clipboard now. */
export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copiedByHand(text); // a page that is not served from this machine over https may not write to it
  }
}

function copiedByHand(text) {
  const before = document.activeElement;
  const area = document.createElement("textarea");
  area.value = text;
  area.className = "unseen";
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  before?.focus({ preventScroll: true });
  return done;
}
