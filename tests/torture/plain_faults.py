"""Kills and flips of the baseline's files, counted as those of an index are."""

from __future__ import annotations

import random
from functools import partial
from pathlib import Path

import faiss
import numpy as np

from models.encoder import Vectors
from tests.torture import plain
from tests.torture.faults import Outcome, Record, flip, record
from tests.torture.kills import moments
from tests.torture.victim import Victim


def killed_while_saving(victim: Victim, folder: Path, count: int, rng: random.Random) -> Record:
    """Its index saved over the one before, killed at moments spread over that.

    Right: it reads what is there, or nothing is and it encodes anew. Else it ends at every start with a
    stack trace, until somebody removes the file: that is no refusal in words.
    """
    file, given = folder / "saved.faiss", folder / "vectors.npy"
    vectors = plain.vectors()
    np.save(given, vectors)
    length = victim.complete("save plainly", file, given)
    outcomes: list[Outcome] = []
    struck = 0
    for share in moments(count, rng):
        struck += victim.run("save plainly", file, given, kill_after=share * length)[0] != 0
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
    """One bit flipped in each of its two files in turn, so many times, before it starts."""
    plain.opened(passages)  # encodes, and keeps the vectors
    return [
        record(f"bit flipped in {file.suffix}", [_flipped(file, passages, rng) for _ in range(count)])
        for file in (passages, passages.with_suffix(".faiss"))
    ]


def _flipped(file: Path, passages: Path, rng: random.Random) -> Outcome:
    where, bit = rng.randrange(file.stat().st_size), 1 << rng.randrange(8)
    undo = partial(flip, file, where, bit)
    undo()
    try:
        plain.opened(passages)
    except Exception:  # whatever it ends with, it has noticed
        return "refused"
    finally:
        undo()
    return "wrong"  # it starts, and answers from what is not what was written
