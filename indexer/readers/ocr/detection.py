"""The picture of a page → where its lines of text stand, by a network that marks text (DB, Liao et al. 2020).

https://arxiv.org/abs/1911.08947: the network gives each pixel its probability to lie in the shrunken core of
a line. Each connected core is one line; its box is the core's, grown back.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import median
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image
from scipy import ndimage

LONGEST_SIDE = 1600
"""Pixels to which a page is made smaller to look for lines: letters of an A4 page keep six or more."""
STEP = 32
"""The network reads pictures whose sides are multiples of so many pixels."""
CORE = 0.3
"""Probability from which a pixel lies in the core of a line."""
SURE = 0.5
"""Mean probability of a core's pixels from which it is one of text."""
SMALLEST = 3.0
"""Pixels that a core is high at least."""
GROWTH = 1.6
"""Distance by which a core grows on each side, in multiples of its area by its circumference."""
MOST_LINES = 1000
"""Lines of one page."""
LONG = 4.0
"""Width, in multiples of its height, from which a core tells the direction of its line by itself."""

Pixels = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class LineBox:
    """A box around a line of text. Lengths are in pixels of the picture; x grows rightwards, y downwards."""

    x: float
    """Of its centre."""
    y: float
    width: float
    """Along the line."""
    height: float
    angle: float
    """Direction of the line, in radians clockwise from the horizontal."""


class LineDetector:
    """Finds lines of text; one thread at a time may use it."""

    def __init__(self, core: Any, model: bytes, properties: dict[str, Any]) -> None:
        """Compile the network, given as ONNX."""
        self._request = core.compile_model(core.read_model(model), "CPU", properties).create_infer_request()

    def boxes(self, picture: Image.Image) -> list[LineBox]:
        """Return the boxes of an RGB picture's lines, in no order."""
        scale = min(1.0, LONGEST_SIDE / max(picture.size))
        width, height = (max(STEP, round(side * scale / STEP) * STEP) for side in picture.size)
        small = picture.resize((width, height), Image.Resampling.BILINEAR, reducing_gap=2.0)
        self._request.infer({0: normalised(small)[None]})
        probability = self._request.get_output_tensor().data[0, 0]
        across, down = picture.width / width, picture.height / height
        return [
            LineBox(box.x * across, box.y * down, box.width * across, box.height * down, box.angle)
            for box in boxes_of(probability)
        ]


def normalised(picture: Image.Image) -> Pixels:
    """Return the pixels of an RGB picture as the networks take them: blue, green, red, each in -1…1.

    The shape is (3, height, width).
    """
    pixels = np.asarray(picture, dtype=np.float32)[:, :, ::-1].transpose(2, 0, 1)
    return np.ascontiguousarray(pixels / 127.5 - 1)


def boxes_of(probability: Pixels) -> list[LineBox]:
    """Return the boxes of lines, given each pixel's probability; its shape is (height, width)."""
    labels, _ = ndimage.label(probability > CORE, structure=np.ones((3, 3)))
    found = []
    for label, place in enumerate(ndimage.find_objects(labels), 1):
        core = labels[place] == label
        if min(core.shape) < SMALLEST or probability[place][core].mean() < SURE:
            continue
        rows, columns = np.nonzero(core)
        found.append((columns + place[1].start + 0.5, rows + place[0].start + 0.5))
    found = sorted(found, key=lambda points: -len(points[0]))[:MOST_LINES]
    angles = [_angle(*points) for points in found]
    page_angle = median([angle for angle in angles if angle is not None] or [0.0])
    return [
        _grown(*points, page_angle if angle is None else angle)
        for points, angle in zip(found, angles, strict=True)
    ]


def _angle(x: Pixels, y: Pixels) -> float | None:
    """Return the direction of a core's pixels, None where they are too few or too round to tell it."""
    if np.ptp(x) < LONG * np.ptp(y) and np.ptp(y) < LONG * np.ptp(x):
        return None
    covariance = np.cov(x, y)
    return 0.5 * math.atan2(2 * covariance[0, 1], covariance[0, 0] - covariance[1, 1])


def _grown(x: Pixels, y: Pixels, angle: float) -> LineBox:
    """Return the box around a core in a direction, grown back to that of its line."""
    cos, sin = math.cos(angle), math.sin(angle)
    along, across = x * cos + y * sin, y * cos - x * sin
    # A pixel is a square, so that the box reaches half a pixel beyond the centres of the outermost.
    width, height = float(np.ptp(along)) + 1, float(np.ptp(across)) + 1
    grown = GROWTH * width * height / (2 * (width + height))
    middle, level = (float(values.min() + values.max()) / 2 for values in (along, across))
    return LineBox(
        middle * cos - level * sin, middle * sin + level * cos, width + 2 * grown, height + 2 * grown, angle
    )
