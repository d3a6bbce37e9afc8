"""Bytes → text, and which bytes are refused."""

import codecs

import pytest

from indexer.readers.extraction import Unreadable
from indexer.readers.text.decoding import decode

NO_ENCODING = "its encoding is neither UTF-8 nor UTF-16, nor a known one of Western Europe: save it as UTF-8"
FRENCH = "L’œuvre coûte 5 € à l’État.\r\nÇa va ?"


@pytest.mark.parametrize(
    "data",
    [
        FRENCH.encode(),
        codecs.BOM_UTF8 + FRENCH.encode(),
        codecs.BOM_UTF16_LE + FRENCH.encode("utf-16-le"),
        codecs.BOM_UTF16_BE + FRENCH.encode("utf-16-be"),
        FRENCH.encode("utf-16-le"),
        FRENCH.encode("utf-16-be"),
        FRENCH.encode("cp1252"),
    ],
    ids=["utf-8", "utf-8-bom", "utf-16-le-bom", "utf-16-be-bom", "utf-16-le", "utf-16-be", "cp1252"],
)
def test_every_encoding_gives_the_same_text(data: bytes) -> None:
    assert decode(data) == FRENCH


def test_a_rare_bad_byte_is_shown_as_such() -> None:
    assert decode("é".encode() * 50 + b"\xe9 fin") == "é" * 50 + "\ufffd fin"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"%PDF-1.7\n...", "it is a PDF file, not text"),
        (b"PK\x03\x04rest", "it is a ZIP archive or an office document, not text"),
        (b"\x00\x01\x02\x03" * 50, "it is binary data, not text"),
        (b"texte\x00\x00avec des z\x00ros", "it is binary data, not text"),
        (b"\x01\x02\x03\x04abc", "it is binary data, not text"),
        ("étéà".encode() + b" \xe9", "its encoding is broken: UTF-8 mixed with another encoding"),
        (b"a\xf0b " * 9, NO_ENCODING),
        (codecs.BOM_UTF16_LE + b"\x00\xd8a", "it begins as UTF-16 text but is damaged further on"),
        ("a".encode("utf-32"), "it is UTF-32 text, and UTF-32 is not read: save it as UTF-8"),
    ],
)
def test_what_is_no_text_is_refused_with_its_reason(data: bytes, reason: str) -> None:
    with pytest.raises(Unreadable) as caught:
        decode(data)
    assert str(caught.value) == reason
