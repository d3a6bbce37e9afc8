"""Raised and lowered text → the same on one line: "10" and "9" above it are "10⁹", never "109"."""

from __future__ import annotations

import re

RAISED = str.maketrans("0123456789+-−–=()", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁻⁼⁽⁾")
LOWERED = str.maketrans("0123456789+-−–=()", "₀₁₂₃₄₅₆₇₈₉₊₋₋₋₌₍₎")
"""Characters and those of Unicode that stand raised or lowered by themselves."""

NOTE_CALL = re.compile(r"[\s\[(*†‡§]*\d{1,3}(?:[\s,;*†‡§–-]+\d{1,3})*[\s\])*†‡§]*")
"""Numbers of notes as authors write them by hand."""
AFTER_WORD = re.compile(r"(?:[^\W\d_]{4}|[.,;:!?…»”])\Z")
"""End of a text that a raised number is no exponent of: units and variables have fewer letters."""
ONE_OPERAND = re.compile(r"[\w.,′'⁰-ₜ²³¹]*|\([^()]*\)")
UNIT = re.compile(r"(?i:m[eè]tres?|degr[eé]s?)\Z")
CONTEXT = 12
"""Characters before raised text that tell what it is."""


def superscript(text: str, before: str) -> str:
    """Return raised text as it can stand in a line behind the text before it.

    Numbers, signs and brackets have raised characters of their own ("10⁹", "m²", "Ca²⁺"). Letters stay as
    they are ("1er", "XXe"); other text with figures stands behind "^" ("10^0,5"). A number behind a word or
    the end of a sentence is the call of a note, and no text.
    """
    end = before[-CONTEXT:]
    if NOTE_CALL.fullmatch(text) and AFTER_WORD.search(end) and not UNIT.search(end):
        return ""
    raised = _moved(text, RAISED)
    if raised is not None:
        return raised
    return f"^{text}" if any(char.isdigit() for char in text) and end[-1:].strip() else text


def subscript(text: str) -> str:
    """Return lowered text as it can stand in a line: "CO₂", "C₆H₁₂"; letters stay as they are ("Cmax")."""
    lowered = _moved(text, LOWERED)
    return text if lowered is None else lowered


def exponent(text: str) -> str:
    """Return the exponent of a formula on one line: "²", "^n", "^(n+1)"; "" for none."""
    raised = _moved(text.strip(), RAISED)
    return f"^{operand(text)}" if raised is None else raised


def index(text: str) -> str:
    """Return the index of a formula on one line: "₂", "_n", "_(n+1)"; "" for none."""
    lowered = _moved(text.strip(), LOWERED)
    return f"_{operand(text)}" if lowered is None else lowered


def operand(text: str) -> str:
    """Return part of a formula so that it stays one part on a line: in brackets where it holds several."""
    return text.strip() if ONE_OPERAND.fullmatch(text.strip()) else f"({text.strip()})"


def _moved(text: str, table: dict[int, int]) -> str | None:
    """Return text of a table's characters and spaces put through it, None for any other text."""
    return text.translate(table) if all(ord(char) in table or char.isspace() for char in text) else None
