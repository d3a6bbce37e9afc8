"""axe-core finds nothing in any state of the page, in both themes and on both kinds of screen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.page.browser import PHONE, WIDE, Visit, Visitor
from tests.page.corpus import WHALE

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
    visit.page.locator("#rest").click()


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
    visit.page.locator(".passage .tools button").nth(1).click()
    visit.page.wait_for_selector("#notice .what")


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
    visit.page.route(
        "**/search?*", lambda route: route.fulfill(status=503, json={"error": {"message": message}})
    )
    visit.open("/?q=baleine")
    visit.page.wait_for_selector("#notice code")
    visit.trouble = True


STATES = [empty, recent, results, narrowed, reading, arabic, nothing, similar, keys, menu, too_long, no_index]


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.__name__)
@pytest.mark.parametrize(
    "options",
    [
        {"viewport": WIDE, "color_scheme": "light"},
        {"viewport": PHONE, "color_scheme": "dark", "locale": "en-GB"},
    ],
    ids=["wide-light-fr", "phone-dark-en"],
)
def test_axe_finds_nothing(newcomer: Visitor, state: Callable[[Visit], None], options: Any) -> None:
    visit = newcomer(reduced_motion="reduce", **options)
    state(visit)
    assert visit.violations() == []
