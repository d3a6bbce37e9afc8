"""A document as an item of CSL-JSON."""

from __future__ import annotations

import pytest

from indexer.metadata import Metadata, Name, PartialDate
from indexer.store.catalogue import DocumentEntry
from service.references.csl import inverted, iso_date, item

HERE = "https://search.example.org/read/a"


def document(reader: str = "pdf", **said: object) -> DocumentEntry:
    return DocumentEntry("a.pdf", reader, Metadata(**{"title": "Titre", **said}), 1, "0" * 64, 1, ())  # type: ignore[arg-type]


def test_all_that_is_said_has_its_variable() -> None:
    found = item(
        document(
            title="L’été\nà Rabat",
            type="article-journal",
            date=PartialDate("2019-10-08"),
            authors=(Name("de la Tour", "Marie"), Name(literal="Direction\tde la santé"), Name(given="Ali")),
            container="Revue",
            volume="12",
            issue="3",
            pages="41-48",
            publisher="Éditions",
            identifiers={"doi": "10.1000/182", "issn": "1234-5678", "hal": "hal-1"},
            tags=("a", "b"),
            language="fr",
        ),
        HERE,
    )
    assert found == {
        "id": "a.pdf",
        "type": "article-journal",
        "title": "L’été à Rabat",
        "author": [
            {"family": "de la Tour", "given": "Marie"},
            {"literal": "Direction de la santé"},
            {"literal": "Ali"},
        ],
        "issued": {"date-parts": [[2019, 10, 8]]},
        "container-title": "Revue",
        "volume": "12",
        "issue": "3",
        "page": "41-48",
        "publisher": "Éditions",
        "DOI": "10.1000/182",
        "ISSN": "1234-5678",
        "keyword": "a, b",
        "language": "fr",
        "URL": "https://doi.org/10.1000/182",
    }
    assert list(map(inverted, found["author"])) == ["de la Tour, Marie", "Direction de la santé", "Ali"]
    assert iso_date(found) == "2019-10-08"


@pytest.mark.parametrize(
    ("reader", "said", "kind", "address"),
    [
        ("html", {"url": "https://a.org/b"}, "webpage", "https://a.org/b"),
        ("e-mail", {}, "personal_communication", HERE),
        ("pdf", {}, "document", HERE),
        ("html", {"type": "report"}, "report", HERE),
    ],
)
def test_what_is_not_said_is_told_from_the_format_and_the_own_address_goes_first(
    reader: str, said: dict[str, str], kind: str, address: str
) -> None:
    found = item(document(reader, **said), HERE)
    assert (found["type"], found["URL"]) == (kind, address)
    assert "author" not in found and "issued" not in found and iso_date(found) == ""
