"""Raw text with source spans → clean text: NFC, ordinary single spaces, nothing invisible."""

from __future__ import annotations

import re
import unicodedata
from array import array
from collections.abc import Iterator

from indexer.characters import INVISIBLE
from indexer.records import CleanText

LOOSE = re.compile(rf"[\s{INVISIBLE}]+")
FOREIGN = re.compile(r"[\x00-\x7f]?[^\x00-\x7f]+")
"""Runs of characters that NFC may change, with the ASCII letter that a first accent would join."""
MOST_MARKS = 30
"""Combining marks kept on one letter, as in UAX #15's Stream-Safe Text Format: sorting more is quadratic."""


def tidy(raw: CleanText) -> CleanText:
    """Return the clean form of raw text.

    A run of white space becomes one space, or one "\\n" where it holds a "\\n": readers put one there only
    for a break the author meant. No-break spaces become ordinary ones, so that a text reads, splits and
    embeds the same whatever its typist's habits. Each clean character spans all those it replaces.
    """
    return _compose(_squeeze(raw)).strip()


def _squeeze(raw: CleanText) -> CleanText:
    """Reduce each run of white space to one character and drop invisible characters."""
    build = Rewrite(raw)
    for match in LOOSE.finditer(raw.text):
        run = match.group()
        if run == " ":
            continue
        space = any(char.isspace() for char in run)
        build.replace(match.start(), match.end(), "\n" if "\n" in run else " " if space else "")
    return build.done()


def _compose(raw: CleanText) -> CleanText:
    """Normalise to NFC, each letter with its marks by itself, so that spans stay exact."""
    build = Rewrite(raw)
    for match in FOREIGN.finditer(raw.text):
        run = match.group()
        if len(run) <= MOST_MARKS and unicodedata.is_normalized("NFC", run):
            continue
        for start, end in _clusters(raw.text, match.start(), match.end()):
            cluster = raw.text[start:end]
            composed = unicodedata.normalize("NFC", cluster[: MOST_MARKS + 1])
            if composed != cluster:
                build.replace(start, end, composed)
    return build.done()


def _clusters(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield spans that make up text[start:end], each a character with all that may compose with it."""
    first = start
    for at in range(start + 1, end):
        char = text[at]
        if unicodedata.combining(char) or (at - first <= MOST_MARKS and _joins(text[first:at], char)):
            continue
        yield first, at
        first = at
    yield first, end


def _joins(cluster: str, char: str) -> bool:
    """Return whether a character composes though it is no combining mark: Hangul jamo, some Indic vowels."""
    separate = unicodedata.normalize("NFC", cluster) + unicodedata.normalize("NFC", char)
    return char >= "\u0900" and unicodedata.normalize("NFC", cluster + char) != separate


class Rewrite:
    """A copy of a text in which some parts are replaced, from left to right."""

    def __init__(self, raw: CleanText) -> None:
        self._raw = raw
        self._reached = 0
        self._text: list[str] = []
        self._starts, self._ends = array("q"), array("q")

    def replace(self, start: int, end: int, text: str) -> None:
        """Put text in place of characters [start, end); each new character stands for all of them."""
        self._copy(start)
        self._text.append(text)
        self._starts.extend([self._raw.starts[start]] * len(text))
        self._ends.extend([self._raw.ends[end - 1]] * len(text))
        self._reached = end

    def done(self) -> CleanText:
        """Return the text with its replacements."""
        if not self._reached:
            return self._raw
        self._copy(len(self._raw))
        return CleanText("".join(self._text), self._starts, self._ends)

    def _copy(self, end: int) -> None:
        unchanged = self._raw.slice(self._reached, end)
        self._text.append(unchanged.text)
        self._starts.extend(unchanged.starts)
        self._ends.extend(unchanged.ends)
