"""Dates in text, in headers and in file names."""

import pytest

from indexer.readers.metadata.dates import find_dates
from indexer.readers.metadata.header import agreed, header_date, line_date, named_date, without_marker
from indexer.records import Block, BlockKind, CleanText, PartialDate


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
        ("2020.03.12 et 2020.03.13.", ["2020-03-12", "2020-03-13"]),
        ("2021-6-3", ["2021-06-03"]),
        ("18-oct-2019, 12-III-2020, 12.V.2020", ["2019-10-18", "2020-03-12", "2020-05-12"]),
        ("3\u00a0juin\u202f2021", ["2021-06-03"]),
        ("le 1ᵉʳ octobre 2019, le 1° mai 2020, le 1 er mai 2021", ["2019-10-01", "2020-05-01", "2021-05-01"]),
        ("3 OCTOBRE 2019, 4 DECEMBRE 2019, JUNE 3RD, 2021", ["2019-10-03", "2019-12-04", "2021-06-03"]),
        ("Sept. 3, 2021", ["2021-09-03"]),
        ("3 juil. 2020, 4 févr. 2021, 5 Sept 2022", ["2020-07-03", "2021-02-04", "2022-09-05"]),
        ("June 3rd 2021 and the 4th of June, 2022", ["2021-06-03", "2022-06-04"]),
        ("du 23 au 24 juin 2012", ["2012-06-23"]),
        ("23, 24 et 25 juin 2012", ["2012-06-23"]),
        ("23/24 juin 2012", ["2012-06-23"]),
        ("30 décembre au 2 janvier 2013", ["2012-12-30"]),
        ("May 30 – June 2, 2012", ["2012-05-30"]),
        ("December 30 to January 2, 2013", ["2012-12-30"]),
        ("juin-juillet 2012, de janvier à avril 2021", ["2012-06", "2021-01"]),
        ("décembre-janvier 2013", ["2012-12"]),
        ("T1 2020, Q3 2021, 1er trimestre 2022", ["2020", "2021", "2022"]),
        ("quatrième trimestre de 2020, third quarter of 2021", ["2020", "2021"]),
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
        ("version 2023.1.2, 2020.03.12.5, 10.2020.03.12", []),
        ("12-iii-2020, T5 2020, 2e trimestre", []),
        ("03/06/21 et 18-oct-19", []),
        ("1956-2012", []),
        ("juin et demi 2012", []),
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
        ("Du 14 au 16 novembre 2024", "2024-11-14"),
        ("14 novembre 2024 – 16 novembre 2024", "2024-11-14"),
        ("Dernière mise à jour : 12/03/2020", "2020-03-12"),
        ("Né le 3 mars 1956 à Rabat", None),
        ("Né le 3 mars 1956", None),
        ("Date de naissance : 3 mars 1956", None),
        ("3 mars 1956 – 5 juin 2012", None),
        ("(1956-2012)", None),
        ("© 2019 Le Journal", None),
        ("Copyright 12/03/2019", None),
        ("Consulté le 12 mars 2020", None),
        ("Imprimé le 12 mars 2020", None),
        ("Dupont J. La santé au Maroc. 12 mars 2019.", None),
        ("Inscriptions avant le 12 mars 2020", None),
        ("Loi n° 12-03-2019", None),
        ("Version du 12/03/2020 – v. 2", None),
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
        (["Titre", "Le 12 mars 2020, le ministre a inauguré un hôpital à Rabat.", BODY], None),
        (["Titre", "Le congrès se tiendra le 12 mars 2020.", BODY], None),
        (["Titre", "Né le 3 mars 1956", "Le 4 juin 2019", BODY], "2019-06-04"),
        (["Titre", "Copyright 2019-10", BODY, "Références", "12 mars 2018"], None),
        (["Titre", "Mise à jour : mars 2021", "Par Jean Roux, le 3 février 2021", BODY], "2021-02-03"),
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
