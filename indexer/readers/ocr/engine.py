"""The picture of a page → its lines of text: upright, found, read, and left out where they cannot be read."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import Image

from indexer.readers.ocr import model_files

if TYPE_CHECKING:  # both load OpenVINO, which most builds do without
    from indexer.readers.ocr.detection import LineBox, LineDetector
    from indexer.readers.ocr.recognition import LineReader, LineText

LEAST_CONFIDENCE = 0.6
"""Mean probability of its characters from which a line is text: marks and pictures stay below."""
SURE = 0.85
"""Mean confidence of lines from which a page is upright for certain."""
STEEP = math.pi / 4
"""Angle of a line, in radians, from which it runs down the page rather than across."""
SAMPLE = 5
"""Lines by which it is judged, the longest."""
MICRO = re.compile(r"(?<![^\W\d_])μ(?=[gmlLsMAVWFNJ]|$)")
"""The Greek letter where it stands for 10⁻⁶, which is another character."""
ELISION = re.compile(r"(?<!\w)I(?=['’](?!(?:m|d|ve|ll)\b)[^\W\d_])")
"""A capital i before an apostrophe that no English word has: a French article, "l'", drawn alike."""
PROPERTIES = {"INFERENCE_PRECISION_HINT": "f32", "PERFORMANCE_HINT": "LATENCY"}
"""Settings of OpenVINO: in bf16, its default on some processors, whole lines came out garbled."""


@dataclass(frozen=True, slots=True)
class PictureLine:
    """A line of text in a picture. Lengths are in shares of the upright picture's width."""

    text: str
    edges: tuple[float, ...]
    """Where each character stands along the line, from its left end; there are as many as characters."""
    left: float
    top: float
    width: float
    height: float


class OcrEngine:
    """Reads pictures; its networks are loaded for the first one."""

    def __init__(self, folder: Path) -> None:
        """`folder` holds the networks, as model_files.fetch returns it."""
        self._folder = folder

    def read(self, picture: Image.Image) -> list[PictureLine]:
        """Return the lines of text of a picture, from top to bottom, turned upright if need be."""
        picture = picture.convert("RGB")
        boxes = self._detector.boxes(picture)
        if sum(abs(box.angle) > STEEP for box in boxes) > len(boxes) / 2:
            picture = picture.transpose(Image.Transpose.ROTATE_90)
            boxes = self._detector.boxes(picture)
        longest = sorted(boxes, key=lambda box: -box.width)[:SAMPLE]
        if _mean([self._reader.read(picture, box) for box in longest]) < SURE:
            turned = picture.transpose(Image.Transpose.ROTATE_180)
            upside = [_turned(box, picture) for box in longest]
            if _mean([self._reader.read(turned, box) for box in upside]) > SURE:
                picture, boxes = turned, [_turned(box, picture) for box in boxes]
        lines = [(box, self._reader.read(picture, box)) for box in boxes]
        kept = [_line(box, line, picture.width) for box, line in lines if line.confidence >= LEAST_CONFIDENCE]
        return sorted(kept, key=lambda line: (line.top, line.left))

    @cached_property
    def _detector(self) -> LineDetector:
        from indexer.readers.ocr.detection import LineDetector

        return LineDetector(self._core, (self._folder / model_files.DETECTION).read_bytes(), PROPERTIES)

    @cached_property
    def _reader(self) -> LineReader:
        from indexer.readers.ocr.recognition import LineReader

        characters = (self._folder / model_files.CHARACTERS).read_text(encoding="utf-8").split("\n")
        model = (self._folder / model_files.RECOGNITION).read_bytes()
        return LineReader(self._core, model, [*characters, " "], PROPERTIES)

    @cached_property
    def _core(self) -> Any:
        from models.openvino_import import core

        return core()


def _mean(lines: Sequence[LineText]) -> float:
    """Return the mean confidence of lines; 1 where there are none."""
    return sum(line.confidence for line in lines) / len(lines) if lines else 1.0


def _turned(box: LineBox, picture: Image.Image) -> LineBox:
    """Return a box of a picture as it stands in the picture turned upside down."""
    from indexer.readers.ocr.detection import LineBox

    return LineBox(picture.width - box.x, picture.height - box.y, box.width, box.height, box.angle)


def _line(box: LineBox, line: LineText, width: int) -> PictureLine:
    left, top = box.x - box.width / 2, box.y - box.height / 2
    edges = tuple(place * box.width / width for place in line.places)
    return PictureLine(
        spelt(line.text), edges, left / width, top / width, box.width / width, box.height / width
    )


def spelt(text: str) -> str:
    """Return the text of a line with the right one of characters that are drawn alike."""
    return ELISION.sub("l", MICRO.sub("µ", text))
