"""A page of a PDF → its words, each with its place, size, weight and slant."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from indexer.readers.extraction import Unreadable
from indexer.readers.pdf.glyphs import LINE_END, Glyphs, Place
from indexer.readers.pdf.letters import DROPPED, from_symbol, letters, spelt
from indexer.readers.text.scripts import subscript, superscript

MOST_ON_A_PAGE = 500_000
"""Characters of one page; no page that people read comes near."""

WORD = re.compile("[^\\s\x00-\x1f]*\x02|[^\\s\x00-\x1f]+")
"""A word; control characters other than LINE_END separate words as white space does."""
RTL = "\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc"
"""Hebrew and Arabic, which are written from right to left."""
HAS_RTL = re.compile(f"[{RTL}]")
SCRIPTS = re.compile(f"(?:(?![A-Za-zÀ-ɏ]).)*[{RTL}](?:(?![A-Za-zÀ-ɏ]).)*|[^{RTL}]+", re.DOTALL)
"""Part of a word that is written in one direction."""

FIGURES = re.compile(r"\d+")
MARK = re.compile(r"[\d+−–()\[\],;*†‡-]")
"""Characters that stand raised or lowered beside figures."""
MARK_WORD = re.compile(r"[+−–(\[*†‡-]?\d[\d+−–()\[\],;.:*†‡-]*")
MARK_SIZE = 0.8
"""Font size, in multiples of the word's, below which figures off the base line are raised or lowered ones."""
MARK_SHIFT = 0.08
"""Distance from the word's base line, in multiples of its font size, from which they are off it."""
MOST_SHIFT = 0.9
"""Distance, in multiples of the font size, up to which figures belong to the word beside them."""
MARK_GAP = 0.3
"""Gap, in multiples of the font size, within which they do."""
SAME_PLACE = 0.25
"""Distance, in multiples of the font size, within which equal words are one that is drawn twice."""


@dataclass(frozen=True, slots=True)
class Word:
    """Characters without white space between them. Lengths are in points; x grows rightwards, y downwards.

    Both are measured along the text's own direction, so that turned text reads like any other.
    """

    text: str
    """A hyphen that ends a line is "-" like any other."""
    left: float
    right: float
    y: float
    """Height of the base line."""
    size: float
    """Font size."""
    bold: bool
    italic: bool


def layers(words: Iterable[tuple[int, Word]]) -> list[list[Word]]:
    """Return the words of a page by text direction, that of most words first, each in drawing order.

    A word that is drawn again in the same place, as a shadow or for weight, counts once.
    """
    turned: dict[int, list[Word]] = defaultdict(list)
    for turn, word in words:
        turned[turn].append(word)
    return sorted(map(_drawn_once, turned.values()), key=len, reverse=True)


def words(page: Any) -> list[tuple[int, Word]]:
    """Return the words of a pypdfium2 page in drawing order, each with its quarter turns counter-clockwise.

    Raises Unreadable when the page holds more than MOST_ON_A_PAGE characters.
    """
    text_page = page.get_textpage()
    try:
        return list(_words(Glyphs(text_page.raw)))
    finally:
        text_page.close()


def _words(glyphs: Glyphs) -> Iterator[tuple[int, Word]]:
    """Yield (quarter turns, word) in drawing order."""
    if len(glyphs) > MOST_ON_A_PAGE:
        raise Unreadable(f"too large: one page holds more than {MOST_ON_A_PAGE} characters")
    text = letters(glyphs)
    before: tuple[int, Word] | None = None
    for start, end in _spans(text):
        place = glyphs.place(start)
        if place.size <= 0:
            continue
        left, right = glyphs.extent(start, place.turn)
        if end - 1 > start:
            last = glyphs.extent(end - 1, place.turn)
            left, right = min(left, last[0]), max(right, last[1])
        if before and before[0] == place.turn and MARK_WORD.fullmatch(text, start, end):
            base = before[1]
            if _is_beside(base, left) and _is_off(place.y, place.size, base.y, base.size):
                added = _with_marks(glyphs, text, start, end, Place(place.turn, base.y, base.size), base.text)
                before = place.turn, replace(base, text=base.text + added, right=right)
                continue
        if before:
            yield before
        before = place.turn, _word(glyphs, text, start, end, place, (left, right))
    if before:
        yield before


