"""Tags that citation programs read, against the rules of Zotero's translator for them."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from indexer.metadata import WORK_TYPES
from service.references.meta_tags import ZOTERO_TYPES, json_ld, tags

WORK: dict[str, Any] = {
    "id": "a",
    "type": "article-journal",
    "title": "L’été à Rabat",
    "author": [{"family": "Berrada", "given": "Amina"}, {"literal": "Direction de la santé"}],
    "issued": {"date-parts": [[2019, 10, 8]]},
    "container-title": "Revue de santé",
    "page": "41–48",
    "volume": "12",
    "issue": "3",
    "DOI": "10.1000/182",
    "keyword": "a, b c",
    "URL": "https://doi.org/10.1000/182",
}


def tagged(**changed: Any) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, content in tags({**WORK, **changed}, "https://a.org/originals/a.pdf"):
        found.setdefault(name, []).append(content)
    return found


def creators(contents: list[str]) -> list[str]:
    """Who the translator makes of citation_author: by semicolons, else by commas between words, else one."""
    found = []
    for content in contents:
        parts = re.split(r"\s*;\s*", content)
        if len(parts) == 1:
            by_comma = re.split(r"\s*,\s*", parts[0])
            if len(by_comma) > 1 and " " in by_comma[0] and " " in by_comma[1]:
                parts = by_comma
        found += [part for part in parts if part]
    return found


def test_a_work_is_described_in_both_vocabularies() -> None:
    found = tagged()
    assert found["citation_title"] == found["DC.title"] == ["L’été à Rabat"]
    assert found["citation_author"] == found["DC.creator"] == ["Berrada, Amina", "Direction de la santé"]
    assert found["citation_publication_date"] == ["2019/10/08"]
    assert found["citation_journal_title"] == found["DC.source"] == ["Revue de santé"]
    assert (found["citation_firstpage"], found["citation_lastpage"]) == (["41"], ["48"])
    assert (found["citation_volume"], found["citation_issue"]) == (["12"], ["3"])
    assert (found["citation_doi"], found["DC.identifier"]) == (["10.1000/182"], ["DOI 10.1000/182"])
    assert found["citation_pdf_url"] == ["https://a.org/originals/a.pdf"]
    assert found["citation_keywords"] == ["a; b c"]
    assert found["DC.type"] == ["journalArticle"]
    assert "citation_publisher" not in found


@pytest.mark.parametrize(
    "author",
    [
        {"family": "Berrada", "given": "Amina"},
        {"family": "de la Tour", "given": "Marie Anne"},
        {"family": "Ben Ali", "given": "Omar"},
        {"family": "Plato"},
        {"literal": "Direction de la santé"},
    ],
)
def test_zotero_takes_each_author_for_one(author: dict[str, str]) -> None:
    name = author.get("literal") or ", ".join(author.values())
    assert creators(tagged(author=[author])["citation_author"]) == [name]


@pytest.mark.parametrize(
    ("kind", "tag", "zotero"),
    [
        ("paper-conference", "citation_conference_title", "conferencePaper"),
        ("chapter", "citation_book_title", "bookSection"),
        ("webpage", None, "webpage"),
        ("document", None, "document"),
        ("article-newspaper", None, "newspaperArticle"),
    ],
)
def test_the_kind_of_work_is_told_where_zotero_would_guess_an_article(
    kind: str, tag: str | None, zotero: str
) -> None:
    found = tagged(type=kind)
    assert "citation_journal_title" not in found
    assert tag is None or found[tag] == ["Revue de santé"]
    assert (found["DC.type"], found["DC.source"]) == ([zotero], ["Revue de santé"])


@pytest.mark.parametrize(
    ("kind", "tag"),
    [
        ("thesis", "citation_dissertation_institution"),
        ("report", "citation_technical_report_institution"),
        ("book", "citation_publisher"),
    ],
)
def test_who_gave_it_out(kind: str, tag: str) -> None:
    assert tagged(type=kind, publisher="Université de Rabat")[tag] == ["Université de Rabat"]


def test_types_are_those_of_csl() -> None:
    assert set(ZOTERO_TYPES) <= WORK_TYPES


def test_json_ld_is_json_that_ends_no_script() -> None:
    text = json_ld({**WORK, "title": "</script><script>alert(1)</script>\u2028"})
    assert "<" not in text and "\u2028" not in text
    found = json.loads(text)
    assert found["name"].startswith("</script>")
    assert found["author"][0] == {"@type": "Person", "familyName": "Berrada", "givenName": "Amina"}
    assert found["author"][1]["@type"] == "Organization"
    assert (found["@type"], found["datePublished"]) == ("ScholarlyArticle", "2019-10-08")
