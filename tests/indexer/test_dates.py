"""Dates in text, in headers and in file names."""

import pytest

from indexer.documents import Block, BlockKind, CleanText, PartialDate
from indexer.readers.dates import find_dates
from indexer.readers.header import agreed, header_date, line_date, named_date, without_marker


@pytest.mark.parametrize(
    ("text", "dates"),
    [
        ("2019-10", ["2019-10"]),
        ("le 2019-10-18.", ["2019-10-18"]),
        ("2019-10-18T15:33:00Z", ["2019-10-18"]),
        ("2019/10/18", ["2019-10-18"]),
        ("18/10/2019", ["2019-10-18"]),
        ("04/05/2019", ["2019-05-04"]),
        ("04/13/2019", ["2019-04-13"]),
        ("20-04-2012", ["2012-04-20"]),
        ("1.3.2020", ["2020-03-01"]),
        ("vendredi, 18 octobre, 2019 à 15:33", ["2019-10-18"]),
        ("le 1er mars 2020", ["2020-03-01"]),
        ("18 oct. 2019", ["2019-10-18"]),
        ("3 fevrier 2020, 4 AOÛT 2021, 5 décembre 2022", ["2020-02-03", "2021-08-04", "2022-12-05"]),
        ("October 18, 2019", ["2019-10-18"]),
        ("June 3rd, 2021", ["2021-06-03"]),
        ("3rd of June 2021", ["2021-06-03"]),
        ("Sept. 5, 2022", ["2022-09-05"]),
        ("23-24 juin 2012", ["2012-06-23"]),
        ("les 23 et 24 juin 2012", ["2012-06-23"]),
        ("du 14 au 16 novembre 2024", ["2024-11-14"]),
        ("30 novembre au 2 décembre 2024", ["2024-11-30"]),
        ("November 14-16, 2024", ["2024-11-14"]),
        ("novembre 2024", ["2024-11"]),
        ("May 2021", ["2021-05"]),
        ("31/02/2020", []),
        ("12/13/2019 et 13/13/2019", ["2019-12-13"]),
        ("2019-13", []),
        ("30 février 2020", []),
        ("1 janvier 0000", []),
        ("1 janvier 2999", []),
        ("2019", []),
        ("du 14 au 16 novembre", []),
        ("Fax : 00.212.537.68.66.87", []),
        ("marsouin 2020", []),
        ("118/10/2019 et 18/10/20199", []),
    ],
)
def test_find_dates(text: str, dates: list[str]) -> None:
    assert [found.date.iso for found in find_dates(text)] == dates


def test_a_date_knows_where_it_stands() -> None:
    text = "Fait à Rabat, le 1er août 2020."
    (found,) = find_dates(text)
    assert text[found.start : found.end] == "1er août 2020"


@pytest.mark.parametrize(
    ("line", "iso"),
    [
        ("13/11/2024", "2024-11-13"),
        ("vendredi, 18 octobre, 2019 à 15:33", "2019-10-18"),
        ("Publié le 3 mars 2021 à 8h30", "2021-03-03"),
        ("Publié le 3 mars 2021 | Mis à jour le 4 mars 2021", "2021-03-03"),
        ("Rabat, le 2 juin 2020", "2020-06-02"),
        ("Published on June 3rd, 2021", "2021-06-03"),
        ("By Jane Roe on June 3, 2021", "2021-06-03"),
        ("Par Jean Roux, le 3 juin 2021", "2021-06-03"),
        ("Date : 2019-10-18", "2019-10-18"),
        ("2019-10-18 15:33", "2019-10-18"),
        ("Deadline : 20-04-2012", None),
        ("Date limite : 20-04-2012", None),
        ("Le lancement s’est déroulé le 18 janvier 2021", None),
        ("Les Journées, du 14 au 16 novembre 2024 à Tanger", None),
        ("Rabat, Maroc", None),
    ],
)
def test_line_date(line: str, iso: str | None) -> None:
    assert line_date(line) == (PartialDate(iso) if iso else None)


def paragraph(text: str) -> Block:
    return Block(BlockKind.PARAGRAPH, CleanText.verbatim(text, 0, len(text)))


BODY = "Un long paragraphe. " * 20


@pytest.mark.parametrize(
    ("lines", "iso"),
    [
        (["Titre", "13/11/2024", BODY], "2024-11-13"),
        (["Titre\n23-24 juin 2012\nRabat", BODY], "2012-06-23"),
        (["Titre", BODY, "13/11/2024"], None),
        (["Mis à jour le 4 mars 2021", "Publié le 3 mars 2021", BODY], "2021-03-03"),
        (["Mis à jour le 4 mars 2021", BODY], "2021-03-04"),
        ([BODY + "le 3 mars 2021"], None),
    ],
)
def test_header_date(lines: list[str], iso: str | None) -> None:
    assert header_date([paragraph(line) for line in lines]) == (PartialDate(iso) if iso else None)


@pytest.mark.parametrize(
    ("line", "iso", "rest"),
    [
        ("date 2019-10 Signature", "2019-10", "Signature"),
        ("date 2019 Signature", "2019", "Signature"),
        ("Date: 2019-10-18 Signature", "2019-10-18", "Signature"),
        ("date 2019-10", "2019-10", "date 2019-10"),
        ("date 2019-13 Signature", None, "date 2019-13 Signature"),
        ("dates 2019-10 Signature", None, "dates 2019-10 Signature"),
    ],
)
def test_without_marker(line: str, iso: str | None, rest: str) -> None:
    date, blocks = without_marker([paragraph(line)])
    assert (date, blocks[0].content.text) == (PartialDate(iso) if iso else None, rest)
    assert blocks[0].content.start == line.index(rest)


@pytest.mark.parametrize(
    ("marked", "written", "iso"),
    [
        ("2019-10", "2019-10-18", "2019-10-18"),
        ("2019-10", "2020-01-01", "2019-10"),
        ("2019-10-18", "2019-10", "2019-10-18"),
        (None, "2020-01-01", "2020-01-01"),
        ("2019", None, "2019"),
    ],
)
def test_agreed(marked: str | None, written: str | None, iso: str) -> None:
    dates = [PartialDate(text) if text else None for text in (marked, written)]
    assert agreed(dates[0], dates[1]) == PartialDate(iso)


@pytest.mark.parametrize(
    ("stem", "iso"),
    [
        ("2019-10-18-titre", "2019-10-18"),
        ("article_20191018", "2019-10-18"),
        ("bulletin-2019-10", "2019-10"),
        ("20191399_x", None),
        ("000_796f19ef4efd1a29", None),
        ("a20191018b", None),
        ("18-10-2019", None),
        ("rapport 2019", None),
    ],
)
def test_named_date(stem: str, iso: str | None) -> None:
    assert named_date(stem) == (PartialDate(iso) if iso else None)


@pytest.mark.parametrize(
    ("iso", "precision"), [("2019-10-18", "day"), ("2019-10", "month"), ("2019", "year")]
)
def test_precision(iso: str, precision: str) -> None:
    assert PartialDate(iso).precision == precision
