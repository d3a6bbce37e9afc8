"""Raw blocks that a reader extracts → one source text made of them, and blocks with exact offsets in it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from indexer.readers.extraction import Unreadable
from indexer.readers.text.cleaning import tidy
from indexer.records import Block, BlockKind, CleanText

MOST_CHARACTERS = 32 * 2**20
"""Characters of text in one document; a packed or generated file can hold far more than its own size."""

CELL_GAP = " | "
"""Text between the cells of a table row."""
ON_LINES = (BlockKind.LIST_ITEM, BlockKind.TABLE_ROW)
"""Kinds that follow one another on consecutive lines; a blank line separates all other blocks."""

NO_TEXT = re.compile("[\x00\ud800-\udfff]")
"""Characters that no text file can hold."""
LINE_END = re.compile(r"\r\n?")
BLANK_ENDS = re.compile(r"\A(?:[^\S\n]*\n)+|\s+\Z")


@dataclass(frozen=True, slots=True)
class RawBlock:
    """A block before cleaning: its text may hold any white space, "\\n" only for a meant line break."""

    kind: BlockKind
    text: str
    level: int = 0
    page: int | None = None
    turns: tuple[tuple[int, int], ...] = field(default=(), kw_only=True)
    """(offset in its text, page) where it goes on on another page, in order."""


def gather(
    raw_blocks: Iterable[RawBlock], most_characters: int = MOST_CHARACTERS
) -> tuple[str, tuple[Block, ...]]:
    """Return the source text that raw blocks make in their order, and the blocks that stand in it.

    The text is already clean, except that code keeps its white space. A list item stands behind "- ",
    indented by its level. Blocks without a letter or digit are left out. Raises Unreadable when the text has
    more than most_characters.
    """
    text: list[str] = []
    placed: list[tuple[RawBlock, int, int]] = []
    length = 0
    for raw in raw_blocks:
        body = _code(raw.text) if raw.kind is BlockKind.CODE else _tidied(raw.text)
        if not any(char.isalnum() for char in body):
            continue
        lead = _gap(placed[-1][0].kind, raw.kind) if placed else ""
        if raw.kind is BlockKind.LIST_ITEM:
            lead += "  " * (raw.level - 1) + "- "
        text += lead, body
        start = length + len(lead)
        length = start + len(body)
        check_length(length, most_characters)
        placed.append((raw, start, length))
    source = "".join(text)
    return source, tuple(_block(raw, source, start, end) for raw, start, end in placed)


def table_row(cells: Iterable[str], page: int | None = None) -> RawBlock:
    """Return a table row; empty cells are left out, as nothing stands for them in clean text."""
    return RawBlock(BlockKind.TABLE_ROW, CELL_GAP.join(filter(None, map(one_line, cells))), page=page)


def one_line(text: str) -> str:
    """Return text cleaned and on one line, as a title or a table cell is."""
    return _tidied(text).replace("\n", " ")


def check_length(characters: int, most: int = MOST_CHARACTERS) -> None:
    """Raise Unreadable when a document has more characters than are read."""
    if characters > most:
        raise Unreadable(f"too large: it holds more than {most // 2**20} million characters")


def _block(raw: RawBlock, source: str, start: int, end: int) -> Block:
    content = CleanText.verbatim(source, start, end)
    if raw.kind is BlockKind.CODE:
        content = tidy(content)
    return Block(raw.kind, content, raw.level, raw.page, tuple(_turns(raw, start)))


def _turns(raw: RawBlock, start: int) -> Iterator[tuple[int, int]]:
    """Yield a block's turns of the page in the source, given where it begins there."""
    reached = 0
    for offset, page in raw.turns:
        piece = raw.text[reached:offset]
        start += len(_tidied(piece)) + piece[-1:].isspace()
        reached = offset
        yield start, page


def _gap(before: BlockKind, kind: BlockKind) -> str:
    return "\n" if before is kind and kind in ON_LINES else "\n\n"


def _tidied(text: str) -> str:
    text = NO_TEXT.sub("\ufffd", text)
    return tidy(CleanText.verbatim(text, 0, len(text))).text


def _code(text: str) -> str:
    """Return code with its white space, but without the blank lines around it."""
    return BLANK_ENDS.sub("", LINE_END.sub("\n", NO_TEXT.sub("\ufffd", text)))
