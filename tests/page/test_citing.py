"""Citing and exporting: what lands in the clipboard and in files, whatever the corpus holds."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
import rispy
from bibtexparser.entrypoint import parse_string
from bibtexparser.middlewares import LatexDecodingMiddleware, SeparateCoAuthors, SplitNameParts
from playwright.sync_api import Page, expect

from tests.page.browser import Visit, Visitor
from tests.page.corpus import WHALE

pytestmark = pytest.mark.slow

HOSTILE: dict[str, Any] = {
    "source": "a {b}/50% & co_1.txt",
    "title": "=1+1 {Accolades} & 100 % #1 \\ ~ ^ $x_1$",
    "author": "@Nom\nTY  - BOOK",
    "date": "2019-10-18",
    "page": 3,
    "section": ["Un", "Deux"],
    "language": "fr",
    "format": "text",
    "relevance": {"class": "strong", "probability": 0.9},
    "highlight": {"text": 'Une "phrase",\nqui\r\nER  - \nfinit; là.'},
    "text": "-2+3\tet la suite",
    "passage_id": "0123",
    "start": 0,
    "end": 9,
}


ARTICLE: dict[str, Any] = HOSTILE | {
    "source": "revue/étude.pdf",
    "title": "Épidémiologie du paludisme : une étude",
    "author": "Zoé de la Tour, Anne-Marie O’Neill, Ministère de la Santé and partners",
    "authors": [
        {"family": "de la Tour", "given": "Zoé", "literal": None},
        {"family": "O’Neill", "given": "Anne-Marie", "literal": None},
        {"family": None, "given": None, "literal": "Ministère de la Santé and partners"},
    ],
    "type": "article-journal",
    "container": "Revue d’épidémiologie & de santé",
    "publisher": "Presses du Sud",
    "volume": "12",
    "issue": "3",
    "pages": "45-67",
    "identifiers": {"doi": "10.1234/abc_def", "issn": "1234-5678", "pmid": "31234567"},
    "url": "https://doi.org/10.1234/abc_def",
    "tags": ["santé", "palu"],
    "highlight": {"text": "Le paludisme recule de 12 % dans la région."},
    "passage_id": "4567",
}
PAGE: dict[str, Any] = HOSTILE | {
    "source": "site/page.html",
    "title": "Une page",
    "author": None,
    "authors": [],
    "format": "html",
    "page": None,
    "date": "2021-05",
    "url": "https://example.org/a?b=1&c=%7B2%7D",
    "highlight": {"text": "Une phrase."},
    "passage_id": "89ab",
}


def written(modules: Page, kind: str, *hits: dict[str, Any]) -> str:
    """What the page writes of these hits."""
    text: str = modules.evaluate(
        """async ([kind, hits]) => {
          const { FORMATS } = await import("/static/exports.js");
          const link = (hit) => `http://x/?passage=${hit.passage_id}`;
          return FORMATS[kind].write({ question: "?", hits, link });
        }""",
        [kind, list(hits)],
    )
    return text


def exported(visit: Visit, label: str, folder: Path) -> str:
    visit.page.locator("#export summary").click()
    with visit.page.expect_download() as download:
        visit.page.locator("#export").get_by_role("button", name=label, exact=True).click()
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    return path.read_text(encoding="utf-8-sig")


@pytest.mark.parametrize("label", ["CSV", "JSON", "CSL-JSON", "RIS", "BibTeX"])
def test_the_results_are_exported(visit: Visit, tmp_path: Path, label: str) -> None:
    visit.type("baleine bleue")
    text = exported(visit, label, tmp_path)
    assert "Le guide de la baleine" in text and "Amina" not in text.splitlines()[0]
    assert "rapports/" not in text  # what is not shown is not exported
    expect(visit.page.locator("#live")).to_contain_text("Fichier enregistré")
    if label == "CSV":
        rows = list(csv.DictReader(io.StringIO(text)))
        assert [row["rank"] for row in rows] == [str(n + 1) for n in range(len(rows))]
        assert rows[0]["source"] == "mer/baleine.md" and rows[0]["date"] == "2018-03-02"
    if label == "JSON":
        found = json.loads(text)
        assert found["question"] == "baleine bleue" and found["passages"][0]["source"] == "mer/baleine.md"


def test_a_link_of_an_export_opens_its_passage(visit: Visit, newcomer: Visitor, tmp_path: Path) -> None:
    visit.type("baleine bleue")
    last = json.loads(exported(visit, "JSON", tmp_path))["passages"][-1]
    other = newcomer().open(last["link"].removeprefix(visit.address))
    current = other.page.locator("#reader .current").first
    expect(current).to_have_attribute("data-passage", last["passage_id"])


def test_a_citation_is_copied_and_its_link_opens_the_passage(visit: Visit) -> None:
    visit.type(WHALE)
    visit.page.locator(".passage").first.get_by_role("button", name="Citer").click()
    expect(visit.page.locator("#live")).to_have_text("Citation copiée")
    said: str = visit.page.evaluate("navigator.clipboard.readText()")
    told, link = said.rsplit(" ", 1)
    assert set(parse_qs(link.split("?", 1)[1])) == {"doc", "passage"}, (
        "what was asked is nobody else's concern"
    )
    about = "Amina El Idrissi, « Le guide de la baleine », 2 mars 2018, mer/baleine.md"
    assert told.startswith(f"{about} : « Comment la baleine bleue respire")
    visit.page.goto(link)
    current = visit.page.locator("#reader .current")
    expect(current.filter(has_text="Comment la baleine bleue respire").first).to_be_visible()


@pytest.mark.parametrize(
    ("work", "said"),
    [
        (
            HOSTILE | {"title": "Un titre", "author": "Amina", "source": "a.pdf"},
            'Amina, « Un titre », 18 octobre 2019, p. 3, a.pdf : « Une "phrase", qui ER - finit; là. » http://x/',
        ),
        (
            ARTICLE,
            "Zoé de la Tour, Anne-Marie O’Neill, Ministère de la Santé and partners, « Épidémiologie du"
            " paludisme : une étude », Revue d’épidémiologie & de santé, 18 octobre 2019, p. 3,"
            " https://doi.org/10.1234/abc_def : « Le paludisme recule de 12 % dans la région. » http://x/",
        ),
        (
            ARTICLE
            | {"authors": ARTICLE["authors"] + ARTICLE["authors"][:1], "date": None, "page_label": "iv"},
            "Zoé de la Tour et al., « Épidémiologie du paludisme : une étude », Revue d’épidémiologie & de"
            " santé, p. iv, https://doi.org/10.1234/abc_def : « Le paludisme recule de 12 % dans la région. »"
            " http://x/",
        ),
    ],
)
def test_a_citation_names_all_that_is_known(modules: Page, work: dict[str, Any], said: str) -> None:
    """The address of the original comes before ours."""
    cited = modules.evaluate(
        """async (hit) => (await import("/static/cite.js")).citation(hit, "http://x/")""", work
    )
    assert re.sub(r"\s", " ", cited) == said


def test_a_spreadsheet_takes_no_cell_for_a_formula(modules: Page) -> None:
    text = written(
        modules,
        "csv",
        HOSTILE,
        HOSTILE | {"title": "  +1", "author": "＝1", "section": ["-1"], "text": "\t=1", "note": "\u200b@x"},
    )
    assert text.startswith("\ufeff") and text.endswith("\r\n")
    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline="")))
    assert len(rows) == 2
    for row in rows:
        for name in ("title", "author", "section", "passage", "sentence", "note"):
            assert not re.match(r"[\s\u200b]*[=+\-@＝＋－＠]", row[name]), (name, row[name])
    assert rows[0]["title"] == "'" + HOSTILE["title"]
    assert rows[0]["sentence"] == HOSTILE["highlight"]["text"]
    assert (rows[0]["rank"], rows[0]["page"], rows[0]["probability"]) == ("1", "3", "0.9")


def test_ris_is_read_as_it_was_meant(modules: Page) -> None:
    text = written(modules, "ris", ARTICLE, PAGE, HOSTILE, ARTICLE | {"highlight": {"text": "Encore."}})
    article, page, hostile = rispy.loads(text)
    assert article["type_of_reference"] == "JOUR"
    assert article["authors"] == [
        "de la Tour, Zoé",
        "O’Neill, Anne-Marie",
        "Ministère de la Santé and partners",
    ]
    assert article["title"] == ARTICLE["title"] and article["secondary_title"] == ARTICLE["container"]
    assert (article["year"], article["date"]) == ("2019", "2019/10/18/")
    assert (article["volume"], article["number"]) == ("12", "3")
    assert (article["start_page"], article["end_page"]) == ("45", "67")
    assert (article["doi"], article["issn"]) == ("10.1234/abc_def", "1234-5678")
    assert article["urls"] == ["https://doi.org/10.1234/abc_def"]
    assert article["notes"] == [
        "p. 3: Le paludisme recule de 12 % dans la région. http://x/?passage=4567",
        "p. 3: Encore. http://x/?passage=4567",
    ]
    assert page["type_of_reference"] == "ELEC" and page["date"] == "2021/05//" and "authors" not in page
    assert hostile["type_of_reference"] == "GEN"
    assert hostile["authors"] == ["@Nom TY - BOOK"] and hostile["urls"] == ["http://x/?passage=0123"]


def test_bibtex_is_read_as_it_was_meant(modules: Page) -> None:
    text = written(modules, "bib", ARTICLE, PAGE, HOSTILE, HOSTILE | {"source": "b.txt", "date": None})
    layers = [SeparateCoAuthors(), SplitNameParts(), LatexDecodingMiddleware()]
    read = parse_string(text, append_middleware=layers)
    assert read.failed_blocks == []
    assert [(each.entry_type, each.key) for each in read.entries] == [
        ("article", "delatourepidemiologie2019"),
        ("misc", "page2021"),
        ("misc", "nomtybookaccolades2019"),
        ("misc", "nomtybookaccolades"),
    ]
    article, page, hostile, _ = ({field.key: field.value for field in each.fields} for each in read.entries)
    one, two, three = article["author"]
    assert (one.von, one.last, one.first) == (["de", "la"], ["Tour"], ["Zoé"])
    assert (two.last, two.first) == (["O’Neill"], ["Anne-Marie"])
    assert (three.last, three.first) == (["{Ministère de la Santé and partners}"], [])
    assert article["journal"] == ARTICLE["container"]
    assert (article["year"], article["month"], article["date"]) == ("2019", "10", "2019-10-18")
    assert (article["doi"], article["pages"]) == ("10.1234/abc_def", "45–67")
    assert "http://x/?passage=4567" in article["note"]
    written_as = {field.key: field.value for field in parse_string(text).entries[1].fields}
    assert written_as["url"] == PAGE["url"], "letter for letter: no TeX in it"
    assert page["date"] == "2021-05"
    title = hostile["title"].strip("{}").replace("ˆ", "^")  # as TeX's sign for it is read
    assert title == oneline(HOSTILE["title"])


def oneline(text: str) -> str:
    return " ".join(text.split())


def test_bibtex_stays_whole(modules: Page) -> None:
    text = written(modules, "bib", HOSTILE, HOSTILE | {"source": "b.txt", "author": None, "date": None})
    bare = (
        text.replace("\\textbackslash{}", "")
        .replace("\\textasciitilde{}", "")
        .replace("\\textasciicircum{}", "")
    )
    bare = re.sub(r"\\[{}$&#%_]", "", bare)
    assert not re.search(r"[\\$&#%~^]", re.sub(r"url = .*", "", bare))
    depth = 0
    for sign in bare:
        depth += {"{": 1, "}": -1}.get(sign, 0)
        assert depth >= 0
    assert depth == 0


def test_csl_json_is_what_a_citation_program_takes(modules: Page) -> None:
    article, page, hostile = json.loads(written(modules, "csl", ARTICLE, PAGE, HOSTILE))
    assert article["author"] == [
        {"family": "de la Tour", "given": "Zoé"},
        {"family": "O’Neill", "given": "Anne-Marie"},
        {"literal": "Ministère de la Santé and partners"},
    ]
    assert (article["type"], page["type"], hostile["type"]) == ("article-journal", "webpage", "document")
    assert (article["issued"], page["issued"]) == (
        {"date-parts": [[2019, 10, 18]]},
        {"date-parts": [[2021, 5]]},
    )
    assert (article["DOI"], article["ISSN"], article["PMID"]) == ("10.1234/abc_def", "1234-5678", "31234567")
    assert (article["URL"], hostile["URL"]) == (ARTICLE["url"], "http://x/?passage=0123")


@pytest.mark.skipif(shutil.which("pandoc") is None, reason="there is no pandoc on PATH")
@pytest.mark.parametrize("kind", ["csl", "bib"])
def test_pandoc_sets_the_references_of_every_export(modules: Page, tmp_path: Path, kind: str) -> None:
    """Its citeproc makes a list of them, with nothing lost."""
    path = tmp_path / f"references.{ {'csl': 'json'}.get(kind, kind) }"
    path.write_text(written(modules, kind, ARTICLE, PAGE), encoding="utf-8")
    told = "---\nnocite: '@*'\nlang: en\n---\n"
    command = ["pandoc", "--citeproc", f"--bibliography={path}", "--to=plain", "--wrap=none"]
    made = subprocess.run(command, input=told, capture_output=True, text=True, check=True, timeout=60)
    assert made.stderr == ""
    first = next(line for line in made.stdout.splitlines() if "paludisme" in line)
    assert re.match("(de la )?Tour, Zoé", first), first
    for part in ("Anne-Marie O’Neill", "Ministère de la Santé and partners", "2019", "12 (3)", "45–67"):
        assert part in first, (part, first)
    assert "revue d’épidémiologie & de santé" in first.lower().replace("_", "") and "10.1234/abc_def" in first
    assert "Une page" in made.stdout and "2021" in made.stdout


@pytest.mark.parametrize(
    ("work", "format", "said"),
    [
        (
            ARTICLE,
            "journal",
            {
                "rft.genre": ["article"],
                "rft.atitle": [ARTICLE["title"]],
                "rft.jtitle": [ARTICLE["container"]],
                "rft.date": ["2019-10-18"],
                "rft.volume": ["12"],
                "rft.issue": ["3"],
                "rft.pages": ["45-67"],
                "rft.issn": ["1234-5678"],
                "rft.aulast": ["de la Tour"],
                "rft.aufirst": ["Zoé"],
                "rft.au": ["O’Neill, Anne-Marie", "Ministère de la Santé and partners"],
                "rft_id": ["info:doi/10.1234/abc_def", "https://doi.org/10.1234/abc_def"],
            },
        ),
        (
            ARTICLE | {"type": "chapter"},
            "book",
            {"rft.genre": ["bookitem"], "rft.btitle": [ARTICLE["container"]]},
        ),
        (ARTICLE | {"type": "thesis"}, "dissertation", {"rft.inst": ["Presses du Sud"]}),
        (PAGE, "dc", {"rft.type": ["webpage"], "rft.title": ["Une page"], "rft.identifier": [PAGE["url"]]}),
        (
            HOSTILE,
            "dc",
            {"rft.type": ["document"], "rft.creator": ["@Nom TY - BOOK"], "rft_id": ["http://x/"]},
        ),
    ],
)
def test_coins_say_what_zotero_asks_for(
    modules: Page, work: dict[str, Any], format: str, said: dict[str, list[str]]
) -> None:
    span = modules.evaluate(
        """async (hit) => {
          const { className, title } = (await import("/static/references.js")).coins(hit, "http://x/");
          return [className, title];
        }""",
        work,
    )
    told = parse_qs(span[1])
    assert span[0] == "Z3988" and told["ctx_ver"] == ["Z39.88-2004"]
    assert told["rft_val_fmt"] == [f"info:ofi/fmt:kev:mtx:{format}"]
    assert {name: told.get(name) for name in said} == said


def test_every_result_has_its_coins(visit: Visit) -> None:
    visit.type(WHALE)
    spans = visit.page.locator(".entry .Z3988")
    assert spans.count() == visit.page.locator(".entry").count()
    first = parse_qs(spans.first.get_attribute("title") or "")
    assert first["rft.title"] == ["Le guide de la baleine"] and first["rft.date"] == ["2018-03-02"]
    assert first["rft.creator"] == ["El Idrissi, Amina"]


def test_a_browser_that_refuses_the_clipboard_still_copies(visit: Visit) -> None:
    visit.page.evaluate(
        "() => { navigator.clipboard.writeText = () => Promise.reject(new Error('denied')); }"
    )
    visit.type("cachalot plonge")
    visit.page.get_by_role("button", name="Citer").first.click()
    expect(visit.page.locator("#live")).to_have_text("Citation copiée")
    assert "Le cachalot" in visit.page.evaluate("navigator.clipboard.readText()")


CHAPTER = ARTICLE | {
    "type": "chapter",
    "title": "Un chapitre",
    "authors": [{"family": "Dupont", "given": "Jean Paul", "literal": None}],
    "container": "Un recueil",
    "volume": None,
    "issue": None,
    "pages": "10-20",
    "identifiers": {},
    "date": "2001",
    "url": None,
}
NEWS = PAGE | {
    "type": "article-newspaper",
    "title": "Où va l’eau ?",
    "authors": [{"family": "Roy", "given": "Léa", "literal": None}],
    "container": "Le Quotidien",
    "date": "2022-03-07",
    "url": "https://example.org/n",
}
REPORT = PAGE | {
    "type": "report",
    "title": "Rapport annuel",
    "authors": [{"family": None, "given": None, "literal": "Commission des forêts"}],
    "publisher": "Ministère",
    "date": None,
    "url": None,
}
MANY = NEWS | {"authors": [{"family": f"N{n}", "given": "A. B.", "literal": None} for n in range(8)]}
STYLED = [
    (
        "apa",
        ARTICLE,
        "de la Tour, Z., O’Neill, A.-M., & Ministère de la Santé and partners. (2019). Épidémiologie"
        " du paludisme : une étude. Revue d’épidémiologie & de santé, 12(3), 45–67."
        " https://doi.org/10.1234/abc_def",
    ),
    (
        "apa",
        CHAPTER,
        "Dupont, J. P. (2001). Un chapitre. In Un recueil (p. 10–20). Presses du Sud. http://x/",
    ),
    ("apa", NEWS, "Roy, L. (2022, 7 mars). Où va l’eau ? Le Quotidien. https://example.org/n"),
    ("apa", REPORT, "Commission des forêts. (s. d.). Rapport annuel. Ministère. http://x/"),
    ("apa", PAGE, "Une page. (2021, mai). https://example.org/a?b=1&c=%7B2%7D"),
    (
        "vancouver",
        ARTICLE,
        "de la Tour Z, O’Neill AM, Ministère de la Santé and partners. Épidémiologie du paludisme :"
        " une étude. Revue d’épidémiologie & de santé. 2019 Oct 18;12(3):45-67. doi:10.1234/abc_def",
    ),
    (
        "vancouver",
        MANY,
        "N0 AB, N1 AB, N2 AB, N3 AB, N4 AB, N5 AB, et al. Où va l’eau ? Le Quotidien [Internet]. 2022"
        " Mar 7 [cité le 28 novembre 2026]. Disponible sur : https://example.org/n",
    ),
    (
        "iso690",
        ARTICLE,
        "DE LA TOUR, Zoé, O’NEILL, Anne-Marie et MINISTÈRE DE LA SANTÉ AND PARTNERS. Épidémiologie du"
        " paludisme : une étude. Revue d’épidémiologie & de santé [en ligne]. 18 octobre 2019. Vol."
        " 12, n° 3, p. 45–67. DOI 10.1234/abc_def.",
    ),
    (
        "iso690",
        CHAPTER,
        "DUPONT, Jean Paul. Un chapitre. In : Un recueil [en ligne]. Presses du Sud, 2001. p. 10–20."
        " Disponible à l’adresse : http://x/ [consulté le 28 novembre 2026].",
    ),
    (
        "iso690",
        REPORT,
        "COMMISSION DES FORÊTS. Rapport annuel [en ligne]. Ministère. Disponible à l’adresse :"
        " http://x/ [consulté le 28 novembre 2026].",
    ),
]


@pytest.mark.parametrize(("style", "work", "said"), STYLED)
def test_references_are_written_in_styles(modules: Page, style: str, work: dict[str, Any], said: str) -> None:
    """As citeproc writes them by the styles of the same name, in the page's language."""
    made = modules.evaluate(
        """async ([style, hit]) => {
          const { item } = await import("/static/references.js");
          const { STYLES } = await import("/static/styles.js");
          return STYLES[style](item(hit, "", "http://x/"), "2026-11-28");
        }""",
        [style, work],
    )
    assert re.sub(r"\s", " ", made) == said


