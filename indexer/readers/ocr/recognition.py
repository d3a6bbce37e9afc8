"""The picture of a line → its text, by a network trained with CTC (Graves et al. 2006)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from indexer.readers.ocr.detection import LineBox, normalised

HEIGHT = 48
"""Pixels of a line's height, as the network takes it."""
STEP = 64
"""Widths are filled up to a multiple of so many pixels: each new width takes time to prepare for."""
WIDEST = 3200
"""Pixels of the widest line; a longer one is narrowed to it."""


@dataclass(frozen=True, slots=True)
class LineText:
    """The text that is read in a line."""

    text: str
    places: tuple[float, ...]
    """Where each character stands: share of the line's width."""
    confidence: float
    """Mean probability of its characters, 0…1."""


class LineReader:
    """Reads lines; one thread at a time may use it."""

    def __init__(
        self, core: Any, model: bytes, characters: Sequence[str], properties: dict[str, Any]
    ) -> None:
        """Compile the network, given as ONNX, with the characters of its classes after the first."""
        self._request = core.compile_model(core.read_model(model), "CPU", properties).create_infer_request()
        self._characters = ("", *characters)

    def read(self, picture: Image.Image, box: LineBox) -> LineText:
        """Return the text of the line in a box of an RGB picture."""
        line = cut_out(picture, box)
        pixels = np.zeros((1, 3, HEIGHT, math.ceil(line.width / STEP) * STEP), dtype=np.float32)
        pixels[0, :, :, : line.width] = normalised(line)
        self._request.infer({0: pixels})
        return decoded(
            self._request.get_output_tensor().data[0], self._characters, line.width / pixels.shape[3]
        )


def cut_out(picture: Image.Image, box: LineBox) -> Image.Image:
    """Return the line in a box, made level and HEIGHT pixels high."""
    width = max(1, min(WIDEST, round(box.width * HEIGHT / box.height)))
    cos, sin = math.cos(box.angle), math.sin(box.angle)
    # Where a pixel (u, v) of the result comes from: the box's corner, then steps along and across the line.
    across, down = box.width / width, box.height / HEIGHT
    left = box.x - cos * box.width / 2 + sin * box.height / 2
    top = box.y - sin * box.width / 2 - cos * box.height / 2
    matrix = (cos * across, -sin * down, left, sin * across, cos * down, top)
    return picture.transform(
        (width, HEIGHT), Image.Transform.AFFINE, matrix, Image.Resampling.BICUBIC, fillcolor="white"
    )


def decoded(probabilities: npt.NDArray[np.float32], characters: Sequence[str], filled: float) -> LineText:
    """Return the text of a line, given the probability of each class at each step: shape (steps, classes).

    The likeliest class of each step counts; class 0 is none, and a class that is that of the step before is
    the same character still. `filled` is the share of the steps that the line takes up.
    """
    classes = probabilities.argmax(axis=1)
    is_new = (classes != 0) & (classes != np.concatenate(([0], classes[:-1])))
    steps = np.nonzero(is_new)[0]
    text = [characters[at] for at in classes[steps]]
    certain = probabilities[steps, classes[steps]]
    places = (steps + 0.5) / (len(classes) * filled)
    return LineText("".join(text), tuple(map(float, places)), float(certain.mean()) if len(steps) else 0.0)
