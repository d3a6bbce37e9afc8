"""Whether a line goes on with the paragraph before it, ends a line within it, or begins another block."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from itertools import pairwise
from statistics import median

from indexer.readers.pdf.hyphens import PARTED
from indexer.readers.pdf.rows import Line
from indexer.readers.plain_text import SENTENCE_END

LOOSE = 1.25
"""Times its usual line spacing, from which space between lines parts blocks."""
SPACING = 1.2
"""Usual line spacing in sizes, where a document shows none."""
SAME_SIZE = 0.08
"""Share by which the sizes of one paragraph's lines may differ."""
INDENT = 0.4
"""Of its size, from which a line is indented."""
SPACE = 0.25
"""Width of a space in sizes."""
ROOM = 0.3
"""Sizes a line may fall short of its column and still be full."""
INDENTED = 0.3
"""Share of short lines followed by an indented one from which a document marks paragraphs so."""


class Step(Enum):
    """How a line follows the one before it."""

    FLOW = auto()
    """It goes on with its paragraph."""
    BREAK = auto()
    """It begins a line its author meant, in the same block or in another."""
    NEW = auto()
    """It begins another block."""


@dataclass(frozen=True, slots=True)
class Habits:
    """How a document sets its text."""

    body: float
    """Size of most of its text, in points."""
    spacing: dict[float, float]
    """Distance between base lines by size, in points."""
    indents: bool
    """Whether paragraphs begin with an indent."""

    @staticmethod
    def of(lines: Sequence[Line]) -> Habits:
        """The habits that a document's lines show, in reading order; there is at least one line."""
        sizes: Counter[float] = Counter()
        distances: dict[float, list[float]] = defaultdict(list)
        ends = indented = 0
        for line in lines:
            sizes[line.size] += len(line.text)
        for before, after in pairwise(lines):
            if _turns(before, after) or before.size != after.size:
                continue
            if not is_short(before, after):
                distances[after.size].append(after.y - before.y)
                continue
            ends += 1
            indented += _indent(after) > INDENT * after.size
        spacing = {size: _usual(found, size) for size, found in distances.items()}
        return Habits(sizes.most_common(1)[0][0], spacing, ends > 0 and indented >= INDENTED * ends)


def step(block: Sequence[Line], after: Line, habits: Habits, is_item: bool) -> Step:
    """How a line follows the lines of a block. An item's lines stand deeper than its mark."""
    before = block[-1]
    if abs(before.size - after.size) > SAME_SIZE * before.size:
        return Step.NEW
    if _turns(before, after):
        return _over_the_turn(block, after, habits, is_item)
    usual = habits.spacing.get(after.size, SPACING * after.size)
    if after.y - before.y > LOOSE * usual:
        return Step.NEW
    goes_on = Step.BREAK if is_short(before, after) else Step.FLOW
    if _is_centred(before, after):
        return goes_on
    if goes_on is Step.BREAK and habits.indents and _indent(after) > INDENT * after.size:
        return Step.NEW
    shift = after.left - before.left
    if abs(shift) <= INDENT * after.size:
        return goes_on
    if len(block) > 1:
        return Step.NEW
    if is_item:
        return goes_on if shift > 0 else Step.NEW
    # A first line further in begins a paragraph; one further out, the hanging lines of an entry.
    is_end = goes_on is Step.BREAK or (shift > 0 and SENTENCE_END.search(before.text))
    return Step.NEW if is_end else Step.FLOW


def is_short(before: Line, after: Line) -> bool:
    """Whether the first word of the next line would have fitted on the line; a word parted there goes on."""
    if PARTED.fullmatch(before.cells[-1][-2:]):
        return False
    # Where a sentence ends and another begins, a line's end is more likely to be meant.
    left = before.edges[1] - before.right - SPACE * before.size - after.lead
    if 0 <= left < ROOM * before.size:
        return after.text[0].isupper() and SENTENCE_END.search(before.text) is not None
    return left >= 0


def _over_the_turn(block: Sequence[Line], after: Line, habits: Habits, is_item: bool) -> Step:
    """How the first line of a column or page follows the last of the one before."""
    before = block[-1]
    inset = _indent(block[1]) if is_item and len(block) > 1 else _indent(after) if is_item else 0.0
    if is_short(before, after) or abs(_indent(after) - inset) > INDENT * after.size:
        return Step.NEW
    is_open = habits.indents or not SENTENCE_END.search(before.text) or after.text[0].islower()
    return Step.FLOW if is_open else Step.NEW


def _turns(before: Line, after: Line) -> bool:
    """Whether two lines stand in different columns or on different pages."""
    return after.y <= before.y or after.left > before.edges[1] or after.edges[1] < before.left


def _indent(line: Line) -> float:
    return line.left - line.edges[0]


def _is_centred(before: Line, after: Line) -> bool:
    middles = [(line.left + line.right) / 2 for line in (before, after)]
    apart = abs(before.left - after.left) > INDENT * after.size
    return apart and abs(middles[0] - middles[1]) <= INDENT * after.size / 2


def _usual(distances: Sequence[float], size: float) -> float:
    near = [distance for distance in distances if distance < 2.5 * size]
    return median(near) if near else SPACING * size
