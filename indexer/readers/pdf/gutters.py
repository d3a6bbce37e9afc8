"""Where the columns of a page are parted: a left edge that many lines share, with prose on both sides."""

from __future__ import annotations

from bisect import bisect
from collections import Counter, defaultdict
from collections.abc import Sequence
from statistics import median

from indexer.readers.pdf.rows import Run

MARGIN = 0.3
"""Sizes that are free before a column at the least."""
MOST_EDGES = 8
"""Left edges tried as a column's; a page has few columns, and their edges are its commonest."""
FEWEST_ROWS = 3
"""Rows in each of two columns, beside one another."""
SHORTEST_RUN = 15
FILLED, MOSTLY = 0.8, 0.5
"""A column is prose, not a table's cells, where its lines have so many characters on average and so many of
them are about as long as the longest."""


def gutter(runs: Sequence[Run]) -> float | None:
    """Where a column begins that has another on its left; None where text runs across the whole width."""
    size = median(run.size for run in runs)
    leftmost = min(run.left for run in runs)
    edges = Counter(round(run.left / 2) for run in runs if run.left > leftmost + 2 * size)
    best: tuple[int, float | None] = (FEWEST_ROWS - 1, None)
    for edge, count in edges.most_common(MOST_EDGES):
        if count < FEWEST_ROWS:
            break
        x = min(run.left for run in runs if round(run.left / 2) == edge) - MARGIN * size
        best = max(best, (_rows_beside(runs, x), x), key=lambda each: each[0])
    return best[1]


def _rows_beside(runs: Sequence[Run], x: float) -> int:
    """Rows of prose on the shorter side of x, where there is some on both; 0 where either side is none."""
    rows = across(runs, x)
    sides: dict[int, tuple[list[Run], list[Run]]] = defaultdict(lambda: ([], []))
    for run in runs:
        if run.right <= x or run.left >= x:
            sides[bisect(rows, run.row)][run.left >= x].append(run)
    both = [(left, right) for left, right in sides.values() if left and right]
    beside = sum(min(_height(left), _height(right)) for left, right in both)
    if beside < FEWEST_ROWS:
        return 0
    lefts, rights = [run for left, _ in both for run in left], [run for _, right in both for run in right]
    return beside if _is_prose(lefts) and _is_prose(rights) else 0


def across(runs: Sequence[Run], x: float) -> list[int]:
    """Rows with text on both sides of x at once, and those that go on with such a row in larger type."""
    usual = median(run.size for run in runs)
    found = {run.row: run.size for run in runs if run.left < x < run.right}
    for run in runs:
        if found.get(run.row - 1, usual) == run.size > usual:
            found[run.row] = run.size
    return sorted(found)


def _height(runs: Sequence[Run]) -> int:
    return len({run.row for run in runs})


def _is_prose(runs: Sequence[Run]) -> bool:
    widths = sorted(run.right - run.left for run in runs)
    usual = widths[len(widths) * 9 // 10]
    characters = sum(len(word.text) + 1 for run in runs for word in run.words)
    full = sum(width >= FILLED * usual for width in widths)
    return characters >= SHORTEST_RUN * len(runs) and full >= MOSTLY * len(runs)
