"""A deterministic stand-in for the model: texts that share words have vectors that are near."""

from __future__ import annotations

import re
import unicodedata
import zlib
from collections.abc import Sequence

import numpy as np

from models.encoder import Vectors

DIM = 64


class StandInEncoder:
    """Sums a fixed random vector a word, so cos(a, b) grows with the words a and b share.

    Instant, needs no file, and the same on every machine.
    """

    def __init__(self, name: str = "stand-in", fingerprint: str = "0123456789abcdef") -> None:
        self.name = name
        self.fingerprint = fingerprint
        self.engine = "stand-in"
        self.dim = DIM
        self.max_tokens = 512

    def queries(self, texts: Sequence[str]) -> Vectors:
        return _vectors(texts)

    def passages(self, texts: Sequence[str]) -> Vectors:
        return _vectors(texts)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [len(words(text)) for text in texts]


def words(text: str) -> list[str]:
    """Words of a text, lower case, without accents."""
    plain = unicodedata.normalize("NFKD", text.lower())
    return re.findall(r"\w+", "".join(c for c in plain if not unicodedata.combining(c)))


def _vectors(texts: Sequence[str]) -> Vectors:
    rows = np.zeros((len(texts), DIM), dtype=np.float32)
    for row, text in zip(rows, texts, strict=True):
        for word in words(text) or [""]:
            seed = zlib.crc32(word.encode())
            row += np.random.default_rng(seed).standard_normal(DIM, dtype=np.float32)
        row /= np.linalg.norm(row)
    return rows
