"""Dates in text and in metadata fields."""

import pytest

from indexer.readers.metadata.dates import declared_date, find_dates
from indexer.records import PartialDate


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
    assert [match.date.iso for match in find_dates(text)] == dates


def test_a_date_knows_where_it_stands() -> None:
    text = "Fait à Rabat, le 1er août 2020."
    (match,) = find_dates(text)
    assert text[match.start : match.end] == "1er août 2020"


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("2019-10-18T15:33:00Z", "2019-10-18"),
        (" 2019-10-18 15:33", "2019-10-18"),
        ("2019/1/8", "2019-01-08"),
        ("2019-10", "2019-10"),
        ("2019", "2019"),
        ("20191018T120000Z", "2019-10-18"),
        ("18 octobre 2019", "2019-10-18"),
        ("Fri, 18 Oct 2019 15:33:00 +0100", "2019-10-18"),
        ("0101-01-01T00:00:00+00:00", None),
        ("2019-13", None),
        ("201", None),
        ("hier", None),
        ("", None),
        (None, None),
    ],
)
def test_declared_date(text: str | None, iso: str | None) -> None:
    date = declared_date(text)
    assert (date.iso if date else None) == iso


@pytest.mark.parametrize(
    ("iso", "precision"), [("2019-10-18", "day"), ("2019-10", "month"), ("2019", "year")]
)
def test_precision(iso: str, precision: str) -> None:
    assert PartialDate(iso).precision == precision
