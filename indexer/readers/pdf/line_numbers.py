"""Drop the numbers of a manuscript's lines, which stand in a strip of their own beside its text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise

from indexer.readers.pdf.words import Word

LONGEST_NUMBER = 4
"""Digits of a line's number."""
FEWEST = 5
"""Numbers on a page with numbered lines."""
MOST_STRIPS = 6
"""Strips of numbers that are looked at, the longest first."""
ALIGNED = 1.5
"""Points between the ends of two numbers that count as one above the other."""
IN_STEP = 0.9
"""Share of the numbers that follow the one before by the usual step."""
SAME_LINE = 0.4
"""Base-line distance, in multiples of the font size, within which a number stands beside a line."""
FREE = 0.4
"""Free space between numbers and text, in multiples of the font size."""
ROWS = (0.4, 1.3)
"""Lines of text for each number counted, between which numbers count lines rather than items or rows."""
CELL_GAP = 2.0
"""Gap between words, in multiples of the font size, at which a line ends."""
LINE_LENGTH = 25
"""Mean characters of the numbered lines, beside which rows of a table are short."""
FULL = 0.75
"""Share of the longest line from which a line is full."""
FULL_LINES = 0.5
"""Share of full lines, of which a table or a list has fewer."""


def without_line_numbers(words: Sequence[Word]) -> list[Word]:
    """Return the words of a page without its lines' numbers: a strip of numbers in step that count lines."""
    numbers = [word for word in words if word.text.isdecimal() and len(word.text) <= LONGEST_NUMBER]
    strips = [strip for edge in ("left", "right") for strip in _aligned(numbers, edge)]
    dropped: set[int] = set()
    for strip in sorted(strips, key=len, reverse=True)[:MOST_STRIPS]:
        if dropped.isdisjoint(map(id, strip)) and _count_lines(strip, words):
            dropped.update(map(id, strip))
    return [word for word in words if id(word) not in dropped]


def _aligned(numbers: Sequence[Word], edge: str) -> Iterator[list[Word]]:
    """Yield numbers one under another, from top to bottom, if there are enough."""
    strip: list[Word] = []
    for word in sorted(numbers, key=lambda word: float(getattr(word, edge))):
        if strip and getattr(word, edge) - getattr(strip[-1], edge) > ALIGNED:
            if len(strip) >= FEWEST:
                yield sorted(strip, key=lambda word: word.y)
            strip = []
        strip.append(word)
    if len(strip) >= FEWEST:
        yield sorted(strip, key=lambda word: word.y)


def _count_lines(strip: Sequence[Word], words: Sequence[Word]) -> bool:
    """Return whether numbers one under another are those of the lines beside them."""
    counted = [int(word.text) for word in strip]
    (step, often), *_ = Counter(after - before for before, after in pairwise(counted)).most_common(1)
    if step < 1 or often < IN_STEP * (len(strip) - 1):
        return False
    size = strip[0].size
    left = min(word.left for word in strip) - FREE * size
    right = max(word.right for word in strip) + FREE * size
    numbers = set(map(id, strip))
    text = [
        word
        for word in words
        if id(word) not in numbers and strip[0].y - size <= word.y <= strip[-1].y + size
    ]
    if any(word.left < right and word.right > left for word in text):
        return False
    beside = [word for word in text if word.left >= right] or text
    lines = _lines(beside)
    fewest, most = (share * (1 + step * (len(strip) - 1)) for share in ROWS)
    return fewest <= len(lines) <= most and _are_full(lines)


def _lines(words: Sequence[Word]) -> list[tuple[float, int]]:
    """Return the width and the characters of each line of words, up to its first wide gap."""
    rows: list[list[Word]] = []
    for word in sorted(words, key=lambda word: word.y):
        if not rows or word.y - rows[-1][0].y > SAME_LINE * max(word.size, rows[-1][0].size):
            rows.append([])
        rows[-1].append(word)
    return [_first_cell(sorted(row, key=lambda word: word.left)) for row in rows]


def _first_cell(row: Sequence[Word]) -> tuple[float, int]:
    cell = [row[0]]
    for word in row[1:]:
        if word.left - cell[-1].right > CELL_GAP * word.size:
            break
        cell.append(word)
    return cell[-1].right - cell[0].left, sum(len(word.text) + 1 for word in cell)


def _are_full(lines: Sequence[tuple[float, int]]) -> bool:
    longest = max(width for width, _ in lines)
    full = sum(width >= FULL * longest for width, _ in lines)
    return full >= FULL_LINES * len(lines) and sum(length for _, length in lines) >= LINE_LENGTH * len(lines)
