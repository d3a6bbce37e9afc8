"""Keys alone: from the question to the sentence in its document and back, and the panel that lists them."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.page.browser import Visit, Visitor
from tests.page.corpus import WHALE

pytestmark = pytest.mark.slow


def test_all_the_way_without_a_mouse(visit: Visit) -> None:
    page, press = visit.page, visit.page.keyboard.press
    visit.type(WHALE)
    press("ArrowDown")
    expect(visit.sentences.first).to_be_focused()
    press("ArrowDown")
    expect(visit.sentences.nth(1)).to_be_focused()
    press("ArrowUp")
    press("Enter")
    page.wait_for_selector("mark.current")
    expect(page.locator("#reader h2")).to_be_focused()
    first = page.locator("mark.current").first.get_attribute("data-passage")
    press("ArrowRight")
    expect(page.locator(f"mark.current[data-passage='{first}']")).to_have_count(0)
    expect(page.locator("mark.current").first).to_be_visible()
    press("ArrowLeft")
    expect(page.locator(f"mark.current[data-passage='{first}']").first).to_be_visible()
    press("Shift+ArrowRight")
    expect(page.locator("#reader .current").first).to_be_visible()
    assert page.locator("#reader .current").first.get_attribute("data-passage") != first
    press("Shift+ArrowLeft")
    press("Escape")
    expect(page.locator("#reader")).to_be_hidden()
    expect(visit.sentences.first).to_be_focused()
    press("ArrowUp")
    expect(page.locator("#q")).to_be_focused()


def test_a_slash_leads_to_the_question_and_is_not_typed(visit: Visit) -> None:
    visit.type("cachalot plonge")
    visit.page.locator("#theme").focus()
    visit.page.keyboard.press("/")
    expect(visit.page.locator("#q")).to_be_focused()
    assert visit.page.evaluate("getSelection().toString()") == "cachalot plonge"
    visit.page.keyboard.type("a/b?")
    assert visit.page.input_value("#q") == "a/b?"


def test_the_panel_lists_the_keys_and_the_syntax_and_closes(visit: Visit) -> None:
    visit.page.locator("#theme").focus()
    visit.page.keyboard.press("?")
    panel = visit.page.locator("#help")
    expect(panel).to_be_visible()
    expect(panel.locator("kbd")).to_have_count(12)
    expect(panel.locator("code")).to_have_text(
        ['"mots exacts"', "-mot", "titre:mot", "auteur:nom", "source:dossier"]
    )
    visit.page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(visit.page.locator("#theme")).to_be_focused()
    visit.page.locator("#keys").click()
    panel.get_by_role("button", name="Fermer").click()
    expect(panel).to_be_hidden()


def test_the_menu_of_exports_closes_with_escape(visit: Visit) -> None:
    visit.type("cachalot plonge")
    menu = visit.page.locator("#export")
    menu.locator("summary").press("Enter")
    expect(menu.get_by_role("button", name="CSV")).to_be_visible()
    visit.page.keyboard.press("Escape")
    expect(menu.get_by_role("button", name="CSV")).to_be_hidden()
    expect(menu.locator("summary")).to_be_focused()


def test_results_are_announced(visit: Visit) -> None:
    visit.type("cachalot plonge")
    expect(visit.page.locator("#live")).to_have_text("1 document pour « cachalot plonge »")
    assert visit.page.locator("#live").get_attribute("role") == "status"


def test_the_first_tab_skips_to_the_results(visit: Visit) -> None:
    visit.open("/?q=cachalot")
    visit.answered()
    visit.page.evaluate("document.activeElement.blur()")
    visit.page.keyboard.press("Tab")
    visit.page.keyboard.press("Shift+Tab")
    skip = visit.page.locator(".skip")
    skip.focus()
    expect(skip).to_be_in_viewport()
    skip.press("Enter")
    expect(visit.page.locator("#found")).to_be_focused()


def test_keys_of_one_sign_can_be_turned_off_for_good(visit: Visit) -> None:
    """WCAG 2.1.4: what is dictated, or touched by accident, is not to be a command."""
    page, press = visit.page, visit.page.keyboard.press
    page.locator("#keys").click()
    box = page.get_by_label("Les touches / et ? agissent")
    expect(box).to_be_checked()
    box.uncheck()
    press("Escape")
    for _ in range(2):
        page.locator("#theme").focus()
        press("/")
        expect(page.locator("#theme")).to_be_focused()
        press("?")
        expect(page.locator("#help")).to_be_hidden()
        visit.open()
    page.locator("#keys").click()
    box.check()
    press("Escape")
    page.locator("#theme").focus()
    press("/")
    expect(page.locator("#q")).to_be_focused()


def test_nothing_is_asked_in_the_middle_of_a_composition(newcomer: Visitor) -> None:
    """An input method shows what is not yet a word; Enter then takes the word, and asks nothing."""
    visit = newcomer(shared=False).open()
    session = visit.page.context.new_cdp_session(visit.page)
    for text in ("b", "bale", "baleine"):
        session.send(
            "Input.imeSetComposition", {"text": text, "selectionStart": len(text), "selectionEnd": len(text)}
        )
        visit.page.wait_for_timeout(300)
    visit.page.locator("#q").dispatch_event("keydown", {"key": "Enter", "isComposing": True})
    visit.page.wait_for_timeout(300)
    assert visit.page.input_value("#q") == "baleine"
    assert [url for url in visit.requests if "/search?" in url] == []
    with visit.page.expect_response("**/search?*q=baleine*"):
        session.send("Input.insertText", {"text": "baleine"})
    visit.answered()
    assert visit.sources
