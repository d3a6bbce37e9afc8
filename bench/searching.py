"""Open an index in this process and search it, the questions' vectors given: ours, and the baseline's."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import faiss
import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from bench import memory
from bench.memory import Memory
from bench.times import Latency, latency
from indexer.store.open_index import open_index
from models.encoder import Vectors
from service.search import ranking
from service.search.searcher import CANDIDATES, Searcher

DEPTH = 10
"""Nearest passages by exact search that ours have to be among the candidates for."""
WARM_UP = 5
"""Questions asked before those that count."""

Rows = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Asked:
    """Questions with their vectors, for searches that encode nothing."""

    texts: list[str]
    vectors: Vectors


@dataclass(frozen=True, slots=True)
class Opened:
    """An index, opened and searched in a fresh process without encoding."""

    seconds: float
    """To open it."""
    search: Latency
    before: Memory
    """Before it was opened, the program's own modules loaded."""
    open: Memory
    after: Memory
    """After the questions."""
    nearest: Rows
    """[questions, …]: rows that vectors bring up; ours are then scored again by the vectors themselves."""


class Fixed:
    """An encoder that takes no time: each question has been encoded beforehand."""

    def __init__(self, asked: Asked, fingerprint: str) -> None:
        self.fingerprint = fingerprint
        self._known = dict(zip(asked.texts, asked.vectors, strict=True))

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(name)

    def queries(self, texts: Sequence[str]) -> Vectors:
        """The remembered vectors; a variant of a question counts as the first of all."""
        known = self._known
        return np.stack([known.get(text, next(iter(known.values()))) for text in texts])


def ours(index: Path, asked: Asked, fingerprint: str) -> Opened:
    """Ours, in the process that calls it."""
    threadpool_limits(1, user_api="blas")  # as the service does
    before = memory.of_process()
    begun = time.perf_counter()
    opened = open_index(index, fingerprint)
    seconds = time.perf_counter() - begun
    at_open = memory.of_process()
    searcher = Searcher(Fixed(asked, fingerprint), opened)
    for text in asked.texts[:WARM_UP]:
        searcher.search(text, DEPTH, per_source=3)
    taken = []
    for text in asked.texts:
        begun = time.perf_counter()
        searcher.search(text, DEPTH, per_source=3)
        taken.append(time.perf_counter() - begun)
    after = memory.of_process()
    centred = ranking.centred(asked.vectors, opened.vectors.mean_question)
    nearest = np.concatenate([opened.vectors.nearest(each[None], CANDIDATES) for each in centred])
    return Opened(seconds, latency(taken), before, at_open, after, nearest)


def baseline(passages: Path, asked: Asked, mean_question: Vectors) -> Opened:
    """The baseline: exact search over the same vectors, on FAISS's default threads."""
    before = memory.of_process()
    begun = time.perf_counter()
    exact = faiss.read_index(str(passages.with_suffix(".faiss")))
    seconds = time.perf_counter() - begun
    at_open = memory.of_process()
    # The same questions, centred as ours are, so that the rows found tell our recall.
    centred = ranking.centred(asked.vectors, mean_question)
    for each in centred[:WARM_UP]:
        exact.search(each[None], DEPTH)
    taken, rows = [], []
    for each in centred:
        begun = time.perf_counter()
        rows.append(exact.search(each[None], DEPTH)[1])
        taken.append(time.perf_counter() - begun)
    after = memory.of_process()
    return Opened(seconds, latency(taken), before, at_open, after, np.concatenate(rows))
