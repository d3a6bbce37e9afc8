"""The process that draws pages: bytes of a file in, a picture and the places of a text out.

Started by `pages.PageDrawer`, which sends a request as JSON and the file, and gets JSON and a picture. What
comes back is never unpickled, so that a file which takes this process over gets no further.
"""

from __future__ import annotations

import ctypes
import json
import math
import resource
import signal
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from io import BytesIO
from itertools import islice, pairwise
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import pypdfium2
import pypdfium2.raw as pdfium

from indexer.building.confinement import confine
from service.originals.boxes import Box, boxes_of
from service.originals.pages import MOST_PIXELS, WIDEST, DrawnPage, PageRequest

if TYPE_CHECKING:
    from PIL import Image

GRID = 1_000_000
"""Steps of a page's width and height in which places are counted."""
FAR = 100.0
"""Points between two of which it is asked where they are shown."""
MOST_CHARACTERS = 100_000
"""Characters of a page that are looked at."""
MOST_PAGES = 10_000
READ_LATER = (Path("/etc/mime.types"),)
"""What the readers read when they are imported, which is only done for pages without letters."""


def draw(data: bytes, request: PageRequest, ocr: Path | None = None) -> DrawnPage:
    """Return a page of a file; `ocr` is the folder of what OCR has read.

    Raises PdfiumError, or what Pillow raises, when it cannot be drawn.
    """
    return _of_pdf(data, request, ocr) if request.kind == "pdf" else _of_picture(data, request, ocr)


def _of_pdf(data: bytes, request: PageRequest, ocr: Path | None) -> DrawnPage:
    document = pypdfium2.PdfDocument(data)
    try:
        pages = min(len(document), MOST_PAGES)
        if not 1 <= request.page <= pages:
            return DrawnPage(pages)
        page = document[request.page - 1]
        try:
            width, height = page.get_size()
            boxes = boxes_of(request.text, list(_characters(page))) if request.text else []
            if request.text and not boxes and ocr:
                boxes = _boxes_in(request.text, ocr, _scanned(page), width / height)
            drawn = DrawnPage(pages, width, height, tuple(boxes))
            if request.width is None:
                return drawn
            picture = page.render(scale=_scale(width, height, request.width), may_draw_forms=False)
            return replace(drawn, picture=_png(picture.to_pil()))
        finally:
            page.close()
    finally:
        document.close()


def _scale(width: float, height: float, wanted: int) -> float:
    """Return the scale at which a page is as wide as is wanted, within bounds."""
    return min(min(wanted, WIDEST) / max(width, 1), math.sqrt(MOST_PIXELS / max(width * height, 1)))


def _characters(page: Any) -> Iterator[tuple[str, Box]]:
    """Yield the characters of a page in reading order, each with its box as the page is shown."""
    text = page.get_textpage()
    try:
        rect = pdfium.FS_RECTF()
        # A page is shown turned, cut and scaled; where one point and two others go tells where all do.
        (x0, y0), (x1, y1), (x2, y2) = (_shown(page, *point) for point in ((0, 0), (FAR, 0), (0, FAR)))
        right_x, right_y = (x1 - x0) / FAR, (y1 - y0) / FAR
        up_x, up_y = (x2 - x0) / FAR, (y2 - y0) / FAR
        for at in range(min(pdfium.FPDFText_CountChars(text.raw), MOST_CHARACTERS)):
            code = pdfium.FPDFText_GetUnicode(text.raw, at)
            if not code or code > sys.maxunicode or 0xD800 <= code <= 0xDFFF:
                continue
            pdfium.FPDFText_GetLooseCharBox(text.raw, at, rect)
            left, right, bottom, top = rect.left, rect.right, rect.bottom, rect.top
            x = [x0 + right_x * left + up_x * bottom, x0 + right_x * right + up_x * top]
            y = [y0 + right_y * left + up_y * bottom, y0 + right_y * right + up_y * top]
            yield chr(code), Box(min(x), min(y), max(x), max(y))
    finally:
        text.close()


