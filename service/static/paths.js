// A document's path as it is shown: folder › file on one line, cut in its middle, each part in its own direction.

import { el } from "./dom.js";

const FOLDERS = 36; // characters of folders that are shown
const NAME = 46; // of a file's name

/** The parts of a path that are shown, the file last: what stands in the middle gives way to "…". */
export function shortened(source) {
  const folders = source.split("/");
  const file = middle(folders.pop(), NAME);
  const fits = (parts) => parts.join(" › ").length <= FOLDERS;
  if (fits(folders) || folders.length < 2) return [...folders.map((each) => middle(each, FOLDERS)), file];
  const ends = [folders[0], ...(folders.length > 2 ? ["…"] : []), folders.at(-1)];
  if (fits(ends)) return [...ends, file];
  return [middle(folders[0], FOLDERS >> 1), "…", file];
}

/** A text of at most so many characters; a longer one keeps more of its beginning than of its end. */
function middle(text, most) {
  const characters = [...text];
  if (characters.length <= most) return text;
  const head = Math.ceil((most - 1) * 0.6);
  return [...characters.slice(0, head), "…", ...characters.slice(head + 1 - most)].join("");
}

/** All of a path, each part in its own direction. */
export const entire = (source) =>
  el("span", { class: "source", dir: "ltr" }, source.split("/").flatMap((part, at) => [at ? "/" : null, ...named(part)]));

/** A name in its own direction, and its suffix after it. */
function named(file) {
  const dot = file.lastIndexOf(".");
  const stem = dot > 0 ? dot : file.length;
  return [el("bdi", { text: file.slice(0, stem) }), el("bdi", { dir: "ltr", text: file.slice(stem) })];
}

/** The path; all of it is its title. An Arabic name keeps its own order, and its suffix stands after it. */
export function path(source) {
  const folders = shortened(source);
  const file = folders.pop();
  return el(
    "span",
    { class: "source", dir: "ltr", title: source },
    folders.flatMap((folder) => [el("bdi", { text: folder }), " › "]),
    named(file),
  );
}
