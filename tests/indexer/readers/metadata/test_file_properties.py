"""Properties of PDF and office files: which titles and authors are believed."""

import pytest

from indexer.readers.metadata.file_properties import trusted_properties


@pytest.mark.parametrize(
    ("declared", "title"),
    [
        ("Le titre du rapport", "Le titre du rapport"),
        (" LE TITRE\nDU RAPPORT", "LE TITRE DU RAPPORT"),
        ("Microsoft Word - rapport.doc", ""),
        ("rapport", ""),
        ("— —", ""),
        ("", ""),
        (None, ""),
    ],
)
def test_a_title_counts_where_the_text_opens_with_it(declared: str | None, title: str) -> None:
    assert trusted_properties(declared, None, "Le titre du rapport\n\nUn rapport.").title == title


@pytest.mark.parametrize(
    ("declared", "author"),
    [
        ("Jean Dupont", "Jean Dupont"),
        ("JEAN DUPONT", "JEAN DUPONT"),
        ("Jean Dupont; Marie de la Tour;admin", "Jean Dupont, Marie de la Tour"),
        ("Ministère de la Santé", "Ministère de la Santé"),
        ("UM6SS", "UM6SS"),
        ("jdupont", None),
        ("poste 12", None),
        ("Poste Salle 12", None),
        ("Windows User", None),
        ("", None),
        (None, None),
    ],
)
def test_an_author_counts_with_a_full_name_or_a_place_in_the_text(
    declared: str | None, author: str | None
) -> None:
    text = "Une journée à l’UM6SS, sans jdupontel."
    assert trusted_properties(None, declared, text).author == author
