"""The letters of PDF files: accents drawn apart, raised figures, symbol fonts, text drawn twice or turned."""

import pytest

from indexer.readers.pdf import read_pdf
from tests.indexer.pdfs import At, pdf

LONG = ["Une ligne bien remplie du texte."] * 8


def text_of(*items: At, font: str = "Courier", **given: str) -> str:
    """Return the text of a page above other text, with italics in another font."""
    data = pdf([*items, At(50, 500, LONG)], **given)
    data = data.replace(b"/BaseFont/Courier-Oblique", f"/BaseFont/{font}".encode())
    return read_pdf(data).text.removesuffix(" ".join(LONG)).strip()


def drawn(*parts: str, x: int = 50) -> str:
    """Return the text of content: strings, and numbers by which TJ moves left, in thousandths."""
    shown = "".join(
        part if part.lstrip("-").isdigit() else f"<{part.encode('cp1252').hex()}>" for part in parts
    )
    return read_pdf(
        pdf([], content=f"BT /Light 10 Tf {x} 700 Td [{shown}] TJ ET\n{At(50, 500, LONG).content()}")
    ).text


@pytest.mark.parametrize(
    ("parts", "text"),
    [
        (("th", "`", "600", "ese"), "thèse"),
        (("pr", "´", "600", "epar", "´", "600", "ee"), "préparée"),
        (("Fran", "¸", "600", "cois"), "François"),
        (("Franc", "600", "¸", "ois"), "François"),
        (("l´eau",), "l´eau"),
        (("`code`",), "`code`"),
    ],
)
def test_an_accent_drawn_over_a_letter_is_part_of_it(parts: tuple[str, ...], text: str) -> None:
    assert drawn(*parts).split("\n")[0] == text


def raised(before: str, mark: str, after: str = "", by: float = 4) -> list[At]:
    """Return a line with a small mark off its base line."""
    width = 6.0 * len(before)
    line = [At(50, 700, before), At(50 + width, 700 + by, mark, size=6)]
    return [*line, At(50 + width + 3.6 * len(mark), 700, after)] if after else line


@pytest.mark.parametrize(
    ("before", "mark", "after", "text"),
    [
        ("un total de 5 × 10", "9", " cellules", "un total de 5 × 10⁹ cellules"),
        ("une dose de 10", "-3", " mol", "une dose de 10⁻³ mol"),
        ("une surface de 20 m", "2", ", vide", "une surface de 20 m², vide"),
        ("en milieu rural", "12", ", ils", "en milieu rural, ils"),
        ("comme on l’a vu.", "3", " Les uns", "comme on l’a vu. Les uns"),
        ("le rapport annuel", "4,5", " du pays", "le rapport annuel du pays"),
        ("des ions Ca", "2+", " libres", "des ions Ca²⁺ libres"),
        ("le", "131", "I est", "le¹³¹I est"),
        ("le 1", "er", " mars", "le 1er mars"),
    ],
)
def test_raised_figures_are_exponents_or_calls_of_notes(
    before: str, mark: str, after: str, text: str
) -> None:
    assert text_of(*raised(before, mark, after)) == text


def test_lowered_figures_are_indices() -> None:
    assert text_of(*raised("le CO", "2", " émis", by=-2)) == "le CO₂ émis"


@pytest.mark.parametrize(
    ("font", "shown", "text"),
    [
        ("SymbolMT", "m", "50 µ g"),
        ("SymbolMT", "\xa3", "50 ≤ g"),
        ("Symbol", "a", "50 α g"),
        ("SymbolStd", "m", "50 µ g"),
        ("SegoeUISymbol", "m", "50 m g"),
    ],
)
def test_the_symbol_font_holds_no_latin_letters(font: str, shown: str, text: str) -> None:
    found = text_of(At(50, 700, "50"), At(68, 700, shown, italic=True), At(80, 700, "g"), font=font)
    assert found == text


@pytest.mark.parametrize("shift", [0, 0.5, 2])
def test_text_drawn_twice_in_place_counts_once(shift: float) -> None:
    line = "Prescrire et interpréter un examen"
    assert text_of(At(50, 700, line), At(50 + shift, 700 - shift, line)) == line


def test_a_word_said_twice_stays() -> None:
    assert text_of(At(50, 700, "nous nous en allons")) == "nous nous en allons"


@pytest.mark.parametrize("matrix", ["-1 0 0 -1 50 700", "-12 0 0 -12 50 700"])
def test_a_font_size_may_be_negative(matrix: str) -> None:
    size = -10 if matrix.startswith("-1 ") else -1
    content = f"BT /Light {size} Tf {matrix} Tm (Les infirmiers du service) Tj ET"
    assert read_pdf(pdf([], content=content)).text == "Les infirmiers du service"
