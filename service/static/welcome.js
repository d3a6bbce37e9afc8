// The empty page: questions to begin with, from the corpus at hand, and those asked before.

import { get } from "./api.js";
import { byId, el, plain } from "./dom.js";
import { forget, recent, record, records } from "./storage.js";
import { number, t } from "./words.js";

let corpus = null; // what the service said of it

/** Shows both; ask(question) asks one. Throws the Failure of a service that does not answer. */
export async function show(ask) {
  drawRecent(ask);
  corpus ??= await get("suggestions", "/suggestions");
  draw(ask);
}

/** The same in the language of now. */
export function draw(ask) {
  drawRecent(ask);
  if (!corpus) return;
  const { questions, documents, passages, model } = corpus;
  byId("examples-box").classList.toggle("there", questions.length > 0);
  byId("examples").replaceChildren(...questions.map((each) => entry(each, ask)));
  byId("about").textContent = t("about", { documents: number(documents), passages: number(passages), model });
}

function drawRecent(ask) {
  const [questions, kept] = [recent(), records()];
  byId("recent-box").hidden = kept && !questions.length;
  byId("unrecorded").hidden = kept;
  byId("forget").hidden = !kept;
  byId("recording").textContent = t(kept ? "record_off" : "record_on");
  byId("recording").onclick = () => {
    record(!kept);
    drawRecent(ask);
    (kept ? byId("recording") : byId("q")).focus();
  };
  byId("recent").replaceChildren(...questions.map((each) => entry(each, ask)));
  byId("forget").onclick = () => {
    forget();
    byId("recent-box").hidden = true;
    byId("q").focus();
  };
}

const entry = (question, ask) =>
  el("li", {}, plain(question, () => ask(question), { dir: "auto" }));
