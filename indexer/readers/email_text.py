"""A text part of an e-mail → raw blocks: its encoding, folded lines and quotations; whether it is a stub."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from email.message import MIMEPart
from itertools import groupby

from indexer.readers.html.tree import body_of, parse_html, parse_text
from indexer.readers.html.walk import walk
from indexer.readers.plain_text import read_plain
from indexer.readers.text.decoding import decode
from indexer.readers.text.gathering import RawBlock

PARSER_ERRORS = (ValueError, LookupError, AttributeError, TypeError, AssertionError, RecursionError)
"""Exceptions that Python's parser raises on malformed headers and parts, beside email.errors.MessageError."""

C1_CONTROLS = {
    code: bytes([code]).decode("cp1252") for code in range(0x80, 0xA0) if code not in b"\x81\x8d\x8f\x90\x9d"
}
"""Control characters that no text holds → the characters of Windows-1252 that were sent as Latin-1."""
ONE_BYTE = re.compile(r"us-ascii|ascii|latin-?\d|iso-?8859-?\d+|windows-125\d|cp125\d")
"""Encodings of one byte a character, in which valid UTF-8 beyond ASCII is no sensible text."""
MARKUP_TYPES = frozenset({"text/html", "application/xhtml+xml", "text/enriched", "text/richtext"})

QUOTED = re.compile(r"(?:>[ \t]?)+")
WORD = re.compile(r"[^\W\d_]{2,}")
LINK = re.compile(r"(?<!\S)(?:\S+://\S*|\S+@\S+)")  # tried once a word, or a long one takes its square
FULLER = 3
"""An HTML part with more than so many times the words of the plain part is the message; that is cut short."""
SAME = 0.5
"""Share of the plain part's words that the HTML holds too, below which one is no version of the other."""
LONGEST_STUB = 80
"""Words of a plain part that says that it cannot show the HTML."""


def part_blocks(part: MIMEPart) -> list[RawBlock]:
    """Return the blocks of a text part, none where it cannot be decoded."""
    try:
        payload = part.get_payload(decode=True)
        is_markup = part.get_content_type() in MARKUP_TYPES
    except PARSER_ERRORS:
        return []
    if not isinstance(payload, bytes):
        return []
    text = _decoded(part, payload)
    if is_markup:
        return list(walk(body_of(parse_html(payload) if text is None else parse_text(text))))
    return list(_plain(repaired(decode(payload)) if text is None else text, part))


def repaired(text: str) -> str:
    """Return a text declared as Latin-1 with the quotation marks, dashes and "œ" of Windows-1252."""
    return text.translate(C1_CONTROLS)


def is_stub(plain: Sequence[RawBlock], html: Sequence[RawBlock]) -> bool:
    """Return whether a plain part says less than the HTML beside it: nothing, a notice, a beginning."""
    plain_words, html_words = _words(plain), _words(html)
    if not html_words:
        return False
    if len(html_words) > FULLER * len(plain_words):
        return True
    if len(plain_words) <= LONGEST_STUB and "html" in plain_words and "html" not in html_words:
        return True
    common = set(plain_words) & set(html_words)
    return len(common) < SAME * len(set(plain_words)) and len(html_words) > len(plain_words)


def _words(blocks: Sequence[RawBlock]) -> list[str]:
    """Return the words of blocks in lower case, without those of addresses."""
    return WORD.findall(LINK.sub(" ", "\n".join(block.text for block in blocks)).casefold())


def _decoded(part: MIMEPart, payload: bytes) -> str | None:
    """Return the text of a part in the encoding it declares, None when it declares none or a wrong one."""
    try:
        charset = part.get_content_charset()
        if not charset:
            return None
        if ONE_BYTE.fullmatch(charset) and not payload.isascii() and _is_utf8(payload):
            return payload.decode("utf-8")
        return repaired(payload.decode(charset)).removeprefix("\ufeff")
    except (UnicodeError, *PARSER_ERRORS):
        return None


def _is_utf8(payload: bytes) -> bool:
    try:
        payload.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _plain(text: str, part: MIMEPart) -> Iterator[RawBlock]:
    """Yield the blocks of a plain text; quotations make blocks of their own, without their marks."""
    lines_by_depth = []
    for line in text.splitlines():
        mark = QUOTED.match(line)
        lines_by_depth.append((mark.group().count(">"), line[mark.end() :]) if mark else (0, line))
    for _, run in groupby(lines_by_depth, key=lambda line: line[0]):
        lines = "\n".join(line for _, line in run)
        for block in read_plain(_unfolded(lines, part)):
            yield RawBlock(block.kind, block.content.text, block.level)


def _unfolded(text: str, part: MIMEPart) -> str:
    """Return a text whose lines a program has folded (RFC 3676) with its lines joined, or else unchanged."""
    if _parameter(part, "format") != "flowed":
        return text
    text = re.sub(r"(?m)^ (?=[ >]|From )", "", text)
    space = "" if _parameter(part, "delsp") == "yes" else " "
    return re.sub(r"(?m)(?<!^--) \n", space, text)


def _parameter(part: MIMEPart, name: str) -> str:
    """Return a parameter of a part's content type in lower case, "" when there is none."""
    try:
        return str(part.get_param(name, "")).lower()
    except PARSER_ERRORS:
        return ""
