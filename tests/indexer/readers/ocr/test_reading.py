"""Pictures of pages → their text, by the real networks; and what becomes of pages without them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image
from rapidfuzz.distance import Levenshtein

from indexer.readers import ocr
from indexer.readers.extraction import Unreadable
from indexer.readers.ocr import model_files
from indexer.readers.pdf import read_pdf
from indexer.readers.picture import read_picture
from models.files import cache_folder
from tests.indexer.readers.ocr.pages import LINES, dirty, encoded, page

TEXT = " ".join(LINES)


@pytest.fixture(scope="module")
def networks() -> Path:
    return model_files.fetch(cache_folder())


@pytest.fixture
def pages_read(networks: Path, tmp_path: Path) -> Iterator[list[None]]:
    """Set OCR up in this process, and count the pages that are looked at."""
    seen: list[None] = []
    ocr.set_up(networks, tmp_path / "ocr", lambda: seen.append(None))
    yield seen
    ocr.shut_down()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        (lambda picture: picture, 0.01),
        (dirty, 0.03),
        (lambda picture: picture.rotate(90, expand=True), 0.01),
        (lambda picture: picture.rotate(180), 0.01),
        (lambda picture: picture.resize((picture.width * 2, picture.height * 2)), 0.01),
    ],
    ids=["clean", "dirty", "turned", "upside down", "twice as large"],
)
def test_a_page_is_read_with_its_accents(
    pages_read: list[None], change: Callable[[Image.Image], Image.Image], wrong: float
) -> None:
    found = read_picture(encoded(change(page()), "PNG"))
    text = " ".join(block.content.text.replace("\n", " ") for block in found.blocks)
    assert Levenshtein.normalized_distance(text.replace("’", "'"), TEXT.replace("’", "'")) <= wrong
    assert (found.format, found.ocr_pages) == ("picture", (1,))


@pytest.mark.slow
def test_a_scanned_page_within_a_pdf_and_the_cache(pages_read: list[None], tmp_path: Path) -> None:
    data = encoded(page(), "PDF", resolution=150, save_all=True, append_images=[page(), page(LINES[:1])])
    found = read_pdf(data)
    assert found.ocr_pages == (1, 2, 3)
    assert {block.page for block in found.blocks} >= {1}
    kept = sorted((tmp_path / "ocr").glob("*/*.json"))
    assert (len(pages_read), len(kept)) == (3, 2)  # equal pages are one picture
    kept[0].write_text("damaged")
    assert read_pdf(data).text == found.text
    assert kept[0].read_text() != "damaged"


@pytest.mark.slow
def test_a_picture_without_text(pages_read: list[None]) -> None:
    with pytest.raises(Unreadable, match="hardly any letters"):
        read_picture(encoded(Image.new("RGB", (400, 300), "grey"), "PNG"))


@pytest.mark.parametrize("read", [read_picture, read_pdf])
def test_without_the_networks_the_next_build_tries_again(read: Callable[[bytes], object]) -> None:
    data = encoded(page(), "PNG" if read is read_picture else "PDF")
    with pytest.raises(ocr.OcrUnavailable, match=r"what reads them \(OCR\) is not on this machine"):
        read(data)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"GIF89a", "it is damaged, or no PNG, JPEG, TIFF or WebP picture"),
        (encoded(page(), "PNG")[:2000], "it is damaged, or no PNG, JPEG, TIFF or WebP picture"),
        (encoded(Image.new("L", (16, 900)), "PNG"), "a picture without text: it has 16 × 900 pixels"),
        (
            encoded(Image.new("1", (12_000, 12_000)), "PNG"),
            "too large: it has 12000 × 12000 pixels, more than 120 million; save it with 300 dots per inch",
        ),
    ],
    ids=["another format", "cut short", "small", "large"],
)
def test_pictures_that_are_not_looked_at(data: bytes, reason: str) -> None:
    with pytest.raises(Unreadable) as caught:
        read_picture(data)
    assert str(caught.value) == reason
