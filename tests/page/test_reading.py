"""Reading: the document beside the results, exactly marked, from hit to hit."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.page.browser import PHONE, Visit, Visitor, paths
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
    page.locator("#reader .count").wait_for()
    total = int(count.inner_text().split()[-1])
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
    page.locator("#reader").get_by_role("button", name="Passages semblables").click()
    expect(page.locator("#notice")).to_contain_text("Passages semblables à celui-ci")
    expect(page.locator("#reader h2")).to_be_visible()


def test_a_result_names_the_page_of_its_sentence_and_the_text_where_pages_begin(visit: Visit) -> None:
    visit.type("magma du volcan")
    expect(visit.page.locator(".place").first).to_contain_text("p. 2")
    visit.sentences.first.click()
    assert visit.page.locator("#reader .leaf").first.inner_text() == "p. 1"


def test_a_title_opens_its_best_passage(visit: Visit) -> None:
    visit.type("magma du volcan")
    visit.page.locator(".entry h2 a").first.click()
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
    also.locator("summary").click()
    places = {visit.sources[0], *paths(also.locator(".source"))}
    assert places == {"archives/revue.txt", *(f"presse/{name}" for name in SITES)}
    assert len(visit.sources) == len(set(visit.sources) - places) + 1
    other = also.locator("li", has_text="presse › journal.md")
    other.get_by_role("link", name="Le journal de Rabat").click()
    expect(visit.page.locator("#reader h2")).to_have_text("Le journal de Rabat")
    shown = visit.page.locator("#reader .current")
    expect(shown.filter(has_text="Le centre d’oncologie de Rabat ouvre").first).to_be_visible()


def test_a_copy_is_shown_as_the_file_that_was_asked_for(visit: Visit) -> None:
    visit.type("cachalot plonge")
    (link,) = visit.page.locator(".also a").all()
    (copy,) = paths(visit.page.locator(".also .source"))
    assert {copy, visit.sources[0]} == {"mer/copie.txt", "vieux/copie.txt"}
    link.click()
    expect(visit.page.locator("#reader mark.current")).to_contain_text("Le cachalot plonge")
    about = visit.page.locator("#reader .meta")
    expect(about).to_contain_text("Aussi dans")
    expect(about.locator(".source").first).to_have_text(copy)


ARABIC = """---
title: مقال
tags: [قلب]
---

<div align="center" class="big">مقال عن أمراض القلب</div>

<p class="big">COVID-19 يصيب القلب والشرايين بحسب الأطباء.</p>

<!-- rien de ceci

ni de cela -->