def _shown(page: Any, x: float, y: float) -> tuple[float, float]:
    """Return where a point of a page is shown, in shares of its width and height from the top left corner."""
    to_x, to_y = ctypes.c_int(), ctypes.c_int()
    pdfium.FPDF_PageToDevice(page.raw, 0, 0, GRID, GRID, 0, x, y, to_x, to_y)
    return to_x.value / GRID, to_y.value / GRID


def _scanned(page: Any) -> Image.Image | None:
    """Return the picture that a build has read of a page by OCR."""
    from indexer.readers.pdf.scans import picture_of  # brings every reader: only for pages without letters

    picture: Image.Image | None = picture_of(page)
    return picture


def _of_picture(data: bytes, request: PageRequest, ocr: Path | None) -> DrawnPage:
    from PIL import Image

    from indexer.readers.picture import page_count, pages_of

    Image.MAX_IMAGE_PIXELS = None  # bounded where the picture was indexed
    count = page_count(data)
    picture = (
        next(islice(pages_of(data), request.page - 1, None), None) if 1 <= request.page <= count else None
    )
    if picture is None:
        return DrawnPage(count)
    width, height = picture.size
    boxes = _boxes_in(request.text, ocr, picture, width / height) if request.text and ocr else []
    drawn = DrawnPage(count, width, height, tuple(boxes))
    if request.width is None:
        return drawn
    scale = min(1.0, _scale(width, height, request.width))
    picture.thumbnail((max(1, round(width * scale)), max(1, round(height * scale))))
    return replace(drawn, picture=_png(picture))


def _boxes_in(text: str, folder: Path, picture: Image.Image | None, ratio: float) -> list[Box]:
    """Return the boxes of a text in a picture, by the lines that a build has read in it.

    `ratio` is the picture's width by its height. None where it has not been read, or was read turned.
    """
    from indexer.readers import ocr
    from indexer.readers.ocr import model_files
    from indexer.readers.ocr.cache import OcrCache

    def not_read(_: Image.Image) -> list[ocr.PictureLine]:
        raise LookupError

    if picture is None:
        return []
    with suppress(LookupError):
        lines = OcrCache(folder, model_files.NAME).lines(picture, not_read)
        if all((line.top + line.height) * ratio <= 1.01 for line in lines):
            return boxes_of(text, [each for line in lines for each in _line_characters(line, ratio)])
    return []


def _line_characters(line: Any, ratio: float) -> Iterator[tuple[str, Box]]:
    """Yield the characters of a line that OCR has read; its lengths are in shares of the picture's width."""
    steps = [after - before for before, after in pairwise(line.edges)]
    half = median(steps) / 2 if steps else line.width / 2
    top, bottom = line.top * ratio, (line.top + line.height) * ratio
    for sign, edge in zip(line.text, line.edges, strict=True):
        left = line.left + max(0.0, edge - half)
        yield sign, Box(left, top, line.left + min(line.width, edge + half), bottom)


def _png(picture: Image.Image) -> bytes:
    buffer = BytesIO()
    picture.convert("RGB").save(buffer, "PNG", compress_level=3)
    return buffer.getvalue()


def serve(connection: Connection, seconds: float, memory: int, ocr: Path | None) -> None:
    """Draw the pages that are asked for through a connection, until it is closed.

    The process is confined before it sees the first: it can open no file but its own and those of OCR.
    """
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    confine([Path(__file__).parents[1], *READ_LATER, *([ocr] if ocr else [])], writable=[])
    while True:
        try:
            request = PageRequest(**json.loads(connection.recv_bytes()))
            data = connection.recv_bytes()
        except EOFError:
            return
        signal.alarm(round(seconds) + 5)  # ends a page that hangs if the service itself has been killed
        try:
            drawn = draw(data, request, ocr)
            answer = {name: getattr(drawn, name) for name in ("pages", "width", "height", "boxes")}
            picture = drawn.picture
        except Exception as error:
            answer, picture = {"failure": f"it cannot be drawn ({type(error).__name__})"}, b""
        signal.alarm(0)
        connection.send_bytes(json.dumps(answer).encode())
        connection.send_bytes(picture)


if __name__ == "__main__":
    serve(
        Connection(int(sys.argv[1])),
        float(sys.argv[2]),
        int(sys.argv[3]),
        Path(sys.argv[4]) if sys.argv[4:] else None,
    )
