"""The words of a page → runs of words on one row, and runs → lines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from indexer.readers.pdf.words import SMALL, Word

SAME_LINE = 0.4
"""Share of a word's size by which its base line may differ from its row's: raised and lowered signs do."""
GAP = 0.9
"""Of its size, from which space between words may part columns."""
CELL_GAP = 2.0
"""Of its size, from which space between words parts the cells of a table."""
CLOSE = 0.15
"""Of its size, below which there is no space before a hyphen drawn by itself."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a column. Lengths are in points; x grows rightwards, y downwards."""

    cells: tuple[str, ...]
    """Its text, in parts where wide gaps part it."""
    left: float
    right: float
    y: float
    size: float
    bold: bool
    italic: bool
    lead: float
    """Width of its first word."""
    after_lead: float
    """Space after its first word; 0 where that is all."""
    edges: tuple[float, float]
    """Left and right edge of its column on this page."""

    @property
    def text(self) -> str:
        """The whole line."""
        return " ".join(self.cells)


@dataclass(frozen=True, slots=True)
class Run:
    """Words on one row without a wide gap between them."""

    words: tuple[Word, ...]
    row: int
    """Counted from the top of the page."""
    left: float
    right: float

    @property
    def size(self) -> float:
        """Of its first word."""
        return self.words[0].size


def runs(words: Iterable[Word]) -> Iterator[Run]:
    """The runs of one page, row after row."""
    for at, row in enumerate(_rows(words)):
        for found in _runs(row):
            yield Run(found, at, found[0].left, max(word.right for word in found))


def _rows(words: Iterable[Word]) -> Iterator[list[Word]]:
    """Words on one line across the whole page, each row from left to right."""
    row: list[Word] = []
    for word in sorted(words, key=lambda word: word.y):
        if row and word.y - row[0].y > SAME_LINE * max(word.size, row[0].size):
            yield sorted(row, key=lambda word: word.left)
            row = []
        row.append(word)
    if row:
        yield sorted(row, key=lambda word: word.left)


def _runs(row: Sequence[Word]) -> Iterator[tuple[Word, ...]]:
    run = [row[0]]
    for word in row[1:]:
        if word.left - run[-1].right > GAP * max(word.size, run[-1].size):
            yield tuple(run)
            run = []
        run.append(word)
    yield tuple(run)


def line(row: Sequence[Word], edges: tuple[float, float]) -> Line:
    """The line that the words of one row make in a column with these edges."""
    sizes: Counter[float] = Counter()
    for word in row:
        sizes[round(word.size, 1)] += len(word.text)
    size = sizes.most_common(1)[0][0]
    y = next(word.y for word in row if round(word.size, 1) == size)
    kept = [word for word in row if not _is_mark(word, size, y)] or list(row)
    cells = [[kept[0].text]]
    for before, word in pairwise(kept):
        if word.left - before.right > CELL_GAP * size:
            cells.append([])
        if word.text == "-" and word.left - before.right < CLOSE * size and cells[-1]:
            cells[-1][-1] += "-"
        else:
            cells[-1].append(word.text)
    return Line(
        cells=tuple(" ".join(cell) for cell in cells),
        left=kept[0].left,
        right=max(word.right for word in kept),
        y=y,
        size=size,
        bold=all(word.bold for word in kept),
        italic=all(word.italic for word in kept),
        lead=kept[0].right - kept[0].left,
        after_lead=kept[1].left - kept[0].right if len(kept) > 1 else 0.0,
        edges=edges,
    )


def _is_mark(word: Word, size: float, y: float) -> bool:
    """Whether a word is the raised figure that refers to a note."""
    return word.text.isdigit() and word.size < SMALL * size and word.y < y
