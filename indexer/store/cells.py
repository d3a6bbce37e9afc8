"""Cells: finding the passages nearest to a question where there are too many to look at each.

Passages are parted into cells around centroids, and kept there in 8 bits; only the cells nearest to a
question are looked into (an inverted file, Sivic and Zisserman, "Video Google", ICCV 2003). What is found
is meant to be scored again by the vectors themselves, so 8 bits cost nothing but a little recall.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import faiss
import numpy as np

from indexer import progress
from indexer.store.filters import Allowed
from indexer.store.manifest import NearestRecord
from indexer.store.vector_writer import Floats, Rows

EXACT_UP_TO = 25_000
"""Passages that are all looked at for each question: it takes about a millisecond."""
LEAST_RECALL = 0.99
"""Share of the nearest that has to be found, measured on questions made of the corpus's own sentences."""
NEAREST, SCORED = 10, 100
"""Recall is that of the NEAREST first among SCORED candidates, which is how many a search takes at least."""
PER_CELL = 50
"""Passages a cell's centroid is learnt from."""
ROUNDS = 10
"""Of k-means; more move no centroid far."""
BLOCK = 1 << 14
"""Passages sorted into their cells at a time."""


def write(path: Path, passages: Floats, questions: Floats, learnt: Floats | None) -> NearestRecord:
    """Part passages [n, dim] into cells and write them; how many to look into so that enough is found.

    passages may be mapped: they are read a block at a time. questions [q, dim] are what recall is measured
    with. Centroids learnt before are taken where about so many are needed.
    """
    with _all_cores():
        wanted = cells_for(len(passages))
        suits = learnt is not None and wanted / 2 < len(learnt) < wanted * 2
        centroids = learnt if learnt is not None and suits else _learn(passages, wanted)
        index = _empty(centroids, _sample(passages, PER_CELL * len(centroids)))
        starts = range(0, len(passages), BLOCK)
        for start in progress.track(starts, len(starts), "Sorting passages into cells"):
            index.add(np.ascontiguousarray(passages[start : start + BLOCK]))
        probes, recall = _probes(index, passages, questions)
    with path.open("wb") as file:  # Python's own file: see ArrayWriter
        faiss.write_index(index, faiss.PyCallbackIOWriter(file.write))  # type: ignore[attr-defined]  # made at import
    return NearestRecord(len(centroids), probes, recall)


class Exact:
    """Looks at every passage of a sealed generation, mapped; safe to call from several threads."""

    centroids = None

    def __init__(self, path: Path) -> None:
        self._passages = np.load(path, mmap_mode="r")

    def nearest(self, queries: Floats, count: int, allowed: Allowed | None = None) -> Rows:
        """Rows of the `count` passages nearest to each of queries [v, dim], best first: [v, count].

        Of those allowed, which have to be as many; None: all are.
        """
        _one_core()
        if allowed is None:
            return _exactly(queries, self._passages, count)
        return _exactly_among(queries, self._passages, count, allowed)


class Cells:
    """Reads the cells of a sealed generation; safe to call from several threads."""

    def __init__(self, path: Path, record: NearestRecord) -> None:
        self._index: Any = faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC)
        self._cells = record.cells
        self._probes = record.probes

    @property
    def centroids(self) -> Floats:
        """[cells, dim]"""
        found: Floats = self._index.quantizer.reconstruct_n(0, self._cells)
        return found

    def stored(self) -> Rows:
        """Rows of all the passages it holds, cell by cell."""
        lists = self._index.invlists
        held = [
            faiss.rev_swig_ptr(lists.get_ids(cell), lists.list_size(cell)).copy()
            for cell in range(lists.nlist)
            if lists.list_size(cell)
        ]
        rows: Rows = np.concatenate(held, dtype=np.int64)
        return rows

    def nearest(self, queries: Floats, count: int, allowed: Allowed | None = None) -> Rows:
        """Rows of about the `count` passages nearest to each of queries [v, dim], best first: [v, count].

        Of those allowed, which have to be as many; None: all are.
        """
        _one_core()
        # The fewer are allowed, the further apart they stand: as many are looked at among them as would be
        # among all.
        share = 1.0 if allowed is None else allowed.count / self._index.ntotal
        probes = min(self._cells, math.ceil(self._probes / share))
        while True:
            rows: Rows = _search(self._index, queries, count, probes, allowed)
            if probes >= self._cells or (rows >= 0).all():  # -1 stands where the cells held too few
                return rows
            probes *= 2


