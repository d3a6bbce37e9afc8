"""Write and read the vectors of a generation: passages in full, sentences and headings in 8 bits."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from indexer.store.arrays import ArrayGroup, ArrayReader, Floats, Rows, save
from indexer.store.cells import CellNearest
from indexer.store.filters import Allowed
from indexer.store.manifest import Layout, NearestRecord
from indexer.store.nearest import ExactNearest, NearestPassages
from indexer.store.turns import in_turn


@dataclass(frozen=True, slots=True)
class VectorRows:
    """The stored vectors of some passages, in order; all vectors are of unit length.

    A unit is a sentence or a heading of a passage. Units stand in the order of their passages.
    """

    keys: npt.NDArray[np.uint64]
    """[passages]: digest of the texts of a passage that were embedded."""
    passages: Floats
    """[passages, dim]"""
    counts: Rows
    """[passages]: number of units of a passage, at least one."""
    levels: npt.NDArray[np.int8]
    """[units, dim]: 8-bit components, as quantise returns them."""
    scales: Floats
    """[units]: factor that turns the levels of a unit into its vector."""
    sentences: npt.NDArray[np.uint16]
    """[units]: place in its passage of the sentence that a unit is shown as."""


def quantise(vectors: Floats) -> tuple[npt.NDArray[np.int8], Floats]:
    """Return 8-bit levels [n, dim] and a scale per row [n], with vectors[i] ≈ levels[i] · scales[i].

    The scale makes the row's greatest component 127, so the error of a component is at most half a
    scale; on unit rows of 384 dimensions the inner product is off by about 0.0005.
    """
    scales = np.abs(vectors).max(axis=1, initial=np.finfo(np.float32).tiny) / np.float32(127)
    levels = np.rint(vectors / scales[:, None]).astype(np.int8)
    return levels, scales.astype(np.float32)


class VectorWriter(ArrayGroup):
    """Writes the vectors of a new generation as they come, so that the corpus never stands in memory."""

    def __init__(self, folder: Path, dim: int) -> None:
        super().__init__()
        self._folder = folder
        self._units = 0
        self._passages = self.open(folder / Layout.PASSAGES, np.float32, dim)
        self._keys = self.open(folder / Layout.PASSAGE_KEYS, np.uint64)
        self._levels = self.open(folder / Layout.UNITS, np.int8, dim)
        self._scales = self.open(folder / Layout.UNIT_SCALES, np.float32)
        self._sentences = self.open(folder / Layout.UNIT_SENTENCES, np.uint16)
        self._offsets = self.open(folder / Layout.UNIT_OFFSETS, np.int64)
        self._offsets.add(np.zeros(1))

    def add(self, rows: VectorRows) -> None:
        """Append the vectors of the next passages."""
        self._passages.add(rows.passages)
        self._keys.add(rows.keys)
        self._levels.add(rows.levels)
        self._scales.add(rows.scales)
        self._sentences.add(rows.sentences)
        self._offsets.add(self._units + np.cumsum(rows.counts))
        self._units += len(rows.levels)

    def add_background(self, background: Floats) -> None:
        """Write the mean everyday question and the everyday texts: [1 + texts, dim]."""
        save(self._folder / Layout.BACKGROUND, background)


@dataclass(frozen=True, slots=True, eq=False)
class ScoredUnits:
    """The units of some passages, with their inner products with some queries."""

    products: Floats
    """[queries, units]: the units of the first passage, then those of the second, and so on."""
    begins: Rows
    """[passages]: where the units of each passage begin."""
    sizes: Rows
    """[passages]: how many units each has, at least one."""
    sentences: npt.NDArray[np.uint16]
    """[units]: place in its passage of the sentence that a unit is shown as."""
    best: Floats
    """[queries, passages]: greatest inner product of a unit of each passage."""

    def ranked(self, query: int, passage: int) -> list[tuple[float, int]]:
        """Return (inner product, place of its sentence) of the units of a passage, best first.

        query and passage are places in the arrays; of equal units the first comes first.
        """
        own = slice(begin := int(self.begins[passage]), begin + int(self.sizes[passage]))
        scored = zip(self.products[query, own].tolist(), self.sentences[own].tolist(), strict=True)
        return sorted(scored, key=lambda unit: -unit[0])


class VectorStore:
    """Reads the vectors of a sealed generation; safe to call from several threads."""

    def __init__(self, folder: Path, record: NearestRecord) -> None:
        self._passages = ArrayReader(folder / Layout.PASSAGES)
        self._nearest: NearestPassages = (
            CellNearest(folder / Layout.CELLS, record)
            if record.cells
            else ExactNearest(folder / Layout.PASSAGES)
        )
        self._keys = np.load(folder / Layout.PASSAGE_KEYS, mmap_mode="r")
        self._levels = ArrayReader(folder / Layout.UNITS)
        # Plain arrays over the mappings: those of NumPy's own class take microseconds to index.
        self._scales = np.asarray(np.load(folder / Layout.UNIT_SCALES, mmap_mode="r"))
        self._sentences = np.asarray(np.load(folder / Layout.UNIT_SENTENCES, mmap_mode="r"))
        self._offsets = np.load(folder / Layout.UNIT_OFFSETS)
        background = np.load(folder / Layout.BACKGROUND)
        self.mean_question: Floats = background[0]
        """[dim]: mean vector of everyday questions, which is what all questions have in common."""
        self.background: Floats = background[1:]
        """[texts, dim]: everyday texts that have nothing to do with the corpus."""

    def __len__(self) -> int:
        return len(self._passages)

    @property
    def dim(self) -> int:
        """Number of components of a vector."""
        return self._passages.shape[1]

    @property
    def keys(self) -> npt.NDArray[np.uint64]:
        """[passages]: digest of the texts of a passage that were embedded."""
        keys: npt.NDArray[np.uint64] = self._keys
        return keys

    @property
    def centroids(self) -> Floats | None:
        """Centroids [cells, dim]; None where the passages are not clustered in cells."""
        return self._nearest.centroids

    def nearest(self, queries: Floats, count: int, allowed: Allowed | None = None) -> Rows:
        """Return the rows [v, count] of the passages nearest to each of queries [v, dim], best first.

        Fewer columns where fewer passages are allowed; None allows all. Inner products decide, so queries
        need not be of unit length. An index of cells may miss a few (see NearestRecord).
        """
        available = len(self) if allowed is None else allowed.count
        count = min(count, available)
        if not count:  # FAISS refuses to look for no neighbours at all
            return np.empty((len(queries), 0), dtype=np.int64)
        most = min(math.ceil(self._nearest.oversampling * count), available)
        rows = self._nearest.nearest(queries, most, allowed)
        return self._closest(queries, rows, count) if self._nearest.oversampling > 1 else rows

    def _closest(self, queries: Floats, rows: Rows, count: int) -> Rows:
        """Return the `count` of rows [v, n] whose full vectors are nearest to each query: [v, count]."""
        with in_turn():
            several, places = np.unique(rows, return_inverse=True)
            products = queries @ self.passages(several).T
            own = np.take_along_axis(products, places.reshape(rows.shape), axis=1)
            best = np.argsort(-own, axis=1, kind="stable")[:, :count]
            closest: Rows = np.take_along_axis(rows, best, axis=1)
            return closest

    def passages(self, rows: Rows) -> Floats:
        """Return the vectors of some passages: [len(rows), dim]."""
        vectors: Floats = self._passages.rows(rows)
        return vectors

    def read(self, rows: Rows) -> VectorRows:
        """Return everything stored of some passages' vectors, in the order of rows."""
        places, sizes = self._units(rows)
        return VectorRows(
            self._keys[rows],
            self.passages(rows),
            sizes,
            self._levels.runs(self._offsets[rows], sizes),
            self._scales[places],
            self._sentences[places],
        )

    def units(self, queries: Floats, rows: Rows) -> ScoredUnits:
        """Score every unit of the passages of rows, of which there is at least one, by queries [v, dim].

        products[i][j] = queries[i] · levels[j] · scales[j], for all passages in one matrix product.
        """
        places, sizes = self._units(rows)
        begins = np.cumsum(sizes) - sizes
        levels = self._levels.runs(self._offsets[rows], sizes).astype(np.float32)
        products = (queries @ levels.T) * self._scales[places]
        best = np.maximum.reduceat(products, begins, axis=1)
        return ScoredUnits(products, begins, sizes, self._sentences[places], best)

    def _units(self, rows: Rows) -> tuple[Rows, Rows]:
        """Return (places, sizes): where the units of some passages stand, and how many each passage has."""
        sizes = self._offsets[rows + 1] - self._offsets[rows]
        begins = np.cumsum(sizes) - sizes
        return np.arange(sizes.sum()) + np.repeat(self._offsets[rows] - begins, sizes), sizes
