"""Plain text → blocks: paragraphs, list items, and the headings there is no doubt about."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise

from indexer.readers.text.cleaning import tidy
from indexer.readers.text.lines import SourceLine, lines_of
from indexer.records import Block, BlockKind, CleanText

BULLET = re.compile(r"\s{0,20}(?:[-–—•*·▪◦‣●○■►➢✓]|\d{1,2}[.)]|[a-zA-Z]\))[ \t\u00a0\u202f]+(?=\S)")
UNDERLINE = re.compile(r"\s{0,3}(={3,}|-{3,})\s*$")
NUMBERED = re.compile(r"\d{1,2}(?:\.\d{1,2}){1,3}\.?\s+[^\W\d_]")
SENTENCE_END = re.compile(r"[.!?…:;][\"'»”’)\]]*\s*$")

NARROWEST_WRAP = 40
WIDEST_WRAP = 120
"""Widths, in characters, between which an editor may have wrapped a text; longer lines were meant."""
WELL_FILLED = 0.85
"""Share of the width that a wrapped line exceeds together with the first word of the next line."""
MOST_WRAPPED = 0.6
"""Share of well-filled lines from which a run of lines is held to be wrapped."""
LONG_LINE = 60
"""Mean characters from which unwrapped lines are paragraphs rather than lines of an address or a poem."""
LONGEST_HEADING = 120
"""Characters of a heading."""
LEVEL = {BlockKind.HEADING: 2, BlockKind.LIST_ITEM: 1, BlockKind.PARAGRAPH: 0}
"""Level of a block by its kind; heading level 1 is left to the title, which is chosen later."""


def read_plain(source: str) -> tuple[Block, ...]:
    """Return the blocks of a plain text, in order.

    Bullets and numbers of list items are dropped, and so are lines of mere decoration; all else is kept.
    """
    blocks: list[Block] = []
    for run in _runs(lines_of(source)):
        for kind, lines, separator in _groups(run):
            content = tidy(CleanText.join([line.raw(source) for line in lines], separator))
            if any(char.isalnum() for char in content.text):
                blocks.append(Block(kind, content, LEVEL[kind]))
    if blocks and blocks[-1].kind is BlockKind.HEADING:  # it heads nothing
        blocks[-1] = Block(BlockKind.PARAGRAPH, blocks[-1].content)
    return tuple(blocks)


LineGroup = tuple[BlockKind, Sequence[SourceLine], str]
"""A block to be: its kind, its lines, and the text that joins them."""


def _runs(lines: Sequence[SourceLine]) -> Iterator[list[SourceLine]]:
    """Yield the runs of lines between blank lines."""
    for has_text, run in groupby(lines, key=lambda line: bool(line.text.strip())):
        if has_text:
            yield list(run)


def _groups(run: list[SourceLine]) -> Iterator[LineGroup]:
    """Yield the blocks that a run of lines makes."""
    if len(run) == 2 and UNDERLINE.match(run[1].text) and len(run[0].text.strip()) <= LONGEST_HEADING:
        yield BlockKind.HEADING, run[:1], ""
        return
    for part in _at_bullets(run):
        bullet = BULLET.match(part[0].text)
        if bullet and not NUMBERED.match(part[0].text.strip()):
            part[0] = part[0].cut(bullet.end())
        first = BlockKind.LIST_ITEM if bullet else BlockKind.PARAGRAPH
        for at, (lines, separator) in enumerate(_paragraphs(part)):
            kind = BlockKind.PARAGRAPH if at else first
            if kind is BlockKind.PARAGRAPH and len(lines) == 1 and _is_heading(lines[0].text.strip()):
                kind = BlockKind.HEADING
            yield kind, lines, separator


def _at_bullets(run: list[SourceLine]) -> Iterator[list[SourceLine]]:
    """Yield a run of lines in parts, cut before each bulleted line."""
    part = run[:1]
    for line in run[1:]:
        if BULLET.match(line.text):
            yield part
            part = []
        part.append(line)
    yield part


def _paragraphs(lines: list[SourceLine]) -> Iterator[tuple[list[SourceLine], str]]:
    """Yield the lines of each paragraph, with the text that joins them."""
    width = max(len(line.text.rstrip()) for line in lines)
    if len(lines) == 1:
        yield lines, ""
    elif _is_wrapped(lines, width):
        group = lines[:1]
        for line, after in pairwise(lines):
            if _reach(line, after) < MOST_WRAPPED * width:
                yield group, " "
                group = []
            group.append(after)
        yield group, " "
    elif sum(len(line.text) for line in lines) >= LONG_LINE * len(lines):
        yield from (([line], "") for line in lines)
    else:
        # A title is short and what follows it is not; the lines of an address are of one kind.
        if len(lines[1].text) > LONGEST_HEADING >= len(lines[0].text):
            yield lines[:1], ""
            lines = lines[1:]
        yield lines, "\n"


def _is_wrapped(lines: Sequence[SourceLine], width: int) -> bool:
    """Return whether an editor, not the author, ended most lines: the next word would not have fitted."""
    if not NARROWEST_WRAP <= width <= WIDEST_WRAP:
        return False
    filled = sum(_reach(line, after) > WELL_FILLED * width for line, after in pairwise(lines))
    return filled >= MOST_WRAPPED * (len(lines) - 1)


def _reach(line: SourceLine, after: SourceLine) -> int:
    """Return the characters of a line together with the first word of the line after it."""
    return len(line.text.rstrip()) + 1 + len(after.text.split(maxsplit=1)[0])


def _is_heading(text: str) -> bool:
    """Return whether a line is in capitals, or numbered as sections are ("2.1 Méthodes")."""
    if len(text) > LONGEST_HEADING or SENTENCE_END.search(text):
        return False
    letters = [char for char in text if char.isalpha()]
    capitals = len(letters) >= 4 and text.isupper() and " " in text
    return capitals or bool(NUMBERED.match(text))
