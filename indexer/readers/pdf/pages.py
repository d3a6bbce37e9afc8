"""A PDF file → its pages, and what their form fields and the notes in their margins show."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pypdfium2
import pypdfium2.raw as pdfium

WRITTEN = (pdfium.FPDF_ANNOT_WIDGET, pdfium.FPDF_ANNOT_FREETEXT, pdfium.FPDF_ANNOT_STAMP)
"""Annotations that show text of their own: form fields, notes in the margin, stamps."""
MOST_ANNOTATIONS = 5_000
"""Annotations of one page that are looked at."""


@contextmanager
def opened(document: Any, number: int) -> Iterator[Any]:
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


def leave_annotations(page: Any) -> bool:
    """Take everything off a page and draw on it what its annotations show; False where they show no text.

    It shows when the page is opened again. Drawn on the full page, they can spoil the fonts of its text.
    """
    if not _has_written(page):
        return False
    for at in reversed(range(pdfium.FPDFPage_CountObjects(page))):
        item = pdfium.FPDFPage_GetObject(page, at)
        if pdfium.FPDFPage_RemoveObject(page, item):
            pdfium.FPDFPageObj_Destroy(item)
    emptied = pdfium.FPDFPage_GenerateContent(page)
    drawn = emptied and pdfium.FPDFPage_Flatten(page, pdfium.FLAT_NORMALDISPLAY)
    return bool(drawn == pdfium.FLATTEN_SUCCESS)


def _has_written(page: Any) -> bool:
    """Return whether a page has annotations that show text."""
    for at in range(min(pdfium.FPDFPage_GetAnnotCount(page), MOST_ANNOTATIONS)):
        annotation = pdfium.FPDFPage_GetAnnot(page, at)
        if annotation:
            kind = pdfium.FPDFAnnot_GetSubtype(annotation)
            pdfium.FPDFPage_CloseAnnot(annotation)
            if kind in WRITTEN:
                return True
    return False
