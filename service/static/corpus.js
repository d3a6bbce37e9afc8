// What the corpus holds, document by document: by folder, year or author; and how it is searched.

import { Failure, get } from "./api.js";
import { announce, el } from "./dom.js";
import { inside } from "./keeping.js";
import { entire } from "./paths.js";
import { authorsOf, inverted } from "./references.js";
import { date, has, languageName, number, t } from "./words.js";

const PAGE = 50; // documents shown at once
const SORTS = ["source", "-date", "date", "title", "-passages"];
const FIELDS = ["title", "author", "folder", "from", "to", "language"];
const SYNTAX = ["phrase", "excluded", "title", "author", "source"];

/** Shows the documents that an address asks for, in its order. */
export async function show(body, search, tools) {
  const given = new URLSearchParams(search);
  const wanted = Object.fromEntries(FIELDS.map((name) => [name, given.get(name)?.trim() ?? ""]));
  const sort = SORTS.includes(given.get("sort")) ? given.get("sort") : "source";
  const offset = Math.max(0, Math.floor(Number(given.get("offset"))) || 0);
  const found = el("div", {}, el("p", { class: "detail", text: t("searching") }));
  body.replaceChildren(form(wanted, sort), found, manual());
  try {
    const [answer, whole] = await Promise.all([
      get("corpus", "/documents", { ...asked(wanted), sort, offset, limit: PAGE }),
      get("corpus whole", "/corpus"),
    ]);
    found.replaceChildren(about(whole), ...browsing(whole.counts, sort), leftOut(whole), keepers(), ...listed(answer, wanted, sort, tools));
    announce(t("documents", { n: answer.total }));
  } catch (failure) {
    if (!(failure instanceof Failure)) throw failure;
    if (failure.kind === "stale") return;
    if (failure.code === "one_collection") {
      found.replaceChildren(...(await collections()));
      return;
    }
    found.replaceChildren(el("p", { class: "refusal", role: "alert" }, t(`failure.${failure.kind}`), el("span", { lang: "en", text: ` ${failure.message}` })));
  }
}

/** Where there are several collections and none is chosen: the way to each. */
async function collections() {
  const { collections: all } = await get("collections", "/collections");
  const rows = all.map(({ name }) => el("li", {}, el("a", { href: `${location.pathname}?${new URLSearchParams({ collection: name })}#corpus`, dir: "auto", text: name })));
  return [el("p", { text: t("corpus.choose") }), el("ul", {}, rows)];
}

/** The filters as the API takes them: a folder stands for all that is below it, whatever signs its name holds. */
function asked({ folder, ...others }) {
  const taken = Object.fromEntries(Object.entries(others).filter(([, value]) => value));
  if (folder) taken.source = `${folder.replace(/\/+$/, "").replace(/[[*?]/g, "[$&]")}/*`;
  return taken;
}

const place = (parameters) => {
  const said = new URLSearchParams(Object.entries(parameters).filter(([, value]) => value));
  return said.size ? `#corpus=${said}` : "#corpus";
};

function form(wanted, sort) {
  const labelled = (name, field) => el("label", {}, el("span", { text: t(`corpus.${name}`) }), field);
  const fields = FIELDS.map((name) => {
    const field = el("input", { name, type: "search", autocomplete: "off", dir: "auto" });
    field.value = wanted[name];
    return labelled(name, field);
  });
  const order = el("select", { name: "sort" }, SORTS.map((each) => el("option", { value: each, text: t(`sort_by.${each}`) })));
  order.value = sort;
  const sent = (event) => {
    event.preventDefault();
    location.hash = place(Object.fromEntries(new FormData(event.currentTarget)));
  };
  return el("form", { class: "corpus-form", role: "search", onsubmit: sent }, fields, labelled("sort", order), el("button", { text: t("corpus.show") }));
}

/** How much there is, what reads it, and since when. */
function about({ documents, passages, model, built }) {
  const said = t("about", { documents: number(documents), passages: number(passages), model });
  return el("p", { class: "detail", text: `${said} · ${t("corpus.built", { day: date(built.slice(0, 10)) })}` });
}

/** Folders, years, authors and languages, each with its number of documents, to choose among. */
function browsing({ folders, years, undated, authors, all_authors: writers, languages }, sort) {
  const group = (name, n, entries, said, chosen) =>
    entries.length > 0 &&
    el(
      "details",
      { class: "browse" },
      el("summary", { class: "plain", text: `${t(`corpus.all_${name}`)} · ${number(n)}` }),
      el("ul", {}, entries.map(({ value, count }) => el("li", {}, el("a", { href: place({ ...chosen(value), sort }), dir: "auto", text: said(value) }), el("span", { class: "count", text: ` ${number(count)}` })))),
    );
  const same = (value) => value;
  return [
    group("folders", folders.length, folders, same, (folder) => ({ folder })),
    group("years", years.length, years, same, (year) => ({ from: year, to: year })),
    group("authors", writers, authors, same, (author) => ({ author })),
    group("languages", languages.length, languages.filter(({ value }) => value), languageName, (language) => ({ language })),
    undated > 0 && el("p", { class: "detail", text: t("corpus.undated_n", { n: undated }) }),
  ].filter(Boolean);
}

/** Why files were left out, in the service's own words. */
function leftOut({ left_out: reasons, skipped }) {
  if (!skipped) return el("p", { class: "detail", text: t("corpus.nothing_left_out") });
  const rows = reasons.map(({ reason, files }) => el("li", {}, el("span", { lang: "en", text: reason }), el("span", { class: "count", text: ` ${number(files)}` })));
  return el("details", { class: "browse" }, el("summary", { class: "plain", text: t("corpus.left_out", { n: skipped }) }), el("ul", {}, rows));
}

