"""Formulas of Word (OMML) → text on one line in which no exponent, fraction or bracket is lost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from indexer.readers.office import attribute, child, children, flat, local
from indexer.readers.text.scripts import exponent, index, operand

MATH = frozenset({"oMath", "oMathPara"})
SUM = "∫"
"""Sign of an n-ary operator that names none."""


def math_text(element: Any) -> str:
    """Return the text of a formula or a part of one, "" for None."""
    if element is None:
        return ""
    name = local(element)
    if name == "t":
        return flat(element.text)
    if name.endswith("Pr"):
        return ""
    write = WRITERS.get(name)
    return write(element) if write else "".join(map(math_text, element))


def _part(element: Any, name: str) -> str:
    return math_text(child(element, name))


def _power(element: Any) -> str:
    """Return a base with its index and exponent, whichever it has."""
    return _part(element, "e") + index(_part(element, "sub")) + exponent(_part(element, "sup"))


def _fraction(element: Any) -> str:
    return f"{operand(_part(element, 'num'))}/{operand(_part(element, 'den'))}"


def _root(element: Any) -> str:
    return f"{exponent(_part(element, 'deg'))}√{operand(_part(element, 'e'))}"


def _brackets(element: Any) -> str:
    """Return what stands in brackets; round ones where none are named."""
    properties = child(element, "dPr")
    opening, closing = (_sign(properties, name, sign) for name, sign in (("begChr", "("), ("endChr", ")")))
    separator = _sign(properties, "sepChr", "|")
    return opening + separator.join(map(math_text, children(element, "e"))) + closing


def _operator(element: Any) -> str:
    """Return a sum, product or integral with its limits."""
    sign = _sign(child(element, "naryPr"), "chr", SUM)
    return f"{sign}{index(_part(element, 'sub'))}{exponent(_part(element, 'sup'))} {_part(element, 'e')}"


def _matrix(element: Any) -> str:
    rows = (", ".join(map(math_text, children(row, "e"))) for row in children(element, "mr"))
    return "; ".join(rows)


def _lines(element: Any) -> str:
    return "; ".join(map(math_text, children(element, "e")))


def _sign(properties: Any, name: str, otherwise: str) -> str:
    element = child(properties, name)
    return otherwise if element is None else attribute(element, "val") or ""


WRITERS: dict[str, Callable[[Any], str]] = {
    "sSup": _power,
    "sSub": _power,
    "sSubSup": _power,
    "f": _fraction,
    "rad": _root,
    "d": _brackets,
    "nary": _operator,
    "m": _matrix,
    "eqArr": _lines,
}
"""What writes the elements of a formula that are more than their parts one after the other, by name."""
