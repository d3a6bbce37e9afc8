"""Entries of reference libraries, format by format."""

from __future__ import annotations

import json

import pytest

from indexer.readers import Unreadable
from indexer.readers.library import Entry, entries, read_library
from indexer.readers.library.bibtex import latex_text
from indexer.readers.library.entry import date_of
from indexer.records import Metadata, Name, PartialDate

BIBTEX = r"""
@string{rev = {Revue du soin}}
@article{dupont2019,
  title = {La formation des {IDE} {\`a} l'{\'e}cole},
  author = {Dupont, Jean and {Haute Autorit{\'e} de sant{\'e}} and de la Tour, Marie and others},
  journal = rev, year = 2019, month = oct, volume = {12}, number = {3}, pages = {41--48},
  doi = {https://doi.org/10.1000/ABC}, issn = {1234-567X}, url = {https://example.org/a},
  keywords = {soin, formation}, abstract = {50\% des infirmi{\`e}res \& plus.}, language = {fr},
  file = {Full Text:files/12/a.pdf:application/pdf;Snapshot:files/12/b.html:text/html}
}
@phdthesis{roe, title = "Nurse training", author = "Jane Roe", school = "University", date = {2018-05-02}}
@misc{broken, title = {Sans fin
"""
RIS = """TY  - JOUR
AU  - Dupont, Jean
AU  - Groupe Soin
TI  - La formation des infirmiers
T2  - Revue du soin
PY  - 2019
DA  - 2019/10/18/
VL  - 12
IS  - 3
SP  - 41
EP  - 48
SN  - 1234-567X
DO  - 10.1000/ABC
UR  - https://example.org/a
KW  - soin, ville
KW  - formation
L1  - files/12/a.pdf
AB  - Le résumé.
LA  - fr
ER  -
"""
NBIB = """
PMID- 12345678
IS  - 1234-567X (Electronic)
DP  - 2019 Oct 18
TI  - Nurse training in
      two hospitals.
AB  - We trained nurses.
FAU - Dupont, Jean
AU  - Dupont J
CN  - Care Group
LA  - eng
JT  - Journal of care
VI  - 12
IP  - 3
PG  - 41-8
LID - 10.1000/ABC [doi]
PMC - PMC123456
OT  - *nurses
MH  - Hospitals/trends

PMID- 2
TI  - Another one.
"""
CSL = [
    {
        "id": "a",
        "type": "article-journal",
        "title": "La formation des <i>infirmiers</i>",
        "author": [
            {"family": "Tour", "given": "Marie", "non-dropping-particle": "de la"},
            {"literal": "Groupe Soin"},
        ],
        "issued": {"date-parts": [[2019, 10]]},
        "container-title": "Revue du soin",
        "volume": 12,
        "page": "41-48",
        "DOI": "10.1000/ABC",
        "keyword": "soin; formation",
        "abstract": "<jats:p>Le résumé.</jats:p>",
        "URL": "https://example.org/a",
    },
    {"id": "b", "type": "report", "title": "Rapport", "issued": {"raw": "2018"}},
]


def test_bibtex() -> None:
    first, second = entries("a.bib", BIBTEX.encode())
    assert first == Entry(
        Metadata(
            title="La formation des IDE à l'école",
            date=PartialDate("2019-10"),
            authors=(
                Name("Dupont", "Jean"),
                Name(literal="Haute Autorité de santé"),
                Name("de la Tour", "Marie"),
            ),
            language="fr",
            type="article-journal",
            container="Revue du soin",
            volume="12",
            issue="3",
            pages="41-48",
            identifiers={"doi": "10.1000/abc", "issn": "1234-567X"},
            url="https://example.org/a",
            tags=("soin", "formation"),
            abstract="50% des infirmières & plus.",
        ),
        ("files/12/a.pdf", "files/12/b.html"),
    )
    described = (
        second.metadata.type,
        second.metadata.publisher,
        second.metadata.date,
        second.metadata.authors,
    )
    assert described == ("thesis", "University", PartialDate("2018-05-02"), (Name("Roe", "Jane"),))


def test_ris() -> None:
    (entry,) = entries("a.ris", RIS.encode())
    assert entry == Entry(
        Metadata(
            title="La formation des infirmiers",
            date=PartialDate("2019-10-18"),
            authors=(Name("Dupont", "Jean"), Name(literal="Groupe Soin")),
            language="fr",
            type="article-journal",
            container="Revue du soin",
            volume="12",
            issue="3",
            pages="41-48",
            identifiers={"doi": "10.1000/abc", "issn": "1234-567X"},
            url="https://example.org/a",
            tags=("soin, ville", "formation"),
            abstract="Le résumé.",
        ),
        ("files/12/a.pdf",),
    )


