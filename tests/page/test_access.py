"""axe-core finds nothing in any state of the page; in some also on a dark phone in English."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.page.browser import PHONE, WIDE, Visit, Visitor
from tests.page.corpus import REPORTS, WHALE

pytestmark = pytest.mark.slow


def empty(visit: Visit) -> None:
    visit.open()
    visit.page.wait_for_selector("#examples-box.there")


def recent(visit: Visit) -> None:
    visit.asked("baleine bleue")
    visit.page.locator("#q").press("Enter")
    visit.page.locator("#clear").click()
    visit.page.wait_for_selector("#recent button")


def results(visit: Visit) -> None:
    visit.asked("baleine bleue")
    visit.page.locator(".unfold").first.click()
    visit.page.locator("#rest").click()


def waiting(visit: Visit) -> None:
    visit.open()
    visit.hold("**/search?*")
    visit.page.keyboard.type("baleine")
    expect(visit.page.locator("#status")).to_have_text("Recherche…")


def spanned(visit: Visit) -> None:
    visit.asked(REPORTS, **{"from": "2006", "to": "2007"}, folder="rapports", sort="date")
    visit.page.wait_for_selector(".finer .bar", state="attached")


def narrowed(visit: Visit) -> None:
    visit.asked("baleine bleue", format="markdown")
    visit.page.wait_for_selector(".chip", state="attached")
    if visit.page.locator("#narrow").is_visible():
        visit.page.locator("#narrow").click()
    expect(visit.page.locator(".chip[aria-pressed=true]")).to_be_visible()


def reading(visit: Visit) -> None:
    visit.asked(WHALE)
    visit.sentences.first.click()
    visit.page.wait_for_selector("mark.current")


def arabic(visit: Visit) -> None:
    visit.asked("أمراض القلب")
    visit.sentences.first.click()
    visit.page.wait_for_selector("mark.current")


def nothing(visit: Visit) -> None:
    visit.asked("gomme arabique")


def similar(visit: Visit) -> None:
    visit.asked("rapport annuel 2010")
    visit.page.get_by_role("button", name=re.compile("Passages semblables|Similar passages")).first.click()
    visit.page.wait_for_selector("#notice .what")


def also(visit: Visit) -> None:
    visit.asked("cachalot plonge")
    visit.page.locator(".also a").click()
    visit.page.wait_for_selector("mark.current")


def keys(visit: Visit) -> None:
    visit.open()
    visit.page.locator("#keys").click()


def menu(visit: Visit) -> None:
    visit.asked("cachalot plonge")
    visit.page.locator("#export summary").click()


def too_long(visit: Visit) -> None:
    visit.open()
    visit.page.fill("#q", "long " * 300)


def no_index(visit: Visit) -> None:
    message = "There is no index in index. Build one with 'make index'."
    answered(visit, 503, "not_ready", message)
    visit.page.wait_for_selector("#notice code")


def stopped(visit: Visit) -> None:
    visit.open()
    visit.page.route("**/search?*", lambda route: route.abort())
    visit.trouble = True
    visit.page.keyboard.type("baleine")
    visit.page.wait_for_selector("#notice .what")


def offline(visit: Visit) -> None:
    visit.asked("cachalot plonge")
    visit.page.context.set_offline(True)
    visit.trouble = True
    visit.page.fill("#q", "baleine")
    visit.page.wait_for_selector("#notice .what")


def slow(visit: Visit) -> None:
    visit.asked("cachalot plonge")
    visit.hold("**/search?*")
    visit.page.fill("#q", "baleine")
    expect(visit.page.locator("#status")).to_contain_text("La réponse tarde")


def locked(visit: Visit) -> None:
    answered(visit, 401, "unauthorized", "This needs a key.")
    visit.page.wait_for_selector("#key")


def limited(visit: Visit) -> None:
    answered(visit, 429, "too_many_requests", "There were more requests than 60 per minute.")
    visit.page.wait_for_selector("#notice .what")


def gone(visit: Visit) -> None:
    visit.trouble = True  # the browser notes the 404
    visit.open("/?q=baleine&doc=no/such.txt")
    visit.page.wait_for_selector("#reader .gone")


def citing(visit: Visit) -> None:
    visit.asked(WHALE)
    visit.page.locator(".passage .tools button").first.click()
    visit.page.wait_for_selector("#citing .cited")


def pictured(visit: Visit) -> None:
    visit.asked("magma du volcan")
    visit.sentences.first.click()
    visit.page.locator("[data-does=view]").click()
    visit.page.wait_for_selector(".picture:not([aria-busy]) canvas[aria-label]")


def folded(visit: Visit) -> None:
    visit.asked(WHALE)
    visit.sentences.first.click()
    visit.page.locator("#reader .front summary").click()


def kept(visit: Visit) -> None:
    visit.asked("baleine bleue")
    visit.page.locator(".keep").first.click()
    visit.page.locator("#save").click()
    visit.page.locator("#kept-link").click()
    visit.page.wait_for_selector("#panel .body:not([aria-busy])")


def nothing_kept(visit: Visit) -> None:
    visit.open("/#basket")
    visit.page.wait_for_selector("#panel .body:not([aria-busy])")


def unreadable(visit: Visit) -> None:
    visit.open("/#basket=abc")
    visit.page.wait_for_selector("#panel .body:not([aria-busy])")


def corpus(visit: Visit) -> None:
    visit.open("/#corpus")
    visit.page.wait_for_selector("#panel .body:not([aria-busy])")


def answered(visit: Visit, status: int, code: str, message: str) -> None:
    """A question that is answered so."""
    error = {"error": {"code": code, "message": message, "hint": ""}}
    headers = {"Retry-After": "60"} if status == 429 else {}
    visit.page.route("**/search?*", lambda route: route.fulfill(status=status, json=error, headers=headers))
    visit.trouble = True
    visit.open("/?q=baleine")


WIDE_AND_LIGHT = {"viewport": WIDE, "color_scheme": "light"}
PHONE_AND_DARK = {"viewport": PHONE, "color_scheme": "dark", "locale": "en-GB"}
STATES = [
    *(
        empty,
        recent,
        results,
        waiting,
        narrowed,
        spanned,
        reading,
        arabic,
        nothing,
        similar,
        also,
        keys,
        menu,
        too_long,
    ),
    *(no_index, stopped, offline, slow, locked, limited, gone),
    *(citing, pictured, folded, kept, nothing_kept, unreadable, corpus),
]


@pytest.mark.parametrize(
    ("options", "state"),
    [
        *((WIDE_AND_LIGHT, state) for state in STATES),
        *((PHONE_AND_DARK, state) for state in (empty, results, narrowed, reading, nothing, keys, locked)),
        *((PHONE_AND_DARK, state) for state in (citing, pictured, kept, corpus)),
    ],
    ids=lambda value: value.__name__ if callable(value) else value["color_scheme"],
)
def test_axe_finds_nothing(newcomer: Visitor, options: Any, state: Callable[[Visit], None]) -> None:
    visit = newcomer(reduced_motion="reduce", **options)
    state(visit)
    assert visit.violations() == []


@pytest.mark.parametrize("state", [citing, pictured, kept, corpus, reading])
def test_nothing_is_cut_off_at_400_percent(newcomer: Visitor, state: Callable[[Visit], None]) -> None:
    visit = newcomer(viewport={"width": 320, "height": 256})
    state(visit)
    assert visit.page.evaluate("document.documentElement.scrollWidth") <= 320
    wide = visit.page.evaluate(
        """() => [...document.querySelectorAll("#panel *, #citing *, #reader .head *")]
          .filter((node) => node.getClientRects().length && !node.closest(".unseen"))
          .filter((node) => node.getBoundingClientRect().right > 321)
          .map((node) => node.outerHTML.slice(0, 100))"""
    )
    assert wide == []
