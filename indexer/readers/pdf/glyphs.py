"""The characters of one PDF page, as pdfium numbers them: what each is, where it stands and in which font."""

from __future__ import annotations

import ctypes
import math
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import pypdfium2.raw as pdfium

LINE_END = "\x02"
"""Character that pdfium gives for a hyphen at a line's end, with no space before the next line's word."""
LINE_END_AS_TEXT = "\ufffe"
"""Character that pdfium gives for such a hyphen in the text of a whole page."""
HEAVY = re.compile(r"bold|black|heavy|demi|cmbx|-bd", re.IGNORECASE)
SLANTED = re.compile(r"italic|oblique|slanted|kursiv|cmti|-it\b", re.IGNORECASE)
SYMBOLIC = re.compile(r"symbol(?:mt|std|ps)?\b", re.IGNORECASE | re.ASCII)
SUBSET = re.compile(r"\A[^+]*\+")
"""Letters before the name of a font of which a file holds only a part."""
HEAVY_WEIGHT = 600
"""Font weight from which text is bold."""
LONGEST_NAME = 64
"""Bytes of a font's name that are read."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a character stands. Lengths are in points, along the direction of its text; y grows downwards."""

    turn: int
    """Quarter turns of the text, counter-clockwise."""
    y: float
    """Height of the base line."""
    size: float
    """Font size."""


@dataclass(frozen=True, slots=True)
class Face:
    """What the name of a font tells."""

    bold: bool
    italic: bool
    is_symbol: bool
    """Whether it is the font Symbol, whose codes stand for no Latin letter."""


class Glyphs:
    """Gives what pdfium knows of each character of an open text page, by the character's number."""

    def __init__(self, raw: Any) -> None:
        self._raw = raw
        self._matrix, self._rect = pdfium.FS_MATRIX(), pdfium.FS_RECTF()
        self._x, self._y = ctypes.c_double(), ctypes.c_double()
        self._box = tuple(ctypes.c_double() for _ in range(4))
        self._name = ctypes.create_string_buffer(LONGEST_NAME)

    def __len__(self) -> int:
        return int(pdfium.FPDFText_CountChars(self._raw))

    def text(self) -> str:
        """Return the characters of the page, exactly one for each number."""
        count = len(self)
        buffer = (ctypes.c_ushort * (count + 1))()
        written = pdfium.FPDFText_GetText(self._raw, 0, count, buffer)
        text = bytes(buffer)[: 2 * max(0, written - 1)].decode("utf-16-le", errors="replace")
        if len(text) == count:
            return text.replace(LINE_END_AS_TEXT, LINE_END)
        return "".join(_char(pdfium.FPDFText_GetUnicode(self._raw, at)) for at in range(count))

    def place(self, at: int) -> Place:
        """Return where a character stands. A negative font size turns it by half."""
        pdfium.FPDFText_GetMatrix(self._raw, at, self._matrix)
        pdfium.FPDFText_GetCharOrigin(self._raw, at, self._x, self._y)
        size = pdfium.FPDFText_GetFontSize(self._raw, at)
        a, b = (self._matrix.a, self._matrix.b) if size >= 0 else (-self._matrix.a, -self._matrix.b)
        turn = round(math.atan2(b, a) / (math.pi / 2)) % 4
        size = abs(size) * math.hypot(self._matrix.c, self._matrix.d)
        x, y = self._x.value, self._y.value
        return Place(turn, (-y, x, y, -x)[turn], size)

    def base(self, at: int, turn: int) -> float:
        """Return the height of a character's base line, as in its place."""
        pdfium.FPDFText_GetCharOrigin(self._raw, at, self._x, self._y)
        x, y = self._x.value, self._y.value
        return (-y, x, y, -x)[turn]

    def extent(self, at: int, turn: int) -> tuple[float, float]:
        """Return the left and right end of a character's advance along its text's direction."""
        rect = self._rect
        pdfium.FPDFText_GetLooseCharBox(self._raw, at, rect)
        ends = (
            (rect.left, rect.right),
            (rect.bottom, rect.top),
            (-rect.right, -rect.left),
            (-rect.top, -rect.bottom),
        )
        return ends[turn]

    def ink(self, at: int) -> tuple[float, float, float, float]:
        """Return the left, right, bottom and top of what a character draws, on the unturned page."""
        pdfium.FPDFText_GetCharBox(self._raw, at, *self._box)
        left, right, bottom, top = (side.value for side in self._box)
        return left, right, bottom, top

    def font(self, at: int) -> str:
        """Return the name of a character's font, without the letters that mark part of a font."""
        return _plain_name(self._font(at))

    def _font(self, at: int) -> bytes:
        pdfium.FPDFText_GetFontInfo(self._raw, at, self._name, LONGEST_NAME, None)
        return self._name.value

    def face(self, at: int) -> Face:
        """Return what is known of a character's font."""
        face = _named(self._font(at))
        if not face.bold and pdfium.FPDFText_GetFontWeight(self._raw, at) >= HEAVY_WEIGHT:
            return Face(True, face.italic, face.is_symbol)
        return face


def _char(code: int) -> str:
    """Return one character, U+FFFD for half of a surrogate pair."""
    return "\ufffd" if 0xD800 <= code <= 0xDFFF or code > 0x10FFFF else chr(code)


@lru_cache(maxsize=1000)
def _named(name: bytes) -> Face:
    text = _plain_name(name)
    bold, italic = (pattern.search(text) is not None for pattern in (HEAVY, SLANTED))
    return Face(bold, italic, SYMBOLIC.match(text) is not None)


def _plain_name(name: bytes) -> str:
    return SUBSET.sub("", name.decode("utf-8", errors="replace"))
