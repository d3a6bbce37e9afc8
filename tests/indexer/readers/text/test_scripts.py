"""Raised and lowered text."""

import pytest

from indexer.readers.text.scripts import exponent, index, operand, subscript, superscript


@pytest.mark.parametrize(
    ("before", "text", "line"),
    [
        ("5×10", "9", "⁹"),
        ("10", "−3", "⁻³"),
        ("10", "-3", "⁻³"),
        ("kg/m", "2", "²"),
        ("Ca", "2+", "²⁺"),
        ("", "14", "¹⁴"),
        ("datation au ", "14", "¹⁴"),
        ("(a + b)", "2", "²"),
        ("10", "0,5", "^0,5"),
        ("1", "er", "er"),
        ("XX", "e", "e"),
        ("M", "me", "me"),
        ("mètre", "2", "²"),
        ("formation", "12", ""),
        ("formation", "1, 3-5", ""),
        ("formation", "[2]", ""),
        ("Dupont", "1,2*", ""),
        ("la fin.", "3", ""),
        ("la fin »", "3", ""),
        ("en 2015", "3", "³"),
        ("voir ", "a1", "a1"),
    ],
)
def test_superscript(before: str, text: str, line: str) -> None:
    assert superscript(text, before) == line


@pytest.mark.parametrize(
    ("text", "line"), [("2", "₂"), ("12", "₁₂"), ("max", "max"), ("2,3", "2,3"), ("n+1", "n+1")]
)
def test_subscript(text: str, line: str) -> None:
    assert subscript(text) == line


@pytest.mark.parametrize(
    ("text", "above", "below", "alone"),
    [
        ("2", "²", "₂", "2"),
        ("-1", "⁻¹", "₋₁", "(-1)"),
        ("n", "^n", "_n", "n"),
        ("n+1", "^(n+1)", "_(n+1)", "(n+1)"),
        ("(a+b)", "^(a+b)", "_(a+b)", "(a+b)"),
        ("x²", "^x²", "_x²", "x²"),
        (" ", "", "", ""),
    ],
)
def test_parts_of_a_formula(text: str, above: str, below: str, alone: str) -> None:
    assert (exponent(text), index(text), operand(text)) == (above, below, alone)
