"""The lines of a document → its headings, paragraphs, list items and table rows."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from indexer.readers.pdf.drafts import LARGE, Draft, Look, drafts, mark
from indexer.readers.pdf.flow import Habits
from indexer.readers.pdf.hyphens import join, vocabulary
from indexer.readers.pdf.rows import Line
from indexer.readers.plain_text import LONG_LINE, LONGEST_HEADING, SENTENCE_END
from indexer.readers.text.gathering import Piece, table_row
from indexer.records import BlockKind

MOST_HEADINGS = 0.25
"""Share of a document's characters beyond which text of one look is no heading."""
LONGEST_LARGE = 200
"""Characters of a heading in large type."""
DEEPEST_HEADING = 6

CAPTION = re.compile(r"(?:fig(?:ure)?|tab(?:le(?:au)?)?|photo|image|source|cr[eé]dits?|ph)\b", re.IGNORECASE)
INSET = 0.5
"""Of its size, from which italic text stands in like a quotation."""


def pieces(pages: Sequence[Sequence[Line]]) -> Iterator[Piece]:
    """The blocks of a document, from the lines of each of its pages in reading order."""
    lines = [line for page in pages for line in page]
    if not lines:
        return
    habits = Habits.of(lines)
    seen = vocabulary(line.text for line in lines)
    found = drafts(pages, habits)
    heads = _heads(found, habits)
    levels = _heading_levels(heads, lines)
    heading = {id(draft) for draft in heads}
    depths: list[float] = []
    for draft in found:
        if draft.kind is not BlockKind.LIST_ITEM:
            depths = []
            level = levels.get(draft.look, 0) if id(draft) in heading else 0
            yield from _pieces(draft, level, seen)
            continue
        left = draft.lines[0].left - draft.lines[0].edges[0]
        depths = [*(depth for depth in depths if depth < left - draft.lines[0].size / 2), left]
        parts = [join(part, seen) for part in draft.parts()]
        yield Piece(draft.kind, "\n".join(parts)[mark(draft.lines[0]) :], len(depths), draft.page)


def _pieces(draft: Draft, level: int, seen: frozenset[str]) -> Iterator[Piece]:
    """The pieces of a draft that is no list item: several where its lines are paragraphs; a heading where
    it has a level.
    """
    if draft.kind is BlockKind.TABLE_ROW:
        yield table_row(draft.lines[0].cells, draft.page)
    elif level:
        text = join([line.text for line in draft.lines], seen)
        yield Piece(BlockKind.HEADING, text, level, draft.page)
    else:
        parts = [join(part, seen) for part in draft.parts()]
        are_long = sum(map(len, parts)) >= LONG_LINE * len(parts)
        for text in parts if are_long else ["\n".join(parts)]:
            yield Piece(BlockKind.PARAGRAPH, text, page=draft.page)


def _heads(found: Sequence[Draft], habits: Habits) -> list[Draft]:
    """Those that may be headings.

    In italics captions, mottoes and the authors' institutions are set as well: there a heading stands between
    two paragraphs of the body, and not in like a quotation.
    """
    heads, after_prose = [], False
    for draft, after in zip(found, [*found[1:], None], strict=True):
        between = after_prose and after is not None and _is_prose(after, habits)
        if _may_head(draft, habits) or (between and _may_head_in_italics(draft, habits)):
            heads.append(draft)
        after_prose = after_prose or _is_prose(draft, habits)
    return heads


def _is_prose(draft: Draft, habits: Habits) -> bool:
    size, bold, italic = draft.look
    is_body = not (bold or italic) and 0.95 * habits.body <= size < LARGE * habits.body
    return is_body and draft.kind is BlockKind.PARAGRAPH and len(draft.lines) > 1


def _may_head_in_italics(draft: Draft, habits: Habits) -> bool:
    size, _, italic = draft.look
    first, last = draft.lines[0], draft.lines[-1]
    is_inset = first.left - first.edges[0] > INSET * size
    if draft.kind is not BlockKind.PARAGRAPH or not italic or is_inset or size < 0.95 * habits.body:
        return False
    length = sum(len(line.text) + 1 for line in draft.lines)
    is_line = length <= LONGEST_HEADING and not SENTENCE_END.search(last.text)
    return is_line and not first.text[0].islower() and not CAPTION.match(first.text)


def _heading_levels(heads: Sequence[Draft], lines: Sequence[Line]) -> dict[Look, int]:
    """The level of each look that headings have, the largest first. Level 1 is kept for a look that occurs
    once, as a title's does.
    """
    characters: Counter[Look] = Counter()
    for line in lines:
        characters[line.size, line.bold, line.italic and not line.bold] += len(line.text)
    most = MOST_HEADINGS * characters.total()
    looks = Counter(draft.look for draft in heads)
    ranked = sorted((look for look in looks if characters[look] <= most), reverse=True)
    first = 1 if ranked and looks[ranked[0]] == 1 else 2
    return {look: min(DEEPEST_HEADING, level) for level, look in enumerate(ranked, first)}


def _may_head(draft: Draft, habits: Habits) -> bool:
    size, bold, _ = draft.look
    length = sum(len(line.text) + 1 for line in draft.lines)
    if draft.kind is not BlockKind.PARAGRAPH:
        return False
    if size >= LARGE * habits.body:
        return length <= LONGEST_LARGE
    is_heavy = bold and size >= 0.95 * habits.body
    return is_heavy and length <= LONGEST_HEADING and not SENTENCE_END.search(draft.lines[-1].text)
