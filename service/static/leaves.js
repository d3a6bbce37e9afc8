// The pages of a document as they look, with the sentence boxed on its page.

import { file, get, pathOf } from "./api.js";
import { announce, el } from "./dom.js";
import { t } from "./words.js";

const WIDEST = 2000; // pixels that the service draws at the most
const BOX = 3; // pixels around a line that is boxed

/**
 * Shows a page in a node: of a source, the one on which a span {start, end, page} of its text stands, boxed, and the
 * others by turning. failed(failure) is told what does not come; seen(box) is called with the box's place.
 */
export async function show(node, source, span, { failed, seen }) {
  const canvas = el("canvas", { role: "img" });
  const place = el("input", { id: "leaf", type: "number", min: "1", onchange: () => turn(Number(place.value)) });
  const count = el("span", {});
  const [back, on] = [-1, 1].map((by) =>
    el("button", {
      type: "button",
      text: by < 0 ? "‹" : "›",
      "aria-label": t(by < 0 ? "leaf_before" : "leaf_after"),
      data: { does: by < 0 ? "leaf-before" : "leaf-after" },
      onclick: () => turn(Number(place.value) + by),
    }),
  );
  const turning = el("p", { class: "turning" }, back, el("label", { for: "leaf", text: t("leaf") }), place, count, on);
  node.replaceChildren(turning, canvas);

  async function turn(page) {
    const here = page === span.page ? { start: span.start, end: span.end } : {};
    const width = Math.min(WIDEST, Math.max(600, Math.round(node.clientWidth * devicePixelRatio)));
    node.setAttribute("aria-busy", "true");
    try {
      const [where, picture] = await Promise.all([
        get("boxes", pathOf("boxes", source), { page, ...here }),
        file("picture", pathOf("pictures", source), { page, width }),
      ]);
      drawn(canvas, await createImageBitmap(picture), where.boxes);
      told(page, where);
    } catch (failure) {
      failed(failure);
    }
    node.removeAttribute("aria-busy");
  }

  function told(page, { pages, page_label, boxes }) {
    const said = t("leaf_of", { at: page_label ?? String(page), n: pages });
    canvas.setAttribute("aria-label", boxes.length ? t("boxed", { page: said }) : said);
    [place.value, place.max] = [page, pages];
    count.textContent = `/ ${pages}${page_label ? ` · ${t("page", { page: page_label })}` : ""}`;
    [back.disabled, on.disabled] = [page <= 1, page >= pages];
    announce(said);
    if (boxes.length) seen(canvas.offsetTop + boxes[0].top * canvas.offsetHeight);
  }

  await turn(span.page ?? 1);
}

/** Draws a page, and marks its boxes as a pen does. */
function drawn(canvas, picture, boxes) {
  [canvas.width, canvas.height] = [picture.width, picture.height];
  const pen = canvas.getContext("2d");
  pen.drawImage(picture, 0, 0);
  pen.globalCompositeOperation = "multiply";
  pen.fillStyle = "#ffe58a";
  pen.strokeStyle = "#0f5f54";
  pen.lineWidth = Math.max(1, picture.width / 600);
  for (const { left, top, width, height } of boxes) {
    const box = [left * picture.width - BOX, top * picture.height - BOX, width * picture.width + 2 * BOX, height * picture.height + 2 * BOX];
    pen.fillRect(...box);
    pen.strokeRect(...box);
  }
}
