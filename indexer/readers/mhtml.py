"""MHTML → a web page saved in one file: the page itself, by way of the reader of HTML."""

from __future__ import annotations

from dataclasses import replace
from email import message_from_bytes, policy

from indexer.readers.email_text import PARSER_ERRORS
from indexer.readers.extraction import Extraction, Unreadable
from indexer.readers.html import read_html

ADDRESS = "Snapshot-Content-Location"
"""Header in which browsers write the page's address."""
PAGES = ("text/html", "application/xhtml+xml")


def read_mhtml(data: bytes) -> Extraction:
    """Read a saved page. Raises Unreadable when it is none, or holds no page."""
    try:
        saved = message_from_bytes(data, policy=policy.compat32)
        page = next((part for part in saved.walk() if part.get_content_type() in PAGES), None)
        content = page.get_payload(decode=True) if page is not None else None
        charset = page.get_content_charset() if page is not None else None
    except PARSER_ERRORS:
        raise Unreadable(
            "it is damaged: its parts cannot be told apart; saved as HTML it can be read"
        ) from None
    if not isinstance(content, bytes):
        raise Unreadable("it holds no web page; saved as HTML or PDF it can be read")
    extraction = read_html(_as_utf8(content, charset))
    address = str(saved.get(ADDRESS, "")).strip()
    url = extraction.metadata.url or (address if address.startswith("http") else "")
    return replace(extraction, metadata=replace(extraction.metadata, url=url))


def _as_utf8(content: bytes, charset: str | None) -> bytes:
    """Return a page in UTF-8 where its part declares another encoding, and as it is otherwise."""
    try:
        return content.decode(charset).encode() if charset else content
    except (LookupError, UnicodeError):
        return content
