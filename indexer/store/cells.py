"""Cluster passages in cells, so that a query is compared with the nearest cells only (an inverted file).

Sivic and Zisserman, "Video Google", ICCV 2003. A cell holds what its passages differ in from their centroid,
each component in 4 bits, laid out so that one instruction compares many passages (André, Kermarrec and Le
Scouarnec, "Quicker ADC", PAMI 2021). Candidates are scored again by the full vectors, so that 4 bits cost
nothing but a little recall: of the ten passages of a million that are nearest to people's questions, 99.9 %
are among the first hundred from 128 cells, as by 8 bits, which take three times as long.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import faiss
import numpy as np

from indexer import progress
from indexer.store.arrays import Floats, Rows
from indexer.store.filters import Allowed
from indexer.store.manifest import NearestRecord
from indexer.store.nearest import NearestPassages, exact_nearest, selector, use_one_core

RECALL_AT = 10
"""Nearest passages per question whose share among the candidates is the recall."""
BITS = 4
"""Bits of a component."""
SAMPLE_PER_CELL = 50
"""Passages per cell that k-means learns the centroids from."""
ROUNDS = 10
"""Rounds of k-means; more move no centroid far."""


def cells_for(passages: int) -> int:
    """Return 4 · √passages: then choosing the cells and scanning them cost about the same."""
    return int(4 * math.sqrt(passages))


@dataclass(frozen=True, slots=True)
class CellSettings:
    """When passages are clustered in cells, and how many cells a query visits."""

    exact_up_to: int = 25_000
    """Passages up to which every query is compared with all of them, which takes about a millisecond."""
    cells_for: Callable[[int], int] = cells_for
    """Number of cells for a number of passages."""
    least_recall: float = 0.99
    """Recall that has to be reached on questions made of a few words of the corpus's own sentences."""
    candidates: int = 100
    """Candidates per question among which recall is measured: as many as a search takes at least."""
    block: int = 1 << 14
    """Passages sorted into their cells at a time."""


DEFAULT = CellSettings()


def write_cells(
    path: Path,
    passages: Floats,
    questions: Floats,
    learnt: Floats | None,
    settings: CellSettings = DEFAULT,
) -> NearestRecord:
    """Cluster passages [n, dim] in cells, write them, and return how many cells a query has to visit.

    passages may be mapped: they are read a block at a time. Recall is measured with questions [q, dim].
    Centroids learnt by an earlier build are used again where about as many are needed. Raises OSError.
    """
    with _all_cores():
        wanted = settings.cells_for(len(passages))
        suits = learnt is not None and wanted / 2 < len(learnt) < wanted * 2
        centroids = learnt if learnt is not None and suits else _learn(passages, wanted)
        index = _empty(centroids, _sample(passages, SAMPLE_PER_CELL * len(centroids)))
        starts = range(0, len(passages), settings.block)
        for start in progress.track(starts, len(starts), "Sorting passages into cells"):
            index.add(np.ascontiguousarray(passages[start : start + settings.block]))
        probes, recall = _probes(index, passages, questions, settings)
    with path.open("wb") as file:  # Python's own file: see ArrayWriter
        faiss.write_index(index, faiss.PyCallbackIOWriter(file.write))  # type: ignore[attr-defined]  # made at import
    return NearestRecord(len(centroids), probes, recall)


class CellNearest(NearestPassages):
    """Compares a query with the passages of the nearest cells, whose codes stand in memory."""

    # Of the hundred nearest of 50 000 passages, 92 are among the first hundred by codes, 98 among 125.
    oversampling = 1.25

    def __init__(self, path: Path, record: NearestRecord) -> None:
        self._index: Any = faiss.read_index(str(path))
        self._cells = record.cells
        self._probes = record.probes

    @property
    def centroids(self) -> Floats:
        """Centroids of the cells: [cells, dim]."""
        centroids: Floats = self._index.quantizer.reconstruct_n(0, self._cells)
        return centroids

    def nearest(self, queries: Floats, count: int, allowed: Allowed | None = None) -> Rows:
        """Return the rows of about the nearest passages, ranked by products with their codes: [v, count]."""
        use_one_core()
        # The fewer are allowed, the further apart they stand: visiting more cells compares as many allowed
        # passages as there would be among all.
        share = 1.0 if allowed is None else allowed.count / self._index.ntotal
        probes = min(self._cells, math.ceil(self._probes / share))
        while True:
            rows = _search(self._index, queries, count, probes, allowed)
            if probes >= self._cells or (rows >= 0).all():  # -1 stands where the cells held too few
                return rows
            probes *= 2


def recall_of(found: Rows, exact: Rows) -> float:
    """Return the share of exact [q, k] that stands in the same row of found [q, n], in any order."""
    return float((exact[:, :, None] == found[:, None, :]).any(axis=2).mean())


def _search(index: Any, queries: Floats, count: int, probes: int, allowed: Allowed | None = None) -> Rows:
    # FAISS keeps pointers only: the selector has to live until the search is over, and its bits as well.
    among = None if allowed is None else selector(allowed)
    settings = faiss.SearchParametersIVF(nprobe=probes, sel=among)  # type: ignore[call-arg]  # its stubs lag behind
    rows: Rows = index.search(queries, count, params=settings)[1]
    return rows


def _learn(passages: Floats, cells: int) -> Floats:
    """Return centroids [cells, dim] of unit length, by k-means over a sample of the passages."""
    sample = _sample(passages, SAMPLE_PER_CELL * cells)
    centroids = None
    for _ in progress.track(range(ROUNDS), ROUNDS, "Learning the cells"):
        kmeans = faiss.Kmeans(
            passages.shape[1],
            cells,
            niter=1,
            spherical=True,
            seed=1,
            min_points_per_centroid=1,  # the sample is as large as the corpus allows; FAISS need not warn
            max_points_per_centroid=SAMPLE_PER_CELL,
        )
        kmeans.train(sample, init_centroids=centroids)
        centroids = kmeans.centroids
    assert centroids is not None
    return centroids


def _sample(passages: Floats, count: int) -> Floats:
    """Return at most `count` of the passages, always the same ones: [n, dim]."""
    rows = np.random.default_rng(0).choice(len(passages), min(count, len(passages)), replace=False)
    return np.ascontiguousarray(passages[np.sort(rows)])


def _empty(centroids: Floats, sample: Floats) -> Any:
    """Return empty cells around the centroids, whose codes are fitted to the sample."""
    cells, dim = centroids.shape
    quantizer = faiss.IndexFlatIP(dim)
    quantizer.add(centroids)
    index = faiss.IndexIVFPQFastScan(quantizer, dim, cells, dim, BITS, faiss.METRIC_INNER_PRODUCT)
    index.by_residual = True
    index.pq.cp.min_points_per_centroid = 1  # FAISS need not warn: see _learn
    # FAISS wants as many vectors to learn from as a code has values.
    index.train(np.resize(sample, (max(len(sample), 1 << BITS), dim)))
    return index


def _probes(index: Any, passages: Floats, questions: Floats, settings: CellSettings) -> tuple[int, float]:
    """Return the fewest cells, a power of two, that reach the least recall, and the recall they reach."""
    exact = exact_nearest(questions, passages, RECALL_AT)
    probes = 4
    while True:
        probes = min(probes * 2, index.nlist)
        recall = recall_of(_search(index, questions, settings.candidates, probes), exact)
        if recall >= settings.least_recall or probes == index.nlist:
            return probes, recall


@contextmanager
def _all_cores() -> Iterator[None]:
    """Let FAISS use all cores for a while; searches make it use one."""
    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(os.cpu_count() or 1)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(before)
