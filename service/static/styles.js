// References as people write them: APA (7th edition), Vancouver (NLM) and ISO 690, of items of CSL-JSON.

import { iso } from "./references.js";
import { date, spoken, t } from "./words.js";

/** Name of a style → its text of an item, in the page's language; today is the day on which it is read, in ISO 8601. */
export const STYLES = { apa, vancouver, iso690 };
/** Types that appear in a whole of their own: APA and ISO 690 say "In". */
const PARTS = ["chapter", "entry", "entry-dictionary", "entry-encyclopedia", "paper-conference"];
/** Types whose day counts, not their year alone. */
const DATED = ["article-newspaper", "article-magazine", "webpage", "post", "post-weblog", "personal_communication"];
const APA_MOST = 20;
const VANCOUVER_MOST = 6;

/** Parts that are there, joined; one that ends a sentence by itself is given no second full stop. */
function sentences(parts) {
  return parts
    .filter(Boolean)
    .map((part) => (/[.?!…]$/.test(part) ? part : `${part}.`))
    .join(" ");
}

const joined = (parts, by) => parts.filter(Boolean).join(by);
const range = (page) => page?.replace(/\s*[-–—]+\s*/g, "–");

/** "A.-M." of "Anne-Marie": full stops after initials for APA, none for Vancouver. */
function initials(given, stop) {
  const words = given.split(/\s+/).filter(Boolean);
  const of = (word) => word.split(/(?<=[^-])-(?=[^-])/).map((each) => each.match(/\p{L}\p{M}*/u)?.[0].toUpperCase() ?? "").filter(Boolean);
  return stop ? words.map((word) => of(word).map((letter) => `${letter}.`).join("-")).join(" ") : words.flatMap(of).join("");
}

function apa(item) {
  const names = (item.author ?? []).map(({ family, given, literal }) => literal ?? joined([family, given && initials(given, true)], ", "));
  const date = `(${apaDate(item)})`;
  const whole = item["container-title"];
  const inside = PARTS.includes(item.type) && whole;
  const title = item.type === "thesis" && item.publisher ? `${item.title} [${t("style.thesis")}, ${item.publisher}]` : item.title;
  const places = inside
    ? [`${t("style.in")} ${whole}${item.page ? ` (${t("style.pp", { pages: range(item.page) })})` : ""}`, item.publisher]
    : [journal(item, whole), item.type !== "thesis" && !/^article-|^review/.test(item.type) && item.publisher !== whole && item.publisher];
  const who = apaNames(names);
  const head = who ? [`${/[.]$/.test(who) ? who : `${who}.`} ${date}`, title] : [`${/[.?!]$/.test(title) ? title : `${title}.`} ${date}`];
  return `${sentences([...head, ...places])} ${item.DOI ? `https://doi.org/${item.DOI}` : item.URL}`;
}

function apaNames(names) {
  if (names.length < 2) return names[0] ?? "";
  if (names.length > APA_MOST) return `${names.slice(0, APA_MOST - 1).join(", ")}, … ${names.at(-1)}`;
  return `${names.slice(0, -1).join(", ")}, & ${names.at(-1)}`;
}

function apaDate({ issued, type }) {
  if (!issued) return t("style.undated");
  const [year, month, day] = issued["date-parts"][0];
  if (!month || !DATED.includes(type)) return String(year);
  const named = written(issued, { month: "long", ...(day && { day: "numeric" }) });
  return `${year}, ${named}`;
}

const journal = ({ volume, issue, page }, whole) =>
  whole && joined([whole, joined([volume, issue && `(${issue})`], ""), range(page)], ", ");

function vancouver(item, today) {
  const names = (item.author ?? []).map(({ family, given, literal }) => literal ?? joined([family, given && initials(given, false)], " "));
  const who = names.length > VANCOUVER_MOST ? `${names.slice(0, VANCOUVER_MOST).join(", ")}, et al` : names.join(", ");
  const whole = item["container-title"];
  const [year, month, day] = item.issued?.["date-parts"][0] ?? [];
  const when = joined([year && String(year), month && short(month), day && String(day)], " ");
  const online = item.DOI ? `doi:${item.DOI}` : t("style.from", { url: item.URL });
  const [y, m, d] = today.split("-").map(Number);
  const cited = `[${t("style.cited", { day: spoken() === "en" ? `${y} ${short(m)} ${d}` : date(today) })}]`;
  if (/^article-|^review/.test(item.type) && whole) {
    const numbers = joined([joined([item.volume, item.issue && `(${item.issue})`], ""), item.page], ":");
    const mark = item.DOI ? "" : ` [Internet]`;
    return ended([who, item.title, `${whole}${mark}. ${joined([joined([when, !item.DOI && cited], " "), numbers], ";")}`], online);
  }
  if (PARTS.includes(item.type) && whole) {
    const made = joined([item.publisher, joined([String(year ?? ""), cited], " ")], "; ");
    return ended([who, item.title, `${t("style.in")}: ${whole} [Internet]`, made, item.page && `p. ${item.page}`], online);
  }
  const made = joined([whole ?? item.publisher, joined([when, cited], " ")], "; ");
  return ended([who, `${item.title} [Internet]`, made], online);
}

/** Sentences, and an address or a DOI after them, which no full stop follows: it would be taken for a part of it. */
const ended = (parts, last) => `${sentences(parts)} ${last}`;

function iso690(item, today) {
  const names = (item.author ?? []).map(({ family, given, literal }) => joined([(family ?? literal).toLocaleUpperCase(spoken()), family && given], ", "));
  const who = names.length < 2 ? names[0] : `${names.slice(0, -1).join(", ")} ${t("style.and")} ${names.at(-1)}`;
  const whole = item["container-title"];
  const inside = PARTS.includes(item.type);
  const when = item.issued && written(item.issued);
  const [year] = item.issued?.["date-parts"][0] ?? [];
  const numbers = joined([item.volume && `${t("style.volume")} ${item.volume}`, item.issue && `${t("style.number")} ${item.issue}`, item.page && t("style.pages", { pages: range(item.page) })], ", ");
  const online = `[${t("style.online")}]`;
  const stands = whole ? `${inside ? `${t("style.in")}${t("style.colon")} ` : ""}${whole} ${online}` : null;
  const title = whole ? item.title : `${item.title} ${online}`;
  const made = joined([whole && !inside ? null : item.publisher, whole && !inside ? when : String(year ?? "")], ", ");
  const consulted = item.DOI ? `DOI ${item.DOI}` : `${t("style.available", { url: item.URL })} [${t("style.consulted", { day: date(today) })}]`;
  return sentences([who, title, stands, made, item.volume ? capital(numbers) : numbers, item.ISBN && `ISBN ${item.ISBN}`, consulted]);
}

const capital = (text) => text[0].toLocaleUpperCase() + text.slice(1);

/** A date as the page's language writes it, as precise as it is known, or parts of it. */
function written(issued, parts) {
  const [year, month, day] = issued["date-parts"][0];
  const shown = parts ?? { year: "numeric", ...(month && { month: "long" }), ...(day && { day: "numeric" }) };
  const at = new Date(`${iso(issued).padEnd(7, "-01").padEnd(10, "-01")}T00:00:00Z`);
  return month || !parts ? new Intl.DateTimeFormat(spoken() === "en" ? "en-GB" : spoken(), { ...shown, timeZone: "UTC" }).format(at) : String(year);
}

/** A month as NLM shortens it, in English whatever the language. */
const short = (month) => new Intl.DateTimeFormat("en-US", { month: "short", timeZone: "UTC" }).format(new Date(Date.UTC(2000, month - 1)));
