"""The words of a page → its lines in reading order, column after column."""

from __future__ import annotations

from bisect import bisect
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from indexer.readers.pdf.gutters import across, gutter
from indexer.readers.pdf.rows import Line, Run, line, runs
from indexer.readers.pdf.words import Word

DEEPEST = 5
"""Columns within columns."""


def lines(words: Iterable[Word]) -> list[Line]:
    """The lines of one page's words, in the order they are read."""
    return list(_read(list(runs(words)), DEEPEST))


def _read(found: Sequence[Run], depth: int) -> Iterator[Line]:
    x = gutter(found) if depth and found else None
    if x is None:
        yield from _column(found)
        return
    rows = across(found, x)
    # Bands from top to bottom: those of columns have even numbers, those that lie across odd ones.
    bands: dict[int, list[Run]] = defaultdict(list)
    for run in found:
        place = bisect(rows, run.row)
        bands[2 * place - (place > 0 and rows[place - 1] == run.row)].append(run)
    together: list[Run] = []
    for place in sorted(bands):
        if place % 2:
            together += bands[place]
            continue
        yield from _read(together, depth - 1)
        together = []
        yield from _read([run for run in bands[place] if run.right <= x], depth - 1)
        yield from _read([run for run in bands[place] if run.left >= x], depth - 1)
    yield from _read(together, depth - 1)


def _column(found: Sequence[Run]) -> Iterator[Line]:
    rows: dict[int, list[Run]] = defaultdict(list)
    for run in found:
        rows[run.row].append(run)
    if rows:
        edges = (min(run.left for run in found), max(run.right for run in found))
        for _, row in sorted(rows.items()):
            yield line([word for run in row for word in run.words], edges)
