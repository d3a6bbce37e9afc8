"""Keeping: passages with notes, in the browser, in a file, in a link; questions; and what is not kept."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import rispy
from playwright.sync_api import Page, expect

from tests.page.browser import Visit, Visitor

pytestmark = pytest.mark.slow

QUESTION = "baleine bleue"


@pytest.fixture
def keeping(visit: Visit) -> Visit:
    """With two passages kept, and their page open."""
    visit.asked(QUESTION)
    keeps = visit.page.locator("#results").get_by_role("button", name="Garder")
    keeps.nth(0).click()
    keeps.nth(1).click()
    visit.page.get_by_role("link", name="Panier · 2").click()
    expect(visit.page.locator(".kept-list > li")).to_have_count(2)
    return visit


def note(visit: Visit, text: str) -> None:
    visit.page.locator(".kept-list textarea").first.fill(text)


def test_passages_are_kept_and_let_go(visit: Visit) -> None:
    visit.asked(QUESTION)
    keep = visit.page.locator("#results").get_by_role("button", name="Garder").first
    expect(visit.page.locator("#kept-link")).to_be_hidden()
    keep.click()
    expect(keep).to_have_attribute("aria-pressed", "true")
    expect(visit.page.locator("#live")).to_have_text("1 passage gardé")
    expect(visit.page.locator("#kept-link")).to_have_text("Panier · 1")
    visit.page.reload()
    expect(keep).to_have_attribute("aria-pressed", "true")
    keep.click()
    expect(keep).to_have_attribute("aria-pressed", "false")
    expect(visit.page.locator("#kept-link")).to_be_hidden()


def test_a_passage_leads_back_and_back_again(keeping: Visit) -> None:
    page = keeping.page
    assert page.url.endswith("#basket")
    expect(page.locator("#panel-title")).to_be_focused()
    expect(page.locator("main")).to_be_hidden()
    page.locator(".kept-list h3 a").first.click()
    expect(page.locator("#reader h2")).to_have_text("Le guide de la baleine")
    expect(page.locator("#panel")).to_be_hidden()
    page.go_back()
    expect(page.locator(".kept-list > li")).to_have_count(2)
    page.keyboard.press("Escape")
    expect(page.locator("#panel")).to_be_hidden()
    expect(page.locator(".entry").first).to_be_visible()
    assert "#" not in page.url


def test_notes_stay_and_go_into_exports(keeping: Visit, tmp_path: Path) -> None:
    note(keeping, "À relire : page 3 ?")
    keeping.page.reload()
    expect(keeping.page.locator(".kept-list textarea").first).to_have_value("À relire : page 3 ?")
    with keeping.page.expect_download() as download:
        keeping.page.get_by_label("Exporter").select_option("ris")
    download.value.save_as(tmp_path / "it.ris")
    guide, krill = rispy.loads((tmp_path / "it.ris").read_text(encoding="utf-8"))
    assert guide["authors"] == ["El Idrissi, Amina"] and "À relire : page 3 ?" in guide["notes"]
    assert krill["title"] == "Le krill"


def test_a_link_hands_them_on_and_sends_nothing(keeping: Visit, newcomer: Visitor) -> None:
    note(keeping, "Pour toi 🐋 <b>x</b>")
    keeping.page.get_by_role("button", name="Copier un lien").click()
    expect(keeping.page.locator("#live")).to_have_text("Lien copié")
    link: str = keeping.page.evaluate("navigator.clipboard.readText()")
    assert "q=" not in link
    other = newcomer(locale="en-GB").open(link.removeprefix(keeping.address))
    expect(other.page.locator(".kept-list > li")).to_have_count(2)
    expect(other.page.locator(".note")).to_have_text("Pour toi 🐋 <b>x</b>")
    expect(other.page.locator(".kept-list blockquote").first).to_contain_text("baleine bleue")
    assert not any("basket" in url.split("#")[0] for url in other.requests if "/static/" not in url)
    expect(other.page.locator("#kept-link")).to_be_hidden()
    other.page.get_by_role("button", name="Keep these 2 passages").click()
    expect(other.page.locator("#kept-link")).to_have_text("Kept · 2")
    expect(other.page.locator(".kept-list textarea").first).to_have_value("Pour toi 🐋 <b>x</b>")


def test_a_file_takes_them_elsewhere(keeping: Visit, newcomer: Visitor, tmp_path: Path) -> None:
    note(keeping, "Une note")
    with keeping.page.expect_download() as download:
        keeping.page.get_by_role("button", name="Enregistrer en fichier").click()
    path = tmp_path / download.value.suggested_filename
    download.value.save_as(path)
    other = newcomer(locale="en-GB").open("/#basket")
    other.page.get_by_label("Open a file").set_input_files(path)
    expect(other.page.locator(".kept-list > li")).to_have_count(2)
    expect(other.page.locator(".kept-list textarea").first).to_have_value("Une note")


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        '{"passages": 3}',
        json.dumps({"passages": [None, 3, {}, {"source": 1, "passage_id": []}]}),
    ],
)
def test_a_file_that_holds_none_is_said_to(newcomer: Visitor, tmp_path: Path, content: str) -> None:
    visit = newcomer().open("/#basket")
    path = tmp_path / "other.json"
    path.write_text(content, encoding="utf-8")
    visit.page.get_by_label("Ouvrir un fichier").set_input_files(path)
    expect(visit.page.locator("#live")).to_have_text("Aucun passage ne peut en être lu.")


def test_a_link_that_is_damaged_is_said_to_be(newcomer: Visitor) -> None:
    visit = newcomer().open("/#basket=abc!")
    expect(visit.page.locator("#panel")).to_contain_text("Aucun passage ne peut en être lu.")


def test_whatever_a_file_holds_becomes_text(modules: Page) -> None:
    safe = modules.evaluate(
        """async (given) => (await import("/static/keeping.js")).safe(given)""",
        {
            "source": "a",
            "passage_id": "1",
            "title": 3,
            "authors": [3, None, {"family": "<b>", "given": []}],
            "identifiers": ["x"],
            "date": "hier",
            "page": "3",
            "section": "x",
            "highlight": {"text": 4},
            "text": "t" * 30_000,
            "__proto__": {"note": 3},
        },
    )
    assert safe["title"] == "a" and safe["date"] is None and safe["page"] is None and safe["section"] == []
    assert safe["authors"] == [{"family": "<b>", "given": None, "literal": None}]
    assert len(safe["text"]) == 20_000 and safe["note"] == ""


def test_kept_passages_print_with_their_notes(keeping: Visit) -> None:
    note(keeping, "Une note")
    keeping.page.emulate_media(media="print")
    expect(keeping.page.locator(".kept-list .printed").first).to_have_text("Une note")
    assert keeping.page.locator("button:visible, textarea:visible, select:visible, #top:visible").count() == 0
    keeping.page.emulate_media(media="screen")


def test_a_question_is_kept_with_its_filters(visit: Visit) -> None:
    visit.asked(QUESTION, format="markdown")
    save = visit.page.get_by_role("button", name="Garder cette question")
    save.click()
    expect(save).to_have_attribute("aria-pressed", "true")
    visit.page.locator("#kept-link").click()
    feed = visit.page.locator("#panel").get_by_role("link", name=f"Fil · {QUESTION}").get_attribute("href")
    answer = visit.page.request.get(f"{visit.address}{feed}")
    assert answer.status == 200 and "Le guide de la baleine" in answer.text() and "krill" not in answer.text()
    visit.page.locator("#panel").get_by_role("link", name=QUESTION, exact=True).click()
    expect(visit.page.locator(".entry")).to_have_count(1)
    assert "format=markdown" in visit.place
    expect(save).to_have_attribute("aria-pressed", "true")
    save.click()
    expect(visit.page.locator("#kept-link")).to_be_hidden()


def test_recent_questions_can_be_turned_off(visit: Visit) -> None:
    visit.asked(QUESTION)
    visit.page.locator("#q").press("Enter")
    visit.page.locator("#clear").click()
    recent = visit.page.locator("#recent-box")
    expect(recent.get_by_role("button", name=QUESTION)).to_be_visible()
    recent.get_by_role("button", name="Ne plus les retenir").click()
    expect(recent).to_contain_text("Les questions ne sont pas retenues.")
    visit.page.locator("#q").fill("krill")
    visit.page.locator("#q").press("Enter")
    visit.answered()
    visit.page.locator("#clear").click()
    expect(recent).to_contain_text("Les questions ne sont pas retenues.")
    assert visit.page.evaluate("localStorage['repere.recent'] ?? '[]'") == "[]"
    recent.get_by_role("button", name="Les retenir").click()
    expect(recent).to_be_hidden()