def _spans(text: str) -> Iterator[tuple[int, int]]:
    """Yield the place of each word; where Latin and Hebrew or Arabic letters meet, another one begins."""
    has_both = HAS_RTL.search(text) is not None
    for match in WORD.finditer(text):
        parts = SCRIPTS.finditer(text, *match.span()) if has_both else (match,)
        for part in parts:
            start, end = part.span()
            while start < end and text[start] == DROPPED:
                start += 1
            while end > start and text[end - 1] == DROPPED:
                end -= 1
            if start < end:
                yield start, end


def _word(glyphs: Glyphs, text: str, start: int, end: int, place: Place, edges: tuple[float, float]) -> Word:
    face = glyphs.face(start)
    spelling = text[start:end]
    if end - start > 1 and not spelling.isalpha():
        spelling = _with_marks(glyphs, text, start, end, place)
    spelling = spelt(spelling.replace(LINE_END, "-"))
    if face.is_symbol:
        spelling = from_symbol(spelling)
    return Word(spelling, *edges, place.y, place.size, face.bold, face.italic)


def _with_marks(glyphs: Glyphs, text: str, start: int, end: int, base: Place, before: str = "") -> str:
    """Return part of a page's text, given what stands before it on its base line, with figures off that line.

    Raised and lowered figures become Unicode's own; calls of notes are dropped.
    """
    done, reached = before, start
    for figures in FIGURES.finditer(text, start, end):
        last = figures.end() - 1
        if last < max(reached, start + (not before)) or not _stands_off(glyphs, last, base):
            continue
        first, after = last, last + 1
        while first > max(reached, start + (not before)) and _is_mark(glyphs, text, first - 1, base):
            first -= 1
        while after < end and _is_mark(glyphs, text, after, base):
            after += 1
        done += text[reached:first]
        is_raised = glyphs.base(last, base.turn) < base.y
        done += superscript(text[first:after], done) if is_raised else subscript(text[first:after])
        reached = after
    return (done + text[reached:end])[len(before) :]


def _is_mark(glyphs: Glyphs, text: str, at: int, base: Place) -> bool:
    return MARK.match(text[at]) is not None and _stands_off(glyphs, at, base)


def _stands_off(glyphs: Glyphs, at: int, base: Place) -> bool:
    """Return whether a character is smaller than those of a base line and stands above or below it."""
    if abs(glyphs.base(at, base.turn) - base.y) <= MARK_SHIFT * base.size:
        return False
    place = glyphs.place(at)
    return place.turn == base.turn and _is_off(place.y, place.size, base.y, base.size)


def _is_off(y: float, size: float, base: float, base_size: float) -> bool:
    return size < MARK_SIZE * base_size and MARK_SHIFT * base_size < abs(y - base) < MOST_SHIFT * base_size


def _is_beside(word: Word, left: float) -> bool:
    return -MARK_GAP * word.size < left - word.right < MARK_GAP * word.size


def _drawn_once(words: Iterable[Word]) -> list[Word]:
    """Return words without those that are drawn again in the same place, as a shadow or for weight."""
    kept: list[Word] = []
    places: dict[tuple[str, int, int], Word] = {}
    for word in words:
        size, near = word.size, SAME_PLACE * word.size
        # Places are kept by squares of one font size: an equal word near by stands in one of four at most.
        columns = {int((word.left - near) // size), int((word.left + near) // size)}
        rows = {int((word.y - near) // size), int((word.y + near) // size)}
        found = (places.get((word.text, column, row)) for column in columns for row in rows)
        if not any(other and _is_near(word, other, near) for other in found):
            places[word.text, int(word.left // size), int(word.y // size)] = word
            kept.append(word)
    return kept


def _is_near(word: Word, other: Word, near: float) -> bool:
    return abs(word.left - other.left) < near and abs(word.y - other.y) < near
