"""MBOX → the messages of a mailbox; MSG → a message of Outlook: both by way of the reader of e-mail."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP

from indexer.readers.email_message import read_eml
from indexer.readers.extraction import Extraction, Unreadable
from indexer.readers.ole import OleFile
from indexer.readers.text.gathering import one_line

MOST_MESSAGES = 100_000
FROM_LINE = re.compile(rb"(?m)^From [^\r\n]*\d{4}[^\r\n]*\r?\n")
"""Line before each message: an address and a date with its year."""
ESCAPED = re.compile(rb"(?m)^>(>*From )")
"""Line of a message that would be taken for one."""

PROPERTIES, PROPERTIES_HEAD = "__properties_version1.0", 32
"""Stream of the values of fixed length of a message, and the bytes before the first ([MS-OXMSG] 2.4)."""
SENT, RECEIVED, CODEPAGE = 0x00390040, 0x0E060040, 0x3FFD0003
"""Tags of the times of a message, and of the encoding of its texts that are not Unicode."""
SUBJECT, BODY, SENDER, ADDRESS, SMTP_ADDRESS = "0037", "1000", "0C1A", "0C1F", "5D01"
HTML = "__substg1.0_10130102"
ATTACHMENT = re.compile(r"(__attach_version1\.0_#[0-9A-F]{8})/__substg1\.0_37010102")
LONG_NAME, SHORT_NAME = "3707", "3704"
UNICODE, ANSI = "001F", "001E"
"""Types of texts, which end the names of their streams."""
NO_ADDRESS = "unknown@invalid"
"""Stands beside the name of a sender whose address the message does not tell; it is not read."""
QUOTES = re.compile(r'["\\]')
EPOCH = datetime(1601, 1, 1, tzinfo=UTC)
"""Time from which Windows counts, in steps of 100 ns."""


def read_mbox(data: bytes, most_messages: int = MOST_MESSAGES) -> Iterator[Extraction]:
    """Yield the messages of a mailbox; those that cannot be read are left out.

    Raises Unreadable when it is no mailbox, or holds more than most_messages.
    """
    starts = [match.span() for match in FROM_LINE.finditer(data)]
    if not starts or data[: starts[0][0]].strip():
        raise Unreadable(
            'it is no mailbox: it does not begin with a line "From …"; saved as EML it can be read'
        )
    if len(starts) > most_messages:
        raise Unreadable(f"too large: it holds {len(starts)} messages where {most_messages} are read at most")
    ends = [start for start, _ in starts[1:]] + [len(data)]
    for (_, start), end in zip(starts, ends, strict=True):
        try:
            yield read_eml(ESCAPED.sub(rb"\1", data[start:end]))
        except Unreadable:
            yield Extraction("e-mail", "", ())  # keeps the numbers of the messages after it


def read_msg(data: bytes) -> Extraction:
    """Read a message of Outlook. Raises Unreadable when it is none, or damaged."""
    file = OleFile(data)
    if PROPERTIES not in file:
        raise Unreadable("it is no message of Outlook; saved as EML it can be read")
    message = EmailMessage(policy=SMTP)
    message["Subject"] = one_line(_text(file, SUBJECT))
    address = _text(file, SMTP_ADDRESS) or _text(file, ADDRESS)
    name = one_line(_text(file, SENDER))
    if name or "@" in address:
        message["From"] = _sender(name, address if "@" in address else NO_ADDRESS)
    sent = _time(_fixed(file))
    if sent:
        message["Date"] = sent
    message.set_content(_text(file, BODY).replace("\r\n", "\n"), charset="utf-8", cte="base64")
    if HTML in file:
        message.add_alternative(_as_utf8(file.read(HTML)), subtype="html", charset="utf-8", cte="base64")
    for path in file.paths:
        attachment = ATTACHMENT.fullmatch(path)
        if attachment:
            folder = attachment.group(1) + "/"
            name = one_line(_text(file, LONG_NAME, folder) or _text(file, SHORT_NAME, folder))
            message.add_attachment(
                file.read(path),
                maintype="application",
                subtype="octet-stream",
                filename=name or "pièce jointe",
            )
    return read_eml(message.as_bytes())


def _text(file: OleFile, number: str, folder: str = "") -> str:
    """Return a text of a message or of an attachment, "" where there is none."""
    wide, narrow = (f"{folder}__substg1.0_{number}{kind}" for kind in (UNICODE, ANSI))
    if wide in file:
        return file.read(wide).decode("utf-16-le", "replace").rstrip("\0")
    if narrow not in file:
        return ""
    codepage = _fixed(file).get(CODEPAGE, 0) & 0xFFFFFFFF
    codec = "utf-8" if codepage == 65001 else f"cp{codepage or 1252}"
    try:
        return file.read(narrow).decode(codec, "replace").rstrip("\0")
    except LookupError:
        return file.read(narrow).decode("cp1252", "replace").rstrip("\0")


def _as_utf8(html: bytes) -> str:
    try:
        return html.decode("utf-8")
    except UnicodeDecodeError:
        return html.decode("cp1252", "replace")


def _sender(name: str, address: str) -> str:
    return f'"{re.sub(QUOTES, "", name)}" <{address}>'


def _fixed(file: OleFile) -> dict[int, int]:
    """Return the values of fixed length of a message, by their tags."""
    properties = file.read(PROPERTIES)
    places = range(PROPERTIES_HEAD, len(properties) - 15, 16)
    return dict(struct.unpack_from("<I4xQ", properties, at) for at in places)


def _time(values: dict[int, int]) -> datetime | None:
    """Return when a message was sent, or else received, given its values of fixed length."""
    ticks = values.get(SENT) or values.get(RECEIVED)
    try:
        return EPOCH + timedelta(microseconds=ticks // 10) if ticks else None
    except OverflowError:
        return None
