// The original of a document, the file or its place on the web, and how a browser is led to the sentence in it.

import { file, pathOf } from "./api.js";
import { save } from "./dom.js";
import { key } from "./storage.js";

const WORDS = 12; // of a sentence that is looked for whole; of a longer one its beginning and end are named
const ENDS = 5; // words of each

/** The address of an original on the web, at a hit's page or sentence; null for what is no such address. */
export function atSentence(address, hit) {
  const url = URL.canParse(address) ? new URL(address) : null;
  if (!/^https?:$/.test(url?.protocol)) return null;
  if (/\.pdf$/i.test(url.pathname)) {
    if (hit?.page && !url.hash) url.hash = `page=${hit.page}`;
    return url.href;
  }
  const sentence = hit?.highlight?.text;
  return sentence ? `${url.href}${url.hash ? "" : "#"}:~:text=${fragment(sentence)}` : url.href;
}

/** A sentence as a text fragment names it (WICG, URL Fragment Text Directives). */
export function fragment(sentence) {
  const words = sentence.split(/\s+/).filter(Boolean);
  const ends = words.length > WORDS ? [words.slice(0, ENDS), words.slice(-ENDS)] : [words];
  return ends.map((each) => encodeURIComponent(each.join(" ")).replaceAll("-", "%2D")).join(",");
}

/**
 * Opens the file that a document was read from, a PDF at a page. A browser sends no key with an address, so that
 * where there is one the file is fetched and saved. Throws the Failure of a file that is not to be had.
 */
export async function openOriginal(source, page) {
  const path = pathOf("originals", source);
  const name = source.split("/").at(-1);
  if (key()) {
    const content = await file("original", path);
    save(name, content.type, content);
    return;
  }
  await file("original", path, {}, { start: true });
  window.open(page ? `${path}#page=${page}` : path, "_blank", "noopener");
}
