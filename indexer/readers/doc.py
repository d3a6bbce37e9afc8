"""DOC → the text of a document of Word 97 to 2003: paragraphs, list items, table rows and notes.

The text stands in pieces that a table names ([MS-DOC] 2.4.1, "Retrieving Text"); styles are not read, so that
headings are those which plain text shows.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from itertools import groupby, pairwise

from indexer.readers.docx import read_docx
from indexer.readers.extraction import Extraction, Unreadable
from indexer.readers.html import read_html
from indexer.readers.metadata.file_properties import trusted_properties
from indexer.readers.office import OLD_OFFICE
from indexer.readers.ole import OleFile
from indexer.readers.plain_text import read_plain
from indexer.readers.rtf import START, read_rtf
from indexer.readers.text.decoding import decode
from indexer.readers.text.gathering import RawBlock, gather, table_row

DOCUMENT = "WordDocument"
OLDEST = 105
"""Version of the format (nFib) of Word 97; older ones are laid out otherwise."""
ENCRYPTED_BIT, OTHER_TABLE_BIT, OBFUSCATED_BIT = 0x0100, 0x0200, 0x8000
"""Flags of the header: the document is encrypted; its tables are in the stream 1Table."""
PIECES_AT = 0x01A2
"""Place in the header of the offset and length of the table of pieces (fcClx, lcbClx)."""
LENGTHS_AT = 0x004C
"""Place in the header of the numbers of characters of the main text, of footnotes, of running heads, …"""
PARTS = 8
LEFT_OUT = (2, 3, 4, 7)
"""Which of these parts are running heads, macros, comments and text boxes of running heads."""
COMPRESSED_BIT = 0x40000000
"""Bit in the place of a piece whose characters are bytes of Windows-1252, at half that place."""
DAMAGED = "it is damaged: its text cannot be found; saved as DOCX it may be read"

FIELD = re.compile("\x13([^\x13\x14\x15]*)(?:\x14([^\x13\x14\x15]*))?\x15")
"""A field without another in it: its instruction and, after \\x14, its result."""
CONTENTS = ("TOC", "INDEX")
"""Instructions of fields that repeat the document's headings or words."""
DEEPEST_FIELD = 20
CELL, ROW = "\x07", "\x07\x07"
"""End of a cell of a table, and of a row."""
SIGNS = str.maketrans(
    {"\x0b": "\n", "\x0c": "\r", "\x0e": "\r", "\x1e": "-", "\x1f": "\u00ad"}
    | {chr(code): None for code in (*range(7), 8, 0x13, 0x14, 0x15)}
)
"""Signs of Word → the characters they stand for; notes, pictures and remains of fields stand for none."""


def read_doc(data: bytes) -> Extraction:
    """Read a Word document, also one that is RTF, HTML or DOCX under this name.

    Raises Unreadable when it is damaged, encrypted, older than Word 97 or no document.
    """
    if data.startswith(OLD_OFFICE):
        file = OleFile(data)
        text, blocks = gather(_raw_blocks(_text(file)))
        return Extraction("doc", text, blocks, trusted_properties(*file.properties(), text))
    if data.startswith(b"PK"):
        return read_docx(data)
    if data.lstrip().startswith(START.encode()):
        return read_rtf(data)
    if decode(data).lstrip().startswith("<"):
        return read_html(data)
    raise Unreadable("it is no Word document but plain text; renamed .txt it can be read")


def _text(file: OleFile) -> str:
    """Return the main text, then the footnotes, endnotes and text boxes. Raises Unreadable."""
    if DOCUMENT not in file:
        raise Unreadable("it is no Word document; saved as DOCX or PDF it can be read")
    stream = file.read(DOCUMENT)
    try:
        (version,) = struct.unpack_from("<H", stream, 2)
        (flags,) = struct.unpack_from("<H", stream, 10)
        if flags & (ENCRYPTED_BIT | OBFUSCATED_BIT):
            raise Unreadable("encrypted: it opens only with a password")
        if version < OLDEST:
            raise Unreadable("it was written by Word 95 or an older one; saved as DOCX it can be read")
        lengths = struct.unpack_from(f"<{PARTS}i", stream, LENGTHS_AT)
        offset, length = struct.unpack_from("<II", stream, PIECES_AT)
        name = "1Table" if flags & OTHER_TABLE_BIT else "0Table"
        table = file.read(name)[offset : offset + length] if name in file else b""
        whole = "".join(_pieces(stream, table))
    except (struct.error, IndexError):
        raise Unreadable(DAMAGED) from None
    parts, start = [], 0
    for number, characters in enumerate(lengths):
        if number not in LEFT_OUT:
            parts.append(whole[start : start + characters])
        start += max(characters, 0)
    return "\r".join(parts)


def _pieces(stream: bytes, table: bytes) -> Iterator[str]:
    """Yield the pieces of text that a table of pieces names, in order."""
    at = 0
    while table[at] == 1:  # properties of text come first
        at += 3 + struct.unpack_from("<H", table, at + 1)[0]
    if table[at] != 2:
        raise Unreadable(DAMAGED)
    count = (struct.unpack_from("<I", table, at + 1)[0] - 4) // 12
    if not 0 <= count <= len(table) // 12:
        raise Unreadable(DAMAGED)
    positions = struct.unpack_from(f"<{count + 1}I", table, at + 5)
    for number, (first, last) in enumerate(pairwise(positions)):
        (place,) = struct.unpack_from("<I", table, at + 5 + 4 * (count + 1) + 8 * number + 2)
        characters = min(max(last - first, 0), len(stream))
        if place & COMPRESSED_BIT:
            start = (place & ~COMPRESSED_BIT) // 2
            yield stream[start : start + characters].decode("cp1252", "replace")
        else:
            yield stream[place : place + 2 * characters].decode("utf-16-le", "replace")


def _raw_blocks(text: str) -> Iterator[RawBlock]:
    """Yield the blocks of the text: each line is a paragraph, or rows of a table with what follows them."""
    for _ in range(DEEPEST_FIELD):
        text, replaced = FIELD.subn(_result, text)
        if not replaced:
            break
    for in_table, lines in groupby(text.translate(SIGNS).split("\r"), key=lambda line: CELL in line):
        if not in_table:
            yield from _plain("\n\n".join(lines))
            continue
        for line in lines:
            *rows, after = line.split(ROW)
            yield from (table_row(row.split(CELL)) for row in rows)
            yield from _plain(after) if CELL not in after else [table_row(after.split(CELL))]


def _result(field: re.Match[str]) -> str:
    instruction, result = field.group(1), field.group(2) or ""
    return "" if instruction.split(maxsplit=1)[:1] in ([name] for name in CONTENTS) else result


def _plain(text: str) -> Iterator[RawBlock]:
    return (RawBlock(block.kind, block.content.text, block.level) for block in read_plain(text))
