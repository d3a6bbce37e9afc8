"""The lines that are read in a picture → words with their places, as the pages of a PDF have them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from statistics import median

from indexer.readers.ocr.engine import PictureLine
from indexer.readers.pdf.words import Word

SIZE = 0.79
"""Font size, in multiples of the height of a line's box, as measured on pages in five faces."""
BASE_LINE = 0.74
"""Place of the base line, in multiples of the height of the box, from its top."""
SAME_SIZE = 0.3
"""Difference of a line's height to the page's usual one, in multiples of that, within which it is the same.

Lines of letters that neither rise nor hang are lower."""
WORD = re.compile(r"\S+")


def words(lines: Sequence[PictureLine], width: float) -> list[Word]:
    """Return the words of a page of some width in points, given the lines that are read in its picture."""
    usual = median(line.height for line in lines) if lines else 0
    return [word for line in lines for word in _words(line, usual, width)]


def _words(line: PictureLine, usual: float, width: float) -> Iterator[Word]:
    height = usual if abs(line.height - usual) <= SAME_SIZE * usual else line.height
    y = (line.top + BASE_LINE * line.height) * width
    half = (
        median(after - before for before, after in pairwise(line.edges)) / 2
        if line.edges[1:]
        else line.width / 2
    )
    for match in WORD.finditer(line.text):
        left, right = line.edges[match.start()] - half, line.edges[match.end() - 1] + half
        yield Word(
            match.group(),
            (line.left + max(0.0, left)) * width,
            (line.left + min(line.width, right)) * width,
            y,
            SIZE * height * width,
            bold=False,
            italic=False,
        )
