"""A service that asks for a key, or has too much to do: how the page says it and goes on."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Route, expect

from tests.page.browser import PHONE, Visit, Visitor

pytestmark = pytest.mark.slow

KEY = "rep_0123456789"
API = re.compile(r"/(search|facets|suggestions|similar|documents)\b(?!.*\.js)")
LOCKED = "Ce service demande une clé."


def refusal(code: str, message: str = "No.") -> dict[str, Any]:
    return {"error": {"code": code, "message": message, "hint": ""}}


def lock(visit: Visit, key: str = KEY, status: int = 401) -> list[str | None]:
    """Answer only who sends the key, from now on; the keys that are sent."""
    sent: list[str | None] = []

    def guard(route: Route) -> None:
        brought = route.request.headers.get("authorization")
        sent.append(brought)
        if brought == f"Bearer {key}":
            route.fallback()
        else:
            route.fulfill(status=status, json=refusal("unauthorized"))

    visit.page.route(API, guard)
    visit.trouble = True  # the browser notes each refusal
    return sent


def give(visit: Visit, key: str) -> None:
    visit.page.locator("#key").fill(key)
    visit.page.locator("#key").press("Enter")


def test_a_key_is_asked_for_and_sent_from_then_on(newcomer: Visitor) -> None:
    visit = newcomer()
    sent = lock(visit)
    visit.open()
    notice = visit.page.locator("#notice")
    expect(notice).to_contain_text(LOCKED)
    expect(visit.page.locator("#key")).to_be_focused()
    visit.page.locator("#key").fill("rep_")
    visit.page.locator("#q").focus()
    with visit.page.expect_response("**/search?*"):
        visit.page.keyboard.type("baleine bleue")
    expect(notice).to_contain_text(LOCKED)
    expect(visit.page.locator("#key")).to_have_value("rep_")
    expect(visit.page.locator("#q")).to_be_focused()  # whoever types a question goes on typing it
    visit.page.locator("#language").click()
    expect(notice).to_contain_text("This service asks for a key.")
    expect(visit.page.locator("#key")).to_have_value("rep_")
    visit.page.locator("#language").click()
    give(visit, f"  Bearer {KEY}\n")
    expect(visit.sentences.first).to_be_visible()
    expect(notice).to_be_empty()
    expect(visit.page.locator(".chip").first).to_be_visible()
    expect(visit.page.locator("#q")).to_have_value("baleine bleue")
    visit.sentences.first.click()
    expect(visit.page.locator("mark.current").first).to_be_visible()
    assert set(sent) == {None, f"Bearer {KEY}"}
    kept = visit.page.evaluate("[JSON.stringify(localStorage), document.cookie, location.href]")
    assert not any(KEY in each for each in kept)
    visit.page.reload()
    expect(visit.page.locator("mark.current").first).to_be_visible()
    assert not any(KEY in url for url in visit.requests)


def test_a_key_is_remembered_on_this_computer_only_where_that_is_wanted(newcomer: Visitor) -> None:
    visit = newcomer()
    lock(visit)
    visit.open("/?q=baleine+bleue")
    expect(visit.page.locator("#key")).to_be_focused()
    box = visit.page.get_by_label("Retenir cette clé sur cet ordinateur")
    expect(box).not_to_be_checked()
    box.check()
    give(visit, KEY)
    expect(visit.sentences.first).to_be_visible()
    tab = Visit(visit.page.context.new_page(), visit.address)
    sent = lock(tab)
    tab.asked("baleine bleue")
    assert set(sent) == {f"Bearer {KEY}"}, "another tab asks for nothing"
    tab.page.locator("#keys").click()
    kept = tab.page.locator("#help p", has_text="Votre clé est gardée sur cet ordinateur.")
    kept.get_by_role("button", name="Oublier").click()
    expect(tab.page.locator("#help")).to_contain_text("La clé est oubliée.")
    tab.page.reload()
    expect(tab.page.locator("#notice")).to_contain_text(LOCKED)
    assert not any(KEY in each for each in tab.page.evaluate("Object.values(localStorage)"))
    tab.page.close()


def test_a_key_that_is_not_remembered_replaces_one_that_was(newcomer: Visitor) -> None:
    visit = newcomer().open()
    visit.page.evaluate("localStorage.setItem('repere.key', 'rep_old')")
    lock(visit)
    visit.open("/?q=baleine+bleue")
    expect(visit.page.locator("#notice")).to_contain_text("Cette clé n’ouvre pas ce service")
    box = visit.page.get_by_label("Retenir cette clé sur cet ordinateur")
    expect(box).to_be_checked()
    box.uncheck()
    give(visit, KEY)
    expect(visit.sentences.first).to_be_visible()
    assert visit.page.evaluate("[localStorage['repere.key'] ?? null, sessionStorage['repere.key']]") == [
        None,
        KEY,
    ]


def test_a_wrong_key_is_said_to_be_and_another_can_be_given(visit: Visit) -> None:
    lock(visit)
    visit.page.keyboard.type("baleine bleue")
    notice = visit.page.locator("#notice")
    for wrong in ("clé 🗝 fausse", "rep_wrong"):
        expect(visit.page.locator("#key")).to_be_visible()
        give(visit, wrong)
        expect(notice).to_contain_text("Cette clé n’ouvre pas ce service")
        expect(visit.page.locator("#key")).to_have_value("")
    visit.page.locator("#key").fill(KEY)
    visit.page.get_by_role("button", name="Utiliser cette clé").click()
    expect(visit.sentences.first).to_be_visible()


def test_a_key_that_does_not_suffice_is_said_to(visit: Visit) -> None:
    lock(visit, status=403)
    visit.page.keyboard.type("baleine bleue")
    expect(visit.page.locator("#notice")).to_contain_text("L’accès est refusé")
    give(visit, KEY)
    expect(visit.sentences.first).to_be_visible()


def test_a_key_that_is_revoked_while_reading_is_asked_for_on_a_phone_too(newcomer: Visitor) -> None:
    visit = newcomer(viewport=PHONE).asked("baleine bleue")
    lock(visit)
    visit.sentences.first.click()
    expect(visit.page.locator("#notice")).to_contain_text(LOCKED)
    expect(visit.page.locator("#reader")).to_be_hidden()
    give(visit, KEY)
    expect(visit.page.locator("mark.current").first).to_be_visible()
    assert visit.page.locator("#found").evaluate("node => node.inert")


@pytest.mark.parametrize(
    ("status", "code", "sentence"),
    [
        (429, "too_many_requests", "Trop de questions en peu de temps."),
        (503, "overloaded", "Le service a trop à faire en ce moment."),
        (503, "timeout", "Le service a trop à faire en ce moment."),
    ],
)
def test_the_page_waits_as_long_as_the_service_asks_it_to(
    newcomer: Visitor, status: int, code: str, sentence: str
) -> None:
    visit = newcomer(shared=False).open()  # its clock is stopped for good
    refused: list[str] = []

    def refuse(route: Route) -> None:
        refused.append(route.request.url)
        route.fulfill(status=status, json=refusal(code), headers={"Retry-After": "3"})

    visit.page.clock.install(time=0)
    visit.page.clock.pause_at(3600)
    visit.page.route("**/search?*", refuse)
    visit.trouble = True
    visit.page.keyboard.type("baleine bleue")
    visit.page.clock.run_for(200)
    notice = visit.page.locator("#notice")
    expect(notice).to_contain_text(sentence)
    expect(notice).to_contain_text("La page réessaie dans 3 secondes ; votre question est gardée.")
    visit.page.clock.run_for(2_900)
    assert len(refused) == 1
    visit.page.unroute("**/search?*")
    visit.page.clock.run_for(200)
    expect(visit.sentences.first).to_be_visible()
    expect(visit.page.locator("#q")).to_have_value("baleine bleue")


@pytest.mark.parametrize("status", [502, 503, 504])
def test_what_stands_before_the_service_may_answer_in_its_place(visit: Visit, status: int) -> None:
    visit.page.route("**/search?*", lambda route: route.fulfill(status=status, body="<h1>Bad gateway</h1>"))
    visit.trouble = True
    visit.page.keyboard.type("baleine bleue")
    expect(visit.page.locator("#notice")).to_contain_text("Le service ne répond pas")
    visit.page.unroute("**/search?*")
    expect(visit.sentences.first).to_be_visible()
