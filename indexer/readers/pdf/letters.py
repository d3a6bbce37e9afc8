"""The characters that pdfium gives of a page → the letters they stand for, one for one.

A character that stands for nothing by itself becomes DROPPED, so that the numbers of the others stay.
"""

from __future__ import annotations

import re
import unicodedata

from indexer.readers.pdf.glyphs import Glyphs
from indexer.readers.text.symbols import DINGBATS, SYMBOL, of_font

DROPPED = "\uffff"
"""Stands where a character was that is part of another one; Unicode keeps its code free."""

ACCENTS = {
    "`": "\u0300", "´": "\u0301", "ˆ": "\u0302", "˜": "\u0303", "¯": "\u0304", "˘": "\u0306", "˙": "\u0307",
    "¨": "\u0308", "˚": "\u030a", "˝": "\u030b", "ˇ": "\u030c", "¸": "\u0327", "˛": "\u0328",
}  # fmt: skip
"""Combining mark by the accent that is drawn by itself."""
APART = re.compile(rf"[{''.join(ACCENTS)}]")
DOTLESS = {"ı": "i", "ȷ": "j"}
"""Letters that are drawn under an accent in place of others."""
REACH = 3
"""Characters before and after an accent among which its letter stands; pdfium may put a line end between."""

EXPERT = {code: chr(code - 0xF700) for code in range(0xF721, 0xF800) if chr(code - 0xF700).isalnum()}
"""Small capitals and old-style figures of Adobe's expert fonts, in the private use area."""
IN_EXPERT = re.compile("[\uf721-\uf7ff]+")
PRIVATE_SIGN = re.compile("[\uf020-\uf0ff]")
KNOWN = re.compile(rf"symbol|{'|'.join(DINGBATS)}", re.IGNORECASE)
"""Names of the fonts whose private codes are known."""
IN_SYMBOL = re.compile(r"[A-Za-z£¥¹³»®Öå]+")
"""Characters that pdfium gives for codes of the font Symbol where a file declares a Latin encoding."""

FRACTION = re.compile(r"\d(\s{0,2})⁄(\s{0,2})\d")
"""Figures about a fraction's stroke, which pdfium parts as they stand at different heights."""

LIGATURES = str.maketrans({"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st"})
PRESENTATION = re.compile("[\ufb1d-\ufdff\ufe70-\ufefc]+")
"""Hebrew and Arabic letters in the forms in which they are drawn."""
LAM_ALEF = re.compile("[اأإآٱ]ل")
"""The letters of a ligature as pdfium turns them round with the line they stand on."""


def letters(glyphs: Glyphs) -> str:
    """Return the text of a page, one character for each glyph."""
    text = IN_EXPERT.sub(lambda match: match.group().translate(EXPERT), glyphs.text())
    for resolve in (_composed, _private_signs, _ligatures_in_order):
        text = resolve(text, glyphs)
    return FRACTION.sub(lambda match: re.sub(r"\s", DROPPED, match.group()), text)


def spelt(text: str) -> str:
    """Return a word's letters for its ligatures and presentation forms, without what was dropped."""
    if text.isascii():
        return text
    text = text.replace(DROPPED, "").translate(LIGATURES)
    return PRESENTATION.sub(lambda match: unicodedata.normalize("NFKC", match.group()), text)


def from_symbol(text: str) -> str:
    """Return the letters of a text set in the font Symbol."""
    return IN_SYMBOL.sub(lambda match: match.group().translate(SYMBOL), text)


def _composed(text: str, glyphs: Glyphs) -> str:
    """Compose letters with accents that are drawn by themselves over or under them, as TeX does."""
    chars: list[str] | None = None
    for match in APART.finditer(text):
        at = match.start()
        if chars is None:
            chars = list(text)
        found = _letter_under(chars, at, glyphs)
        if found is not None:
            letter, composed = found
            chars[letter] = composed
            for between in range(min(at, letter) + 1, max(at, letter)):
                chars[between] = DROPPED
            chars[at] = DROPPED
    return "".join(chars) if chars else text


def _letter_under(chars: list[str], at: int, glyphs: Glyphs) -> tuple[int, str] | None:
    """Return the number of the letter that the accent at a place belongs to, and the two in one."""
    mark = ACCENTS[chars[at]]
    left, right, *_ = glyphs.ink(at)
    middle = (left + right) / 2
    for step in (1, -1):
        near = at + step
        while 0 <= near < len(chars) and abs(near - at) < REACH and chars[near] in " \r\n":
            near += step
        if not 0 <= near < len(chars) or not chars[near].isalpha():
            continue
        letter = DOTLESS.get(chars[near], chars[near])
        composed = unicodedata.normalize("NFC", letter + mark)
        edges = glyphs.ink(near)
        if len(composed) == 1 and edges[0] <= middle <= edges[1]:
            return near, composed
    return None


def _private_signs(text: str, glyphs: Glyphs) -> str:
    """Replace the private codes of symbol fonts that have a character in Unicode."""
    chars: list[str] | None = None
    for match in PRIVATE_SIGN.finditer(text):
        font = glyphs.font(match.start())
        sign = of_font(match.group(), font) if KNOWN.match(font) else None
        if sign:
            chars = chars or list(text)
            chars[match.start()] = sign
    return "".join(chars) if chars else text


def _ligatures_in_order(text: str, glyphs: Glyphs) -> str:
    """Put the two letters of Arabic's ligature of lam and alef, one glyph, back in their order."""
    chars: list[str] | None = None
    for match in LAM_ALEF.finditer(text):
        at = match.start()
        if glyphs.ink(at) == glyphs.ink(at + 1):
            chars = chars or list(text)
            chars[at], chars[at + 1] = chars[at + 1], chars[at]
    return "".join(chars) if chars else text