/** For who keeps the service: how the build went, and what the doctor finds, with a key of theirs that is not kept. */
function keepers() {
  const field = el("input", { id: "admin", type: "password", autocomplete: "off" });
  const doctor = el("input", { type: "checkbox" });
  const said = el("div", { "aria-live": "polite" });
  const sent = async (event) => {
    event.preventDefault();
    said.replaceChildren(t("searching"));
    try {
      const as = field.value.trim();
      const report = await get("report", "/report", doctor.checked ? { doctor: true } : {}, as ? { as } : {});
      said.replaceChildren(...reported(report));
    } catch (failure) {
      if (!(failure instanceof Failure)) throw failure;
      const locked = ["locked", "wrong_key", "forbidden"].includes(failure.kind);
      said.replaceChildren(t(locked ? "corpus.no_admin" : `failure.${failure.kind}`));
    }
  };
  return el(
    "details",
    { class: "browse" },
    el("summary", { class: "plain", text: t("corpus.keepers") }),
    el("form", { class: "corpus-form", onsubmit: sent }, el("label", {}, el("span", { text: t("corpus.admin") }), field), el("label", { class: "tick" }, doctor, ` ${t("corpus.doctor")}`), el("button", { text: t("corpus.report") })),
    said,
  );
}

function reported({ generation, built, version, corpus, engine, seconds, stages, skipped, all_skipped: all, findings }) {
  const row = (name, value) => el("div", {}, el("dt", { text: name }), el("dd", { dir: "auto", text: value }));
  const took = Object.entries(stages).map(([name, value]) => row(name, `${number(Math.round(value * 10) / 10)} s`));
  return [
    el("dl", { lang: "en" }, row("generation", generation), row("built", built), row("version", version), row("corpus", corpus), engine && row("engine", engine), seconds !== null && row("seconds", number(Math.round(seconds))), took),
    findings && el("ul", { lang: "en" }, findings.map(({ check, condition, found, advice }) => el("li", { class: condition }, el("strong", { text: `${condition}: ${check}` }), ` ${found} ${advice}`))),
    all > 0 && el("p", { text: t("corpus.left_out", { n: all }) }),
    el("ul", {}, skipped.map(({ source, reason }) => el("li", { lang: "en" }, entire(source), ` ${reason}`))),
  ].filter(Boolean);
}

function listed({ documents, total, offset }, wanted, sort, tools) {
  const turned = (by, text) => el("a", { href: place({ ...wanted, sort, offset: Math.max(0, offset + by) }), text });
  const last = offset + documents.length;
  return [
    el("p", { role: "status", text: total ? t("corpus.range", { from: offset + 1, to: last, all: total }) : t("nothing_filtered") }),
    ...sections(documents, sort).map(([heading, group]) => [
      heading && el("h3", { dir: "auto" }, heading.href ? el("a", heading) : heading.text),
      el("ul", { class: "documents" }, group.map((each) => row(each, wanted, sort, tools))),
    ]).flat().filter(Boolean),
    el("p", { class: "ways" }, offset > 0 && turned(-PAGE, t("corpus.before")), last < total && turned(PAGE, t("corpus.after"))),
  ];

  /** Documents under what they are sorted by, where that is said once for many: their folder, or their year. */
  function sections(all, by) {
    const groups = [];
    for (const each of all) {
      const heading = headed(each, by);
      if (groups.at(-1)?.[0]?.text === heading?.text && groups.length) groups.at(-1)[1].push(each);
      else groups.push([heading, [each]]);
    }
    return groups;
  }

  function headed(each, by) {
    if (by === "source") {
      const folder = each.source.split("/").slice(0, -1).join("/");
      return folder ? { text: folder, href: place({ ...wanted, folder, sort }) } : { text: "/" };
    }
    if (!by.endsWith("date")) return null;
    const [year] = (each.date ?? "").split("-");
    return year ? { text: year, href: place({ ...wanted, from: year, to: year, sort }) } : { text: t("corpus.undated") };
  }
}

function row(each, wanted, sort, tools) {
  const authors = authorsOf(each).map((name) =>
    el("a", { href: place({ ...wanted, author: name.family ?? name.literal, sort }), dir: "auto", text: inverted(name) }),
  );
  const told = [
    ...authors,
    each.date && el("time", { datetime: each.date, text: date(each.date) }),
    each.container && el("span", { dir: "auto", text: each.container }),
    each.language && el("span", { text: languageName(each.language) }),
    el("span", { text: has(`format.${each.format}`) ? t(`format.${each.format}`) : each.format }),
    el("span", { text: t("corpus.passages", { n: each.passages }) }),
    entire(each.source.split("/").at(-1)),
  ];
  return el("li", {}, inside(tools.link({ source: each.source, passage_id: "" }), each.title, { dir: "auto" }), el("p", { class: "meta" }, told));
}

/** How search works, and what a question may hold. */
function manual() {
  const example = (kind) => el("div", {}, el("dt", {}, el("code", { text: t(`syntax.${kind}`) })), el("dd", { text: t(`means.${kind}`) }));
  return el(
    "section",
    { class: "manual" },
    el("h3", { text: t("corpus.how") }),
    ["meaning", "languages", "sure", "private"].map((name) => el("p", { text: t(`how.${name}`) })),
    el("h3", { text: t("syntax") }),
    el("dl", {}, SYNTAX.map(example)),
  );
}
