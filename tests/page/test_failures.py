"""When things go wrong: each has its own sentence and a way on, and nothing typed is lost."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect

from models.encoder import Encoder
from tests.page.browser import Visit, Visitor
from tests.page.served import Service, build_index
from tests.page.test_asking import paged
from tests.standin import StandInEncoder

pytestmark = pytest.mark.slow


@pytest.fixture
def own(index_folder: Path) -> Iterator[Service]:
    """A service of one's own, to be stopped and started."""
    running = Service(index_folder).start()
    yield running
    running.stop()


def test_a_service_that_stops_and_starts_again_is_waited_for(newcomer: Visitor, own: Service) -> None:
    visit = newcomer(own.address).open()
    visit.type("baleine bleue")
    own.stop()
    visit.page.keyboard.type(" respire")
    notice = visit.page.locator("#notice")
    expect(notice).to_contain_text("Le service ne répond pas ; il redémarre peut-être.")
    expect(notice).to_contain_text("La page réessaie d’elle-même")
    assert visit.page.input_value("#q") == "baleine bleue respire"
    own.start()
    expect(visit.sentences.first).to_be_visible(timeout=15_000)
    expect(notice).to_be_empty()
    assert visit.page.input_value("#q") == "baleine bleue respire"
    visit.trouble = True  # the browser notes each connection refused


def test_the_way_on_can_be_taken_at_once(newcomer: Visitor, own: Service) -> None:
    visit = newcomer(own.address).open()
    own.stop()
    visit.page.evaluate("window.setTimeout = () => 0")  # no attempt comes by itself
    visit.page.keyboard.type("baleine bleue")
    visit.page.keyboard.press("Enter")
    retry = visit.page.get_by_role("button", name="Réessayer")
    expect(retry).to_be_visible()
    own.start()
    retry.click()
    expect(visit.sentences.first).to_be_visible()
    visit.trouble = True


def test_without_an_index_the_command_is_named_and_the_index_is_noticed(
    newcomer: Visitor, tmp_path: Path
) -> None:
    running = Service(tmp_path / "index").start(ready=False)
    try:
        visit = newcomer(running.address).open()
        notice = visit.page.locator("#notice")
        expect(notice).to_contain_text("Il n’y a pas encore d’index")
        expect(notice.locator("code")).to_have_text("make index")
        visit.page.keyboard.type("baleine bleue")
        expect(notice.locator("code")).to_have_text("make index")
        build_index(tmp_path)
        expect(visit.sentences.first).to_be_visible(timeout=20_000)
        assert visit.page.input_value("#q") == "baleine bleue"
        visit.trouble = True  # the browser notes each 503
    finally:
        running.stop()


def test_a_service_that_is_starting_says_so(newcomer: Visitor, index_folder: Path) -> None:
    loaded = threading.Event()

    def load() -> Encoder:
        loaded.wait(30)
        return StandInEncoder()

    running = Service(index_folder, load).start(ready=False)
    try:
        visit = newcomer(running.address).open("/?q=baleine+bleue")
        expect(visit.page.locator("#notice")).to_contain_text("Le service démarre")
        loaded.set()
        expect(visit.sentences.first).to_be_visible(timeout=15_000)
        visit.trouble = True
    finally:
        loaded.set()
        running.stop()


def test_a_slow_answer_is_told_after_a_while(visit: Visit) -> None:
    held = visit.hold("**/search?*")
    visit.page.keyboard.type("baleine bleue")
    expect(visit.page.locator("#status")).to_contain_text("La réponse tarde")
    held[0].fallback()
    expect(visit.sentences.first).to_be_visible()
    expect(visit.page.locator("#status")).to_contain_text("passages parcourus")


def test_who_is_offline_is_told_and_goes_on_once_back(visit: Visit) -> None:
    visit.page.context.set_offline(True)
    visit.page.keyboard.type("baleine bleue")
    expect(visit.page.locator("#notice")).to_contain_text("Vous êtes hors ligne.")
    visit.page.context.set_offline(False)
    expect(visit.sentences.first).to_be_visible()
    visit.trouble = True


def test_a_question_too_long_is_counted_and_not_sent(visit: Visit) -> None:
    counter = visit.page.locator("#counter")
    visit.page.fill("#q", "é" * 890)
    expect(counter).to_be_empty()
    visit.page.fill("#q", "😀" * 950)
    expect(counter).to_have_text("encore 50 caractères")
    visit.page.fill("#q", "é" * 1200)
    expect(counter).to_contain_text("La question est trop longue : raccourcissez-la, rien n’en est perdu.")
    expect(counter).to_contain_text("200 caractères de trop (au plus 1\u202f000)")
    visit.page.keyboard.press("Enter")
    visit.page.wait_for_timeout(300)
    asked = [parse_qs(urlsplit(url).query)["q"][0] for url in visit.requests if "/search?" in url]
    assert all(len(question) <= 1000 for question in asked)
    assert len(visit.page.input_value("#q")) == 1200
    expect(visit.page.locator("#q")).to_have_attribute("aria-invalid", "true")
    visit.page.fill("#q", "baleine bleue")
    expect(visit.sentences.first).to_be_visible()


@pytest.mark.parametrize(("status", "sentence"), [(500, "Quelque chose a échoué"), (422, "ne comprend pas")])
def test_a_refusal_is_told_with_its_reason(visit: Visit, status: int, sentence: str) -> None:
    error = {"code": "x", "message": "The reason <b>itself</b>.", "hint": ""}
    visit.page.route("**/search?*", lambda route: route.fulfill(status=status, json={"error": error}))
    visit.page.keyboard.type("baleine bleue")
    expect(visit.page.locator("#notice")).to_contain_text(sentence)
    expect(visit.page.locator("#notice")).to_contain_text("The reason <b>itself</b>.")
    visit.page.unroute("**/search?*")
    visit.page.get_by_role("button", name="Réessayer").click()
    expect(visit.sentences.first).to_be_visible()
    visit.trouble = True


def test_a_document_that_is_gone_is_said_to_be(newcomer: Visitor) -> None:
    visit = newcomer().open("/?q=baleine+bleue&doc=no/such.txt&passage=1")
    expect(visit.page.locator("#reader .gone")).to_contain_text("n’est plus dans le corpus")
    expect(visit.sentences.first).to_be_visible()
    visit.page.locator("[data-does=close]").click()
    expect(visit.page.locator("#reader")).to_be_hidden()
    visit.trouble = True


def test_a_document_that_does_not_come_is_waited_for(visit: Visit) -> None:
    visit.type("baleine bleue")
    visit.page.route("**/documents/**", lambda route: route.abort())
    visit.sentences.first.click()
    expect(visit.page.locator("#notice")).to_contain_text("Le service ne répond pas")
    visit.page.unroute("**/documents/**")
    expect(visit.page.locator("mark.current").first).to_be_visible(timeout=10_000)
    expect(visit.page.locator("#notice")).to_be_empty()
    visit.trouble = True


def test_more_that_fails_leaves_what_is_there(visit: Visit) -> None:
    visit.page.route("**/search?*q=cachalot*", paged(70))
    visit.type("cachalot")
    shown = visit.sources
    assert len(shown) == 50
    visit.page.route("**/search?*offset=50*", lambda route: route.abort())
    visit.page.locator("#more").click()
    expect(visit.page.locator("#notice")).to_contain_text("Le service ne répond pas")
    assert visit.sources == shown
    visit.page.unroute("**/search?*offset=50*")
    expect(visit.page.locator(".entry")).to_have_count(70, timeout=10_000)
    visit.trouble = True
