"""A page of a PDF → its words, each with its place, size, weight and slant."""

from __future__ import annotations

import ctypes
import math
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import pypdfium2.raw as pdfium

from indexer.readers.extraction import Unreadable

MOST_ON_A_PAGE = 500_000
"""Characters of one page; no page that people read comes near."""

LINE_END = "\x02"
"""Character that pdfium gives for a hyphen at a line's end, with no space before the next line's word."""
LINE_END_AS_TEXT = "\ufffe"
"""Character that pdfium gives for such a hyphen in the text of a whole page."""
WORD = re.compile("[^\\s\x00-\x1f]*\x02|[^\\s\x00-\x1f]+")
"""A word; control characters other than LINE_END separate words as white space does."""
LIGATURES = str.maketrans({"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st"})
HEAVY = re.compile(r"bold|black|heavy|demi|cmbx|-bd", re.IGNORECASE)
SLANTED = re.compile(r"italic|oblique|slanted|kursiv|cmti|-it\b", re.IGNORECASE)
HEAVY_WEIGHT = 600
"""Font weight from which text is bold."""
LONGEST_NAME = 64
"""Bytes of a font's name that are read."""
FOOTNOTE_MARK = re.compile(r"(?<=[^\W\d_]{3})[»”\")]*\d{1,2}\Z")
"""Digits after a word, which refer to a note where they are small and raised."""
MARK_SIZE = 0.8
"""Font size, in multiples of the word's, below which raised digits refer to a note."""


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


@dataclass(frozen=True, slots=True)
class _Place:
    turn: int
    """Quarter turns of the text, counter-clockwise."""
    y: float
    size: float


def words(page: Any) -> list[list[Word]]:
    """Return the words of a pypdfium2 page by text direction, that of most words first, in drawing order.

    Raises Unreadable when the page holds more than MOST_ON_A_PAGE characters.
    """
    text_page = page.get_textpage()
    try:
        layers: dict[int, list[Word]] = defaultdict(list)
        for turn, word in _words(text_page.raw):
            layers[turn].append(word)
        return sorted(layers.values(), key=len, reverse=True)
    finally:
        text_page.close()


def _words(raw: Any) -> Iterator[tuple[int, Word]]:
    """Yield (quarter turns, word) in drawing order."""
    count = pdfium.FPDFText_CountChars(raw)
    if count > MOST_ON_A_PAGE:
        raise Unreadable(f"too large: one page holds more than {MOST_ON_A_PAGE} characters")
    for match in WORD.finditer(_characters(raw, count)):
        first, end = _place(raw, match.start()), match.end() - 1
        left, right = _extent(raw, match.start(), first.turn)
        if end > match.start():
            last = _extent(raw, end, first.turn)
            left, right = min(left, last[0]), max(right, last[1])
        text = match.group().replace(LINE_END, "-").translate(LIGATURES)
        mark = FOOTNOTE_MARK.search(text)
        if mark and _is_raised(_place(raw, end), first):
            text = text[: mark.start()]
        if first.size > 0:
            yield first.turn, Word(text, left, right, first.y, first.size, *_face(raw, match.start()))


def _characters(raw: Any, count: int) -> str:
    """Return the characters of a page, exactly one for each that pdfium counts."""
    buffer = (ctypes.c_ushort * (count + 1))()
    written = pdfium.FPDFText_GetText(raw, 0, count, buffer)
    text = bytes(buffer)[: 2 * max(0, written - 1)].decode("utf-16-le", errors="replace")
    if len(text) == count:
        return text.replace(LINE_END_AS_TEXT, LINE_END)
    return "".join(_char(pdfium.FPDFText_GetUnicode(raw, at)) for at in range(count))


def _char(code: int) -> str:
    """Return one character, U+FFFD for half of a surrogate pair."""
    return "\ufffd" if 0xD800 <= code <= 0xDFFF or code > 0x10FFFF else chr(code)


def _place(raw: Any, at: int) -> _Place:
    matrix, x, y = pdfium.FS_MATRIX(), ctypes.c_double(), ctypes.c_double()
    pdfium.FPDFText_GetMatrix(raw, at, matrix)
    pdfium.FPDFText_GetCharOrigin(raw, at, x, y)
    turn = round(math.atan2(matrix.b, matrix.a) / (math.pi / 2)) % 4
    size = pdfium.FPDFText_GetFontSize(raw, at) * math.hypot(matrix.c, matrix.d)
    return _Place(turn, (-y.value, x.value, y.value, -x.value)[turn], size)


def _extent(raw: Any, at: int, turn: int) -> tuple[float, float]:
    """Return the left and right end of a character along its text's direction."""
    rect = pdfium.FS_RECTF()
    pdfium.FPDFText_GetLooseCharBox(raw, at, rect)
    ends = (
        (rect.left, rect.right),
        (rect.bottom, rect.top),
        (-rect.right, -rect.left),
        (-rect.top, -rect.bottom),
    )
    return ends[turn]


def _is_raised(last: _Place, first: _Place) -> bool:
    return last.size < MARK_SIZE * first.size and last.y < first.y


def _face(raw: Any, at: int) -> tuple[bool, bool]:
    """Return whether a character is bold, and whether it is italic."""
    name = ctypes.create_string_buffer(LONGEST_NAME)
    pdfium.FPDFText_GetFontInfo(raw, at, name, LONGEST_NAME, None)
    bold, italic = _named(name.value)
    return bold or pdfium.FPDFText_GetFontWeight(raw, at) >= HEAVY_WEIGHT, italic


@lru_cache(maxsize=1000)
def _named(name: bytes) -> tuple[bool, bool]:
    """Return whether a font is bold, and whether it is italic, judged by its name."""
    text = name.decode("utf-8", errors="replace")
    return HEAVY.search(text) is not None, SLANTED.search(text) is not None
