"""Documents of Word 97 to 2003 → text and blocks, from files that hold no more than a reader needs."""

from __future__ import annotations

import struct

import pytest

from indexer.readers.doc import read_doc
from indexer.readers.extraction import Unreadable
from indexer.records import BlockKind
from tests.indexer.archives import docx
from tests.indexer.ole_files import ole

H, P, LI, TR = BlockKind.HEADING, BlockKind.PARAGRAPH, BlockKind.LIST_ITEM, BlockKind.TABLE_ROW
TEXT_AT = 0x600
"""Place of the text in the stream: behind the header."""


def doc(*parts: str, wide: bool = False, version: int = 0xC1, flags: int = 0) -> bytes:
    """Return a document of these parts: main text, footnotes, running heads, macros, comments, endnotes."""
    whole = "".join(parts)
    text = whole.encode("utf-16-le" if wide else "cp1252")
    place = TEXT_AT if wide else TEXT_AT * 2 | 0x40000000
    pieces = struct.pack("<II", 0, len(whole)) + struct.pack("<HIH", 0, place, 0)
    table = b"\x01\x02\x00\xff\xff" + b"\x02" + struct.pack("<I", len(pieces)) + pieces
    header = bytearray(TEXT_AT)
    struct.pack_into("<HH", header, 0, 0xA5EC, version)
    struct.pack_into("<H", header, 10, flags | 0x0200)
    struct.pack_into(f"<{len(parts)}i", header, 0x4C, *map(len, parts))
    struct.pack_into("<II", header, 0x1A2, 0, len(table))
    return ole({"WordDocument": bytes(header) + text, "1Table": table})


def blocks(data: bytes) -> list[tuple[BlockKind, int, str]]:
    return [(block.kind, block.level, block.content.text) for block in read_doc(data).blocks]


@pytest.mark.parametrize("wide", [False, True])
def test_paragraphs_tables_and_fields(wide: bool) -> None:
    text = (
        "L’œuvre « été »\r\x13 TOC \\o \x14\x13 HYPERLINK x \x14Plan\x15\t1\r\x15"
        'voir \x13 HYPERLINK "http://a.b/" \x14le site\x15 ici\r'
        "Région\x07Lits\x07\x07Rabat\x07200\x07\x07"
        "un\x0bdeux\rfin\x02\r"
    )
    assert blocks(doc(text, "\x02 La note.\r", "pied\r", "", "remarque\r", wide=wide)) == [
        (P, 0, "L’œuvre « été »"),
        (P, 0, "voir le site ici"),
        (TR, 0, "Région | Lits"),
        (TR, 0, "Rabat | 200"),
        (P, 0, "un\ndeux"),
        (P, 0, "fin"),
        (P, 0, "La note."),
    ]


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (rb"{\rtf1 sous un autre nom}", "sous un autre nom"),
        (docx("<w:p><w:r><w:t>sous un autre nom</w:t></w:r></w:p>"), "sous un autre nom"),
        (b"<html><p>sous un autre nom", "sous un autre nom"),
    ],
)
def test_other_formats_under_this_name(data: bytes, text: str) -> None:
    assert read_doc(data).text == text


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (doc("mot", flags=0x0100), "encrypted: it opens only with a password"),
        (doc("mot", version=104), "it was written by Word 95 or an older one; saved as DOCX it can be read"),
        (ole({"Workbook": b"x"}), "it is no Word document; saved as DOCX or PDF it can be read"),
        (
            ole({"WordDocument": b"x" * 9}),
            "it is damaged: its text cannot be found; saved as DOCX it may be read",
        ),
        (doc("mot")[:600], "it is damaged: its streams cannot be opened"),
        (b"Bonjour", "it is no Word document but plain text; renamed .txt it can be read"),
    ],
)
def test_what_cannot_be_read(data: bytes, reason: str) -> None:
    with pytest.raises(Unreadable) as caught:
        read_doc(data)
    assert str(caught.value) == reason


@pytest.mark.parametrize("at", range(0x1A2, 0x1A6))
def test_a_header_with_a_wrong_place_of_the_table_of_pieces(at: int) -> None:
    data = bytearray(doc("mot"))
    data[data.index(b"\xec\xa5") + at] = 0xFF
    with pytest.raises(Unreadable, match="its text cannot be found"):
        read_doc(bytes(data))
