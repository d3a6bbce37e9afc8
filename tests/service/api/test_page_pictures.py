"""GET /pictures and GET /boxes: pages of PDF files and pictures, and where a sentence stands on them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from starlette.testclient import TestClient

from indexer.building import build as builder
from indexer.readers.ocr import PictureLine, model_files
from indexer.readers.ocr.cache import OcrCache
from indexer.readers.pdf.scans import picture_of
from indexer.records import OCR_FOLDER
from service.api.routes import pages
from service.originals.drawing import draw
from service.originals.pages import MOST_PIXELS, PageDrawer, PageNotDrawn, PageRequest
from service.search.index_watcher import IndexWatcher
from tests.conftest import ready_client
from tests.indexer.pdfs import At, pdf
from tests.service.contract import assert_refusal
from tests.standin import StandInChoice, StandInEncoder

FIRST = ["Le programme de formation conti-", "nue réunit chaque année tous les", "médecins de la région."]
SECOND = "Les pharmaciens viendront aussi."
FILE = pdf([At(60, 700, FIRST)], [At(300, 400, [SECOND])])
NOTE = "Une note qui n'est pas un PDF, en quelques mots.\n"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    home = tmp_path_factory.mktemp("pictures")
    (home / "corpus").mkdir()
    (home / "corpus" / "été.pdf").write_bytes(FILE)
    (home / "corpus" / "note.txt").write_text(NOTE, encoding="utf-8")
    builder.build(home / "corpus", home / "index", StandInChoice())
    with ready_client(IndexWatcher(home / "index", StandInEncoder)) as client:
        yield client
    for each in pages._drawers.values():
        each.close()


def test_a_page_is_drawn_as_wide_as_asked(client: TestClient) -> None:
    answer = client.get("/pictures/été.pdf?page=2&width=300")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png")
    picture = Image.open(BytesIO(answer.content)).convert("L")
    assert picture.size == (300, 400)
    left, _, _, bottom = picture.point(lambda value: 255 * (value < 250)).getbbox() or (0, 0, 0, 0)
    assert left == pytest.approx(150, abs=3)
    assert bottom == pytest.approx(200, abs=4)
    etag = answer.headers["etag"]
    again = client.get("/pictures/été.pdf?page=2&width=300", headers={"If-None-Match": etag})
    assert again.status_code == 304
    assert client.get("/pictures/été.pdf?page=1&width=300").headers["etag"] != etag


def test_a_sentence_is_found_on_its_page(client: TestClient) -> None:
    text = client.get("/documents/été.pdf").json()["text"]
    start = text.index("Le programme")
    found = client.get("/boxes/été.pdf", params={"page": 1, "start": start, "end": text.index("\n")}).json()
    assert (found["pages"], found["width"], found["height"]) == (2, 600, 800)
    boxes = found["boxes"]
    assert [round(box["left"] * 600) for box in boxes] == [60, 60, 60]
    assert [round(box["width"] * 600) for box in boxes] == [len(line.rstrip("-.")) * 6 for line in FIRST]
    for line, box in enumerate(boxes):  # the base line stands within its box
        assert box["top"] * 800 < 100 + 12 * line < (box["top"] + box["height"]) * 800 + 1
    other = client.get("/boxes/été.pdf", params={"page": 2, "start": start, "end": text.index("\n")}).json()
    assert other["boxes"] == []


def test_without_a_piece_the_page_alone_is_told(client: TestClient) -> None:
    found = client.get("/boxes/été.pdf?page=2").json()
    assert (found["pages"], found["boxes"], found["page"]) == (2, [], 2)


@pytest.mark.parametrize("route", ["pictures", "boxes"])
def test_what_has_no_such_page_is_refused(client: TestClient, route: str) -> None:
    for address, code in [
        ("été.pdf?page=3", "unknown_page"),
        ("note.txt", "no_pages"),
        ("gone.pdf", "unknown_source"),
    ]:
        assert_refusal(client.get(f"/{route}/{address}"), 404, code)
    for query in ("page=0", "page=a", "other=1", "width=5000"):
        assert client.get(f"/{route}/été.pdf?{query}").status_code == 422


@pytest.mark.parametrize(
    ("turn", "expected"),
    [(0, (0.1, 0.1)), (90, (0.88, 0.1)), (180, (0.66, 0.88)), (270, (0.1, 0.66))],
)
def test_a_turned_page_has_its_boxes_where_they_are_seen(turn: int, expected: tuple[float, float]) -> None:
    data = pdf([At(60, 710, ["Quarante lettres en tout, comptees ici."], size=6)], page=f"/Rotate {turn}")
    (box,) = draw(data, PageRequest("pdf", 1, None, "Quarante lettres en tout")).boxes
    assert [box.left, box.top] == pytest.approx(expected, abs=0.13)
    assert (box.right - box.left > box.bottom - box.top) == (turn in (0, 180))


def test_a_page_that_is_far_too_high_is_drawn_smaller() -> None:
    data = FILE.replace(b"/MediaBox[0 0 600 800]", b"/MediaBox[0 0 9 14000]")
    size = Image.open(BytesIO(draw(data, PageRequest("pdf", 1, 2000)).picture)).size
    assert size[0] * size[1] <= MOST_PIXELS * 1.1


def test_pictures_are_drawn_page_by_page() -> None:
    buffer = BytesIO()
    several = [Image.new("L", (400, 200), shade) for shade in (0, 255)]
    several[0].save(buffer, "TIFF", save_all=True, append_images=several[1:])
    drawn = draw(buffer.getvalue(), PageRequest("picture", 2, 100))
    assert (drawn.pages, drawn.width, drawn.height) == (2, 400, 200)
    picture = Image.open(BytesIO(drawn.picture))
    assert (picture.size, picture.getpixel((5, 5))) == ((100, 50), (255, 255, 255))
    assert draw(buffer.getvalue(), PageRequest("picture", 3, 100)).pages == 2


def test_a_scanned_page_has_the_boxes_that_ocr_has_read(tmp_path: Path) -> None:
    import pypdfium2

    data = pdf([], content="q 600 0 0 800 0 0 cm /Image Do Q")
    document = pypdfium2.PdfDocument(data)
    picture = picture_of(document[0])
    assert picture is not None
    line = PictureLine("Un texte lu", tuple(0.05 + 0.05 * at for at in range(11)), 0.1, 0.2, 0.6, 0.05)
    cache = OcrCache(tmp_path / OCR_FOLDER, model_files.NAME)
    cache.lines(picture, lambda _: [line])
    request = PageRequest("pdf", 1, None, "Un texte lu")
    (box,) = draw(data, request, tmp_path / OCR_FOLDER).boxes
    assert box.top == pytest.approx(0.2 * 600 / 800)
    assert box.bottom == pytest.approx(0.25 * 600 / 800)
    assert [box.left, box.right] == pytest.approx([0.125, 0.675])
    files = list((tmp_path / OCR_FOLDER).rglob("*.json"))
    assert draw(data, PageRequest("pdf", 1, None, "autre chose"), tmp_path / "none").boxes == ()
    with PageDrawer(tmp_path / OCR_FOLDER) as drawer:
        assert drawer.draw(data, request).boxes == (box,)
    assert list(tmp_path.rglob("*.json")) == files, "what was not read is not noted as read"
    turned = [asdict(line) | {"top": 1.4}]
    files[0].write_text(json.dumps(turned))
    assert draw(data, request, tmp_path / OCR_FOLDER).boxes == ()


@pytest.fixture
def drawer() -> Iterator[PageDrawer]:
    with PageDrawer() as each:
        yield each


def test_a_damaged_file_costs_one_page(drawer: PageDrawer) -> None:
    with pytest.raises(PageNotDrawn, match="cannot be drawn"):
        drawer.draw(b"no PDF", PageRequest("pdf", 1, 100))
    assert drawer.draw(FILE, PageRequest("pdf", 1, 100)).pages == 2


def test_a_process_that_is_killed_costs_one_page(drawer: PageDrawer) -> None:
    assert drawer.draw(FILE, PageRequest("pdf", 1)).pages == 2
    assert drawer._running is not None
    drawer._running.process.kill()
    drawer._running.process.wait()
    assert drawer.draw(FILE, PageRequest("pdf", 2)).pages == 2


def test_a_page_that_takes_too_long_is_given_up() -> None:
    with PageDrawer(seconds=0.01) as drawer, pytest.raises(PageNotDrawn, match="more than"):
        drawer.draw(FILE, PageRequest("pdf", 1, 2000))
