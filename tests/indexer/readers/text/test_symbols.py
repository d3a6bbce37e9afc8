"""Characters of symbol fonts."""

import pytest

from indexer.readers.text.symbols import SYMBOL, of_font


@pytest.mark.parametrize(
    ("text", "font", "expected"),
    [
        ("m", "Symbol", "µ"),
        ("\uf06d", "Symbol", "µ"),
        ("\uf061 = 0,05", "Symbol MT", "α = 0,05"),
        ("\uf0a3", "SYMBOL", "≤"),
        ("£", "Symbol", "≤"),
        ("\uf0b3", None, "≥"),
        ("50 \uf06dg", "Arial", "50 µg"),
        ("m", None, "m"),
        ("m", "Arial", "m"),
        ("à", "Wingdings", "→"),
        ("\uf0e0", "Wingdings", "→"),
        ("J", "Wingdings", "☺"),
        ("\uf0fe", "Wingdings", "☑"),
        ("P", "Wingdings 2", "✓"),
        ("abc d", "Wingdings", " "),
        ("abc", "ZapfDingbats", ""),
    ],
)
def test_signs_of_a_font(text: str, font: str | None, expected: str) -> None:
    assert of_font(text, font) == expected


def test_the_table_stands_where_the_font_has_it() -> None:
    codes = {
        0x41: "Α",
        0x5A: "Ζ",
        0x61: "α",
        0x7A: "ζ",
        0x7E: "∼",
        0xA5: "∞",
        0xB1: "±",
        0xD6: "√",
        0xDE: "⇒",
    }
    assert {code: SYMBOL[code] for code in codes} == codes
    assert (SYMBOL[0xE5], SYMBOL[0xF2], SYMBOL[0xFE]) == ("∑", "∫", "⎭")
    assert max(SYMBOL) == 0xFE
