// Whether a document answers the question, as somebody says who has read it; only where the service keeps that.

import { post } from "./api.js";
import { announce, plain } from "./dom.js";
import { read } from "./state.js";
import { t } from "./words.js";

const GRADES = { answers: 1, answers_not: 0 };
const given = new Map(); // question and document → what was said, while the page is open

/** Fills a node with two buttons that judge a hit's document for the question, if there is one. */
export function draw(node, hit) {
  const { q } = read(location.search);
  if (!q) return;
  const about = JSON.stringify([q, hit.collection, hit.source]);
  const say = async (said) => {
    try {
      await post("judge", "/judgements", { q, source: hit.source, collection: hit.collection, grade: GRADES[said] });
      given.set(about, said);
      announce(t("judged"));
    } catch {
      announce(t("not_judged"));
    }
    for (const button of node.children) press(button);
  };
  const press = (button) => button.setAttribute("aria-pressed", String(button.dataset.says === given.get(about)));
  for (const said of Object.keys(GRADES)) {
    const button = plain(t(said), () => say(said), { data: { says: said }, "aria-label": `${t(said)} · ${hit.title}` });
    press(button);
    node.append(button);
  }
}
