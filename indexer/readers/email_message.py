"""E-mails (.eml): subject, date, sender and text, with what is quoted; attachments are named, not read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.errors import MessageError
from email.message import EmailMessage, MIMEPart
from itertools import groupby

from indexer.readers.errors import Unreadable
from indexer.readers.extraction import Reading
from indexer.readers.html.tree import body_of, parse_html, parse_text
from indexer.readers.html.walk import walk
from indexer.readers.metadata.authors import named
from indexer.readers.metadata.dates import iso_date
from indexer.readers.plain_text import read_plain
from indexer.readers.text.decoding import decode
from indexer.readers.text.gathering import Piece, gather, one_line
from indexer.records import BlockKind, PartialDate

QUOTED = re.compile(r"(?:>[ \t]?)+")
SEALED = ("multipart/encrypted", "application/pkcs7-mime", "application/x-pkcs7-mime")
BROKEN = (MessageError, ValueError, LookupError, AttributeError, TypeError, AssertionError, RecursionError)
"""What Python's parser raises on headers and parts that follow no rule."""

LONG_HEADER = re.compile(rb"^(?:subject|date|from|content-[\w-]{1,40}):(?:[^\n]|\n[ \t]){8000}", re.M | re.I)
"""A header that no mail program writes; the time it takes to parse one grows with its square."""


def read_eml(data: bytes) -> Reading:
    """A message as a mail program saves it. Raises Unreadable when it is none, or encrypted."""
    if LONG_HEADER.search(data):
        raise Unreadable("it is no e-mail: one of its headers is thousands of characters long")
    try:
        message = message_from_bytes(data, _class=EmailMessage, policy=policy.default)
    except BROKEN:
        raise Unreadable("it is damaged: its parts cannot be told apart") from None
    if not message.keys():
        raise Unreadable("it is no e-mail: it does not begin with headers")
    if message.get_content_type() in SEALED:
        raise Unreadable("encrypted: it opens only in the mail program of whom it was sent to")
    subject = one_line(_header(message, "subject"))
    text, blocks = gather(_pieces(message, subject))
    return Reading("e-mail", text, blocks, subject or None, _date(message), _sender(message))


def _pieces(message: EmailMessage, subject: str) -> Iterator[Piece]:
    yield Piece(BlockKind.HEADING, subject, 1)
    # Some programs send a plain part that holds nothing, beside the HTML that does.
    bodies = (list(_body(message, kind)) for kind in ("plain", "html"))
    yield from next((body for body in bodies if any(piece.text.strip() for piece in body)), [])
    for part in message.walk():
        yield Piece(BlockKind.LIST_ITEM, _attached(part), 1)


def _body(message: EmailMessage, kind: str) -> Iterator[Piece]:
    """The text of the message, if it has one of that kind."""
    try:
        part = message.get_body((kind,))
        payload = part.get_payload(decode=True) if part is not None else None
    except BROKEN:
        return
    if part is None or not isinstance(payload, bytes):
        return
    text = _decoded(part, payload)
    if kind == "html":
        yield from walk(body_of(parse_html(payload) if text is None else parse_text(text)))
    else:
        yield from _plain(decode(payload) if text is None else text, part)


def _decoded(part: MIMEPart, payload: bytes) -> str | None:
    """The text of a part in the encoding it declares; None when it declares none, or a wrong one."""
    try:
        charset = part.get_content_charset()
        return payload.decode(charset) if charset else None
    except (UnicodeError, *BROKEN):
        return None


def _plain(text: str, part: MIMEPart) -> Iterator[Piece]:
    """Blocks of a plain text; what is quoted stands apart, without its marks."""
    marked = []
    for line in text.splitlines():
        mark = QUOTED.match(line)
        marked.append((mark.group().count(">"), line[mark.end() :]) if mark else (0, line))
    for _, run in groupby(marked, key=lambda line: line[0]):
        lines = "\n".join(line for _, line in run)
        for block in read_plain(_unfolded(lines, part)):
            yield Piece(block.kind, block.content.text, block.level)


def _unfolded(text: str, part: MIMEPart) -> str:
    """A text whose lines a program has folded (RFC 3676) with them whole; any other as it is."""
    if _parameter(part, "format") != "flowed":
        return text
    text = re.sub(r"(?m)^ (?=[ >]|From )", "", text)
    space = "" if _parameter(part, "delsp") == "yes" else " "
    return re.sub(r"(?m)(?<!^--) \n", space, text)


def _parameter(part: MIMEPart, name: str) -> str:
    """A parameter of a part's content type, in lower case; empty when there is none."""
    try:
        return str(part.get_param(name, "")).lower()
    except BROKEN:
        return ""


def _attached(part: MIMEPart) -> str:
    """The file name of an attachment; empty for any other part."""
    try:
        return (part.get_filename() or "") if part.is_attachment() else ""
    except BROKEN:
        return ""


def _header(message: EmailMessage, name: str) -> str:
    try:
        return str(message.get(name, ""))
    except BROKEN:
        return ""


def _date(message: EmailMessage) -> PartialDate | None:
    """The day a message was sent, where its sender was."""
    try:
        sent = message["date"].datetime if "date" in message else None
    except BROKEN:
        return None
    return iso_date(sent.date().isoformat()) if sent else None


def _sender(message: EmailMessage) -> str | None:
    """Who a message is from: by name, else by address."""
    try:
        addresses = message["from"].addresses if "from" in message else ()
        return named(address.display_name or address.addr_spec for address in addresses)
    except BROKEN:
        return None
