"""The address holds the whole state: links, back and forward lead where they say."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.page.browser import Visit, Visitor
from tests.page.corpus import WHALE
from tests.page.test_asking import paged

pytestmark = pytest.mark.slow


def test_a_shared_address_shows_the_same(visit: Visit, newcomer: Visitor) -> None:
    visit.type(WHALE)
    visit.page.locator(".chip", has_text="Markdown").click()
    expect(visit.page.locator(".entry")).to_have_count(1)
    visit.page.locator(".unfold").click()
    visit.sentences.nth(1).click()
    visit.page.wait_for_selector("mark.current")
    other = newcomer(locale="en-GB").open(visit.place)
    other.page.wait_for_selector("mark.current")
    for selector in (
        ".entry h2",
        "blockquote",
        "mark.current",
        "#reader h2",
        "#facets [aria-pressed=true] bdi",
    ):
        shown = [each.page.locator(selector).all_text_contents() for each in (visit, other)]
        assert shown[0] == shown[1], selector
    assert other.page.input_value("#q") == WHALE


@pytest.mark.parametrize("given", ["", "&lang=fr"])
def test_a_link_leaves_everyone_their_language(visit: Visit, newcomer: Visitor, given: str) -> None:
    """Only a site that embeds a search box names one, for those who have not chosen."""
    visit.page.locator("#language").click()
    visit.page.locator("#language").click()  # they chose French
    visit.page.locator("#q").focus()
    visit.type(WHALE)
    for link in [visit.place, visit.page.locator(".title").first.get_attribute("href") or ""]:
        assert "lang" not in link
        other = newcomer(locale="en-GB").open(link + given)
        assert other.page.evaluate("document.documentElement.lang") == ("fr" if given else "en")
        assert "lang" not in other.place
        other.page.evaluate("localStorage.setItem('repere.language', 'en')")
        other.open(link + given)
        assert other.page.evaluate("document.documentElement.lang") == "en"


def test_who_leaves_for_another_site_and_comes_back_finds_their_place(newcomer: Visitor) -> None:
    visit = newcomer(shared=False).open()
    visit.page.route("**/search?*q=cachalot*", paged(120))
    visit.type("cachalot")
    visit.page.locator("#more").click()
    expect(visit.page.locator(".entry")).to_have_count(100)
    visit.page.locator(".entry").nth(80).scroll_into_view_if_needed()
    visit.page.wait_for_timeout(300)
    before = visit.page.evaluate("scrollY")
    assert before > 2000
    visit.page.goto("about:blank")
    visit.page.go_back()
    expect(visit.page.locator(".entry")).to_have_count(100)
    expect(visit.page.locator(".entry").nth(80)).to_be_in_viewport()
    assert visit.page.evaluate("scrollY") == before
    visit.page.reload()
    expect(visit.page.locator(".entry").nth(80)).to_be_in_viewport()


def test_back_from_another_question_leads_to_where_one_was(visit: Visit) -> None:
    visit.page.route("**/search?*q=cachalot*", paged(50))
    visit.type("cachalot")
    visit.page.keyboard.press("Enter")
    visit.page.locator(".entry").nth(40).scroll_into_view_if_needed()
    before = visit.page.evaluate("scrollY")
    visit.page.locator("#q").fill("baleine bleue")
    expect(visit.page.locator(".entry")).to_have_count(3)
    assert visit.page.evaluate("scrollY") == 0
    visit.page.go_back()
    expect(visit.page.locator(".entry").nth(40)).to_be_in_viewport()
    assert visit.page.evaluate("scrollY") == before


def test_back_and_forward_lead_through_what_was_seen(visit: Visit) -> None:
    page = visit.page
    visit.type("baleine bleue")
    page.keyboard.press("Enter")
    page.keyboard.press("ControlOrMeta+a")
    visit.type("cachalot plonge")
    visit.sentences.first.click()
    page.wait_for_selector("mark.current")
    page.go_back()
    expect(page.locator("#reader")).to_be_hidden()
    assert "copie" in visit.sources[0]
    page.go_back()
    expect(page.locator("#q")).to_have_value("baleine bleue")
    expect(page.locator(".entry h2").first).to_have_text("Le guide de la baleine")
    page.go_back()
    expect(page.locator("#examples")).to_be_visible()
    assert visit.place == "/"
    for _ in range(3):
        page.go_forward()
    expect(page.locator("#reader h2")).to_have_text("Le cachalot")
    expect(page.locator("#q")).to_have_value("cachalot plonge")


def test_a_question_in_the_making_is_one_entry(newcomer: Visitor) -> None:
    visit = newcomer(shared=False).open()  # a history holds no more than 50 entries
    before = visit.page.evaluate("history.length")
    visit.type("baleine")
    visit.type(" bleue")
    visit.type(" respire")
    assert visit.page.evaluate("history.length") == before + 1


@pytest.mark.parametrize(
    "path",
    [
        "/?k=0&lang=de",
        "/?q=baleine&k=banana&language=&open=1",
        "/?q=baleine&k=1000",
        "/?passage=1",
        "/?q=%20",
    ],
)
def test_an_address_that_makes_no_sense_does_no_harm(newcomer: Visitor, path: str) -> None:
    visit = newcomer().open(path)
    if "baleine" in path:
        visit.answered()
        assert len(visit.sources) > 1
    else:
        expect(visit.page.locator("#examples")).to_be_visible()


def test_the_addresss_filters_are_the_services(modules: Page) -> None:
    """What a name of a folder holds that a pattern would take for its own is taken as it stands."""
    asked = modules.evaluate(
        """async () => {
          const { filters, read } = await import("/static/state.js");
          return filters(read("?language=fr,en&format=pdf&folder=a[1]*?/b&from=2019&to=2021"));
        }"""
    )
    assert asked == {
        "language": "fr,en",
        "format": "pdf",
        "source": "a[[]1][*][?]/b/*",
        "from": "2019",
        "to": "2021",
    }