def test_a_style_is_chosen_once_for_all(visit: Visit) -> None:
    visit.type(WHALE)
    cite = visit.page.locator(".passage").first.get_by_role("button", name="Citer")
    cite.click()
    panel = visit.page.locator("#citing")
    expect(panel.locator(".cited")).to_contain_text("« Comment la baleine bleue respire")
    panel.get_by_label("Style").select_option("apa")
    expect(panel.locator(".cited")).to_contain_text("El Idrissi, A. (2018). Le guide de la baleine.")
    copied = visit.page.evaluate("navigator.clipboard.readText()")
    assert copied == panel.locator(".cited").inner_text()
    own = panel.get_by_role("link", name="La page du document").get_attribute("href")
    page = visit.page.request.get(str(own)).text()
    assert '<meta name="citation_author" content="El Idrissi, Amina">' in page
    visit.page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    visit.page.reload()
    cite.click()
    expect(panel.locator(".cited")).to_contain_text("El Idrissi, A. (2018).")
    with visit.page.expect_download() as download:
        panel.get_by_role("button", name="RIS").click()
    assert download.value.suggested_filename == "repere.ris"


def test_escape_closes_the_citation_before_the_document(visit: Visit) -> None:
    visit.type(WHALE)
    visit.sentences.first.click()
    visit.page.locator("#reader").get_by_role("button", name="Citer").click()
    expect(visit.page.locator("#citing")).to_be_visible()
    visit.page.keyboard.press("Escape")
    expect(visit.page.locator("#citing")).to_be_hidden()
    expect(visit.page.locator("#reader")).to_be_visible()
