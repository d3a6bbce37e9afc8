// Collections, where the service has several: the chooser, and which of them each request is for.

import { get } from "./api.js";
import { byId, el } from "./dom.js";
import { t } from "./words.js";

const ONE = /(?:documents|originals|pictures|boxes|similar|read)\/(.+)$/;
const ANY = /(?:search|facets|suggestions|documents|corpus|report)$/;
const owners = new Map(); // passage or source → the collection of the hit that was seen of it
let asked = false;

const given = () => new URLSearchParams(location.search);

/** The collection that a path is asked of, as a parameter; none where all are asked, or there is but one. */
export function parameter(path) {
  const [chosen, rest] = [given().get("collection"), ONE.exec(path)?.[1]];
  const name = rest ? owner(decodeURIComponent(rest)) ?? chosen : ANY.test(path) && chosen;
  return name ? { collection: name } : {};
}

/** The collection of a document or a passage: the address tells that of the document that is open. */
function owner(what) {
  const shown = given();
  return (shown.get("doc") === what && (owners.get(shown.get("passage")) ?? shown.get("in"))) || owners.get(what);
}

/** What the address keeps of collections beside the rest of a state. */
export function kept({ doc, passage }) {
  const chosen = given().get("collection");
  const within = doc && (owners.get(passage) ?? owner(doc));
  return [["collection", chosen], ["in", within !== chosen && within]].filter(([, name]) => name);
}

/** Remembers which collections hits come from; the first answer of all shows the chooser. */
export function learn({ hits = [] }) {
  for (const hit of hits.flatMap((each) => [each, ...(each.more ?? [])])) {
    if (hit.collection) for (const what of [hit.passage_id, hit.source]) owners.set(what, hit.collection);
  }
  if (!asked) show();
}

async function show() {
  asked = true;
  const found = await get("collections", "/collections").catch(() => null);
  if (!found || found.collections.length < 2) {
    asked = Boolean(found);
    return;
  }
  const all = el("option", { value: "", text: t("collections_all"), data: { t: "collections_all" } });
  const each = found.collections.map(({ name }) => el("option", { value: name, text: name, dir: "auto" }));
  const choose = el("select", { id: "collection", "aria-label": t("collections"), data: { tLabel: "collections" } }, all, each);
  choose.value = given().get("collection") ?? "";
  choose.addEventListener("change", () => {
    const next = given();
    for (const name of ["doc", "passage", "similar", "in", "collection"]) next.delete(name);
    if (choose.value) next.set("collection", choose.value);
    location.search = next;
  });
  byId("settings").prepend(choose);
}
