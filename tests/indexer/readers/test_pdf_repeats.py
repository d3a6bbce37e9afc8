"""What repeats on the pages of a PDF: slides built step by step, templates, heads; and scales of answers."""

import pytest

from indexer.readers.pdf import read_pdf
from tests.indexer.pdfs import At, pdf

LONG = ["Une ligne bien remplie du texte."] * 8


def slide(*points: str) -> list[At]:
    return [
        At(50, 700, "Facteurs de risque", size=20),
        *(At(60, 650 - 30 * at, each) for at, each in enumerate(points)),
    ]


def letter(name: str, amount: int) -> list[At]:
    return [
        At(50, 760, "Rabat, le 3 mai 2020"),
        At(50, 730, "Note aux parents"),
        At(50, 700, f"Cher {name}, vous devez {amount} dirhams."),
        At(50, 670, "La direction"),
    ]


def test_of_a_slide_built_step_by_step_the_last_page_stays() -> None:
    pages = [
        slide("Tabac"),
        slide("Tabac", "Sel"),
        slide("Tabac", "Sel", "Sucre"),
        [At(50, 700, "Traitement")],
    ]
    found = [(block.page, block.content.text) for block in read_pdf(pdf(*pages)).blocks]
    assert found == [(3, "Facteurs de risque"), (3, "Tabac"), (3, "Sel"), (3, "Sucre"), (4, "Traitement")]


def test_of_equal_pages_the_first_stays() -> None:
    text = read_pdf(pdf(letter("Jean", 50), letter("Jean", 50))).text
    assert [text.count(part) for part in ("Rabat", "parents", "Jean", "direction")] == [1, 1, 1, 1]


@pytest.mark.parametrize("count", [2, 3, 6])
def test_of_letters_from_one_template_one_copy_stays_with_what_differs(count: int) -> None:
    text = read_pdf(pdf(*(letter(f"ami {number}", 40 + 7 * number) for number in range(count)))).text
    assert [text.count(part) for part in ("Rabat", "parents", "direction")] == [1, 1, 1]
    assert all(f"Cher ami {number}, vous devez {40 + 7 * number} dirhams." in text for number in range(count))


def test_text_goes_on_past_a_line_that_repeats() -> None:
    head, rest = At(50, 780, "Ministère de la santé"), "médecins de la région de Rabat."
    first = [At(50, 90, ["Le programme réunit chaque année", "et dans toutes les provinces les"])]
    text = read_pdf(pdf(first, [head, At(50, 750, [rest, *LONG])], [head, At(50, 750, "La fin.")])).text
    assert f"provinces les {rest}" in text
    assert text.count("Ministère") == 1


@pytest.mark.parametrize(
    "lines",
    [
        ["Jamais ...... 0", "Parfois ...... 1", "Souvent ...... 2", "Toujours ...... 3"],
        ["Pas du tout … … 1", "Un peu … … 2", "Beaucoup … … 3"],
        ["Une fois ........ 0", "Deux fois ........ 1", "Trois fois ........ 2"],
    ],
)
def test_a_scale_of_answers_is_no_table_of_contents(lines: list[str]) -> None:
    text = read_pdf(pdf([At(50, 700, lines), At(50, 500, LONG)])).text
    assert all(line.split()[0] in text for line in lines)
