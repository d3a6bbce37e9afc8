"""Reading: the document beside the results, exactly marked, from hit to hit."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.page.browser import PHONE, Visit, Visitor
from tests.page.corpus import WHALE
from tests.service.search.test_near_duplicates import SITES

pytestmark = pytest.mark.slow


def in_view(visit: Visit, selector: str) -> bool:
    """Whether an element lies within the visible part of the document's text."""
    seen: bool = visit.page.evaluate(
        """(selector) => {
          const box = (each) => document.querySelector(each).getBoundingClientRect();
          const [page, node] = [box(".page"), box(selector)];
          return node.top >= page.top && node.top < page.bottom;
        }""",
        selector,
    )
    return seen


def marked(visit: Visit) -> str:
    """The sentence marked in the open document, without the signs that are not shown."""
    return "".join(visit.page.locator("#reader mark.current:not(.unseen)").all_inner_texts())


@pytest.fixture
def reading(visit: Visit) -> Visit:
    """With the guide open at the passage that answers."""
    visit.type(WHALE)
    visit.sentences.first.click()
    visit.page.wait_for_selector(".page:not([aria-busy])")
    return visit


def test_a_click_opens_the_document_at_the_sentence(reading: Visit) -> None:
    reader = reading.page.locator("#reader")
    expect(reader.locator("h2")).to_have_text("Le guide de la baleine")
    expect(reader.locator("h2")).to_be_focused()
    expect(reader.locator(".meta")).to_contain_text("mer/baleine.md")
    sentence = marked(reading)
    assert sentence.startswith(f"{WHALE} : elle vient toutes les dix minutes, 😀🐋 dit le guide")
    assert sentence.endswith(", et souffle par deux évents.")
    assert in_view(reading, "mark.current")
    assert reading.page.locator("#results [aria-current]").count() == 1
    left, right = reading.page.locator("#found").bounding_box(), reader.bounding_box()
    assert left and right and left["x"] + left["width"] <= right["x"]


def test_the_whole_text_is_there_with_its_structure(reading: Visit) -> None:
    page = reading.page.locator("#reader .page")
    assert page.locator("h3, h4").all_inner_texts() == [
        "Le guide de la baleine",
        "Respiration",
        "Chant",
        "Repos",
    ]
    expect(page.locator("p.item")).to_have_count(2)
    expect(page.locator(".bold:not(.markup)")).to_have_text("deux évents")
    text = page.inner_text()
    assert "Le relevé 59 note" in text and "Elle dort par moitiés de cerveau." in text


def test_what_is_marked_is_what_the_offsets_say(visit: Visit) -> None:
    """An emoji before the passage counts once for the service, twice for the browser."""
    visit.type("drapeaux comptent pour deux")
    visit.sentences.first.click()
    visit.page.wait_for_selector("mark.current")
    assert marked(visit) == "Les drapeaux comptent pour deux signes."


def test_from_hit_to_hit(reading: Visit) -> None:
    page = reading.page
    count = page.locator("#reader .count")
    total = page.locator(".entry").first.locator(".passage").count()
    assert total == 3
    here = int(count.inner_text().split()[0])
    for _ in range(total - here):
        page.locator("[data-does=next]").click()
        page.wait_for_selector("mark.current")
        assert in_view(reading, "mark.current")
    expect(count).to_have_text("3 sur 3")
    expect(page.locator("[data-does=next]")).to_be_disabled()
    assert "même en dormant" in page.locator("mark.current").inner_text()
    page.locator("[data-does=previous]").click()
    expect(count).to_have_text("2 sur 3")
    open_one = page.locator("#results .passage:has([aria-current])").get_attribute("data-passage")
    assert f"passage={open_one}" in reading.place


def test_any_passage_of_the_document_can_be_chosen(reading: Visit) -> None:
    page = reading.page
    page.get_by_text("Le relevé 5 note").click()
    expect(page.locator("#reader .current").first).to_be_visible()
    assert "Le relevé" in "".join(page.locator("#reader .current").all_inner_texts())
    page.locator("#reader").get_by_role("button", name="Passages proches").click()
    expect(page.locator("#notice")).to_contain_text("Passages proches de celui-ci")
    expect(page.locator("#reader h2")).to_be_visible()


def test_a_result_names_the_page_of_its_sentence_and_the_text_where_pages_begin(visit: Visit) -> None:
    visit.type("magma du volcan")
    expect(visit.page.locator(".place").first).to_contain_text("p. 2")
    visit.sentences.first.click()
    assert visit.page.locator("#reader .leaf").first.inner_text() == "p. 1"


def test_a_title_opens_its_best_passage(visit: Visit) -> None:
    visit.type("magma du volcan")
    visit.page.locator(".entry h2").first.click()
    expect(visit.page.locator("#reader mark.current").first).to_contain_text("Le magma remonte")


def test_closing_leads_back_to_the_result(reading: Visit) -> None:
    reading.page.locator("[data-does=close]").click()
    expect(reading.page.locator("#reader")).to_be_hidden()
    expect(reading.sentences.first).to_be_focused()


def test_on_a_phone_the_document_takes_the_screen(newcomer: Visitor) -> None:
    visit = newcomer(viewport=PHONE).open()
    visit.type(WHALE)
    visit.sentences.first.click()
    visit.page.wait_for_selector(".page:not([aria-busy])")
    assert visit.page.locator("#reader").bounding_box() == {"x": 0, "y": 0} | PHONE
    assert visit.page.locator("#found").evaluate("node => node.inert")
    visit.page.go_back()
    expect(visit.page.locator("#reader")).to_be_hidden()
    assert not visit.page.locator("#found").evaluate("node => node.inert")


def test_a_passage_that_has_changed_is_said_so_and_its_document_shown(newcomer: Visitor) -> None:
    visit = newcomer().open("/?doc=mer/krill.txt&passage=00000000000000000000")
    expect(visit.page.locator(".gone")).to_contain_text("Ce passage a changé")
    expect(visit.page.locator("#reader .page")).to_contain_text("La baleine bleue mange du krill.")


def test_other_places_of_a_passage_are_links(visit: Visit) -> None:
    """A press release on five sites, of which one also stands in another folder, is one result."""
    visit.type("formation continue pour quarante infirmiers")
    expect(visit.page.locator(".also")).to_have_count(1)
    also = visit.page.locator(".also")
    expect(also).to_contain_text("Aussi dans")
    places = {visit.sources[0], *also.locator(".source").all_inner_texts()}
    assert places == {"archives/revue.txt", *(f"presse/{name}" for name in SITES)}
    assert len(visit.sources) == len(set(visit.sources) - places) + 1
    other = also.locator("li", has_text="presse/journal.md")
    other.get_by_role("link", name="Le journal de Rabat").click()
    expect(visit.page.locator("#reader h2")).to_have_text("Le journal de Rabat")
    shown = visit.page.locator("#reader .current")
    expect(shown.filter(has_text="Le centre d’oncologie de Rabat ouvre").first).to_be_visible()


def test_a_copy_is_shown_as_the_file_that_was_asked_for(visit: Visit) -> None:
    visit.type("cachalot plonge")
    (link,) = visit.page.locator(".also a").all()
    copy = visit.page.locator(".also .source").inner_text()
    assert {copy, visit.sources[0]} == {"mer/copie.txt", "vieux/copie.txt"}
    link.click()
    expect(visit.page.locator("#reader mark.current")).to_contain_text("Le cachalot plonge")
    about = visit.page.locator("#reader .meta")
    expect(about).to_contain_text("Aussi dans")
    expect(about.locator(".source").first).to_have_text(copy)
