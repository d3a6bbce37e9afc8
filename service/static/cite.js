// A citation of a passage, and how text gets into the clipboard.

import { authorsOf, oneLine } from "./references.js";
import { date, t } from "./words.js";

const NAMED = 3; // authors, beyond which the first stands for all

/** Authors, « title », container, date, page, where it stands: « quote » and a link that opens this passage again. */
export function citation(hit, link) {
  const quoted = oneLine(hit.highlight?.text ?? hit.text);
  const parts = [
    ...spoken(authorsOf(hit)),
    t("quoted", { text: oneLine(hit.title) }),
    hit.container && oneLine(hit.container),
    hit.date && date(hit.date),
    hit.page !== null && t("page", { page: hit.page_label ?? String(hit.page) }),
    hit.url ?? hit.source,
  ].filter(Boolean);
  return t("citation", { parts: parts.join(", "), quote: t("quoted", { text: quoted }), link });
}

function spoken(authors) {
  const names = authors.map(({ family, given, literal }) => literal ?? [given, family].filter(Boolean).join(" "));
  return names.length > NAMED ? [t("and_others", { name: names[0] })] : names;
}

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
  (before?.closest("dialog") ?? document.body).append(area); // what is behind a dialog takes no focus
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  before?.focus({ preventScroll: true });
  return done;
}
