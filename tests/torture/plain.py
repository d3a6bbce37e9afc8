"""The plain baseline with the stand-in model, and the harm done to its files, counted as an index's is."""

from __future__ import annotations

import json
import random
from functools import partial
from pathlib import Path
from typing import Any

import faiss
import numpy as np

from bench import baseline
from models.encoder import Vectors
from tests.standin import StandInEncoder
from tests.torture.faults import Outcome, Record, flip, record
from tests.torture.kills import moments
from tests.torture.victim import Victim

ROWS, DIM = 40_000, 128
"""Shape of the vectors whose saving is killed: 20 MB take long enough for a kill to meet the process."""


class PlainModel:
    """The stand-in with the interface of a sentence-transformers model."""

    def encode_document(self, texts: list[str], **_: object) -> Vectors:
        """Return the vectors of passages."""
        return StandInEncoder().passages(texts)

    def encode_query(self, texts: list[str], **_: object) -> Vectors:
        """Return the vectors of questions."""
        return StandInEncoder().queries(texts)


def read(passages: Path) -> list[dict[str, str]]:
    """Return the passages in a file, as the baseline reads it."""
    return [json.loads(line) for line in passages.read_text(encoding="utf-8").split("\n") if line]


def load(passages: Path) -> tuple[Any, list[dict[str, str]]]:
    """Return index and passages as the baseline opens them when it starts; raises whatever that raises."""
    model: Any = PlainModel()
    rows = read(passages)
    return baseline.load_index(passages, model, rows), rows


def killed_while_saving(victim: Victim, folder: Path, count: int, rng: random.Random) -> Record:
    """Save its index over the one before, killed at moments spread over that.

    Right: it reads what is there, or nothing is and it encodes anew. Else it ends at every start with a
    stack trace, until somebody removes the file: that is no refusal in words.
    """
    file, vectors_file = folder / "saved.faiss", folder / "vectors.npy"
    vectors = np.random.default_rng(0).standard_normal((ROWS, DIM), dtype=np.float32)
    np.save(vectors_file, vectors)
    length = victim.complete("save plainly", file, vectors_file)
    outcomes: list[Outcome] = []
    struck = 0
    for share in moments(count, rng):
        struck += victim.run("save plainly", file, vectors_file, kill_after=share * length)[0] != 0
        outcomes.append(_saved(file, vectors))
    return record("build killed", outcomes, struck, "wrong where it will not start again")


def _saved(file: Path, vectors: Vectors) -> Outcome:
    if not file.exists():
        return "right"
    try:
        index = faiss.read_index(str(file))
        (row,) = index.search(vectors[-1:], 1)[1][0]
    except RuntimeError:
        return "wrong"
    return "right" if index.ntotal == row + 1 == len(vectors) else "wrong"


def flipped(passages: Path, count: int, rng: random.Random) -> list[Record]:
    """Flip one bit in each of its two files in turn, so many times, before it starts."""
    load(passages)  # encodes, and saves the vectors
    return [
        record(f"bit flipped in {file.suffix}", [_flipped(file, passages, rng) for _ in range(count)])
        for file in (passages, passages.with_suffix(".faiss"))
    ]


def _flipped(file: Path, passages: Path, rng: random.Random) -> Outcome:
    where, bit = rng.randrange(file.stat().st_size), 1 << rng.randrange(8)
    undo = partial(flip, file, where, bit)
    undo()
    try:
        load(passages)
    except Exception:  # whatever it ends with, it has noticed
        return "refused"
    finally:
        undo()
    return "wrong"  # it starts, and answers from what is not what was written
