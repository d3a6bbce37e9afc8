"""Draws pages of text for the tests, as a scanner would hand them over."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

LINES = (
    "L’œuvre du cœur : été, où, ça, Noël et maïs",
    "Les « sœurs » de l’École ont signé à Évreux",
    "une convention de 1 200 € pour 50 µg/L, soit 12 %.",
)
PIXELS_PER_POINT = 150 / 72
FACE = Path("/usr/share/fonts/truetype/dejavu/DejaVuSerif.ttf")


def page(lines: tuple[str, ...] = LINES, size: int = 11) -> Image.Image:
    """Return a grey page of lines of text, drawn with 150 dots per inch."""
    pixels = round(size * PIXELS_PER_POINT)
    # Pillow's own face where there is no other: it has the accents too.
    font = ImageFont.truetype(FACE, pixels) if FACE.is_file() else ImageFont.load_default(pixels)
    picture = Image.new("L", (900, 160 + 2 * pixels * len(lines)), 255)
    draw = ImageDraw.Draw(picture)
    for row, line in enumerate(lines):
        draw.text((80, 80 + 2 * pixels * row), line, font=font, fill=20)
    return picture


def dirty(picture: Image.Image) -> Image.Image:
    """Return a page as a poor scan shows it: askew, blurred, grey and noisy."""
    picture = picture.rotate(1.0, Image.Resampling.BICUBIC, fillcolor=255)
    pixels = np.asarray(picture.filter(ImageFilter.GaussianBlur(0.7)), dtype=float)
    noisy = pixels * 0.8 + 30 + np.random.default_rng(7).normal(0, 14, pixels.shape)
    return Image.fromarray(noisy.clip(0, 255).astype("uint8"))


def encoded(picture: Image.Image, format: str, **options: object) -> bytes:
    """Return the bytes of a picture in a format."""
    buffer = BytesIO()
    picture.save(buffer, format, **options)
    return buffer.getvalue()
