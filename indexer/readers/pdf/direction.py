"""Text from right to left: which words are, and the order in which the words of a line are read."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from indexer.readers.pdf.words import HAS_RTL, Word

HAS_LTR = re.compile(r"\w")
"""A letter or figure, which is written from left to right unless its word is Hebrew or Arabic."""


def is_rtl(words: Sequence[Word]) -> bool:
    """Return whether words are written from right to left: as many as are Latin, or more."""
    rtl = sum(map(_is_rtl, words))
    return rtl > 0 and rtl >= sum(_is_ltr(word) and not word.text.isdigit() for word in words)


def mirrored(words: Sequence[Word]) -> list[Word]:
    """Return words with left and right exchanged, so that a page from right to left reads like any other."""
    return [replace(word, left=-word.right, right=-word.left) for word in words]


def in_order(words: Sequence[Word], from_right: bool) -> list[Word]:
    """Return the words of a line, given from left to right or from_right to left, as they are read.

    Words against the line's own direction, such as a Latin name in an Arabic sentence, are read in theirs.
    """
    ordered = list(words) if is_rtl(words) == from_right else list(reversed(words))
    if is_rtl(words):
        return list(_turned(ordered, _is_ltr, _is_rtl))
    return list(_turned(ordered, _is_rtl, lambda word: _is_ltr(word) and not word.text.isdigit()))


Test = Callable[[Word], bool]


def _turned(words: Sequence[Word], turns: Test, ends: Test) -> Iterator[Word]:
    """Yield words with each run of those that turn reversed; others stay within."""
    run: list[Word] = []
    for word in [*words, None]:
        if word is not None and (turns(word) or (run and not ends(word))):
            run.append(word)
            continue
        last = max((at for at, each in enumerate(run) if turns(each)), default=-1)
        yield from reversed(run[: last + 1])
        yield from run[last + 1 :]
        run = []
        if word is not None:
            yield word


def _is_rtl(word: Word) -> bool:
    return HAS_RTL.search(word.text) is not None


def _is_ltr(word: Word) -> bool:
    return HAS_LTR.search(word.text) is not None and not _is_rtl(word)
