"""Several collections on the page: the chooser, and that each document opens in its own."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect

from indexer import index_folders
from indexer.building import build as builder
from service.app import build_app
from service.search.collections import Collections
from tests.page.browser import Visit, Visitor
from tests.serving import serving
from tests.standin import CALIBRATED, StandInChoice, StandInEncoder

pytestmark = pytest.mark.slow
TEXTS = {
    "lois": "La loi sur les oiseaux\n\nLa loi protège les oiseaux des forêts.\n",
    "santé": "La santé des oiseaux\n\nLes oiseaux des villes dorment mal.\n",
}


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a service with two collections, in which different documents bear one name."""
    home = tmp_path_factory.mktemp("collections")
    for name, text in TEXTS.items():
        (home / "corpora" / name).mkdir(parents=True)
        (home / "corpora" / name / "oiseaux.txt").write_text(text, encoding="utf-8")
        builder.build(home / "corpora" / name, home / name, StandInChoice(), settings=CALIBRATED)
    named = index_folders.read({name: str(home / name) for name in TEXTS})
    with serving(build_app(Collections.of(named, StandInEncoder), wait_until_settled=True)) as port:
        yield f"http://127.0.0.1:{port}"


def parameters(visit: Visit) -> dict[str, list[str]]:
    return parse_qs(urlsplit(visit.page.url).query)


def test_there_is_no_chooser_where_there_is_nothing_to_choose(visit: Visit) -> None:
    visit.asked("baleine bleue")
    expect(visit.page.locator("#collection")).to_have_count(0)


def test_all_are_asked_until_one_is_chosen(newcomer: Visitor, address: str) -> None:
    visit = newcomer(address).asked("oiseaux")
    chooser = visit.page.get_by_role("combobox", name="Collection")
    expect(chooser.locator("option")).to_have_text(["Toutes les collections", "lois", "santé"])
    expect(visit.page.locator("#results .entry")).to_have_count(2)
    chooser.select_option("santé")
    expect(visit.page.locator("#results .entry")).to_have_count(1)
    assert parameters(visit)["collection"] == ["santé"] and parameters(visit)["q"] == ["oiseaux"]
    expect(visit.page.get_by_role("combobox", name="Collection")).to_have_value("santé")
    visit.page.get_by_role("combobox", name="Collection").select_option("")
    expect(visit.page.locator("#results .entry")).to_have_count(2)
    assert "collection" not in parameters(visit)


@pytest.mark.parametrize("title", ["La loi sur les oiseaux", "La santé des oiseaux"])
def test_a_document_opens_in_its_own_collection_and_again_by_its_address(
    newcomer: Visitor, address: str, title: str
) -> None:
    visit = newcomer(address).asked("oiseaux")
    visit.page.locator("#results").get_by_role("link", name=title).first.click()
    expect(visit.page.locator("#reader h2").first).to_have_text(title)
    visit.page.reload()
    expect(visit.page.locator("#reader h2").first).to_have_text(title)
    expect(visit.page.locator("#results .entry")).to_have_count(2)


def test_what_is_kept_is_kept_with_its_collection(newcomer: Visitor, address: str) -> None:
    """In the basket, in a link to it, and where both lead: documents of one name stay two."""
    visit = newcomer(address).asked("oiseaux")
    for keep in visit.page.locator("#results").get_by_role("button", name="Garder").all():
        keep.click()
    visit.page.locator("#kept-link").click()
    visit.page.get_by_role("button", name="Copier un lien").click()
    expect(visit.page.locator("#live")).to_have_text("Lien copié")
    link: str = visit.page.evaluate("navigator.clipboard.readText()")
    other = newcomer(address, shared=False).open(link.removeprefix(address))
    expect(other.page.locator(".kept-list h3")).to_have_count(2)
    assert set(other.page.locator(".kept-list h3").all_inner_texts()) == {
        "La loi sur les oiseaux",
        "La santé des oiseaux",
    }
    other.page.get_by_role("button", name="Garder ces 2 passages").click()
    other.page.reload()
    other.page.locator(".kept-list h3 a", has_text="La santé").click()
    expect(other.page.locator("#reader .page")).to_contain_text("Les oiseaux des villes dorment mal.")


def test_the_page_about_the_corpus_is_about_one(newcomer: Visitor, address: str) -> None:
    visit = newcomer(address).open("/#corpus")
    visit.trouble = True  # the browser notes the 422
    visit.page.locator("#panel").get_by_role("link", name="santé").click()
    expect(visit.page.locator(".documents a[data-inside]")).to_have_text(["La santé des oiseaux"])