def _search(index: Any, queries: Floats, count: int, probes: int, allowed: Allowed | None = None) -> Rows:
    # FAISS keeps pointers only: the selector has to live until the search is over, and its bits as well.
    selector = None if allowed is None else _selector(allowed)
    settings = faiss.SearchParametersIVF(nprobe=probes, sel=selector)  # type: ignore[call-arg]  # its stubs lag behind
    rows: Rows = index.search(queries, count, params=settings)[1]
    return rows


def _selector(allowed: Allowed) -> Any:
    return faiss.IDSelectorBitmap(allowed.bits)  # type: ignore[call-arg, arg-type]  # its stubs lag behind


def cells_for(passages: int) -> int:
    """4 · √n: then finding the cells and looking into them cost about the same."""
    return int(4 * math.sqrt(passages))


def _exactly(queries: Floats, passages: Floats, count: int) -> Rows:
    rows: Rows = faiss.knn(queries, passages, count, metric=faiss.METRIC_INNER_PRODUCT)[1]
    return rows


def _exactly_among(queries: Floats, passages: Floats, count: int, allowed: Allowed) -> Rows:
    # faiss.knn takes no selector. What it calls does, skips what is not allowed and copies no vector.
    queries = np.ascontiguousarray(queries, dtype=np.float32)
    products = np.empty((len(queries), count), dtype=np.float32)
    rows = np.empty((len(queries), count), dtype=np.int64)
    selector = _selector(allowed)
    search: Any = faiss.knn_inner_product
    search(
        *(faiss.swig_ptr(each) for each in (queries, passages)),
        passages.shape[1],
        len(queries),
        len(passages),
        count,
        *(faiss.swig_ptr(each) for each in (products, rows)),
        selector,
    )
    return rows


def _learn(passages: Floats, cells: int) -> Floats:
    """Centroids [cells, dim] of unit length, by k-means over some of the passages."""
    sample = _sample(passages, PER_CELL * cells)
    centroids = None
    for _ in progress.track(range(ROUNDS), ROUNDS, "Learning the cells"):
        kmeans = faiss.Kmeans(
            passages.shape[1],
            cells,
            niter=1,
            spherical=True,
            seed=1,
            min_points_per_centroid=1,  # the sample is as large as the corpus allows; FAISS need not warn
            max_points_per_centroid=PER_CELL,
        )
        kmeans.train(sample, init_centroids=centroids)
        centroids = kmeans.centroids
    assert centroids is not None
    return centroids


def _sample(passages: Floats, count: int) -> Floats:
    """At most so many of the passages, the same every time."""
    rows = np.random.default_rng(0).choice(len(passages), min(count, len(passages)), replace=False)
    return np.ascontiguousarray(passages[np.sort(rows)])


def _empty(centroids: Floats, sample: Floats) -> Any:
    """Cells around centroids, whose 8-bit levels are fitted to the sample."""
    cells, dim = centroids.shape
    quantizer = faiss.IndexFlatIP(dim)
    quantizer.add(centroids)
    index = faiss.IndexIVFScalarQuantizer(
        quantizer, dim, cells, faiss.ScalarQuantizer.QT_8bit, faiss.METRIC_INNER_PRODUCT
    )
    index.train(sample)
    return index


def _probes(index: Any, passages: Floats, questions: Floats) -> tuple[int, float]:
    """The fewest cells, a power of two, in which enough of the nearest are found; and the share found."""
    exact = _exactly(questions, passages, NEAREST)
    probes = 4
    while True:
        probes = min(probes * 2, index.nlist)
        found = _search(index, questions, SCORED, probes)
        recall = recall_of(found, exact)
        if recall >= LEAST_RECALL or probes == index.nlist:
            return probes, recall


def recall_of(found: Rows, exact: Rows) -> float:
    """Share of exact [q, k] that stands in the same row of found [q, n]."""
    return float((exact[:, :, None] == found[:, None, :]).any(axis=2).mean())


def _one_core() -> None:
    """One thread a search, which each thread has to say for itself.

    Requests already run side by side, and OpenMP's threads wait for one another by spinning, which on a busy
    machine makes an exact search five times slower.
    """
    faiss.omp_set_num_threads(1)


@contextmanager
def _all_cores() -> Iterator[None]:
    """FAISS on all cores: searches make it use one."""
    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(os.cpu_count() or 1)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(before)
