"""The vectors of a sealed generation: passages in full, sentences and their parts in 8 bits."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from indexer.store.arrays import ArrayReader
from indexer.store.cells import Cells, Exact
from indexer.store.filters import Allowed
from indexer.store.manifest import Layout, NearestRecord
from indexer.store.vector_writer import Embedded, Floats, Rows


class Vectors:
    """Reads a generation's vectors; safe to call from several threads."""

    def __init__(self, folder: Path, nearest: NearestRecord) -> None:
        self._passages = ArrayReader(folder / Layout.PASSAGES)
        self._near = (
            Cells(folder / Layout.CELLS, nearest) if nearest.cells else Exact(folder / Layout.PASSAGES)
        )
        self._keys = np.load(folder / Layout.PASSAGE_KEYS, mmap_mode="r")
        self._levels = ArrayReader(folder / Layout.UNITS)
        self._scales = np.load(folder / Layout.UNIT_SCALES, mmap_mode="r")
        self._sentences = np.load(folder / Layout.UNIT_SENTENCES, mmap_mode="r")
        self._offsets = np.load(folder / Layout.UNIT_OFFSETS)
        self.documents: npt.NDArray[np.int32] = np.load(folder / Layout.PASSAGE_DOCUMENTS)
        """[passages]: the document each passage stands in, by its number in the catalogue."""
        background = np.load(folder / Layout.BACKGROUND)
        self.mean_question: Floats = background[0]
        """[dim]: what all questions have in common."""
        self.background: Floats = background[1:]
        """[texts, dim]: everyday texts that have nothing to do with the corpus."""

    def __len__(self) -> int:
        return len(self._passages)

    @property
    def dim(self) -> int:
        """Length of a vector."""
        return self._passages.shape[1]

    @property
    def keys(self) -> npt.NDArray[np.uint64]:
        """[passages]: a digest of what was embedded of each passage."""
        keys: npt.NDArray[np.uint64] = self._keys
        return keys

    @property
    def centroids(self) -> Floats | None:
        """[cells, dim]: where the passages are parted into cells, what each is around."""
        return self._near.centroids

    def nearest(self, queries: Floats, count: int, allowed: Allowed | None = None) -> Rows:
        """Rows of the `count` passages nearest to each of queries [v, dim], or of all if fewer, best first.

        Only passages that are allowed; None: all are. [v, count]; inner products decide, so queries need
        not be of unit length. In an index of cells a few may be missed, and 8-bit products decide the order
        (see NearestRecord).
        """
        count = min(count, len(self) if allowed is None else allowed.count)
        if not count:  # FAISS will not look for no neighbours at all
            return np.empty((len(queries), 0), dtype=np.int64)
        return self._near.nearest(queries, count, allowed)

    def passages(self, rows: Rows) -> Floats:
        """Vectors of some passages: [len(rows), dim]."""
        found: Floats = self._passages.rows(rows)
        return found

    def embedded(self, rows: Rows) -> Embedded:
        """All that is stored of some passages, in the order of rows."""
        places, sizes = self._units(rows)
        return Embedded(
            self._keys[rows],
            self.passages(rows),
            sizes,
            self._levels.runs(self._offsets[rows], sizes),
            self._scales[places],
            self._sentences[places],
        )

    def best_units(self, queries: Floats, rows: Rows) -> tuple[Floats, npt.NDArray[np.int64]]:
        """For each of queries [v, dim] and each passage of rows, its best unit.

        (products, sentences), both [v, len(rows)]: the inner product of the best unit, and which
        sentence of the passage that unit is or is part of.
        """
        places, sizes = self._units(rows)
        begins = np.cumsum(sizes) - sizes
        levels = self._levels.runs(self._offsets[rows], sizes).astype(np.float32)
        products = (queries @ levels.T) * self._scales[places]
        best = np.maximum.reduceat(products, begins, axis=1)
        # The first place in each passage where the product is the best one.
        is_best = products == np.repeat(best, sizes, axis=1)
        first = np.where(is_best, np.arange(len(places)), len(places))
        which = np.minimum.reduceat(first, begins, axis=1)
        return best, self._sentences[places][which].astype(np.int64)

    def _units(self, rows: Rows) -> tuple[Rows, Rows]:
        """(places, sizes): where the units of some passages stand, and how many each passage has."""
        sizes = self._offsets[rows + 1] - self._offsets[rows]
        begins = np.cumsum(sizes) - sizes
        return np.arange(sizes.sum()) + np.repeat(self._offsets[rows] - begins, sizes), sizes
