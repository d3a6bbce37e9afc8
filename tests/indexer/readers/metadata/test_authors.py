"""Authors: names that are somebody's, their order, bylines."""

import pytest

from indexer.readers.metadata.authors import author_names, byline
from indexer.records import Metadata
from tests.indexer.documents import block


@pytest.mark.parametrize(
    ("names", "author"),
    [
        (["Jean Dupont"], "Jean Dupont"),
        (["Jean  Dupont", " Marie\nCurie ", "Jean Dupont"], "Jean Dupont, Marie Curie"),
        (["UM6SS"], "UM6SS"),
        (["Ministère de la Santé"], "Ministère de la Santé"),
        (["Office national de l’électricité"], "Office national de l’électricité"),
        (["Mac Orlan", "Prince Aly", "Pandora Black"], "Mac Orlan, Prince Aly, Pandora Black"),
        (["a@b.fr"], "a@b.fr"),
        (["https://www.facebook.com/journal"], None),
        (["www.journal.ma", "facebook.com/journal", "CHU\\jdupont"], None),
        (["admin", "Administrateur", "User", "Utilisateur Windows", "Microsoft Office User"], None),
        (["python-docx", "unknown", "Inconnu", "Anonymous", "Un-named", "N/A", "None", "root"], None),
        (
            ["LibreOffice 7.4", "Adobe InDesign CS6", "pdfTeX-1.40", "Apache POI", "PC", "HP Inc.", "TCPDF"],
            None,
        ),
        (["", "  ", "—", None], None),
        (["x" * 200], None),
        ([f"Auteur {at}" for at in range(30)], ", ".join([f"Auteur {at}" for at in range(20)] + ["…"])),
    ],
)
def test_author_names(names: list[str | None], author: str | None) -> None:
    assert Metadata(authors=author_names(names)).author == author


BODY = "Un long paragraphe. " * 20


@pytest.mark.parametrize(
    ("lines", "author"),
    [
        (["Par Jean Dupont"], "Jean Dupont"),
        (["By Jane Doe"], "Jane Doe"),
        (["PAR JEAN DUPONT"], "JEAN DUPONT"),
        (["par Dr. J.-P. El Mandjra et Marie d'Ormesson"], "J.-P. El Mandjra, Marie d'Ormesson"),
        (["By Ludwig van Beethoven, Jane Doe and John Roe"], "Ludwig van Beethoven, Jane Doe, John Roe"),
        (["Par Jean Roux, le 3 juin 2021"], "Jean Roux"),
        (["By Jane Roe on June 3, 2021"], "Jane Roe"),
        (["Par Jean Roux | Publié le vendredi 3 juin 2021 à 8h"], "Jean Roux"),
        (["Auteur : Rédaction de l’UM6SS"], "Rédaction de l’UM6SS"),
        (["Auteurs: A. Roux, B. Blanc"], "A. Roux, B. Blanc"),
        (["Author(s): Jane Doe"], "Jane Doe"),
        (["Rédigé par Jean Roux"], "Jean Roux"),
        (["Written by: Jane Doe"], "Jane Doe"),
        (["13/11/2024", "Par Jean Dupont"], "Jean Dupont"),
        (["13/11/2024\nPar Jean Dupont"], "Jean Dupont"),
        (["Posted on May 3, 2020 by Jane Roe"], "Jane Roe"),
        (["Publié le 3 mai 2020 par Jean Roux et Anne Blanc"], "Jean Roux, Anne Blanc"),
        (["Jean Roux | 3 mai 2020"], "Jean Roux"),
        (["3 mai 2020 · Jean Roux"], "Jean Roux"),
        (["Par Jean Roux – Publié le 3 mai 2020 à 10:00"], "Jean Roux"),
        (["Publié par Jean Roux le 3 mai 2020 à 10:15"], "Jean Roux"),
        (["Santé | 3 mai 2020 | Jean Roux"], "Jean Roux"),
        (["3 mai 2020 - Jean Roux"], "Jean Roux"),
        (["New York - May 3, 2020"], None),
        (["Publié le 3 mai 2020 par la rédaction"], None),
        (["Santé Publique France | 3 mai 2020"], None),
        (["Santé publique | 3 mai 2020"], None),
        (["Jean Roux | Rabat"], None),
        (["New York, May 3, 2020"], None),
        (["Par ici la sortie"], None),
        (["Par Toutatis"], None),
        (["Par Monts et Vaux"], None),
        (["By the way"], None),
        (["By Jane Doe, who knows"], None),
        (["Par Jean Dupont à Rabat"], None),
        (["Par Jean Dupont, prix Nobel de médecine, le 3 juin 2021"], None),
        (["Auteur : admin"], None),
        (["Auteurs : 12"], None),
        (["un", "deux", "trois", "Par Jean Dupont"], None),
        ([BODY, "Par Jean Dupont"], None),
        ([], None),
    ],
)
def test_byline(lines: list[str], author: str | None) -> None:
    named = byline([block("Un titre", 1), *(block(line) for line in lines), block(BODY)])
    assert Metadata(authors=named).author == author


def test_a_byline_stands_below_a_title() -> None:
    assert byline([block("Par Jean Dupont"), block(BODY)]) == ()


def test_a_long_line_takes_no_time() -> None:
    assert (
        byline([block("Titre", 1), block("Par " + "Jean de la " * 20_000, 3), block("Par De" + " De" * 60)])
        == ()
    )
