"""E-mail (.eml) → subject, date, sender, every text with its quotations, forwarded messages, attachments."""

from __future__ import annotations

import codecs
import re
from base64 import b64decode
from collections.abc import Iterator, Sequence
from email import message_from_bytes
from email.errors import MessageError
from email.message import EmailMessage, MIMEPart
from email.policy import EmailPolicy
from itertools import islice
from mimetypes import MimeTypes
from pathlib import PurePosixPath

from indexer.readers.email_text import MARKUP_TYPES, PARSER_ERRORS, is_stub, part_blocks, repaired
from indexer.readers.extraction import Attachment, Extraction, Unreadable
from indexer.readers.metadata.authors import author_names
from indexer.readers.metadata.dates import iso_date
from indexer.readers.metadata.names import parse_name
from indexer.readers.text.decoding import decode
from indexer.readers.text.gathering import RawBlock, gather, one_line
from indexer.records import BlockKind, Metadata, Name, PartialDate

ENCRYPTED_TYPES = ("multipart/encrypted", "application/pkcs7-mime", "application/x-pkcs7-mime")
SIGNATURE_TYPES = frozenset(
    {"application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature"}
)
NO_PROSE = frozenset({"text/calendar", "text/directory", "text/rfc822-headers", "text/vcard", "text/x-vcard"})
"""Types of text for programs, not for people."""
ERRORS = (MessageError, *PARSER_ERRORS)

LONG_HEADER = re.compile(rb"^(?:subject|date|from|content-[\w-]{1,40}):(?:[^\n]|\n[ \t]){8000}", re.M | re.I)
"""A header longer than mail programs write; the time to parse one grows with the square of its length."""
UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
BEFORE_HEADERS = re.compile(rb"\A(?:\xef\xbb\xbf|[ \t]*\r?\n)*")
"""Byte order marks and empty lines that editors and exports leave above the first header."""
DEEPEST = 50
"""Parts one within another."""
MOST_ATTACHMENTS = 200
SUFFIXES = MimeTypes(filenames=())
"""Suffixes by media type, as Python knows them on any machine."""
FOLDERS = re.compile(r".*[/\\]")


