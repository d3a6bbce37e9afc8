"""Lines of one paragraph → its text: words parted at a line's end are whole again."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache

PARTED = re.compile(r"[^\W_]-")
"""How a line ends that parts a word."""
WORD = re.compile(r"[^\W_]+(?:-[^\W_]+)*")
LAST_WORD = re.compile(r"[^\W_]+(?:-[^\W_]+)*(?=-\Z)")
EUPHONIC = "t"
"""As in "a-t-il"."""


def vocabulary(lines: Iterable[str]) -> frozenset[str]:
    """The words that stand whole in the lines of a document, those with hyphens also in their parts."""
    seen: set[str] = set()
    for line in lines:
        words = WORD.findall(line.lower())
        # A line's first word may be the rest of one; its last one, before a hyphen, is a part.
        for word in words[1 : -1 if PARTED.fullmatch(line[-2:]) else None]:
            seen.add(word)
            if "-" in word:
                seen.update(word.split("-"))
    return frozenset(seen)


def join(lines: Sequence[str], seen: frozenset[str]) -> str:
    """The lines as one text. A hyphen at a line's end goes where it only parts a word."""
    text: list[str] = []
    for before, line in zip(["", *lines], lines, strict=False):
        if PARTED.fullmatch(before[-2:]):
            if not _is_real(before, line, seen):
                text[-1] = text[-1][:-1]
        elif text:
            text.append(" ")
        text.append(line)
    return "".join(text)


def _is_real(before: str, after: str, seen: frozenset[str]) -> bool:
    """Whether the hyphen between two parts of a word belongs to it.

    It does before a capital or a figure ("Casablanca-Settat"), where the document has the whole with its
    hyphen elsewhere, and where the parts are words and the whole without it is none ("savoir-faire").
    """
    first, second = LAST_WORD.search(before), WORD.match(after)
    if not first or not second or not (before[-2].isalpha() and after[0].islower()):
        return True
    left, right = first.group().lower(), second.group().lower()
    near, far = left.rsplit("-", 1)[-1], right.split("-", 1)[0]
    if f"{left}-{right}" in seen or EUPHONIC in (near, far):
        return True
    if left + right in seen or near + far in _dictionary():
        return False
    return all(part in seen or part in _dictionary() for part in (near, far))


@cache
def _dictionary() -> frozenset[str]:
    """French and English words; it takes a quarter of a second to load, and few documents need it."""
    from spellchecker import SpellChecker

    return frozenset(SpellChecker(language=["fr", "en"]).word_frequency.dictionary)
