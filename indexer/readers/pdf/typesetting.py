"""How a document sets its text, and from that whether a line continues the paragraph before it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from itertools import pairwise
from statistics import median

from indexer.readers.pdf.hyphens import PARTED
from indexer.readers.pdf.lines import Line
from indexer.readers.plain_text import SENTENCE_END

PARAGRAPH_GAP = 1.25
"""Line gap, in multiples of the usual line spacing, from which it separates two blocks."""
SPACING = 1.2
"""Line spacing, in multiples of the font size, where a document shows none."""
SAME_SIZE = 0.08
"""Share by which the font sizes of one paragraph's lines may differ."""
INDENT = 0.4
"""Distance, in multiples of the font size, from which a line is indented."""
SPACE = 0.25
"""Width of a space, in multiples of the font size."""
ROOM = 0.3
"""Free space at the end of a line, in multiples of the font size, that a full line may leave."""
NEARLY_FULL = 0.85
"""Share of its column from which a line that goes on in small letters is full: programs may count letters."""
NARROW = 12
"""Width of a column, in multiples of the font size, below which its lines are points rather than prose."""
INDENTED = 0.3
"""Share of short lines followed by an indented one from which a document marks paragraphs by indents."""


class Step(Enum):
    """How a line follows the one before it."""

    FLOW = auto()
    """It continues the paragraph."""
    BREAK = auto()
    """It begins a line the author meant, in the same block or in another."""
    NEW = auto()
    """It begins another block."""


@dataclass(frozen=True, slots=True)
class Typesetting:
    """How a document sets its text."""

    body: float
    """Font size of most of its text, in points."""
    spacing: dict[float, float]
    """Distance between base lines by font size, in points."""
    indents: bool
    """Whether paragraphs begin with an indent."""

    @staticmethod
    def of(lines: Sequence[Line]) -> Typesetting:
        """Derive it from the lines of a document in reading order, of which there is at least one."""
        sizes: Counter[float] = Counter()
        distances: dict[float, list[float]] = defaultdict(list)
        ends = indented = 0
        for line in lines:
            sizes[line.size] += len(line.text)
        for before, after in pairwise(lines):
            if _turns(before, after) or before.size != after.size:
                continue
            if not _is_short(before, after):
                distances[after.size].append(after.y - before.y)
                continue
            ends += 1
            indented += after.indent > INDENT * after.size
        spacing = {size: _usual_spacing(gaps, size) for size, gaps in distances.items()}
        return Typesetting(sizes.most_common(1)[0][0], spacing, ends > 0 and indented >= INDENTED * ends)


def step(block: Sequence[Line], after: Line, typesetting: Typesetting, is_item: bool) -> Step:
    """Return how a line follows the lines of a block. A list item's lines stand deeper than its mark."""
    before = block[-1]
    if abs(before.size - after.size) > SAME_SIZE * before.size:
        return Step.NEW
    if _turns(before, after):
        return _over_the_turn(block, after, typesetting, is_item)
    usual = typesetting.spacing.get(after.size, SPACING * after.size)
    if after.y - before.y > PARAGRAPH_GAP * usual:
        return Step.NEW
    same_block = Step.BREAK if _is_short(before, after) else Step.FLOW
    if _is_centred(before, after):
        return same_block
    if same_block is Step.BREAK and typesetting.indents and after.indent > INDENT * after.size:
        return Step.NEW
    shift = after.left - before.left
    if abs(shift) <= INDENT * after.size:
        return same_block
    if len(block) > 1:
        return Step.NEW
    if is_item:
        return same_block if shift > 0 else Step.NEW
    # A first line further in begins a paragraph; one further out, the hanging lines of an entry.
    is_end = same_block is Step.BREAK or (shift > 0 and SENTENCE_END.search(before.text))
    return Step.NEW if is_end else Step.FLOW


def _is_short(before: Line, after: Line) -> bool:
    """Return whether the first word of the next line would have fitted on the line, if no word is parted."""
    if PARTED.fullmatch(before.cells[-1][-2:]):
        return False
    width = before.edges[1] - before.edges[0]
    if after.text[0].islower() and before.right - before.edges[0] >= NEARLY_FULL * width:
        return False
    # Where a sentence ends and another begins, a line's end is more likely to be meant.
    free = before.edges[1] - before.right - SPACE * before.size - after.first_width
    if 0 <= free < ROOM * before.size:
        return after.text[0].isupper() and SENTENCE_END.search(before.text) is not None
    return free >= 0


def _over_the_turn(block: Sequence[Line], after: Line, typesetting: Typesetting, is_item: bool) -> Step:
    """Return how the first line of a column or page follows the last of the one before."""
    before = block[-1]
    inset = block[1].indent if is_item and len(block) > 1 else after.indent if is_item else 0.0
    if _is_short(before, after) or abs(after.indent - inset) > INDENT * after.size:
        return Step.NEW
    if after.text[0].isupper() and before.edges[1] - before.edges[0] < NARROW * before.size:
        return Step.NEW
    is_open = typesetting.indents or not SENTENCE_END.search(before.text) or after.text[0].islower()
    return Step.FLOW if is_open else Step.NEW


def _turns(before: Line, after: Line) -> bool:
    """Return whether two lines stand in different columns or on different pages."""
    return after.y <= before.y or after.left > before.edges[1] or after.edges[1] < before.left


def _is_centred(before: Line, after: Line) -> bool:
    middles = [(line.left + line.right) / 2 for line in (before, after)]
    shifted = abs(before.left - after.left) > INDENT * after.size
    return shifted and abs(middles[0] - middles[1]) <= INDENT * after.size / 2


def _usual_spacing(distances: Sequence[float], size: float) -> float:
    near = [distance for distance in distances if distance < 2.5 * size]
    return median(near) if near else SPACING * size
