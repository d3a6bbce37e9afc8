"""Lines of one paragraph → its text, with words whole that a hyphen parts at a line's end."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache

PARTED = re.compile(r"[^\W_]-")
"""The end of a line that parts a word."""
WORD = re.compile(r"[^\W_]+(?:-[^\W_]+)*")
LAST_WORD = re.compile(r"[^\W_]+(?:-[^\W_]+)*(?=-\Z)")
EUPHONIC = "t"
"""Letter that French puts between hyphens, as in "a-t-il"."""


def vocabulary(lines: Iterable[str]) -> frozenset[str]:
    """Return the words that stand whole in the lines of a document, those with hyphens also in parts."""
    vocabulary: set[str] = set()
    for line in lines:
        words = WORD.findall(line.lower())
        # A line's first word may be the rest of one; its last one, before a hyphen, is a part.
        for word in words[1 : -1 if PARTED.fullmatch(line[-2:]) else None]:
            vocabulary.add(word)
            if "-" in word:
                vocabulary.update(word.split("-"))
    return frozenset(vocabulary)


def join(lines: Sequence[str], words: frozenset[str]) -> str:
    """Join lines, given the document's words; a hyphen at a line's end is dropped where it only parts one."""
    return "".join(parts(lines, words))


def parts(lines: Sequence[str], words: frozenset[str]) -> list[str]:
    """Return what each line adds to the text that lines make, given the document's words."""
    text: list[str] = []
    for before, line in zip(["", *lines], lines, strict=False):
        if PARTED.fullmatch(before[-2:]):
            if not _is_real(before, line, words):
                text[-1] = text[-1][:-1]
        elif text:
            text[-1] += " "
        text.append(line)
    return text


def _is_real(before: str, after: str, words: frozenset[str]) -> bool:
    """Return whether the hyphen between two parts of a word belongs to it.

    It does before a capital or a digit ("Casablanca-Settat"), where the document has the word with its
    hyphen elsewhere, and where the parts are words and joined without it are none ("savoir-faire").
    """
    first, second = LAST_WORD.search(before), WORD.match(after)
    if not first or not second or not (before[-2].isalpha() and after[0].islower()):
        return True
    left, right = first.group().lower(), second.group().lower()
    near, far = left.rsplit("-", 1)[-1], right.split("-", 1)[0]
    if f"{left}-{right}" in words or EUPHONIC in (near, far):
        return True
    if left + right in words or near + far in _dictionary():
        return False
    return all(part in words or part in _dictionary() for part in (near, far))


@cache
def _dictionary() -> frozenset[str]:
    """Load French and English words, in a quarter of a second; few documents need them."""
    from spellchecker import SpellChecker

    return frozenset(SpellChecker(language=["fr", "en"]).word_frequency.dictionary)
