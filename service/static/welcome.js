// The empty page: questions to begin with, from the corpus at hand, and those asked before.

import { get } from "./api.js";
import { byId, el, plain } from "./dom.js";
import { forget, recent } from "./storage.js";
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
  if (!corpus) return;
  const { questions, documents, passages, model } = corpus;
  byId("examples-box").classList.toggle("there", questions.length > 0);
  byId("examples").replaceChildren(...questions.map((each) => entry(each, ask)));
  byId("about").textContent = t("about", { documents: number(documents), passages: number(passages), model });
}

function drawRecent(ask) {
  const questions = recent();
  byId("recent-box").hidden = !questions.length;
  byId("recent").replaceChildren(...questions.map((each) => entry(each, ask)));
  byId("forget").onclick = () => {
    forget();
    byId("recent-box").hidden = true;
    byId("q").focus();
  };
}

const entry = (question, ask) =>
  el("li", {}, plain(question, () => ask(question), { dir: "auto" }));
