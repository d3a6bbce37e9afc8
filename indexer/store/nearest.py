"""Find the passages nearest to a query vector: the contract of every engine, and the exact engine."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any

import faiss
import numpy as np

from indexer.store.arrays import Floats, Rows
from indexer.store.filters import Allowed


class NearestPassages(ABC):
    """Ranks the passages of a sealed generation by inner product; safe to call from several threads."""

    oversampling: float = 1.0
    """How many times as many passages to ask for as are wanted, to be ranked again by their full vectors."""

    @abstractmethod
    def nearest(self, queries: Floats, count: int, allowed: Allowed | None = None) -> Rows:
        """Return the rows [v, count] of the passages nearest to each of queries [v, dim], best first.

        `allowed` confines the ranking to some passages, of which there are at least `count`; None: all.
        """

    @property
    @abstractmethod
    def centroids(self) -> Floats | None:
        """Centroids [cells, dim] that the next build may use again; None for an engine without cells."""


class ExactNearest(NearestPassages):
    """Compares every passage with the query, in a file that is mapped."""

    centroids = None

    def __init__(self, path: Path) -> None:
        self._passages = np.load(path, mmap_mode="r")

    def nearest(self, queries: Floats, count: int, allowed: Allowed | None = None) -> Rows:
        """Return the rows of the nearest passages; nothing is approximate."""
        use_one_core()
        if allowed is None:
            return exact_nearest(queries, self._passages, count)
        return _exact_nearest_among(queries, self._passages, count, allowed)


def exact_nearest(queries: Floats, passages: Floats, count: int) -> Rows:
    """Return the rows of the `count` passages of greatest inner product with each query: [v, count]."""
    rows: Rows = faiss.knn(queries, passages, count, metric=faiss.METRIC_INNER_PRODUCT)[1]
    return rows


def selector(allowed: Allowed) -> Any:
    """Return FAISS's selector of the allowed passages; it points at their bits, which must outlive it."""
    return faiss.IDSelectorBitmap(allowed.bits)  # type: ignore[call-arg, arg-type]  # its stubs lag behind


def use_one_core() -> None:
    """Confine FAISS to one thread, which every calling thread has to do for itself.

    Requests already run side by side, and OpenMP's threads wait for one another by spinning, which on a busy
    machine makes an exact search five times slower.
    """
    faiss.omp_set_num_threads(1)


def _exact_nearest_among(queries: Floats, passages: Floats, count: int, allowed: Allowed) -> Rows:
    # faiss.knn takes no selector. The function it calls does, and so copies no vector.
    queries = np.ascontiguousarray(queries, dtype=np.float32)
    products = np.empty((len(queries), count), dtype=np.float32)
    rows = np.empty((len(queries), count), dtype=np.int64)
    among = selector(allowed)
    search: Any = faiss.knn_inner_product
    search(
        *(faiss.swig_ptr(array) for array in (queries, passages)),
        passages.shape[1],
        len(queries),
        len(passages),
        count,
        *(faiss.swig_ptr(array) for array in (products, rows)),
        among,
    )
    return rows
