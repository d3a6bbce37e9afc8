"""PDF → the text of its pages, read in the order a person reads them.

The steps: words of a page (words), lines of its columns (lines), without page furniture (boilerplate),
blocks of the document (blocks, by way of typesetting and hyphens).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pypdfium2
import pypdfium2.raw as pdfium

from indexer.readers.extraction import Extraction, Unreadable
from indexer.readers.metadata.file_properties import trusted_properties
from indexer.readers.pdf.blocks import raw_blocks
from indexer.readers.pdf.boilerplate import without_contents, without_running_heads
from indexer.readers.pdf.lines import Line, lines
from indexer.readers.pdf.words import words
from indexer.readers.text.gathering import check_length, gather

MOST_PAGES = 10_000
"""Pages of one file."""
MOST_UNMAPPED = 0.3
"""Share of characters that the fonts map to no letter above which the text is of no use."""
SAMPLE = 10_000
"""Characters in which they are counted."""
PAGE_SAMPLE = 5
"""Pages looked at to find out why there is no text."""

REASONS = {
    pdfium.FPDF_ERR_PASSWORD: "encrypted: it opens only with a password",
    pdfium.FPDF_ERR_SECURITY: "encrypted in a way that is not known here",
}
"""Reason by pdfium's error code."""


def read_pdf(data: bytes, most_pages: int = MOST_PAGES) -> Extraction:
    """Read a PDF file.

    Raises Unreadable when it is damaged, encrypted or scanned, or has more than most_pages or too much text.
    """
    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        raise Unreadable(REASONS.get(error.err_code, "it is damaged, or no PDF file")) from None
    try:
        if len(document) > most_pages:
            raise Unreadable(f"too large: it has {len(document)} pages, more than {most_pages}")
        pages = list(_pages(document))
        blank = None if any(pages) else _why_blank(document)
        if blank:
            raise Unreadable(blank)
        title, author = (document.get_metadata_value(name) for name in ("Title", "Author"))
    finally:
        document.close()
    text, blocks = gather(raw_blocks(without_contents(without_running_heads(pages))))
    _check_letters(text)
    return Extraction("pdf", text, blocks, trusted_properties(title, author, text))


def _pages(document: Any) -> Iterator[list[Line]]:
    """Yield the lines of each page, none for a page that cannot be read: those around it are worth having."""
    characters = 0
    for number in range(len(document)):
        with _opened(document, number) as page:
            page_lines = [line for layer in words(page) for line in lines(layer)] if page else []
        characters += sum(len(line.text) for line in page_lines)
        check_length(characters)
        yield page_lines


def _why_blank(document: Any) -> str | None:
    """Return why no page holds text, judged by the first ones; None where they are simply blank."""
    damaged = 0
    for number in range(min(len(document), PAGE_SAMPLE)):
        with _opened(document, number) as page:
            images = page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_IMAGE], max_depth=3) if page else ()
            if any(True for _ in images):
                return "a scanned PDF: its pages hold images and no text"
            damaged += page is None
    return "it is damaged: its pages cannot be read" if damaged else None


@contextmanager
def _opened(document: Any, number: int) -> Iterator[Any]:
    """Open a page and close it afterwards; None where it cannot be read."""
    try:
        page = document[number]
    except pypdfium2.PdfiumError:
        yield None
        return
    try:
        yield page
    finally:
        page.close()


def _check_letters(text: str) -> None:
    """Raise Unreadable when the fonts do not map their signs to letters."""
    signs = [char for char in text[:SAMPLE] if not char.isspace()]
    unmapped = sum(char == "\ufffd" or "\ue000" <= char <= "\uf8ff" for char in signs)
    if unmapped > MOST_UNMAPPED * len(signs):
        raise Unreadable("its fonts do not tell which letters their signs stand for")
