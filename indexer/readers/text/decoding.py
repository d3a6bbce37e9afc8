"""Bytes of a text file → str: UTF-8, UTF-16 or an encoding of one byte a character, and never mojibake."""

from __future__ import annotations

import codecs
import re

from indexer.readers.extraction import Unreadable
from indexer.readers.text.charsets import best_codec, decoded_once

MAGIC = (
    (b"%PDF-", "a PDF file"),
    (b"PK\x03\x04", "a ZIP archive or an office document"),
    (b"PK\x05\x06", "a ZIP archive or an office document"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old office document"),
    (b"{\\rtf", "an RTF file"),
    (b"\x89PNG", "an image"),
    (b"\xff\xd8\xff", "an image"),
    (b"GIF8", "an image"),
    (b"\x1f\x8b", "a compressed file"),
    (b"\x7fELF", "a program"),
    (b"SQLite format 3\x00", "a database"),
)
"""First bytes of files that often carry a wrong suffix, and what such a file is."""

WIDE = ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
CONTROLS = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
MOST_CONTROLS = 1 / 200
"""Share of control characters above which decoded data is not text."""
FEWEST_GOOD_SEQUENCES = 10
"""Valid multi-byte sequences per bad byte from which a text is damaged UTF-8 rather than cp1252."""
SAMPLE = 4096
"""Bytes from which UTF-16 without a byte order mark is recognised."""


def decode(data: bytes) -> str:
    """Return the text of a file without its byte order mark. Raises Unreadable when it is not text."""
    for magic, what in MAGIC:
        if data.startswith(magic):
            raise Unreadable(f"it is {what}, not text")
    text = decoded_once(_decode(data))
    if "\x00" in text or len(CONTROLS.findall(text)) > MOST_CONTROLS * len(text):
        raise Unreadable("it is binary data, not text")
    return text


def _decode(data: bytes) -> str:
    if data.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        raise Unreadable("it is UTF-32 text, and UTF-32 is not read: save it as UTF-8")
    for mark, codec in WIDE:
        if data.startswith(mark):
            return _wide(data[len(mark) :], codec)
    data = data.removeprefix(codecs.BOM_UTF8)
    if b"\x00" in data:
        return _wide(data, _wide_without_mark(data))
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return _narrow(data)


def _wide(data: bytes, codec: str) -> str:
    try:
        return data.decode(codec)
    except UnicodeDecodeError:
        raise Unreadable("it begins as UTF-16 text but is damaged further on") from None


def _wide_without_mark(data: bytes) -> str:
    """Return the UTF-16 codec whose zero bytes stand all on one side, as in a European text.

    Raises Unreadable for other data with zero bytes, which is binary.
    """
    sample = data[:SAMPLE]
    low, high = sample[0::2].count(0), sample[1::2].count(0)
    pairs = len(sample) // 2
    if len(data) % 2 == 0 and high > 0.6 * pairs and low < 0.05 * pairs:
        return "utf-16-le"
    if len(data) % 2 == 0 and low > 0.6 * pairs and high < 0.05 * pairs:
        return "utf-16-be"
    raise Unreadable("it is binary data, not text")


def _narrow(data: bytes) -> str:
    """Decode text that is not valid UTF-8. Raises Unreadable where no one encoding fits.

    Where valid UTF-8 sequences far outnumber the bad bytes, the file is UTF-8 with a rare bad byte (a cut
    copy, one pasted word): it is worth reading, each bad byte shown as U+FFFD, for reading it as cp1252
    would spoil every accent instead. A few valid sequences among bad bytes are two encodings in one file:
    whichever is chosen spoils the rest, so the file is refused. No valid sequence at all is an encoding of
    one byte a character.
    """
    text = data.decode("utf-8", errors="replace")
    bad = text.count("\ufffd") - data.count("\ufffd".encode())
    good = len(re.findall("[^\x00-\x7f\ufffd]", text))
    if good >= FEWEST_GOOD_SEQUENCES * bad:
        return text
    if good > bad:
        raise Unreadable("its encoding is broken: UTF-8 mixed with another encoding")
    codec = best_codec(data)
    if codec is None:
        raise Unreadable(
            "its encoding is neither UTF-8 nor UTF-16, nor a known one of Western Europe: save it as UTF-8"
        )
    return data.decode(codec)
