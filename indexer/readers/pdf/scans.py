"""The pages of a PDF that are pictures → their lines, read by OCR."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

import pypdfium2
import pypdfium2.raw as pdfium
from PIL import Image

from indexer.readers import ocr
from indexer.readers.ocr import OcrUnavailable, layout
from indexer.readers.pdf.lines import Line, lines
from indexer.readers.pdf.pages import opened

LOG = logging.getLogger(__name__)
RESOLUTION = 220
"""Dots per inch in which a page is drawn: letters of ten points are then as high as they are read best."""
POINTS = 72
"""Points of an inch."""
MOST_SCANS = 2000
"""Pages of one file that are read; each takes a second or two."""
FEW_LETTERS = 150
"""Letters of a page below which a picture on half of it is the page, and the letters a stamp on it."""
MOST_UNMAPPED = 0.3
"""Share of a page's characters that its fonts map to no letter from which its text is of no use."""
FEWEST_PATHS = 50
"""Outlines from which they may be letters; fewer are the frame of an empty page."""
DRAWN = [pdfium.FPDF_PAGEOBJ_IMAGE, pdfium.FPDF_PAGEOBJ_PATH]


def read_scans(data: bytes, pages: Sequence[Sequence[Line]]) -> dict[int, list[Line]]:
    """Return, by index, the lines of the pages of a PDF that are pictures, given what text each page holds.

    Raises OcrUnavailable where no page holds text; where some do, they are worth having without the others.
    """
    candidates = [number for number, page in enumerate(pages) if _letters(page) < FEW_LETTERS]
    found: dict[int, list[Line]] = {}
    # Opened again, as reading form fields takes all else off a page.
    document = pypdfium2.PdfDocument(data)
    try:
        for number in candidates:
            with opened(document, number) as page:
                if page and len(found) < MOST_SCANS and _is_picture(page, has_text=bool(pages[number])):
                    found[number] = _read(page)
    except OcrUnavailable as error:
        if not any(pages):
            raise
        LOG.debug("pages that are pictures are left out: %s", error)
    finally:
        document.close()
    return {number: page_lines for number, page_lines in found.items() if page_lines}


def _letters(page: Sequence[Line]) -> int:
    """Return the letters of a page, 0 where its fonts do not tell which letters its signs stand for."""
    text = "".join(line.text for line in page)
    unmapped = sum(char == "\ufffd" or "\ue000" <= char <= "\uf8ff" for char in text)
    return 0 if unmapped > MOST_UNMAPPED * len(text) else sum(char.isalpha() for char in text)


def _is_picture(page: Any, *, has_text: bool) -> bool:
    """Return whether a page shows a picture or outlines of letters; where it has text, on half of it."""
    width, height = page.get_size()
    paths = 0
    for drawn in page.get_objects(filter=DRAWN, max_depth=3):
        paths += drawn.type == pdfium.FPDF_PAGEOBJ_PATH
        if drawn.type == pdfium.FPDF_PAGEOBJ_IMAGE or paths >= FEWEST_PATHS:
            if not has_text:
                return True
            left, bottom, right, top = drawn.get_bounds()
            if (right - left) * (top - bottom) > width * height / 2:
                return True
    return False


def _read(page: Any) -> list[Line]:
    """Return the lines of a page, none where it cannot be drawn. Raises OcrUnavailable."""
    picture = picture_of(page)
    return lines(layout.words(ocr.read_lines(picture), page.get_width())) if picture else []


def picture_of(page: Any) -> Image.Image | None:
    """Return the picture of a page that is read by OCR; None where it cannot be drawn."""
    scale = min(RESOLUTION / POINTS, ocr.LONGEST_SIDE / max(*page.get_size(), 1))
    try:
        picture: Image.Image = page.render(scale=scale, may_draw_forms=False).to_pil()
    except (pypdfium2.PdfiumError, ValueError):
        return None
    return picture.convert("RGB")
