"""The words of a page → its lines in reading order, column after column.

Words on one row make runs, parted by wide gaps; where many runs share a left edge and there is prose on both
sides of it, a column begins; within a column, the words of a row make a line.
"""

from __future__ import annotations

from bisect import bisect
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from statistics import median

from indexer.readers.pdf.direction import in_order, is_rtl, mirrored
from indexer.readers.pdf.words import HAS_RTL, MARK_SIZE, Word

SAME_ROW = 0.4
"""Base-line distance, in multiples of the font size, within which words share a row: raised signs do."""
COLUMN_GAP = 0.9
"""Gap between words, in multiples of the font size, from which it may part columns."""
CELL_GAP = 2.0
"""Gap between words, in multiples of the font size, from which it parts the cells of a table."""
HYPHEN_GAP = 0.15
"""Gap, in multiples of the font size, below which a hyphen drawn by itself belongs to the word before it."""

COLUMN_MARGIN = 0.3
"""Free space before a column, in multiples of the font size, at the least."""
MOST_EDGES = 8
"""Left edges tried as a column's; a page has few columns, and their edges are its commonest."""
FEWEST_ROWS = 3
"""Rows beside one another in two columns."""
PROSE_LENGTH = 15
"""Mean characters of a column's runs from which it is prose rather than a table's cells."""
FULL_WIDTH = 0.8
"""Share of a column's usual width from which a run counts as full."""
FULL_RUNS = 0.5
"""Share of full runs from which a column is prose rather than a table's cells."""
LINE_WORDS = 4
"""Words of a line of a paragraph."""
DENSE = 0.9
"""Share of its width that the runs of a justified line fill; the rest are gaps between them."""
PARAGRAPH_LINES = 3
"""Full lines, one under another, that make a paragraph."""
MOST_NESTED = 5
"""Columns within columns."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a column. Lengths are in points; x grows rightwards, y downwards."""

    cells: tuple[str, ...]
    """Its text, in several parts where wide gaps part it."""
    left: float
    right: float
    y: float
    size: float
    bold: bool
    italic: bool
    first_width: float
    """Width of its first word."""
    first_gap: float
    """Space after its first word; 0 where that is all."""
    edges: tuple[float, float]
    """Left and right edge of its column on this page."""
    aside: bool = False
    """Whether the text before it goes on after it, as past a running head."""

    @property
    def text(self) -> str:
        """The text of the line, its cells separated by spaces."""
        return " ".join(self.cells)

    @property
    def indent(self) -> float:
        """Distance from the left edge of its column."""
        return self.left - self.edges[0]


@dataclass(frozen=True, slots=True)
class _Run:
    """Words on one row without a wide gap between them."""

    words: tuple[Word, ...]
    row: int
    """Number of the row, from the top of the page."""
    left: float
    right: float

    @property
    def size(self) -> float:
        """Font size of its first word."""
        return self.words[0].size


def lines(words: Iterable[Word]) -> list[Line]:
    """Return the lines of one page's words in reading order; x grows leftwards on a page read that way."""
    words = list(words)
    if not HAS_RTL.search(" ".join(word.text for word in words)):
        return [_line(*row, list) for row in _read(list(_runs(words)), MOST_NESTED)]
    from_right = is_rtl(words)
    order = partial(in_order, from_right=from_right)
    rows = _runs(mirrored(words) if from_right else words)
    return [_line(*row, order) for row in _read(list(rows), MOST_NESTED)]


def _runs(words: Iterable[Word]) -> Iterator[_Run]:
    """Yield the runs of one page, row after row."""
    for number, row in enumerate(_rows(words)):
        for run in _parted(row):
            yield _Run(run, number, run[0].left, max(word.right for word in run))


def _rows(words: Iterable[Word]) -> Iterator[list[Word]]:
    """Yield the words on one line across the whole page, each row from left to right."""
    row: list[Word] = []
    for word in sorted(words, key=lambda word: word.y):
        if row and word.y - row[0].y > SAME_ROW * max(word.size, row[0].size):
            yield sorted(row, key=lambda word: word.left)
            row = []
        row.append(word)
    if row:
        yield sorted(row, key=lambda word: word.left)


def _parted(row: Sequence[Word]) -> Iterator[tuple[Word, ...]]:
    """Yield the words of a row, parted at wide gaps."""
    run = [row[0]]
    for word in row[1:]:
        if word.left - run[-1].right > COLUMN_GAP * max(word.size, run[-1].size):
            yield tuple(run)
            run = []
        run.append(word)
    yield tuple(run)


Order = Callable[[Sequence[Word]], list[Word]]
"""Puts words that stand side by side in the order they are read in."""
_Row = tuple[list[Word], tuple[float, float]]
"""The words of a line, and the left and right edge of its column."""


def _read(runs: Sequence[_Run], depth: int) -> Iterator[_Row]:
    """Yield the rows that runs make in reading order, looking for columns to a depth."""
    x = _column_start(runs) if depth and runs else None
    if x is None:
        yield from _column(runs)
        return
    rows = _rows_across(runs, x)
    # Bands from top to bottom: those of columns have even numbers, those that lie across odd ones.
    bands: dict[int, list[_Run]] = defaultdict(list)
    for run in runs:
        place = bisect(rows, run.row)
        bands[2 * place - (place > 0 and rows[place - 1] == run.row)].append(run)
    across: list[_Run] = []
    for place in sorted(bands):
        if place % 2:
            across += bands[place]
            continue
        yield from _read(across, depth - 1)
        across = []
        yield from _read([run for run in bands[place] if run.right <= x], depth - 1)
        yield from _read([run for run in bands[place] if run.left >= x], depth - 1)
    yield from _read(across, depth - 1)


