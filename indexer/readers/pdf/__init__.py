"""PDF → text and blocks, page by page: what stands on the page is read as a person would read it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pypdfium2
import pypdfium2.raw as pdfium

from indexer.readers.errors import Unreadable
from indexer.readers.extraction import Reading
from indexer.readers.metadata.authors import trusted_author
from indexer.readers.metadata.declared import trusted
from indexer.readers.pdf.blocks import pieces
from indexer.readers.pdf.columns import lines
from indexer.readers.pdf.contents import without_contents
from indexer.readers.pdf.rows import Line
from indexer.readers.pdf.running import without_running
from indexer.readers.pdf.words import words
from indexer.readers.text.gathering import MOST_CHARACTERS, gather

MOST_PAGES = 10_000
UNNAMED = 0.3
"""Share of characters without a known letter, from which a text is no text."""
SAMPLE = 10_000
"""Characters looked at for them."""
PAGES_LOOKED_AT = 5
"""Where none holds text, to tell why."""

REASONS = {
    pdfium.FPDF_ERR_PASSWORD: "encrypted: it opens only with a password",
    pdfium.FPDF_ERR_SECURITY: "encrypted in a way that is not known here",
}


def read_pdf(data: bytes) -> Reading:
    """A PDF file. Its date of creation is that of the file, not of the text, and is left alone."""
    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        raise Unreadable(REASONS.get(error.err_code, "it is damaged, or no PDF file")) from None
    try:
        if len(document) > MOST_PAGES:
            raise Unreadable(f"too large: it has {len(document)} pages, more than {MOST_PAGES}")
        pages = list(_pages(document))
        blank = None if any(pages) else _why_blank(document)
        if blank:
            raise Unreadable(blank)
        title, author = (document.get_metadata_value(name) for name in ("Title", "Author"))
    finally:
        document.close()
    text, blocks = gather(pieces(without_contents(without_running(pages))))
    _check_letters(text)
    return Reading("pdf", text, blocks, trusted(title, text), author=trusted_author(author, text))


def _pages(document: Any) -> Iterator[list[Line]]:
    """The lines of each page. A page that cannot be read is empty: those around it are worth having."""
    characters = 0
    for number in range(len(document)):
        with _opened(document, number) as page:
            found = [line for layer in words(page) for line in lines(layer)] if page else []
        characters += sum(len(line.text) for line in found)
        if characters > MOST_CHARACTERS:
            raise Unreadable(f"too large: it holds more than {MOST_CHARACTERS // 2**20} million characters")
        yield found


def _why_blank(document: Any) -> str | None:
    """Why no page holds text, judged by the first ones; None where they are simply blank."""
    damaged = 0
    for number in range(min(len(document), PAGES_LOOKED_AT)):
        with _opened(document, number) as page:
            images = page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_IMAGE], max_depth=3) if page else ()
            if any(True for _ in images):
                return "a scanned PDF: its pages hold images and no text"
            damaged += page is None
    return "it is damaged: its pages cannot be read" if damaged else None


@contextmanager
def _opened(document: Any, number: int) -> Iterator[Any]:
    """A page while it is needed; None where it cannot be read."""
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
    """Raises Unreadable when fonts do not tell which letters their signs stand for."""
    signs = [char for char in text[:SAMPLE] if not char.isspace()]
    unnamed = sum(char == "\ufffd" or "\ue000" <= char <= "\uf8ff" for char in signs)
    if unnamed > UNNAMED * len(signs):
        raise Unreadable("its fonts do not tell which letters their signs stand for")