def test_nbib() -> None:
    first, second = entries("a.nbib", NBIB.encode())
    assert first.metadata == Metadata(
        title="Nurse training in two hospitals",
        date=PartialDate("2019-10-18"),
        authors=(Name("Dupont", "Jean"), Name(literal="Care Group")),
        language="en",
        type="article-journal",
        container="Journal of care",
        volume="12",
        issue="3",
        pages="41-8",
        identifiers={"doi": "10.1000/abc", "issn": "1234-567X", "pmid": "12345678", "pmcid": "PMC123456"},
        tags=("nurses", "Hospitals"),
        abstract="We trained nurses.",
    )
    assert (second.metadata.title, second.metadata.identifiers) == ("Another one", {"pmid": "2"})


def test_csl_json() -> None:
    first, second = entries("a.json", json.dumps(CSL).encode())
    assert first.metadata == Metadata(
        title="La formation des infirmiers",
        date=PartialDate("2019-10"),
        authors=(Name("de la Tour", "Marie"), Name(literal="Groupe Soin")),
        type="article-journal",
        container="Revue du soin",
        volume="12",
        pages="41-48",
        identifiers={"doi": "10.1000/abc"},
        url="https://example.org/a",
        tags=("soin", "formation"),
        abstract="Le résumé.",
    )
    assert second.metadata == Metadata("Rapport", PartialDate("2018"), type="report")


@pytest.mark.parametrize(
    "text", ['[{"title": "a", "text": "b"}]', "{}", "[]", "[1]", '[{"type": "person"}]', "x"]
)
def test_other_json_is_no_library(text: str) -> None:
    assert entries("a.json", text.encode()) == []


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.bib", b"@article{a, title={x"),
        ("a.ris", b"bonjour"),
        ("a.nbib", b"bonjour"),
        ("a.bib", b"\x00\x01\x02" * 50),
    ],
)
def test_what_holds_no_entry_is_refused(name: str, data: bytes) -> None:
    with pytest.raises(Unreadable):
        entries(name, data)


@pytest.mark.parametrize(
    ("value", "files"),
    [
        ("a.pdf", ["a.pdf"]),
        ("files/1/a.pdf;files/1/b.html", ["files/1/a.pdf", "files/1/b.html"]),
        (":a.pdf:PDF", ["a.pdf"]),
        (r"Jean\; un:files/1/a\:b.pdf:application/pdf", ["files/1/a:b.pdf"]),
        (
            r"a:C\:\\Users\\j\\Zotero\\storage\\AB\\a.pdf:application/pdf",
            ["C:/Users/j/Zotero/storage/AB/a.pdf"],
        ),
        (r"C:\Users\j\a.pdf", ["C:/Users/j/a.pdf"]),
        ("/home/j/Zotero/storage/AB/a.pdf", ["/home/j/Zotero/storage/AB/a.pdf"]),
        ("", []),
    ],
)
def test_files_of_zotero_and_jabref(value: str, files: list[str]) -> None:
    (entry,) = entries("a.bib", f"@book{{a, title={{T}}, file={{{value}}}}}".encode())
    assert list(entry.files) == files


@pytest.mark.parametrize(
    ("latex", "text"),
    [
        (r"{\'e}t\'{e} \'et\'e", "été été"),
        (r"\c{c}a na{\"\i}ve, na\"{\i}ve", "ça naïve, naïve"),
        (r"{\oe}uvre, \OE{}uvre, c\oe ur", "œuvre, Œuvre, cœur"),
        (r"\v{S}koda {\AA}ngstr{\"o}m", "Škoda Ångström"),
        (r"a---b, 1--2, ``x'', M.~Roe", "a—b, 1–2, “x”, M. Roe"),
        (r"50\% \& plus", "50% & plus"),
        (r"\textit{in vivo} {WHO}", "in vivo WHO"),
        (r"$\alpha$-x", "α-x"),
        ("50 % de tout", "50 % de tout"),
    ],
)
def test_latex_text(latex: str, text: str) -> None:
    assert latex_text(latex) == text


@pytest.mark.parametrize(
    ("parts", "date"),
    [
        (("2019",), "2019"),
        (("2019", "oct"), "2019-10"),
        (("2019", "10", "8"), "2019-10-08"),
        (("2019/10/18/",), "2019-10-18"),
        (("2019///",), "2019"),
        (("2019", "13"), "2019"),
        (("in press",), None),
        (("",), None),
    ],
)
def test_date_of(parts: tuple[str, ...], date: str | None) -> None:
    found = date_of(*parts)
    assert (found.iso if found else None) == date


def test_an_entry_is_read_as_its_title_and_abstract() -> None:
    (first, _) = read_library(".nbib")(NBIB.encode())
    assert first.text == "Nurse training in two hospitals\n\nWe trained nurses."
    assert first.format == "reference"


def test_a_gap_between_names_is_read_once() -> None:
    """Were it read from each of its spaces, this would take minutes."""
    gap = " " * 300_000
    (entry,) = entries(
        "a.bib", f"@book{{a, title={{T}}, author={{Dupont, Jean{gap}and{gap}Roe, Ann}}}}".encode()
    )
    assert [name.family for name in entry.metadata.authors] == ["Dupont", "Roe"]
