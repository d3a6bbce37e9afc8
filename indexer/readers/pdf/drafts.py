"""The lines of a document → drafts of its blocks: which lines stand together, and which are items or rows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from indexer.readers.pdf.flow import Habits, Step, step
from indexer.readers.pdf.rows import Line
from indexer.readers.plain_text import BULLET, NUMBERED, SENTENCE_END
from indexer.records import BlockKind

LARGE = 1.15
"""Times the body's size, from which text is a heading by its size."""

GLYPH = re.compile(r"(?:[\uf000-\uf0ff•·▪◦‣●○■□►➢➤✓✔❖]\s*|[-–—]\s+)(?=\S)")
"""A sign before an item; symbol fonts have theirs in the private use area."""
LETTER_O = re.compile(r"o\s+(?=\S)")
"""What Word draws the circle of a second-level item with, set off by a wide gap."""
WIDE = 0.8
"""Of its size: such a gap."""


Look = tuple[float, bool, bool]
"""Size in points, whether it is bold, and whether it is italic."""


@dataclass(slots=True)
class Draft:
    """A block while its lines are gathered."""

    page: int
    kind: BlockKind
    lines: list[Line]
    breaks: list[int] = field(default_factory=list)
    """Indices of lines before which the author broke the line."""

    @property
    def look(self) -> Look:
        """How all of it looks; bold counts for more than italic."""
        bold = all(line.bold for line in self.lines)
        return self.lines[0].size, bold, not bold and all(line.italic for line in self.lines)

    def parts(self) -> list[list[str]]:
        """The texts of its lines, between its breaks."""
        texts = [line.text for line in self.lines]
        bounds = [0, *self.breaks, len(texts)]
        return [texts[start:end] for start, end in pairwise(bounds)]


def drafts(pages: Sequence[Sequence[Line]], habits: Habits) -> list[Draft]:
    """The blocks of a document, from the lines of each of its pages in reading order."""
    found: list[Draft] = []
    current: Draft | None = None
    for number, lines in enumerate(pages, 1):
        for at, line in enumerate(lines):
            current = _continued(current, found, line, habits) if current and not _is_row(lines, at) else None
            if current:
                current.lines.append(line)
            else:
                current = Draft(number, _kind(lines, at, habits), [line])
                found.append(current)
    return found


def mark(line: Line) -> int:
    """Characters of the mark that makes a line a list item; 0 where it has none."""
    found = GLYPH.match(line.text)
    if not found and not NUMBERED.match(line.text):
        found = BULLET.match(line.text)
    if not found and line.after_lead > WIDE * line.size:
        found = LETTER_O.match(line.text)
    return found.end() if found else 0


def _kind(lines: Sequence[Line], at: int, habits: Habits) -> BlockKind:
    if _is_row(lines, at):
        return BlockKind.TABLE_ROW
    # "1. Introduction" in bold is a heading, "• Introduction" is not.
    stands_out = lines[at].bold or lines[at].size >= LARGE * habits.body
    is_item = mark(lines[at]) and (GLYPH.match(lines[at].text) or not stands_out)
    return BlockKind.LIST_ITEM if is_item else BlockKind.PARAGRAPH


def _continued(draft: Draft, found: Sequence[Draft], line: Line, habits: Habits) -> Draft | None:
    """The draft that a line goes on with, mostly the one it follows; None when it begins another."""
    if draft.kind is BlockKind.TABLE_ROW or GLYPH.match(line.text):
        return None
    is_item = draft.kind is BlockKind.LIST_ITEM
    how = step(draft.lines, line, habits, is_item)
    if how is Step.NEW:
        return _left_open(found, line, habits)
    is_beside = is_item and line.left <= draft.lines[0].left + line.size / 4
    if mark(line) and (how is Step.BREAK or is_beside):
        return None
    if how is Step.BREAK:
        if draft.lines[-1].bold != line.bold:
            return None
        draft.breaks.append(len(draft.lines))
    return draft


def _left_open(found: Sequence[Draft], line: Line, habits: Habits) -> Draft | None:
    """The paragraph that goes on in the next column, after the notes at the foot of its own."""
    if found[-1].lines[0].size >= habits.body or not line.text[0].islower():
        return None
    body = next((draft for draft in reversed(found) if draft.lines[0].size >= habits.body), None)
    if body is None or body.kind is BlockKind.TABLE_ROW or SENTENCE_END.search(body.lines[-1].text):
        return None
    how = step(body.lines, line, habits, body.kind is BlockKind.LIST_ITEM)
    return body if how is Step.FLOW and line.y <= body.lines[-1].y else None


def _is_row(lines: Sequence[Line], at: int) -> bool:
    """Whether a line is a row of a table: it has cells, and so has the line before or after it."""
    near = [*lines[max(0, at - 1) : at], *lines[at + 1 : at + 2]]
    return _has_cells(lines[at]) and any(_has_cells(line) for line in near)


def _has_cells(line: Line) -> bool:
    return len(line.cells) > 1 and not mark(line)
