"""PDF → the text of its pages, read in the order a person reads them.

The steps: words of a page (words), lines of its columns (lines), without page furniture (boilerplate),
blocks of the document (blocks, by way of typesetting and hyphens).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pypdfium2
import pypdfium2.raw as pdfium

from indexer.readers.extraction import Extraction, Unreadable
from indexer.readers.metadata.file_properties import trusted_properties
from indexer.readers.pdf.blocks import raw_blocks
from indexer.readers.pdf.boilerplate import without_contents, without_copies, without_running_heads
from indexer.readers.pdf.line_numbers import without_line_numbers
from indexer.readers.pdf.lines import Line, lines
from indexer.readers.pdf.pages import leave_annotations, opened
from indexer.readers.pdf.scans import read_scans
from indexer.readers.pdf.words import Word, layers, words
from indexer.readers.text.gathering import check_length, gather

MOST_PAGES = 10_000
"""Pages of one file."""
MOST_UNMAPPED = 0.3
"""Share of characters that the fonts map to no letter above which the text is of no use."""
SAMPLE = 10_000
"""Characters in which they are counted."""
LONGEST_LABEL = 20
"""Characters kept of a page's printed number."""
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
        if document.get_formtype() == pdfium.FORMTYPE_ACRO_FORM:
            document.init_forms()  # fields without a drawing get one
        pages = list(_pages(document))
        scans = read_scans(data, pages)
        pages = [scans.get(number, page) for number, page in enumerate(pages)]
        blank = None if any(pages) else _why_blank(document)
        if blank:
            raise Unreadable(blank)
        labels = _labels(document)
        title, author = (document.get_metadata_value(name) for name in ("Title", "Author"))
    finally:
        document.close()
    text, blocks = gather(raw_blocks(without_contents(without_running_heads(without_copies(pages)))))
    _check_letters(text)
    metadata = trusted_properties(title, author, text)
    read_by_ocr = tuple(number + 1 for number in scans)
    return Extraction("pdf", text, blocks, metadata, ocr_pages=read_by_ocr, page_labels=labels)


def _pages(document: Any) -> Iterator[list[Line]]:
    """Yield the lines of each page, none for a page that cannot be read: those around it are worth having."""
    characters = 0
    for number in range(len(document)):
        page_lines = [
            line
            for layer in layers(_page_words(document, number))
            for line in lines(without_line_numbers(layer))
        ]
        characters += sum(len(line.text) for line in page_lines)
        check_length(characters)
        yield page_lines


def _page_words(document: Any, number: int) -> Iterator[tuple[int, Word]]:
    """Yield the words of a page, then those of its form fields and of the notes in its margins."""
    has_annotations = False
    with opened(document, number) as page:
        if page:
            yield from words(page)
            has_annotations = leave_annotations(page)
    if has_annotations:
        with opened(document, number) as page:
            yield from words(page) if page else ()


def _labels(document: Any) -> tuple[str, ...]:
    """Return what is printed as the number of each page, none where that is its place or nothing for most."""
    labels = [document.get_page_label(number)[:LONGEST_LABEL].strip() for number in range(len(document))]
    places = [str(number) for number in range(1, len(labels) + 1)]
    if labels == places or sum(map(bool, labels)) <= len(labels) / 2:
        return ()
    return tuple(label or place for label, place in zip(labels, places, strict=True))


def _why_blank(document: Any) -> str | None:
    """Return why no page holds text, judged by the first ones; None where they are simply blank."""
    damaged = 0
    for number in range(min(len(document), PAGE_SAMPLE)):
        with opened(document, number) as page:
            images = page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_IMAGE], max_depth=3) if page else ()
            if any(True for _ in images):
                return "a scanned PDF in which no text can be read; scan it again with 300 dots per inch"
            damaged += page is None
    return "it is damaged: its pages cannot be read" if damaged else None


def _check_letters(text: str) -> None:
    """Raise Unreadable when the fonts do not map their signs to letters."""
    signs = [char for char in text[:SAMPLE] if not char.isspace()]
    unmapped = sum(char == "\ufffd" or "\ue000" <= char <= "\uf8ff" for char in signs)
    if unmapped > MOST_UNMAPPED * len(signs):
        raise Unreadable("its fonts do not tell which letters their signs stand for")
