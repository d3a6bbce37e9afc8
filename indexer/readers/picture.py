"""PNG, JPEG, TIFF and WebP → the text of photographed and scanned pages, read by OCR."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO

from PIL import Image, ImageOps

from indexer.readers import ocr
from indexer.readers.extraction import Extraction, Unreadable
from indexer.readers.ocr import layout
from indexer.readers.pdf.blocks import raw_blocks
from indexer.readers.pdf.boilerplate import without_running_heads
from indexer.readers.pdf.lines import Line, lines
from indexer.readers.text.gathering import gather

FORMATS = ("PNG", "JPEG", "TIFF", "WEBP")
MOST_PIXELS = 120_000_000
"""Pixels of one page: a sheet of A2 at 600 dots per inch is read, and takes 400 MB."""
MOST_PAGES = 1000
"""Pages of a TIFF."""
SMALLEST_SIDE = 100
"""Pixels of a picture that may hold text: icons and bullets are smaller."""
FEWEST_LETTERS = 30
"""Letters from which a picture shows a text, rather than a sign or a logo."""
WIDTH = 600.0
"""Width in points that a page is taken to have; only distances in relation to others count."""
FAILURES = (OSError, ValueError, SyntaxError, EOFError, KeyError, IndexError, TypeError, ZeroDivisionError)
"""Exceptions that Pillow raises on pictures that are damaged or made to do harm."""


def read_picture(data: bytes) -> Extraction:
    """Read a picture; a TIFF may have several pages.

    Raises Unreadable when it is damaged, too large or shows no text, and OcrUnavailable.
    """
    Image.MAX_IMAGE_PIXELS = None  # bounded below, with a reason
    pages = [lines(layout.words(ocr.read_lines(page), WIDTH)) for page in pages_of(data)]
    letters = sum(char.isalpha() for page in pages for line in page for char in line.text)
    if letters < FEWEST_LETTERS:
        raise Unreadable("a picture without text: hardly any letters can be read in it")
    text, blocks = gather(raw_blocks(without_running_heads(pages)))
    return Extraction("picture", text, blocks, ocr_pages=tuple(_read_pages(pages)))


def page_count(data: bytes) -> int:
    """Return the number of pages of a picture. Raises what Pillow does when it is damaged."""
    with Image.open(BytesIO(data), formats=FORMATS) as picture:
        return min(getattr(picture, "n_frames", 1), MOST_PAGES)


def pages_of(data: bytes) -> Iterator[Image.Image]:
    """Yield the pages of a picture, upright as its camera or scanner says. Raises Unreadable."""
    try:
        with Image.open(BytesIO(data), formats=FORMATS) as picture:
            for number in range(min(getattr(picture, "n_frames", 1), MOST_PAGES)):
                picture.seek(number)
                _check_size(*picture.size)
                picture.draft("RGB", (ocr.LONGEST_SIDE, ocr.LONGEST_SIDE))  # spares JPEG most of the work
                yield _on_white(ImageOps.exif_transpose(picture))
    except FAILURES:
        raise Unreadable("it is damaged, or no PNG, JPEG, TIFF or WebP picture") from None


def _check_size(width: int, height: int) -> None:
    if width * height > MOST_PIXELS:
        raise Unreadable(
            f"too large: it has {width} × {height} pixels, more than {MOST_PIXELS // 10**6} million;"
            " save it with 300 dots per inch"
        )
    if min(width, height) < SMALLEST_SIDE:
        raise Unreadable(f"a picture without text: it has {width} × {height} pixels")


def _on_white(picture: Image.Image) -> Image.Image:
    """Return a picture in RGB, made smaller if need be, what is transparent being white."""
    picture.thumbnail((ocr.LONGEST_SIDE, ocr.LONGEST_SIDE), Image.Resampling.BICUBIC, reducing_gap=2.0)
    if not picture.has_transparency_data:
        return picture.convert("RGB")
    layer = picture.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", layer.size, "white"), layer).convert("RGB")


def _read_pages(pages: list[list[Line]]) -> Iterator[int]:
    return (number for number, page in enumerate(pages, 1) if page)
