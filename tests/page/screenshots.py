"""python -m tests.page.screenshots: the README's pictures of the page over the seeds, into docs/images/."""

from __future__ import annotations

import io
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from indexer.building import build as builder
from models.load import ModelChoice
from service.search.batching import QuestionEncoder
from tests.conftest import ROOT, SEEDS
from tests.page.browser import PHONE, launch
from tests.page.chromium import MISSING, chromium
from tests.page.served import Service

IMAGES = ROOT / "docs" / "images"
COLOURS = 128
"""Of a picture: enough for text on plain grounds, at a third of the bytes."""
DESK = {"width": 1280, "height": 760}


def main() -> int:
    """Take them all; 2 when there is no browser."""
    if chromium() is None:
        print(MISSING, file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as playwright:
        home = Path(scratch)
        builder.build(SEEDS, home / "index", ModelChoice())
        model = ModelChoice().load()
        served = Service(home / "index", lambda: QuestionEncoder(model, 16)).start()
        empty = Service(home / "none", lambda: model).start(ready=False)
        browser = launch(playwright)
        try:
            _all(browser, served.address, empty.address)
        finally:
            browser.close()
            served.stop()
            empty.stop()
    return 0


def _all(browser: Browser, served: str, without_index: str) -> None:
    def opened(page: Page) -> None:
        page.locator(".sentence").first.click()
        page.wait_for_selector("mark.current")

    french, english = "formations continues en oncologie", "Which surgery is taught with robots?"
    wide: dict[str, Any] = {"viewport": DESK, "locale": "fr-FR"}
    _take(browser, "empty", f"{served}/", "#examples-box.there", **wide)
    _take(browser, "results-fr", asking(served, french), ".entry", **wide)
    _take(browser, "results-en", asking(served, english), ".entry", **wide | {"locale": "en-GB"})
    reading = wide | {"viewport": {"width": 1440, "height": 860}}
    _take(browser, "document", asking(served, "rôle de la télémédecine"), ".entry", opened, **reading)
    _take(browser, "nothing", asking(served, "recette de couscous aux sept légumes"), "#notice .what", **wide)
    _take(browser, "error", asking(without_index, french), "#notice code", **wide)
    _take(browser, "phone", asking(served, french), ".entry", **wide | {"viewport": PHONE})
    dark = wide | {"locale": "en-GB", "color_scheme": "dark"}
    _take(browser, "dark", asking(served, english), ".entry", **dark)


def asking(address: str, question: str) -> str:
    """Where a question is asked."""
    return f"{address}/?q={quote(question)}"


def _take(
    browser: Browser,
    name: str,
    address: str,
    shown: str,
    then: Callable[[Page], None] = lambda _: None,
    **options: Any,
) -> None:
    context = browser.new_context(reduced_motion="reduce", **options)
    page = context.new_page()
    page.goto(address)
    page.wait_for_selector(shown)
    then(page)
    page.wait_for_load_state("networkidle")
    path = IMAGES / f"page-{name}.png"
    picture = (
        Image.open(io.BytesIO(page.screenshot())).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    )
    picture.save(path, optimize=True)
    context.close()
    print(f"{path.relative_to(ROOT)}  {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    sys.exit(main())
