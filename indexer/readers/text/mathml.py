"""Formulas in MathML → text on one line in which no exponent, fraction or root is lost."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from indexer.readers.text.scripts import exponent, index, operand

TOKENS = frozenset({"mi", "mn", "mo", "mtext", "ms"})
"""Elements that hold text; any other holds elements."""
NO_TEXT = frozenset({"annotation", "annotation-xml", "mphantom", "none", "mprescripts"})
DEEPEST = 100
"""Parts of a formula one within another."""
UNSEEN = re.compile("[\u2061-\u2064]")
"""Operators that are understood and not written: function application, invisible times and the like."""


def is_formula(element: Any) -> bool:
    """Return whether an element is a formula, whatever the prefix of its name."""
    return _name(element) == "math"


def formula_text(element: Any, depth: int = 0) -> str:
    """Return the text of a formula, or of a part within depth others; "" for parts too deep."""
    name = _name(element) if depth <= DEEPEST else ""
    if name in TOKENS:
        text = " ".join(UNSEEN.sub("", "".join(element.itertext())).split())
        return f" {text} " if name == "mtext" and text else text
    if name in NO_TEXT or not name:
        return ""
    if name == "mspace":
        return " "
    parts = [formula_text(child, depth + 1) for child in element if _name(child)]
    write = WRITERS.get(name)
    return write(element, parts) if write else "".join(parts)


def _name(element: Any) -> str:
    """Return an element's name without namespace or prefix, "" for a node that is no element."""
    tag = element.tag if isinstance(element.tag, str) else ""
    return tag.rpartition("}")[2].rpartition(":")[2]


def _part(parts: Sequence[str], at: int) -> str:
    return parts[at] if at < len(parts) else ""


def _raised(_: Any, parts: Sequence[str]) -> str:
    return _part(parts, 0) + exponent(_part(parts, 1))


def _lowered(_: Any, parts: Sequence[str]) -> str:
    return _part(parts, 0) + index(_part(parts, 1))


def _both(_: Any, parts: Sequence[str]) -> str:
    return _part(parts, 0) + index(_part(parts, 1)) + exponent(_part(parts, 2))


def _over(element: Any, parts: Sequence[str]) -> str:
    """Return a base with what stands above it, but for an accent."""
    return _raised(element, parts) if any(map(str.isalnum, _part(parts, 1))) else _part(parts, 0)


def _under(element: Any, parts: Sequence[str]) -> str:
    return _lowered(element, parts) if any(map(str.isalnum, _part(parts, 1))) else _part(parts, 0)


def _fraction(_: Any, parts: Sequence[str]) -> str:
    return f"{operand(_part(parts, 0))}/{operand(_part(parts, 1))}"


def _square_root(_: Any, parts: Sequence[str]) -> str:
    return f"√{operand(''.join(parts))}"


def _root(_: Any, parts: Sequence[str]) -> str:
    return f"{exponent(_part(parts, 1))}√{operand(_part(parts, 0))}"


def _brackets(element: Any, parts: Sequence[str]) -> str:
    return f"{element.get('open', '(')}{', '.join(parts)}{element.get('close', ')')}"


def _cells(_: Any, parts: Sequence[str]) -> str:
    return ", ".join(parts)


def _rows(_: Any, parts: Sequence[str]) -> str:
    return "; ".join(parts)


WRITERS: dict[str, Callable[[Any, Sequence[str]], str]] = {
    "msup": _raised,
    "msub": _lowered,
    "msubsup": _both,
    "mover": _over,
    "munder": _under,
    "munderover": _both,
    "mfrac": _fraction,
    "msqrt": _square_root,
    "mroot": _root,
    "mfenced": _brackets,
    "mtr": _cells,
    "mtable": _rows,
}
"""What writes the elements that are more than their parts one after the other, by name."""
