"""E-mail (.eml) → subject, date, sender and text, with quotations; attachments are named, not read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.errors import MessageError
from email.message import EmailMessage, MIMEPart
from itertools import groupby

from indexer.readers.extraction import Extraction, Unreadable
from indexer.readers.html.tree import body_of, parse_html, parse_text
from indexer.readers.html.walk import walk
from indexer.readers.metadata.authors import join_names
from indexer.readers.metadata.dates import iso_date
from indexer.readers.plain_text import read_plain
from indexer.readers.text.decoding import decode
from indexer.readers.text.gathering import RawBlock, gather, one_line
from indexer.records import BlockKind, Metadata, PartialDate

QUOTED = re.compile(r"(?:>[ \t]?)+")
ENCRYPTED_TYPES = ("multipart/encrypted", "application/pkcs7-mime", "application/x-pkcs7-mime")
PARSER_ERRORS = (
    MessageError,
    ValueError,
    LookupError,
    AttributeError,
    TypeError,
    AssertionError,
    RecursionError,
)
"""Exceptions that Python's parser raises on malformed headers and parts."""

LONG_HEADER = re.compile(rb"^(?:subject|date|from|content-[\w-]{1,40}):(?:[^\n]|\n[ \t]){8000}", re.M | re.I)
"""A header longer than mail programs write; the time to parse one grows with the square of its length."""


def read_eml(data: bytes) -> Extraction:
    """Read a message as a mail program saves it. Raises Unreadable when it is none, or encrypted."""
    if LONG_HEADER.search(data):
        raise Unreadable("it is no e-mail: one of its headers is thousands of characters long")
    try:
        message = message_from_bytes(data, _class=EmailMessage, policy=policy.default)
    except PARSER_ERRORS:
        raise Unreadable("it is damaged: its parts cannot be told apart") from None
    if not message.keys():
        raise Unreadable("it is no e-mail: it does not begin with headers")
    if message.get_content_type() in ENCRYPTED_TYPES:
        raise Unreadable("encrypted: it opens only in the mail program of whom it was sent to")
    subject = one_line(_header(message, "subject"))
    text, blocks = gather(_raw_blocks(message, subject))
    return Extraction("e-mail", text, blocks, Metadata(subject, _date(message), _sender(message)))


def _raw_blocks(message: EmailMessage, subject: str) -> Iterator[RawBlock]:
    """Yield the subject, the blocks of the text and the names of attachments."""
    yield RawBlock(BlockKind.HEADING, subject, 1)
    # Some programs send a plain part that holds nothing, beside the HTML that does.
    bodies = (list(_body(message, kind)) for kind in ("plain", "html"))
    yield from next((body for body in bodies if any(raw.text.strip() for raw in body)), [])
    for part in message.walk():
        yield RawBlock(BlockKind.LIST_ITEM, _attachment_name(part), 1)


def _body(message: EmailMessage, kind: str) -> Iterator[RawBlock]:
    """Yield the blocks of the message's text of one kind, "plain" or "html"; none where it has none."""
    try:
        part = message.get_body((kind,))
        payload = part.get_payload(decode=True) if part is not None else None
    except PARSER_ERRORS:
        return
    if part is None or not isinstance(payload, bytes):
        return
    text = _decoded(part, payload)
    if kind == "html":
        yield from walk(body_of(parse_html(payload) if text is None else parse_text(text)))
    else:
        yield from _plain(decode(payload) if text is None else text, part)


def _decoded(part: MIMEPart, payload: bytes) -> str | None:
    """Return the text of a part in the encoding it declares, None when it declares none or a wrong one."""
    try:
        charset = part.get_content_charset()
        return payload.decode(charset) if charset else None
    except (UnicodeError, *PARSER_ERRORS):
        return None


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


def _attachment_name(part: MIMEPart) -> str:
    """Return the file name of an attachment, "" for any other part."""
    try:
        return (part.get_filename() or "") if part.is_attachment() else ""
    except PARSER_ERRORS:
        return ""


def _header(message: EmailMessage, name: str) -> str:
    try:
        return str(message.get(name, ""))
    except PARSER_ERRORS:
        return ""


def _date(message: EmailMessage) -> PartialDate | None:
    """Return the day a message was sent, in its sender's time zone."""
    try:
        sent = message["date"].datetime if "date" in message else None
    except PARSER_ERRORS:
        return None
    return iso_date(sent.date().isoformat()) if sent else None


def _sender(message: EmailMessage) -> str | None:
    """Return the names of the senders, or the address of one without a name."""
    try:
        addresses = message["from"].addresses if "from" in message else ()
        return join_names(address.display_name or address.addr_spec for address in addresses)
    except PARSER_ERRORS:
        return None
