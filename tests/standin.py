"""A deterministic stand-in for the model: texts that share words have similar vectors."""

from __future__ import annotations

import re
import unicodedata
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

import numpy as np

from indexer.building.settings import DEFAULT
from models.encoder import Encoder, Vectors
from models.load import ModelChoice

DIM = 64
_COEFFICIENTS = {
    "closeness": 0.0,
    "coverage": 12.0,
    "constant": -5.0,
    "cross_closeness": 0.0,
    "cross_constant": -5.0,
    "gap": 0.0,
    "weak": 0.2,
    "strong": 0.6,
}
CALIBRATED = replace(DEFAULT, find_calibration=lambda _: _COEFFICIENTS)
"""Settings of a build whose index has probabilities: relevant is what holds the words of the question."""


class StandInEncoder:
    """An Encoder that sums a fixed random vector for each word, so cos(a, b) grows with the words shared.

    It is instant, needs no file, and is the same on every machine.
    """

    def __init__(self, name: str = "stand-in", fingerprint: str = "0123456789abcdef") -> None:
        self.name = name
        self.fingerprint = fingerprint
        self.engine = "stand-in"
        self.choice = None
        self.dim = DIM
        self.max_tokens = 512

    def queries(self, texts: Sequence[str]) -> Vectors:
        return _vectors(texts)

    def passages(self, texts: Sequence[str]) -> Vectors:
        return _vectors(texts)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [len(words(text)) for text in texts]


@dataclass(frozen=True)
class StandInChoice(ModelChoice):
    """A choice of the stand-in, or of another encoder that is given; it needs no files."""

    encoder: Encoder = field(default_factory=StandInEncoder)

    def fingerprint(self) -> str:
        return self.encoder.fingerprint

    def load(self, *_: object, **__: object) -> Encoder:
        return self.encoder


def use_everywhere(encoder: Encoder, replace: Callable[[type, str, object], None] = setattr) -> None:
    """Have every ModelChoice load this encoder: for a process of its own, or with a MonkeyPatch's setattr."""
    replace(ModelChoice, "folder", lambda _: Path())
    replace(ModelChoice, "local_folder", lambda _: None)
    replace(ModelChoice, "fingerprint", lambda _: encoder.fingerprint)
    replace(ModelChoice, "load", lambda _, **__: encoder)


def words(text: str) -> list[str]:
    """Return the words of a text in lower case, without accents."""
    plain = unicodedata.normalize("NFKD", text.lower())
    return re.findall(r"\w+", "".join(c for c in plain if not unicodedata.combining(c)))


def _vectors(texts: Sequence[str]) -> Vectors:
    rows = np.empty((len(texts), DIM), dtype=np.float32)
    for row, text in zip(rows, texts, strict=True):
        row[:] = _vector(text)
    return rows


@lru_cache(maxsize=10_000)  # each build encodes the same hundreds of background texts
def _vector(text: str) -> Vectors:
    row = np.zeros(DIM, dtype=np.float32)
    for word in words(text) or [""]:
        row += _vector_of_word(word)
    row /= np.linalg.norm(row)
    return row


@lru_cache(maxsize=100_000)
def _vector_of_word(word: str) -> Vectors:
    return np.random.default_rng(zlib.crc32(word.encode())).standard_normal(DIM, dtype=np.float32)