class _Policy(EmailPolicy):
    """Parses headers as Python does by default, those sent in 8 bits as UTF-8 or else Windows-1252."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(sourcelines)
        raw = value.encode("utf-8", "surrogateescape")
        try:
            return name, raw.decode("utf-8")
        except UnicodeDecodeError:
            return name, raw.decode("cp1252", "replace")


def read_eml(data: bytes) -> Extraction:
    """Read a message as a mail program saves it. Raises Unreadable when it is none, or encrypted."""
    if data.startswith(UTF16_MARKS) or b"\0" in data[:2]:
        data = decode(data).encode("utf-8", "replace")
    data = data[_end_of_marks(data) :]
    if LONG_HEADER.search(data):
        raise Unreadable("it is no e-mail: one of its headers is thousands of characters long")
    try:
        message = message_from_bytes(data, policy=_Policy())
    except ERRORS:
        raise Unreadable("it is damaged: its parts cannot be told apart") from None
    if not isinstance(message, EmailMessage) or not message.keys():
        raise Unreadable("it is no e-mail: it does not begin with headers")
    if _kind(message) in ENCRYPTED_TYPES:
        raise Unreadable("encrypted: it opens only in the mail program of whom it was sent to")
    _decode_messages(message)
    subject = _subject(message)
    text, blocks = gather(_raw_blocks(message, subject))
    metadata = Metadata(subject, _date(message), _senders(message))
    attachments = tuple(islice(_attachments(message), MOST_ATTACHMENTS))
    return Extraction("e-mail", text, blocks, metadata, attachments)


def _end_of_marks(data: bytes) -> int:
    """Return where the first header begins."""
    marks = BEFORE_HEADERS.match(data)
    return marks.end() if marks else 0


def _raw_blocks(message: EmailMessage, subject: str) -> Iterator[RawBlock]:
    """Yield the subject, the blocks of the text and the names of attachments."""
    yield RawBlock(BlockKind.HEADING, subject, 1)
    yield from _texts(message)
    for part in message.walk():
        if _kind(part) not in SIGNATURE_TYPES:
            yield RawBlock(BlockKind.LIST_ITEM, _file_name(part), 1)


def _texts(part: MIMEPart, depth: int = 0) -> list[RawBlock]:
    """Return the blocks of every text in a part and the parts within it, in order."""
    kind = _kind(part)
    if depth > DEEPEST:
        return []
    if kind == "message/rfc822":
        return [block for message in _parts(part) for block in _forwarded(message, depth)]
    if _is_attachment(part):
        return []
    if kind == "multipart/alternative":
        return _alternative(_parts(part), depth)
    if part.is_multipart():
        return [block for inner in _parts(part) for block in _texts(inner, depth + 1)]
    is_text = kind in MARKUP_TYPES or (kind.startswith("text/") and kind not in NO_PROSE)
    return part_blocks(part) if is_text else []


def _alternative(versions: Sequence[MIMEPart], depth: int) -> list[RawBlock]:
    """Return the blocks of the plain version of a text, or of the best one where that is none or a stub."""
    plain: list[RawBlock] = []
    rich: list[RawBlock] = []
    for version in versions:
        blocks = _texts(version, depth + 1)
        if _kind(version) == "text/plain":
            plain += blocks
        elif any(block.text.strip() for block in blocks):
            rich = blocks  # the last one is the best (RFC 2046, 5.1.4)
    return rich if not plain or is_stub(plain, rich) else plain


def _forwarded(message: MIMEPart, depth: int) -> Iterator[RawBlock]:
    """Yield the subject, sender, day and text of a message within a message."""
    yield RawBlock(BlockKind.HEADING, _subject(message), 2)
    date = _date(message)
    senders = (name.spoken for name in _senders(message))
    yield RawBlock(BlockKind.PARAGRAPH, ", ".join([*senders, *([date.iso] if date else ())]))
    yield from _texts(message, depth + 1)


def _attachments(message: MIMEPart) -> Iterator[Attachment]:
    """Yield the files sent with a message, also those of forwarded messages; no picture shown in the text."""
    for part in message.walk():
        if part.is_multipart() or not _is_attachment(part):
            continue
        try:
            payload = part.get_payload(decode=True)
        except ERRORS:
            continue
        shown = _kind(part).startswith("image/") and not _is_declared_attachment(part)
        if isinstance(payload, bytes) and not shown:
            yield Attachment(_with_suffix(_file_name(part) or "attachment", part), payload)


def _with_suffix(name: str, part: MIMEPart) -> str:
    """Return the name of a file, with the suffix of its media type where it has none."""
    if PurePosixPath(name).suffix:
        return name
    return name + (SUFFIXES.guess_extension(_kind(part)) or "")


def _kind(part: MIMEPart) -> str:
    """Return the media type of a part, that of plain text where its header cannot be read."""
    try:
        return part.get_content_type()
    except ERRORS:
        return "text/plain"


def _parts(part: MIMEPart) -> list[MIMEPart]:
    """Return the parts directly within a part."""
    payload = part.get_payload()
    return [each for each in payload if isinstance(each, MIMEPart)] if isinstance(payload, list) else []


def _decode_messages(message: MIMEPart) -> None:
    """Put forwarded messages that were sent in Base64, which the standard forbids, in place of their code."""
    for part in message.walk():
        inner = next(iter(_parts(part)), None)
        encoding = str(part.get("content-transfer-encoding", "")).strip().lower()
        if _kind(part) != "message/rfc822" or encoding != "base64" or inner is None or inner.keys():
            continue
        try:
            data = b64decode(str(inner.get_payload()))
            part.set_payload([message_from_bytes(data, policy=_Policy())])
        except ERRORS:
            continue


def _is_attachment(part: MIMEPart) -> bool:
    """Return whether a part is a file sent with the message rather than text of it."""
    if _is_declared_attachment(part):
        return True
    is_text = _kind(part) in {"text/plain", *MARKUP_TYPES} or part.is_multipart()
    return bool(_file_name(part)) and not is_text


def _is_declared_attachment(part: MIMEPart) -> bool:
    try:
        return part.is_attachment()
    except ERRORS:
        return False


def _file_name(part: MIMEPart) -> str:
    """Return the file name of a part without its folders, "" when it has none."""
    try:
        return FOLDERS.sub("", one_line(repaired(part.get_filename() or "")))
    except ERRORS:
        return ""


def _subject(message: MIMEPart) -> str:
    try:
        return one_line(repaired(str(message.get("subject", ""))))
    except ERRORS:
        return ""


def _date(message: MIMEPart) -> PartialDate | None:
    """Return the day a message was sent, in its sender's time zone."""
    try:
        sent = message["date"].datetime if "date" in message else None
    except ERRORS:
        return None
    return iso_date(sent.date().isoformat()) if sent else None


def _senders(message: MIMEPart) -> tuple[Name, ...]:
    """Return the names of the senders, or the address of one without a name."""
    try:
        addresses = message["from"].addresses if "from" in message else ()
        names = (repaired(address.display_name or address.addr_spec) for address in addresses)
        return author_names(map(parse_name, names))
    except ERRORS:
        return ()
