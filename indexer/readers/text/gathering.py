"""Pieces of text that a reader extracts → a source text made of them, and blocks that stand in it exactly."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from indexer.readers.errors import Unreadable
from indexer.readers.text.cleaning import tidy
from indexer.records import Block, BlockKind, CleanText

MOST_CHARACTERS = 32 * 2**20
"""Of text in one document: what is packed or generated can hold far more than the file that brings it."""

CELL_GAP = " | "
ON_LINES = (BlockKind.LIST_ITEM, BlockKind.TABLE_ROW)
"""Kinds that follow one another line by line; a blank line parts all others."""

NO_TEXT = re.compile("[\x00\ud800-\udfff]")
"""Characters that no text file can hold."""
LINE_END = re.compile(r"\r\n?")
BLANK_ENDS = re.compile(r"\A(?:[^\S\n]*\n)+|\s+\Z")


@dataclass(frozen=True, slots=True)
class Piece:
    """One block as extracted: any white space may stand in its text, "\\n" only for a meant line break."""

    kind: BlockKind
    text: str
    level: int = 0
    page: int | None = None


def gather(pieces: Iterable[Piece]) -> tuple[str, tuple[Block, ...]]:
    """The source text that pieces make in their order, and their blocks.

    The text is already clean, but that code keeps its white space. An item stands behind "- ", indented by
    its level. Pieces without a letter or figure are left out. Raises Unreadable beyond MOST_CHARACTERS.
    """
    text: list[str] = []
    placed: list[tuple[Piece, int, int]] = []
    length = 0
    for piece in pieces:
        body = _code(piece.text) if piece.kind is BlockKind.CODE else _tidied(piece.text)
        if not any(char.isalnum() for char in body):
            continue
        lead = _gap(placed[-1][0].kind, piece.kind) if placed else ""
        if piece.kind is BlockKind.LIST_ITEM:
            lead += "  " * (piece.level - 1) + "- "
        text += lead, body
        start = length + len(lead)
        length = start + len(body)
        if length > MOST_CHARACTERS:
            raise Unreadable(f"too large: it holds more than {MOST_CHARACTERS // 2**20} million characters")
        placed.append((piece, start, length))
    source = "".join(text)
    return source, tuple(_block(piece, source, start, end) for piece, start, end in placed)


def table_row(cells: Iterable[str], page: int | None = None) -> Piece:
    """A row of a table; its empty cells are left out, as nothing stands for them in clean text."""
    return Piece(BlockKind.TABLE_ROW, CELL_GAP.join(filter(None, map(one_line, cells))), page=page)


def one_line(text: str) -> str:
    """Clean text without line breaks, as a title or a cell is."""
    return _tidied(text).replace("\n", " ")


def _block(piece: Piece, source: str, start: int, end: int) -> Block:
    content = CleanText.verbatim(source, start, end)
    if piece.kind is BlockKind.CODE:
        content = tidy(content)
    return Block(piece.kind, content, piece.level, piece.page)


def _gap(before: BlockKind, kind: BlockKind) -> str:
    return "\n" if before is kind and kind in ON_LINES else "\n\n"


def _tidied(text: str) -> str:
    text = NO_TEXT.sub("\ufffd", text)
    return tidy(CleanText.verbatim(text, 0, len(text))).text


def _code(text: str) -> str:
    """Code as it stands, without the blank lines around it."""
    return BLANK_ENDS.sub("", LINE_END.sub("\n", NO_TEXT.sub("\ufffd", text)))
