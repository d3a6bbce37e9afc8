"""Reads web pages: their main text without menus and notices, and what they declare of themselves."""

from __future__ import annotations

from indexer.readers.extraction import Reading
from indexer.readers.html.main_text import main_text
from indexer.readers.html.metadata import page_author, page_date, page_title
from indexer.readers.html.tree import body_of, parse_html
from indexer.readers.html.walk import walk
from indexer.readers.metadata.languages import declared_language
from indexer.readers.text.gathering import gather

__all__ = ["read_html"]


def read_html(data: bytes) -> Reading:
    """A page as saved or published. Raises Unreadable when it is no text or nested beyond reason."""
    page = parse_html(data)
    root, left_out = main_text(body_of(page))
    text, blocks = gather(walk(root, left_out))
    return Reading(
        "html",
        text,
        blocks,
        page_title(page, blocks),
        page_date(page),
        page_author(page),
        declared_language(page.get("lang") or page.get("xml:lang")),
    )
