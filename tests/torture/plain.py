"""The plain baseline with the stand-in model: its files, and what is done to them as to an index."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import faiss
import numpy as np

from bench import baseline
from models.encoder import Vectors
from tests.standin import StandInEncoder

ROWS, DIM = 40_000, 128
"""Of the vectors whose saving is killed: 20 MB, so that it takes long enough to be met."""


class PlainModel:
    """The stand-in, spoken to as to a sentence-transformers model."""

    def encode_document(self, texts: list[str], **_: object) -> Vectors:
        """Vectors of passages."""
        return StandInEncoder().passages(texts)

    def encode_query(self, texts: list[str], **_: object) -> Vectors:
        """Vectors of questions."""
        return StandInEncoder().queries(texts)


def read(passages: Path) -> list[dict[str, str]]:
    """The file of passages, as the baseline reads it."""
    return [json.loads(line) for line in passages.read_text(encoding="utf-8").split("\n") if line]


def opened(passages: Path) -> tuple[Any, list[dict[str, str]]]:
    """Index and passages, as the baseline opens them when it starts; whatever that raises."""
    model: Any = PlainModel()
    held = read(passages)
    return baseline.load_index(passages, model, held), held


def vectors() -> Vectors:
    """Those whose saving is killed; the same every time."""
    return np.random.default_rng(0).standard_normal((ROWS, DIM), dtype=np.float32)


def save(file: Path, vectors_file: Path) -> None:
    """What the baseline does once it has encoded."""
    faiss.write_index(baseline.index_of(np.load(vectors_file)), str(file))