In English, a **line** of its own.
"""


def document(visit: Visit, text: str, **more: Any) -> Visit:
    """A visitor who reads a document with this text, all of it one passage."""
    passage = {
        "passage_id": "0" * 20,
        "start": 0,
        "end": len(text),
        "section": [],
        "page": None,
        "page_label": None,
        "last_page": None,
        "language": "fr",
        "kind": "text",
        "text": text,
    }
    whole: dict[str, Any] = {
        "title": "Un titre",
        "source": "a/b.md",
        "author": None,
        "authors": [],
        "date": None,
        "url": None,
        "identifiers": {},
        "language": "fr",
        "format": "markdown",
        "copies": [],
        "text": text,
        "content": [passage],
    }
    visit.page.route("**/documents/a/b.md", lambda route: route.fulfill(json=whole | more))
    visit.open(f"/?doc=a/b.md&passage={'0' * 20}")
    visit.page.wait_for_selector(".page:not([aria-busy])")
    return visit


def test_arabic_that_holds_tags_is_drawn_from_right_to_left(newcomer: Visitor) -> None:
    visit = document(newcomer(), ARABIC, language="ar")
    page = visit.page.locator("#reader .page")
    assert page.get_attribute("dir") == "rtl"
    shown = [
        (each.evaluate("node => getComputedStyle(node).direction"), each.inner_text())
        for each in page.locator("p").all()
    ]
    assert shown == [
        ("rtl", "مقال عن أمراض القلب"),
        ("rtl", "COVID-19 يصيب القلب والشرايين بحسب الأطباء."),
        ("ltr", "In English, a line of its own."),
    ]


def test_what_a_file_says_of_itself_is_folded(newcomer: Visitor) -> None:
    visit = document(newcomer(), ARABIC)
    front = visit.page.locator("#reader .front")
    expect(front.locator("pre")).to_be_hidden()
    front.get_by_text("Ce que le fichier dit de lui-même").click()
    expect(front.locator("pre")).to_contain_text("tags: [قلب]")


@pytest.mark.parametrize(
    ("text", "markdown", "shown"),
    [
        ('<p class="big">Un <b>mot</b></p>', True, [("0", "Un mot")]),
        ("<div\n  class='x'>\nUn mot\n</div>", True, [("0", "Un mot")]),
        ("<Tabs items={[1]}>\n\nUn mot\n\n</Tabs>", True, [("0", ""), ("0", "Un mot"), ("0", "")]),
        ("Écrire <nom> ou <a@b.c>, 3 < 4 et 5 > 2", True, [("0", "Écrire <nom> ou <a@b.c>, 3 < 4 et 5 > 2")]),
        ('La balise `<p class="big">` reste', True, [("0", 'La balise <p class="big"> reste')]),
        ("```html\n<p>\n\n# x\n```\nUn mot", True, [("code", "<p>\n\n# x"), ("0", "Un mot")]),
        ("<!-- a\n\nb -->\nUn mot", True, [("0", "Un mot")]),
        ("Un <!-- a --> mot", True, [("0", "Un  mot")]),
        (":::{note} Titre\nUn mot\n:::", True, [("0", " Titre\nUn mot")]),
        ("```{tip}\nUn mot\n```\n\nDeux", True, [("0", "Un mot"), ("0", "Deux")]),
        ("{% include a.html %}\nUn mot {{< fig x >}}", True, [("0", "Un mot ")]),
        ("## Titre {#id .class}", True, [("2", "Titre")]),
        (".. question:: Quoi ?\n   :class: big\n\n   Un mot", True, [("0", "Quoi ?"), ("0", "   Un mot")]),
        (
            ".. question:: Quoi ?\n\n.. _ici:\n\nVoir :ref:`ici`",
            False,
            [("0", "Quoi ?"), ("0", ""), ("0", "Voir `ici`")],
        ),
        (
            "---\ntitle: x\n\ntags: [a]\n---\n# T",
            True,
            [("front", "---\ntitle: x\n\ntags: [a]\n---"), ("1", "T")],
        ),
        ('+++\ntitle = "x"\n+++\nUn mot', True, [("front", '+++\ntitle = "x"\n+++'), ("0", "Un mot")]),
        ("---\nUne règle\n---\nUn mot", True, [("0", "---\nUne règle\n---\nUn mot")]),
        ("---\ntitle: x\n---\n<b>Un mot</b>", False, [("0", "---\ntitle: x\n---\n<b>Un mot</b>")]),
    ],
)
def test_signs_that_only_set_type_are_not_shown(
    modules: Page, text: str, markdown: bool, shown: list[tuple[str, str]]
) -> None:
    found = modules.evaluate(
        """async ([text, markdown]) => {
          const { blocks, pieces } = await import("/static/blocks.js");
          return blocks(text, markdown).map((block) => {
            const seen = pieces(text, block, markdown, [], []).filter(({ markup }) => markup !== "unseen");
            return [String(block.level), seen.map(({ start, end }) => text.slice(start, end)).join("")];
          });
        }""",
        [text, markdown],
    )
    assert [tuple(each) for each in found] == shown


@pytest.mark.parametrize(
    ("url", "hit", "address"),
    [
        (
            "https://x.org/a",
            {"highlight": {"text": "Un mot-clé."}},
            "https://x.org/a#:~:text=Un%20mot%2Dcl%C3%A9.",
        ),
        ("https://x.org/a#b", {"highlight": {"text": "Un, deux"}}, "https://x.org/a#b:~:text=Un%2C%20deux"),
        (
            "https://x.org/",
            {"highlight": {"text": "un deux trois quatre cinq six sept huit neuf dix onze douze treize"}},
            "https://x.org/#:~:text=un%20deux%20trois%20quatre%20cinq,neuf%20dix%20onze%20douze%20treize",
        ),
        ("https://x.org/a.pdf", {"page": 7, "highlight": {"text": "Un"}}, "https://x.org/a.pdf#page=7"),
        ("https://x.org/a", None, "https://x.org/a"),
        ("javascript:alert(1)", None, None),
        ("https://", None, None),
    ],
)
def test_the_original_on_the_web_opens_at_the_sentence(
    modules: Page, url: str, hit: Any, address: str | None
) -> None:
    made = modules.evaluate(
        """async ([url, hit]) => (await import("/static/originals.js")).atSentence(url, hit)""", [url, hit]
    )
    assert made == address


def test_a_document_from_the_web_has_a_link_to_it(newcomer: Visitor) -> None:
    visit = document(newcomer(), "Un mot.", url="https://example.org/a")
    link = visit.page.locator("#reader").get_by_role("link", name="L’original sur le web")
    assert link.get_attribute("href") == "https://example.org/a"
    assert link.get_attribute("rel") == "noopener noreferrer"


def test_at_400_percent_the_text_can_be_reached(newcomer: Visitor) -> None:
    """A screen of 320 × 256 with a path that alone would fill it."""
    visit = newcomer(viewport={"width": 320, "height": 256})
    source = "un/très/long/chemin/" * 12 + "b.md"
    document(
        visit, "Premier.\n\n" + "Un mot. " * 400 + "\n\nDernier.", source=source, title="Un titre long " * 12
    )
    reader = visit.page.locator("#reader")
    visit.page.locator("#reader .page").focus()
    visit.page.keyboard.press("End")
    last = reader.get_by_text("Dernier.")
    visit.page.wait_for_function(
        """() => {
          const { scrollTop, clientHeight, scrollHeight } = document.querySelector("#reader");
          return scrollTop + clientHeight > scrollHeight - 2;
        }"""
    )
    box = last.bounding_box()
    assert box and 0 <= box["y"] < 256
    assert visit.page.evaluate("document.documentElement.scrollWidth") <= 320


def test_an_open_document_prints_its_text_and_marks_without_buttons(reading: Visit) -> None:
    page = reading.page
    page.emulate_media(media="print")
    seen = page.evaluate("() => document.querySelector('#reader').innerText")
    assert "Elle dort par moitiés de cerveau." in seen and "Le guide de la baleine" in seen
    assert reading.address in seen, "the link to the passage"
    assert page.locator("button:visible, #found:visible, #top:visible, #facets:visible").count() == 0
    style = page.locator("mark.current").first.evaluate(
        """node => {
          const { printColorAdjust, textDecorationLine } = getComputedStyle(node);
          return [printColorAdjust, textDecorationLine];
        }"""
    )
    assert style == ["exact", "underline"]
    assert page.locator("#reader").evaluate("node => getComputedStyle(node).overflow") == "visible"
    page.emulate_media(media="screen")


def test_results_print_without_buttons(visit: Visit) -> None:
    visit.type("baleine bleue")
    visit.page.emulate_media(media="print")
    assert visit.page.locator("button:visible, #top:visible, #facets:visible").count() == 0
    expect(visit.page.locator(".entry").first).to_be_visible()
    visit.page.emulate_media(media="screen")


def test_forced_colours_keep_the_marks(newcomer: Visitor) -> None:
    visit = newcomer(forced_colors="active").asked(WHALE)
    visit.sentences.first.click()
    mark = visit.page.locator("mark.current").first
    expect(mark).to_be_visible()
    colours = mark.evaluate(
        "node => [getComputedStyle(node).backgroundColor, getComputedStyle(document.body).backgroundColor]"
    )
    assert colours[0] != colours[1]


def test_buttons_of_the_reader_say_what_they_cite(reading: Visit) -> None:
    tools = reading.page.locator("#reader .tools")
    for does in ("Citer", "Passages semblables"):
        expect(tools.get_by_role("button", name=f"{does} · Le guide de la baleine")).to_be_visible()


def leaf(visit: Visit) -> Visit:
    """A visitor who sees the page of a PDF on which the sentence stands."""
    visit.asked("magma du volcan")
    visit.sentences.first.click()
    visit.page.locator("#reader").get_by_role("button", name="Voir la page").click()
    expect(visit.page.locator("#reader canvas")).to_have_attribute("aria-label", re.compile("Page 2"))
    return visit


def boxed(visit: Visit) -> int:
    """How many pixels of the page are as yellow as a marked line."""
    count: int = visit.page.locator("#reader canvas").evaluate(
        """(canvas) => {
          const copy = new OffscreenCanvas(canvas.width, canvas.height);
          const pen = copy.getContext("2d", { willReadFrequently: true });
          pen.drawImage(canvas, 0, 0);
          const { data } = pen.getImageData(0, 0, canvas.width, canvas.height);
          let found = 0;
          for (let at = 0; at < data.length; at += 4) found += data[at] === 255 && data[at + 2] === 138;
          return found;
        }"""
    )
    return count


def test_a_page_is_shown_as_it_looks_with_its_sentence_boxed(newcomer: Visitor) -> None:
    visit = leaf(newcomer())
    canvas = visit.page.locator("#reader canvas")
    expect(canvas).to_have_attribute("aria-label", "Page 2 sur 2, la phrase encadrée")
    assert boxed(visit) > 1000
    visit.page.get_by_role("button", name="Page précédente").click()
    expect(canvas).to_have_attribute("aria-label", "Page 1 sur 2")
    assert boxed(visit) == 0
    expect(visit.page.get_by_role("button", name="Page précédente")).to_be_disabled()
    visit.page.get_by_label("Page", exact=True).fill("2")
    visit.page.get_by_label("Page", exact=True).press("Enter")
    expect(canvas).to_have_attribute("aria-label", "Page 2 sur 2, la phrase encadrée")
    visit.page.get_by_role("button", name="Voir le texte").click()
    expect(visit.page.locator("#reader mark.current")).to_contain_text("Le magma remonte")


def test_a_page_that_cannot_be_drawn_gives_way_to_the_text(newcomer: Visitor) -> None:
    visit = newcomer()
    error = {"error": {"code": "original_gone", "message": "It is gone.", "hint": ""}}
    visit.page.route("**/pictures/**", lambda route: route.fulfill(status=410, json=error))
    visit.trouble = True
    visit.asked("magma du volcan")
    visit.sentences.first.click()
    visit.page.locator("#reader").get_by_role("button", name="Voir la page").click()
    expect(visit.page.locator("#reader .refusal")).to_have_text("Le fichier ne peut être montré. It is gone.")
    expect(visit.page.locator("#reader mark.current")).to_be_visible()


def test_the_original_opens_at_its_page(newcomer: Visitor) -> None:
    visit = newcomer().asked("magma du volcan")
    visit.sentences.first.click()
    visit.page.evaluate("() => { window.open = (...given) => { window.given = given; }; }")
    visit.page.locator("#reader").get_by_role("button", name="Ouvrir l’original").click()
    visit.page.wait_for_function("() => window.given")
    assert visit.page.evaluate("window.given") == ["/originals/trait%C3%A9.pdf#page=2", "_blank", "noopener"]


def test_an_original_behind_a_key_is_fetched_with_it(newcomer: Visitor, tmp_path: Path) -> None:
    visit = newcomer().open()
    visit.page.evaluate("sessionStorage.setItem('repere.key', 'rep_1')")
    visit.asked("magma du volcan")
    visit.sentences.first.click()
    with visit.page.expect_request("**/originals/**") as asked, visit.page.expect_download() as download:
        visit.page.locator("#reader").get_by_role("button", name="Ouvrir l’original").click()
    assert asked.value.headers["authorization"] == "Bearer rep_1"
    assert download.value.suggested_filename == "traité.pdf"
    download.value.save_as(tmp_path / "it.pdf")
    assert (tmp_path / "it.pdf").read_bytes().startswith(b"%PDF")


def test_an_original_that_has_changed_is_said_to_have(newcomer: Visitor) -> None:
    visit = newcomer()
    error = {"error": {"code": "original_changed", "message": "It has changed.", "hint": ""}}
    visit.page.route("**/originals/**", lambda route: route.fulfill(status=410, json=error))
    visit.trouble = True
    visit.asked("magma du volcan")
    visit.sentences.first.click()
    visit.page.locator("#reader").get_by_role("button", name="Ouvrir l’original").click()
    expect(visit.page.locator("#reader .refusal")).to_have_text(
        "Le fichier ne peut être montré. It has changed."
    )


def test_an_arabic_path_keeps_its_suffix_after_its_name(newcomer: Visitor) -> None:
    visit = document(newcomer(), ARABIC, source="مقالات/مقال-2.md")
    source = visit.page.locator("#reader .source")
    expect(source).to_have_text("مقالات/مقال-2.md")
    left = source.locator("bdi").evaluate_all(
        "nodes => nodes.map((node) => node.getBoundingClientRect().left)"
    )
    assert left[-1] > left[-2], "the suffix stands to the right of the name"
