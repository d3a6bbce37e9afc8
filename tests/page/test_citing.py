"""Citing and exporting: what lands in the clipboard and in files, whatever the corpus holds."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
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


@pytest.mark.parametrize("label", ["CSV", "JSON", "RIS", "BibTeX"])
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
    other.page.wait_for_selector("mark.current")
    assert other.page.locator("mark.current").first.get_attribute("data-passage") == last["passage_id"]


def test_a_citation_is_copied_and_its_link_opens_the_passage(visit: Visit) -> None:
    visit.type(WHALE)
    visit.page.locator(".passage").first.get_by_role("button", name="Citer").click()
    expect(visit.page.locator("#live")).to_have_text("Citation copiée")
    said: str = visit.page.evaluate("navigator.clipboard.readText()")
    told, link = said.rsplit(" ", 1)
    about = "Amina El Idrissi, « Le guide de la baleine », 2 mars 2018, mer/baleine.md"
    assert told.startswith(f"{about} : « Comment la baleine bleue respire")
    visit.page.goto(link)
    visit.page.wait_for_selector("mark.current")
    assert "Comment la baleine bleue respire" in visit.page.locator("mark.current").first.inner_text()


def test_a_citation_names_all_that_is_known(modules: Page) -> None:
    said = modules.evaluate(
        """async (hit) => (await import("/static/cite.js")).citation(hit, "http://x/")""",
        HOSTILE | {"title": "Un titre", "author": "Amina", "source": "a.pdf"},
    )
    assert (
        said
        == 'Amina, « Un titre », 18 octobre 2019, p. 3, a.pdf : « Une "phrase", qui ER - finit; là. » http://x/'
    )


def test_a_spreadsheet_takes_no_cell_for_a_formula(modules: Page) -> None:
    text = written(
        modules,
        "csv",
        HOSTILE,
        HOSTILE | {"title": "  +1", "author": "＝1", "section": ["-1"], "text": "\t=1"},
    )
    assert text.startswith("\ufeff") and text.endswith("\r\n")
    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline="")))
    assert len(rows) == 2
    for row in rows:
        for name in ("title", "author", "section", "passage", "sentence"):
            assert not re.match(r"[\s]*[=+\-@＝＋－＠]", row[name]), (name, row[name])
    assert rows[0]["title"] == "'" + HOSTILE["title"]
    assert rows[0]["sentence"] == HOSTILE["highlight"]["text"]
    assert (rows[0]["rank"], rows[0]["page"], rows[0]["probability"]) == ("1", "3", "0.9")


def test_ris_has_one_field_a_line_and_one_record_a_document(modules: Page) -> None:
    second = HOSTILE | {"source": "b.txt", "date": "2019", "author": None, "page": None}
    text = written(modules, "ris", HOSTILE, second, HOSTILE | {"highlight": {"text": "Encore."}})
    lines = [line for line in text.split("\r\n") if line]
    assert all(re.match(r"^[A-Z][A-Z0-9]  - ", line) for line in lines)
    assert [line for line in lines if line[:2] in ("TY", "ER")] == ["TY  - GEN", "ER  - "] * 2
    assert "DA  - 2019/10/18/" in lines and "DA  - 2019///" in lines
    assert lines.count("N1  - p. 3: Encore.") == 1
    assert "AU  - @Nom TY - BOOK" in lines


def test_bibtex_stays_whole(modules: Page) -> None:
    text = written(modules, "bib", HOSTILE, HOSTILE | {"source": "b.txt", "author": None, "date": None})
    assert text.count("@misc{") == 2
    keys = re.findall(r"^@misc\{(.*),$", text, re.MULTILINE)
    assert len(set(keys)) == 2 and all(re.fullmatch(r"[a-z0-9-]+", key) for key in keys)
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
    assert "year = {2019}" in text and "month = {10}" in text


def test_a_browser_that_refuses_the_clipboard_still_copies(visit: Visit) -> None:
    visit.page.evaluate(
        "() => { navigator.clipboard.writeText = () => Promise.reject(new Error('denied')); }"
    )
    visit.type("cachalot plonge")
    visit.page.get_by_role("button", name="Citer").first.click()
    expect(visit.page.locator("#live")).to_have_text("Citation copiée")
    assert "Le cachalot" in visit.page.evaluate("navigator.clipboard.readText()")
