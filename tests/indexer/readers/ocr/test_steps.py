"""The steps of OCR by themselves: boxes of lines, decoded text, words, the cache."""

from __future__ import annotations

import math
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from indexer.readers.ocr import cache, layout
from indexer.readers.ocr.cache import OcrCache
from indexer.readers.ocr.detection import LineBox, boxes_of
from indexer.readers.ocr.engine import PictureLine, spelt
from indexer.readers.ocr.recognition import HEIGHT, cut_out, decoded

LINE = PictureLine("un mot", (0.05, 0.15, 0.25, 0.35, 0.45, 0.55), 0.1, 0.2, 0.6, 0.05)


@pytest.mark.parametrize("angle", [0.0, 0.05, -0.1])
def test_the_box_of_a_core_is_grown_and_turned_with_it(angle: float) -> None:
    y, x = np.mgrid[0:200, 0:400]
    along = (x - 200) * math.cos(angle) + (y - 100) * math.sin(angle)
    across = (y - 100) * math.cos(angle) - (x - 200) * math.sin(angle)
    core = (abs(along) < 100) & (abs(across) < 6)
    (box,) = boxes_of(np.where(core, 0.9, 0.0).astype(np.float32))
    grown = 1.6 * (200 * 12) / (2 * (200 + 12))
    assert [box.x, box.y] == pytest.approx([200, 100], abs=1)
    assert box.angle == pytest.approx(angle, abs=0.01)
    assert box.width == pytest.approx(200 + 2 * grown, abs=4)
    assert box.height == pytest.approx(12 + 2 * grown, abs=3)


def test_faint_and_tiny_cores_are_no_lines() -> None:
    probability = np.zeros((100, 100), dtype=np.float32)
    probability[10:20, 10:80] = 0.4
    probability[50:52, 10:80] = 0.9
    assert boxes_of(probability) == []


def test_a_line_is_cut_out_level() -> None:
    picture = Image.new("RGB", (400, 200), "white")
    picture.paste("black", (100, 90, 300, 110))
    line = cut_out(picture.rotate(-5, fillcolor="white"), LineBox(200, 100, 220, 40, math.radians(5)))
    assert line.size == (264, HEIGHT)
    rows = np.asarray(line.convert("L"))[:, 30:230].mean(axis=1)
    assert rows[:8].min() > 200 and rows[20:28].max() < 60 and rows[-8:].min() > 200


def test_repeated_classes_are_one_character_unless_parted() -> None:
    steps = [0, 1, 1, 0, 1, 2, 2, 0]
    line = decoded(np.eye(3, dtype=np.float32)[steps] * 0.8, ("", "a", "é"), 1.0)
    assert line.text == "aaé"
    assert line.confidence == pytest.approx(0.8)
    assert line.places == (1.5 / 8, 4.5 / 8, 5.5 / 8)
    assert decoded(np.eye(3, dtype=np.float32)[[0, 0]], ("", "a", "é"), 1.0).text == ""


@pytest.mark.parametrize(
    ("read", "meant"),
    [
        ("I'Université, d’I’École", "l'Université, d’l’École"),
        ("I'm sure I've read I'll", "I'm sure I've read I'll"),
        ("50 μg/L et 3 μm, μ = 2", "50 µg/L et 3 µm, μ = 2"),
        ("Henri I et I’été", "Henri I et l’été"),
    ],
)
def test_characters_that_are_drawn_alike(read: str, meant: str) -> None:
    assert spelt(read) == meant


def test_words_stand_where_their_characters_do() -> None:
    one, two = layout.words([LINE], 1000)
    assert (one.text, two.text) == ("un", "mot")
    assert [one.left, one.right, two.left, two.right] == pytest.approx([100, 300, 400, 700])
    assert one.size == two.size == pytest.approx(0.79 * 50)
    assert layout.words([], 1000) == []


def test_the_cache_forgets_what_no_build_asks_for(tmp_path: Path) -> None:
    kept, picture = OcrCache(tmp_path, "lecteur"), Image.new("L", (3, 3))
    assert kept.lines(picture, lambda _: [LINE]) == [LINE]
    assert kept.lines(picture, lambda _: []) == [LINE]
    assert OcrCache(tmp_path, "autre").lines(picture, lambda _: []) == []
    first, second = sorted(tmp_path.glob("*/*.json"))
    os.utime(first, (0, 0))
    cache.sweep(tmp_path)
    assert not first.exists() and second.exists()
    assert second.stat().st_mode & 0o077 == 0


def test_a_cache_that_cannot_be_written_costs_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "ocr").write_text("a file")
    assert OcrCache(tmp_path / "ocr", "lecteur").lines(Image.new("L", (3, 3)), lambda _: [LINE]) == [LINE]
