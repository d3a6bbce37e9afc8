"""Judging an answer on the page: only where the service keeps that, and kept as it was said."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Route, expect

from service.app import build_app
from service.search.index_watcher import IndexWatcher
from service.settings import Settings
from service.telemetry.judgements import question_id, read
from tests.conftest import wait_until_ready
from tests.page.browser import Visit, Visitor
from tests.serving import serving
from tests.standin import StandInEncoder

pytestmark = pytest.mark.slow
QUESTION = "baleine bleue"


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("judging") / "judgements"


@pytest.fixture(scope="module")
def address(index_folder: Path, kept: Path) -> Iterator[str]:
    """Address of a service that keeps judgements."""
    live = IndexWatcher(index_folder, StandInEncoder)
    with serving(build_app(live, Settings(index=index_folder, judgements=kept))) as port:
        wait_until_ready(live)
        yield f"http://127.0.0.1:{port}"


def test_what_is_said_is_kept_and_may_be_changed(newcomer: Visitor, address: str, kept: Path) -> None:
    visit = newcomer(address).asked(QUESTION)
    first = visit.page.locator("#results .entry").first
    yes = first.get_by_role("button", name="Répond ·")
    no = first.get_by_role("button", name="Ne répond pas ·")
    name = question_id(QUESTION)
    for button, other, grade in ((yes, no, 1), (no, yes, 0)):
        button.click()
        expect(button).to_have_attribute("aria-pressed", "true")
        expect(other).to_have_attribute("aria-pressed", "false")
        expect(visit.page.locator("#live")).to_have_text("Votre avis est gardé.")
        assert set(read(kept).grades[name].values()) == {grade}


def test_where_none_are_kept_there_is_nothing_to_press(visit: Visit) -> None:
    with visit.page.expect_response("**/judgements") as asked:
        visit.asked(QUESTION)
    assert asked.value.json() == {"kept": False}
    expect(visit.page.locator("#results .entry .tools").first).to_be_visible()
    expect(visit.page.locator(".judging button")).to_have_count(0)


def test_what_could_not_be_kept_is_said(newcomer: Visitor, address: str) -> None:
    visit = newcomer(address)
    visit.trouble = True

    def refuse(route: Route) -> None:
        if route.request.method == "POST":
            route.fulfill(status=507, json={"error": {"code": "judgements_full", "message": "", "hint": ""}})
        else:
            route.continue_()

    visit.page.route("**/judgements", refuse)
    visit.asked(QUESTION)
    button = visit.page.get_by_role("button", name="Répond ·").first
    button.click()
    expect(visit.page.locator("#live")).to_have_text("Votre avis n’a pas pu être gardé.")
    expect(button).to_have_attribute("aria-pressed", "false")


def test_in_english_and_without_a_fault_of_access(newcomer: Visitor, address: str) -> None:
    visit = newcomer(address, locale="en-GB").asked(QUESTION)
    expect(visit.page.get_by_role("button", name="Does not answer ·").first).to_be_visible()
    assert visit.violations() == []
