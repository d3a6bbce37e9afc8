"""Open an index in this process and search it without encoding: ours, and the baseline's."""

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

from bench import processes
from bench.figures import Latency, latency
from bench.processes import Memory
from indexer.store.open_index import open_index
from models.encoder import Vectors
from service.search import ranking
from service.search.searcher import CANDIDATES, Searcher

DEPTH = 10
"""Nearest passages by exact search, which have to be among our candidates."""
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
    """Seconds to open it."""
    search: Latency
    before: Memory
    """Memory before it was opened, the program's own modules loaded."""
    open: Memory
    after: Memory
    """Memory after the questions."""
    nearest: Rows
    """[questions, …]: rows of the candidates that vectors bring up."""


class Fixed:
    """An encoder that takes no time: each question has been encoded beforehand."""

    def __init__(self, asked: Asked, fingerprint: str) -> None:
        self.fingerprint = fingerprint
        self._known = dict(zip(asked.texts, asked.vectors, strict=True))

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(name)

    def queries(self, texts: Sequence[str]) -> Vectors:
        """Return the remembered vectors; a variant of a question counts as the first of all."""
        known = self._known
        return np.stack([known.get(text, next(iter(known.values()))) for text in texts])


def ours(index: Path, asked: Asked, fingerprint: str) -> Opened:
    """Measure our index in the process that calls this."""
    threadpool_limits(1, user_api="blas")  # as the service does
    before = processes.memory_of()
    begun = time.perf_counter()
    opened = open_index(index, fingerprint)
    seconds = time.perf_counter() - begun
    at_open = processes.memory_of()
    searcher = Searcher(Fixed(asked, fingerprint), opened)
    for text in asked.texts[:WARM_UP]:
        searcher.search(text, DEPTH, per_source=3)
    taken = []
    for text in asked.texts:
        begun = time.perf_counter()
        searcher.search(text, DEPTH, per_source=3)
        taken.append(time.perf_counter() - begun)
    after = processes.memory_of()
    centred = ranking.centred(asked.vectors, opened.vectors.mean_question)
    nearest = np.concatenate([opened.vectors.nearest(each[None], CANDIDATES) for each in centred])
    return Opened(seconds, latency(taken), before, at_open, after, nearest)


def baseline(passages: Path, asked: Asked, mean_question: Vectors) -> Opened:
    """Measure the baseline: exact search over the same vectors, on FAISS's default threads."""
    before = processes.memory_of()
    begun = time.perf_counter()
    exact = faiss.read_index(str(passages.with_suffix(".faiss")))
    seconds = time.perf_counter() - begun
    at_open = processes.memory_of()
    # The same questions, centred as ours are, so that the rows found tell our recall.
    centred = ranking.centred(asked.vectors, mean_question)
    for each in centred[:WARM_UP]:
        exact.search(each[None], DEPTH)
    taken, rows = [], []
    for each in centred:
        begun = time.perf_counter()
        rows.append(exact.search(each[None], DEPTH)[1])
        taken.append(time.perf_counter() - begun)
    after = processes.memory_of()
    return Opened(seconds, latency(taken), before, at_open, after, np.concatenate(rows))
