"""Where a text stands on a page: its letters are looked for among those of the page, line breaks aside."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

FEWEST_LETTERS = 12
"""Letters of the beginning or the end of a text by which a part of it is found: fewer may stand anywhere."""
SAME_LINE = 0.5
"""Share of the lower one's height by which two boxes of one line overlap at the least."""
GAP = 3.0
"""Width of the widest gap within a line, in multiples of its height: a wider one parts two columns."""


class Box(NamedTuple):
    """A rectangle on a page, in shares of its width and height, from its top left corner."""

    left: float
    top: float
    right: float
    bottom: float

    def around(self, other: Box) -> Box:
        """Return the smallest box that holds both."""
        return Box(
            min(self.left, other.left),
            min(self.top, other.top),
            max(self.right, other.right),
            max(self.bottom, other.bottom),
        )


def boxes_of(text: str, characters: Sequence[tuple[str, Box]]) -> list[Box]:
    """Return a box for each line of a text on a page, given the page's characters in reading order.

    Case, accents, spaces, signs and hyphens do not count. Of a text that goes on over the page's end, or that
    a note interrupts, the beginning and the end are found by themselves. None where it is not found.
    """
    places = [at for at, (signs, _) in enumerate(characters) for _ in _letters(signs)]
    page = "".join(letter for signs, _ in characters for letter in _letters(signs))
    wanted = "".join(_letters(text))
    found = sorted({at for part in _parts(wanted, page) for at in part})
    return list(_lines(characters[number][1] for number in dict.fromkeys(places[at] for at in found)))


def _letters(text: str) -> Iterator[str]:
    """Yield the letters and digits of a text, folded."""
    if text.isascii():
        yield from filter(str.isalnum, text.casefold())
        return
    for sign in unicodedata.normalize("NFKD", text.casefold()):
        if sign.isalnum():
            yield sign


def _parts(wanted: str, page: str) -> Iterator[range]:
    """Yield the places on a page of a text, or of its longest beginning and its longest end."""
    if not wanted:
        return
    at = page.find(wanted)
    if at >= 0:
        yield range(at, at + len(wanted))
        return
    beginning = _longest(len(wanted), lambda count: wanted[:count] in page)
    if beginning >= FEWEST_LETTERS:
        at = page.find(wanted[:beginning])
        yield range(at, at + beginning)
    end = _longest(len(wanted), lambda count: wanted[len(wanted) - count :] in page)
    if end >= FEWEST_LETTERS:
        at = page.find(wanted[len(wanted) - end :])
        yield range(at, at + end)


def _longest(most: int, holds: Callable[[int], bool]) -> int:
    """Return the largest count that holds, where any smaller one does as well; 0 where none does."""
    least, beyond = 0, most + 1
    while beyond - least > 1:
        middle = (least + beyond) // 2
        if holds(middle):
            least = middle
        else:
            beyond = middle
    return least


def _lines(boxes: Iterable[Box]) -> Iterator[Box]:
    """Yield the boxes of characters, those that follow one another on a line joined to one."""
    line = last = None
    for box in boxes:
        if box.right <= box.left or box.bottom <= box.top:
            continue  # a character without ink
        if line is not None and last is not None and _follows(last, box):
            line = line.around(box)
        else:
            if line is not None:
                yield line
            line = box
        last = box
    if line is not None:
        yield line


def _follows(last: Box, box: Box) -> bool:
    """Return whether a character stands on the line of the one before it, which may run down the page."""
    across = (last.top, last.bottom, box.top, box.bottom, last.left, last.right, box.left, box.right)
    down = (last.left, last.right, box.left, box.right, last.top, last.bottom, box.top, box.bottom)
    return _beside(*across) or _beside(*down)


def _beside(a: float, b: float, c: float, d: float, e: float, f: float, g: float, h: float) -> bool:
    """Return whether [a, b] and [c, d] overlap, and hardly anything parts [e, f] from [g, h]."""
    size = min(b - a, d - c)
    return min(b, d) - max(a, c) >= SAME_LINE * size and max(g - f, e - h) <= GAP * size
