"""The lines above a document's body: the date that they or the file name give."""

import pytest

from indexer.readers.metadata.header import (
    file_name_date,
    finer_date,
    header_date,
    line_date,
    path_date,
    without_marker,
)
from indexer.records import PartialDate
from tests.indexer.documents import block


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
        ("Mis en ligne le 3 mai 2020", "2020-05-03"),
        ("Publié par Jean Roux le 3 mai 2020 à 10:15", "2020-05-03"),
        ("Article publié le 3 mai 2020 dans Santé", "2020-05-03"),
        ("3 mai 2020 - Jean Roux", "2020-05-03"),
        ("Auteur : Jean Roux - Date : 03/05/2020", "2020-05-03"),
        ("Communiqué de presse - 3 mai 2020", "2020-05-03"),
        ("Colloque annuel – 3 mai 2020", None),
        ("Le ministre, dans Santé, le 3 mai 2020", None),
        ("Article mis en ligne le dimanche 3 mai 2020 à 10h00", "2020-05-03"),
        ("Posted on May 3, 2020 by Jane Roe", "2020-05-03"),
        ("Publié le 3 mai 2020 par Jean Roux", "2020-05-03"),
        ("Publié le 3 mai 2020 par la rédaction | Mis à jour le 4 mai 2020", "2020-05-03"),
        ("Jean Roux | 3 mai 2020", "2020-05-03"),
        ("3 mai 2020 · Santé publique", "2020-05-03"),
        ("Par Jean Roux – Publié le 3 mai 2020 à 10:00", "2020-05-03"),
        ("3 mai 2020 - Temps de lecture : 5 minutes", "2020-05-03"),
        ("May 3, 2020 · 5 min read", "2020-05-03"),
        ("Dernière modification le lundi 3 mai 2021", "2021-05-03"),
        ("Date de mise en ligne : 03/05/2020", "2020-05-03"),
        ("Première publication : mai 2020", "2020-05"),
        ("Last revised: 3 May 2020", "2020-05-03"),
        ("Né le 3 mai 1956 par accident | Rabat", None),
        ("Séance du 3 mai 2020 par visioconférence", None),
        ("Inscription | avant le 3 mai 2020", None),
    ],
)
def test_line_date(line: str, iso: str | None) -> None:
    assert line_date(line) == (PartialDate(iso) if iso else None)


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
    assert header_date([block(line) for line in lines]) == (PartialDate(iso) if iso else None)


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
    date, blocks = without_marker([block(line)])
    assert (date, blocks[0].content.text) == (PartialDate(iso) if iso else None, rest)
    assert blocks[0].content.start == line.index(rest)


@pytest.mark.parametrize(
    ("marker", "written", "iso"),
    [
        ("2019-10", "2019-10-18", "2019-10-18"),
        ("2019-10", "2020-01-01", "2019-10"),
        ("2019-10-18", "2019-10", "2019-10-18"),
        (None, "2020-01-01", "2020-01-01"),
        ("2019", None, "2019"),
    ],
)
def test_finer_date(marker: str | None, written: str | None, iso: str) -> None:
    dates = [PartialDate(text) if text else None for text in (marker, written)]
    assert finer_date(dates[0], dates[1]) == PartialDate(iso)


@pytest.mark.parametrize(
    ("stem", "iso"),
    [
        ("2019-10-18-titre", "2019-10-18"),
        ("article_20191018", "2019-10-18"),
        ("bulletin-2019-10", "2019-10"),
        ("2021-03-12-05-essai", "2021-03-12"),
        ("2021_03_12_essai", "2021-03-12"),
        ("essai 2021.03.12", "2021-03-12"),
        ("2021-03-12T10-30", "2021-03-12"),
        ("2021-03-125", None),
        ("2019-2020", None),
        ("06-2019-12-34", None),
        ("20191399_x", None),
        ("000_796f19ef4efd1a29", None),
        ("a20191018b", None),
        ("18-10-2019", None),
        ("rapport 2019", None),
    ],
)
def test_file_name_date(stem: str, iso: str | None) -> None:
    assert file_name_date(stem) == (PartialDate(iso) if iso else None)


@pytest.mark.parametrize(
    ("source", "iso"),
    [
        ("2018/2019-10-18-titre.md", "2019-10-18"),
        ("archives/2019/titre.md", "2019"),
        ("2019/10/titre.md", "2019-10"),
        ("2019/10/18/titre.md", "2019-10-18"),
        ("2019/10/brouillons/titre.md", "2019-10"),
        ("2019/13/titre.md", "2019"),
        ("2019-10/titre.md", "2019-10"),
        ("2018/2019/titre.md", "2019"),
        ("5000/titre.md", None),
        ("mail.eml#2019-10-18.pdf", "2019-10-18"),
        ("2019-10-18.csv#3", "2019-10-18"),
        ("titre 2019.md", None),
    ],
)
def test_path_date(source: str, iso: str | None) -> None:
    assert path_date(source) == (PartialDate(iso) if iso else None)
