"""Narrowing: chips with counts, bars and fields for a span of time, filters that are written and undone."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any
from urllib.parse import quote_plus

import pytest
from playwright.sync_api import Page, Route, expect

from tests.page.browser import PHONE, Visit, Visitor
from tests.page.corpus import DRAFTS, MANY, REPORTS

pytestmark = pytest.mark.slow


def chip(visit: Visit, name: str) -> Any:
    return visit.page.locator(".chip", has=visit.page.get_by_text(name, exact=True))


def test_chips_narrow_and_one_gesture_clears(visit: Visit) -> None:
    visit.type("baleine bleue")
    expect(chip(visit, "Markdown")).to_have_text("Markdown1")
    chip(visit, "Markdown").click()
    expect(visit.page.locator(".entry")).to_have_count(1)
    expect(chip(visit, "Markdown")).to_have_attribute("aria-pressed", "true")
    expect(chip(visit, "Markdown")).to_be_focused()
    chip(visit, "texte").click()
    expect(visit.page.locator(".entry")).to_have_count(2)
    assert "format=markdown%2Ctext" in visit.place
    written = visit.page.locator("#chosen")
    expect(written.locator(".chip")).to_have_text(["Format : Markdown ×", "Format : texte ×"])
    written.get_by_role("button", name="Effacer les filtres").click()
    expect(visit.page.locator(".entry")).to_have_count(3)
    expect(written).to_be_hidden()
    assert "format" not in visit.place
    expect(chip(visit, "Markdown")).to_have_attribute("aria-pressed", "false")


def test_years_are_bars_that_are_clicked_one_by_one_or_as_a_range(visit: Visit) -> None:
    visit.type(REPORTS)
    bars = visit.page.locator(".row:not(.finer) .bar")
    expect(bars).to_have_count(7)  # 14 years, two by two
    expect(bars.nth(0)).to_have_attribute("aria-label", "2004–2005 : 2 documents")
    bars.nth(1).click()
    expect(visit.page.locator(".entry")).to_have_count(2)
    assert "from=2006&to=2007" in visit.place
    bars.nth(3).click()
    expect(visit.page.locator(".entry")).to_have_count(6)
    assert "from=2006&to=2011" in visit.place
    expect(visit.page.locator(".row:not(.finer) .bar[aria-pressed=true]")).to_have_count(3)
    bars.nth(0).click()
    expect(visit.page.locator(".entry")).to_have_count(2)
    bars.nth(0).click()
    expect(visit.page.locator(".entry")).to_have_count(MANY)
    assert "from" not in visit.place


def test_bars_go_down_to_years_and_months(visit: Visit) -> None:
    visit.type(REPORTS)
    visit.page.locator(".row:not(.finer) .bar").nth(1).click()
    assert "from=2006&to=2007" in visit.place
    months = visit.page.locator(".finer .bar")
    expect(months).to_have_count(13)  # from the first to the last in which there is something
    expect(months.first).to_have_attribute("aria-label", "février 2006 : 1 document")
    months.first.click()
    expect(visit.page.locator(".entry")).to_have_count(1)
    assert "from=2006-02&to=2006-02" in visit.place
    expect(visit.page.locator("#chosen .chip")).to_have_text("Année : février 2006 ×")
    months.first.click()
    expect(visit.page.locator(".entry")).to_have_count(MANY)


@pytest.mark.parametrize(
    ("typed", "address", "count", "written"),
    [
        (("2006", "2009"), "from=2006&to=2009", 4, "Année : 2006 – 2009 ×"),
        (("2009", "2006"), "from=2006&to=2009", 4, "Année : 2006 – 2009 ×"),
        (("2015", ""), "from=2015", 3, "Année : depuis 2015 ×"),
        (("", "2004-12-31"), "to=2004-12-31", 1, "Année : jusqu’à 31 décembre 2004 ×"),
        (("2006/02", "2006-02"), "from=2006-02&to=2006-02", 1, "Année : février 2006 ×"),
    ],
)
def test_a_span_of_years_is_typed(
    visit: Visit, typed: tuple[str, str], address: str, count: int, written: str
) -> None:
    visit.type(REPORTS)
    ends = [visit.page.get_by_label(name, exact=True) for name in ("Du", "Au")]
    for end, value in zip(ends, typed, strict=True):
        end.fill(value)
    ends[1].press("Enter")
    expect(visit.page.locator(".entry")).to_have_count(count)
    expect(visit.page.locator("#chosen .chip")).to_have_text(written)
    assert visit.place.endswith(address)
    visit.page.reload()
    expect(visit.page.locator(".entry")).to_have_count(count)


def test_what_is_no_date_is_said_to_be_none_and_asks_nothing(visit: Visit) -> None:
    visit.type(REPORTS)
    visit.page.get_by_label("Du", exact=True).fill("20")
    visit.page.get_by_label("Au", exact=True).fill("2010")
    visit.page.get_by_label("Au", exact=True).press("Enter")
    expect(visit.page.get_by_label("Du", exact=True)).to_have_attribute("aria-invalid", "true")
    assert "to=" not in visit.place


def test_documents_without_a_date_are_counted_and_shown_alone(visit: Visit) -> None:
    visit.type("phare du cap")
    undated = chip(visit, "sans date")
    expect(undated).to_have_text("sans date2")
    undated.click()
    expect(visit.page.locator("#chosen .chip")).to_have_text("Année : sans date ×")
    expect(visit.page.locator(".entry")).to_have_count(2)
    assert "undated=1" in visit.place
    visit.page.get_by_label("Du", exact=True).fill("2016")
    visit.page.get_by_role("button", name="Appliquer ces dates").click()
    expect(visit.page.locator("#chosen .chip")).to_have_text("Année : depuis 2016 ×")
    expect(visit.page.locator("#notice")).to_contain_text("Rien ne répond avec ces filtres.")
    assert "undated" not in visit.place


def test_authors_and_keywords_narrow_and_their_counts_are_what_they_open(newcomer: Visitor) -> None:
    visit = newcomer().open()

    def known(route: Route) -> None:
        response = route.fetch()
        names = [{"value": "Amina El Idrissi", "count": 1}, {"value": "Zoé Dupont", "count": 1}]
        tags = [{"value": "mer", "count": 2}, {"value": "île", "count": 1}]
        route.fulfill(response=response, json={**response.json(), "authors": names, "tags": tags})

    visit.page.route("**/facets?*", known)
    visit.type("baleine bleue")
    chip(visit, "Amina El Idrissi").click()
    expect(visit.page.locator(".entry")).to_have_count(1)
    assert visit.sources == ["mer/baleine.md"] and "author=Amina+El+Idrissi" in visit.place
    with visit.page.expect_request("**/search?*tag=%C3%AEle*"):
        chip(visit, "île").click()
    expect(visit.page.locator("#notice")).to_contain_text("Rien ne répond avec ces filtres.")
    remove = visit.page.get_by_role("button", name="Retirer le filtre Mot-clé : île")
    remove.click()
    expect(visit.page.locator(".entry")).to_have_count(1)
    expect(
        visit.page.get_by_role("button", name="Retirer le filtre Auteur : Amina El Idrissi")
    ).to_be_focused()
    visit.page.keyboard.press("Enter")
    expect(visit.page.locator(".entry")).to_have_count(3)
    expect(visit.page.locator("#found")).to_be_focused()


def test_every_count_of_a_chip_is_the_total_it_leads_to(visit: Visit) -> None:
    for question in ("baleine bleue", "phare du cap", "marée haute lune"):
        visit.page.locator("#q").fill("")
        visit.page.locator("#q").focus()
        counted = re.compile(rf"/facets\?.*q={re.escape(quote_plus(question))}(&|$)")
        with visit.page.expect_response(counted):
            visit.type(question)
        visit.answered()
        keys = visit.page.locator("#facets .chip").evaluate_all(
            "nodes => nodes.map((node) => node.dataset.key)"
        )
        assert len(keys) >= 3
        for key in keys:
            node = visit.page.locator(f'#facets [data-key="{key}"]')
            count = node.locator(".count").inner_text()
            node.click()
            expect(visit.page.locator("#status")).to_contain_text(re.compile(rf"^{count} document"))
            expect(node).to_have_attribute("aria-pressed", "true")
            node.click()
            expect(node).to_have_attribute("aria-pressed", "false")
            visit.answered()


def test_a_folder_is_chosen_and_left(visit: Visit) -> None:
    visit.type("phare du cap")
    expect(visit.page.locator(".entry")).to_have_count(2)
    chip(visit, "mer").click()
    expect(visit.page.locator(".entry")).to_have_count(1)
    assert visit.sources == ["mer/phare.txt"] and "folder=mer" in visit.place
    expect(chip(visit, "mer")).to_have_attribute("aria-pressed", "true")
    chip(visit, "mer").click()
    expect(visit.page.locator(".entry")).to_have_count(2)
    assert "folder" not in visit.place


def test_a_folder_holds_what_stands_below_it_and_opens_on_its_own_folders(visit: Visit) -> None:
    """Its name is taken as it stands, whatever a pattern would make of it."""
    visit.type("marée haute lune")
    expect(visit.page.locator(".entry")).to_have_count(3)
    expect(chip(visit, DRAFTS)).to_have_text(f"{DRAFTS}2")
    old = visit.page.locator(f'.chip[title="{DRAFTS}/vieux"]')
    expect(old).to_have_count(0)
    chip(visit, DRAFTS).click()
    expect(visit.page.locator(".entry")).to_have_count(2)
    expect(chip(visit, DRAFTS)).to_have_text(f"{DRAFTS}2")
    expect(old).to_have_text("vieux1")
    old.click()
    expect(visit.page.locator(".entry")).to_have_count(1)
    assert visit.sources == [f"{DRAFTS}/vieux/marées.txt"]
    visit.page.reload()
    expect(old).to_have_attribute("aria-pressed", "true")
    assert old.evaluate("node => parseFloat(getComputedStyle(node).marginInlineStart)") > 8
    chip(visit, DRAFTS).click()
    expect(visit.page.locator(".entry")).to_have_count(2)


@pytest.mark.parametrize(
    ("folders", "chosen", "shown"),
    [
        ({"": 3, "b": 2, "a": 1}, "", {"b": 2, "a": 1}),
        ({"": 6, "a": 1}, "", {"a": 1}),
        ({"": 10, "a": 7, "a/b": 6, "a/b/c": 4, "d": 3}, "", {"a": 7, "d": 3}),
        ({"": 10, "a": 7, "a/b": 6, "a/b/c": 4, "d": 3}, "a", {"a": 7, "a/b": 6, "d": 3}),
        ({"": 10, "a": 7, "a/b": 6, "a/b/c": 4, "d": 3}, "a/b", {"a": 7, "a/b": 6, "a/b/c": 4, "d": 3}),
        ({"": 3, "a": 3, "a/c": 2, "a/b": 1}, "", {"a/c": 2, "a/b": 1}),  # a holds all there is
        ({"": 3, "a": 3, "a/c": 2}, "", {"a/c": 2}),
        ({"": 4, "a": 3, "a/c": 2, "a/b": 1}, "", {"a": 3}),
        ({"": 3, "ab": 2, "a": 1}, "a", {"ab": 2, "a": 1}),
        ({"": 4, "a": 4}, "", {}),
        ({}, "a", {}),
    ],
)
def test_folders_are_shown_step_by_step(
    modules: Page, folders: dict[str, int], chosen: str, shown: dict[str, int]
) -> None:
    entries = [{"value": value, "count": count} for value, count in folders.items()]
    found = modules.evaluate(
        """async ([entries, chosen]) =>
          (await import("/static/facets.js")).branches(entries, chosen)""",
        [entries, chosen],
    )
    assert [(each["value"], each["count"]) for each in found] == list(shown.items())


def test_nothing_with_these_filters_has_its_way_out(newcomer: Visitor) -> None:
    visit = newcomer().asked("baleine bleue", language="de")
    expect(visit.page.locator("#notice")).to_contain_text("Rien ne répond avec ces filtres.")
    visit.page.locator("#notice").get_by_role("button", name="Effacer les filtres").click()
    expect(visit.page.locator(".entry")).to_have_count(3)


def test_on_a_phone_the_chips_wait_behind_a_button(newcomer: Visitor) -> None:
    visit = newcomer(viewport=PHONE).asked("baleine bleue")
    button = visit.page.locator("#narrow")
    expect(button).to_have_text("Filtrer")
    expect(chip(visit, "Markdown")).to_be_hidden()
    button.click()
    expect(button).to_have_attribute("aria-expanded", "true")
    chip(visit, "Markdown").click()
    expect(button).to_have_text("Filtrer · 1")


def test_a_service_without_facets_costs_nothing_but_the_chips(visit: Visit) -> None:
    visit.page.route(
        "**/facets?*", lambda route: route.fulfill(status=404, json={"error": {"message": "none"}})
    )
    visit.type("baleine bleue")
    assert visit.sources
    expect(visit.page.locator("#facets")).to_be_empty()
    expect(visit.page.locator("#narrow")).to_be_hidden()
    expect(visit.page.locator("#notice")).to_be_empty()
    visit.trouble = True  # the browser notes the 404


def test_many_folders_are_not_all_shown_at_once(visit: Visit) -> None:
    def many(route: Route) -> None:
        folders = [{"value": f"dossier {n}", "count": 30 - n} for n in range(20)]
        folders.insert(0, {"value": "", "count": 400})
        none: dict[str, Any] = {"languages": [], "years": [], "formats": [], "documents": 400}
        route.fulfill(json={"query": "", **none, "folders": folders})

    visit.page.route("**/facets?*", many)
    visit.type("baleine bleue")
    expect(visit.page.locator(".chip")).to_have_count(8)
    visit.page.get_by_role("button", name=re.compile("12 autres")).click()
    expect(visit.page.locator(".chip")).to_have_count(20)
    expect(chip(visit, "dossier 8")).to_be_focused()


@pytest.mark.parametrize(
    ("first", "last", "bars", "span"),
    [
        (2019, 2021, 3, "2019"),
        (2010, 2021, 12, "2010"),
        (2009, 2021, 7, "2008–2009"),
        (1789, 2024, 6, "1750–1799"),
    ],
)
def test_bars_stand_for_equally_many_years(
    modules: Page, first: int, last: int, bars: int, span: str
) -> None:
    made = modules.evaluate(
        """async ([first, last]) => {
          const { binned } = await import("/static/years.js");
          return binned([{ value: String(first), count: 2 }, { value: String(last), count: 3 }]);
        }""",
        [first, last],
    )
    assert len(made) == bars <= MANY
    assert sum(each["count"] for each in made) == 5
    ends = made[0]
    assert span == (str(ends["from"]) if ends["from"] == ends["to"] else f"{ends['from']}–{ends['to']}")
    assert all(int(later["from"]) == int(before["to"]) + 1 for before, later in pairwise(made))
