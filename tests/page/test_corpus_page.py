"""The page about the corpus: every document, by folder, year and author, and how search works."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Route, expect

from tests.page.browser import Visit, Visitor
from tests.page.corpus import DRAFTS

pytestmark = pytest.mark.slow


@pytest.fixture
def corpus(newcomer: Visitor) -> Visit:
    """With the page about the corpus open."""
    visit = newcomer().open("/#corpus")
    expect(visit.page.locator("#panel [role=status]")).to_contain_text("Documents 1 à")
    return visit


def total(visit: Visit) -> int:
    """How many documents the page says there are."""
    said = visit.page.locator("#panel [role=status]").inner_text()
    return int(said.split()[-1])


def titles(visit: Visit) -> list[str]:
    return visit.page.locator(".documents a[data-inside]").all_inner_texts()


def test_every_document_is_there_under_its_folder(corpus: Visit) -> None:
    assert len(titles(corpus)) == total(corpus) > 30
    headings = corpus.page.locator("#panel .body h3").all_inner_texts()
    assert {"mer", "rapports", "presse", DRAFTS} <= set(headings)
    expect(corpus.page.locator("#panel .body")).to_contain_text(f"{total(corpus)} documents")


@pytest.mark.parametrize(
    ("folder", "count"), [("mer", 6), (DRAFTS, 2)], ids=["plain", "named like a pattern"]
)
def test_a_folder_opens_what_is_below_it(corpus: Visit, folder: str, count: int) -> None:
    everything = total(corpus)
    corpus.page.locator("#panel h3").get_by_role("link", name=folder, exact=True).click()
    status = corpus.page.locator("#panel [role=status]")
    expect(status).to_have_text(f"Documents 1 à {count} sur {count}")
    corpus.page.go_back()
    expect(status).to_contain_text(f"sur {everything}")


def test_years_are_headings_and_authors_are_links(corpus: Visit) -> None:
    corpus.page.get_by_label("Trier par").last.select_option("-date")
    corpus.page.get_by_role("button", name="Montrer").click()
    years = corpus.page.locator("#panel .body > div h3")
    expect(years.first).to_have_text("2020")
    expect(years.last).to_have_text("Sans date")
    corpus.page.get_by_role("link", name="El Idrissi, Amina").click()
    expect(corpus.page.locator("#panel [role=status]")).to_have_text("Documents 1 à 1 sur 1")
    assert titles(corpus) == ["Le guide de la baleine"]


def test_a_document_opens_and_the_way_back_is_there(corpus: Visit) -> None:
    corpus.page.get_by_role("link", name="Le krill").click()
    expect(corpus.page.locator("#reader h2")).to_have_text("Le krill")
    corpus.page.go_back()
    expect(corpus.page.locator("#panel [role=status]")).to_contain_text("Documents 1 à")


def test_a_filter_that_is_none_is_said_to_be(corpus: Visit) -> None:
    corpus.trouble = True  # the browser notes the 422
    corpus.page.get_by_label("De", exact=True).fill("hier")
    corpus.page.get_by_label("De", exact=True).press("Enter")
    expect(corpus.page.locator("#panel .refusal")).to_contain_text(
        "Le service ne comprend pas cette demande."
    )


def test_the_help_leads_to_it_and_it_tells_the_syntax(visit: Visit) -> None:
    visit.page.locator("#keys").click()
    visit.page.locator("#help").get_by_role("link", name="Ce que contient le corpus").click()
    expect(visit.page.locator("#help")).to_be_hidden()
    expect(visit.page.locator("#panel-title")).to_be_focused()
    expect(visit.page.locator(".manual")).to_contain_text("auteur:nom")
    visit.page.locator("#language").click()
    expect(visit.page.locator("#panel-title")).to_have_text("The corpus")
    expect(visit.page.locator(".manual")).to_contain_text("author:name")


def test_it_says_what_there_is_and_since_when(corpus: Visit) -> None:
    body = corpus.page.locator("#panel .body")
    expect(body).to_contain_text(re.compile(r"construit le \d{1,2} \w+ 20\d\d"))
    expect(body).to_contain_text("Aucun fichier n’a été laissé de côté.")
    corpus.page.get_by_text("Années ·").click()
    corpus.page.get_by_role("link", name="2018", exact=True).click()
    expect(corpus.page.locator("#panel [role=status]")).to_contain_text(re.compile(r"Documents 1 à \d"))
    assert "from=2018&to=2018" in corpus.page.url
    corpus.page.get_by_text("Auteurs ·").click()
    corpus.page.get_by_role("link", name="Amina El Idrissi", exact=True).click()
    expect(corpus.page.locator("#panel [role=status]")).to_have_text("Documents 1 à 1 sur 1")


def test_what_was_left_out_is_said_with_its_reason(newcomer: Visitor) -> None:
    visit = newcomer()

    def left(route: Route) -> None:
        told = route.fetch().json()
        told |= {"skipped": 3, "left_out": [{"reason": "is <b>locked</b>", "files": 3}]}
        route.fulfill(json=told)

    visit.page.route("**/corpus", left)
    visit.open("/#corpus")
    visit.page.get_by_text("3 fichiers laissés de côté").click()
    expect(visit.page.locator(".browse li", has_text="is <b>locked</b>")).to_be_visible()


def test_the_keeper_sees_how_it_was_built(corpus: Visit) -> None:
    sent: list[str | None] = []

    def guard(route: Route) -> None:
        sent.append(route.request.headers.get("authorization"))
        if sent[-1] == "Bearer rep_admin":
            route.fallback()
        else:
            route.fulfill(status=403, json={"error": {"code": "forbidden", "message": "No.", "hint": ""}})

    corpus.trouble = True  # the browser notes the 403
    corpus.page.route("**/report*", guard)
    corpus.page.get_by_text("Pour qui tient ce service").click()
    see = corpus.page.get_by_role("button", name="Voir le rapport")
    see.click()
    panel = corpus.page.locator("#panel")
    expect(panel).to_contain_text("Il faut pour cela une clé d’administration.")
    corpus.page.get_by_label("Une clé d’administration").fill("rep_admin")
    see.click()
    expect(panel.locator("dl", has_text="generation")).to_contain_text("corpus")
    assert sent == [None, "Bearer rep_admin"]
    kept = corpus.page.evaluate("JSON.stringify([localStorage, sessionStorage])")
    assert "rep_admin" not in kept