def _column_start(runs: Sequence[_Run]) -> float | None:
    """Return the x where a column begins that has another on its left; None where there is only one."""
    size = median(run.size for run in runs)
    leftmost = min(run.left for run in runs)
    edges = Counter(round(run.left / 2) for run in runs if run.left > leftmost + 2 * size)
    best: tuple[int, float | None] = (FEWEST_ROWS - 1, None)
    for edge, count in edges.most_common(MOST_EDGES):
        if count < FEWEST_ROWS:
            break
        x = min(run.left for run in runs if round(run.left / 2) == edge) - COLUMN_MARGIN * size
        best = max(best, (_rows_beside(runs, x), x), key=lambda candidate: candidate[0])
    return best[1]


def _rows_beside(runs: Sequence[_Run], x: float) -> int:
    """Return the rows of prose on the shorter side of x, 0 unless there is prose on both sides."""
    rows = _rows_across(runs, x)
    sides: dict[int, tuple[list[_Run], list[_Run]]] = defaultdict(lambda: ([], []))
    for run in runs:
        if run.right <= x or run.left >= x:
            sides[bisect(rows, run.row)][run.left >= x].append(run)
    both = [(left, right) for left, right in sides.values() if left and right]
    beside = sum(min(_height(left), _height(right)) for left, right in both)
    if beside < FEWEST_ROWS:
        return 0
    lefts, rights = [left for left, _ in both], [right for _, right in both]
    return beside if _has_prose(lefts) and _has_prose(rights) else 0


def _rows_across(runs: Sequence[_Run], x: float) -> list[int]:
    """Return the rows with a run on both sides of x, and those that continue such a row in larger type."""
    usual = median(run.size for run in runs)
    sizes = {run.row: run.size for run in runs if run.left < x < run.right}
    for run in runs:
        if sizes.get(run.row - 1, usual) == run.size > usual:
            sizes[run.row] = run.size
    return sorted(sizes)


def _height(runs: Sequence[_Run]) -> int:
    return len({run.row for run in runs})


def _has_prose(bands: Sequence[Sequence[_Run]]) -> bool:
    """Return whether one side of all bands is prose, or holds a paragraph among tables and figures."""
    return _is_prose([run for runs in bands for run in runs]) or any(map(_has_paragraph, bands))


def _is_prose(runs: Sequence[_Run]) -> bool:
    widths = sorted(run.right - run.left for run in runs)
    usual = widths[len(widths) * 9 // 10]
    characters = sum(len(word.text) + 1 for run in runs for word in run.words)
    full = sum(width >= FULL_WIDTH * usual for width in widths)
    return characters >= PROSE_LENGTH * len(runs) and full >= FULL_RUNS * len(runs)


def _has_paragraph(runs: Sequence[_Run]) -> bool:
    """Return whether the runs of one side hold full lines one under another."""
    rows: dict[int, list[_Run]] = defaultdict(list)
    for run in runs:
        rows[run.row].append(run)
    widths = [_line_width(row) for _, row in sorted(rows.items())]
    usual = sorted(widths)[len(widths) * 9 // 10]
    lines = 0
    for width in widths:
        lines = lines + 1 if width and width >= FULL_WIDTH * usual else 0
        if lines >= PARAGRAPH_LINES:
            return True
    return False


def _line_width(row: Sequence[_Run]) -> float:
    """Return the width of a row that a line of a paragraph makes, 0 where it has too few words or holes."""
    width = max(run.right for run in row) - min(run.left for run in row)
    is_dense = sum(run.right - run.left for run in row) >= DENSE * width
    return width if is_dense and sum(len(run.words) for run in row) >= LINE_WORDS else 0.0


def _column(runs: Sequence[_Run]) -> Iterator[_Row]:
    """Yield the rows of one column, from top to bottom."""
    rows: dict[int, list[_Run]] = defaultdict(list)
    for run in runs:
        rows[run.row].append(run)
    if rows:
        edges = (min(run.left for run in runs), max(run.right for run in runs))
        for _, row in sorted(rows.items()):
            yield [word for run in row for word in run.words], edges


def _line(row: Sequence[Word], edges: tuple[float, float], order: Order) -> Line:
    """Return the line that the words of one row make in a column with these edges, in an order of reading."""
    sizes: Counter[float] = Counter()
    for word in row:
        sizes[round(word.size, 1)] += len(word.text)
    size = sizes.most_common(1)[0][0]
    y = next(word.y for word in row if round(word.size, 1) == size)
    words = [word for word in row if not _is_note_mark(word, size, y)] or list(row)
    cells = [[words[0]]]
    for before, word in pairwise(words):
        if word.left - before.right > CELL_GAP * size:
            cells.append([])
        cells[-1].append(word)
    return Line(
        cells=tuple(_text(order(cell), size) for cell in cells),
        left=words[0].left,
        right=max(word.right for word in words),
        y=y,
        size=size,
        bold=all(word.bold for word in words),
        italic=all(word.italic for word in words),
        first_width=words[0].right - words[0].left,
        first_gap=words[1].left - words[0].right if len(words) > 1 else 0.0,
        edges=edges,
    )


def _text(words: Sequence[Word], size: float) -> str:
    """Return the text of words, a hyphen drawn by itself at the end of the word that it parts."""
    parts = [words[0].text]
    for before, word in pairwise(words):
        is_apart = word.text != "-" or word.left - before.right >= HYPHEN_GAP * size
        parts += (" ", word.text) if is_apart else (word.text,)
    return "".join(parts)


def _is_note_mark(word: Word, size: float, y: float) -> bool:
    """Return whether a word is the raised figure that refers to a note."""
    return word.text.isdigit() and word.size < MARK_SIZE * size and word.y < y
