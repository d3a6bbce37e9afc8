"""The vectors: passages in a FAISS index; sentences and their parts beside it in 8 bits, mapped, not read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import faiss
import numpy as np
import numpy.typing as npt

from indexer.store.generation import Layout

Floats = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Embedded:
    """Every vector of a corpus, all of unit length, with what each belongs to."""

    passages: Floats
    """[passages, dim]."""
    documents: npt.NDArray[np.int32]
    """[passages]: the document each passage stands in, by its number in the catalogue."""
    units: Floats
    """[units, dim]: sentences and their parts, in the order of their passages."""
    counts: Sequence[int]
    """[passages]: units of each."""
    sentences: npt.NDArray[np.uint16]
    """[units]: which sentence of its passage a unit is, or is part of."""
    background: Floats
    """[1 + texts, dim]: the mean everyday question, then the everyday texts."""


def write(folder: Path, embedded: Embedded) -> None:
    """Write the vectors of a generation."""
    index = faiss.IndexFlatIP(embedded.passages.shape[1])
    index.add(embedded.passages)
    # Through Python's own files: given a path, FAISS and NumPy write through C's, and on a full disk
    # both have been seen to leave the last kilobytes out without an error.
    with (folder / Layout.PASSAGES).open("wb") as file:
        faiss.write_index(index, faiss.PyCallbackIOWriter(file.write))  # type: ignore[attr-defined]  # made at import
    levels, scales = quantise(embedded.units)
    offsets = np.concatenate([[0], np.cumsum(embedded.counts, dtype=np.int64)])
    files: dict[str, npt.NDArray[Any]] = {
        Layout.PASSAGE_DOCUMENTS: embedded.documents,
        Layout.UNITS: levels,
        Layout.UNIT_SCALES: scales,
        Layout.UNIT_OFFSETS: offsets,
        Layout.UNIT_SENTENCES: embedded.sentences,
        Layout.BACKGROUND: embedded.background,
    }
    for name, values in files.items():
        save(folder / name, values)


def save(path: Path, array: npt.NDArray[Any]) -> None:
    """numpy.save, but for the way the bytes take."""
    with path.open("wb") as file:
        header = np.lib.format.header_data_from_array_1_0(array)
        np.lib.format.write_array_header_1_0(file, header)
        file.write(np.ascontiguousarray(array).data)


def quantise(vectors: Floats) -> tuple[npt.NDArray[np.int8], Floats]:
    """8-bit levels [n, dim] and a scale a row [n], with vectors[i] ≈ levels[i] · scales[i].

    The scale makes the row's greatest component 127, so the error of a component is at most half a
    scale; on unit rows of 384 dimensions the inner product is off by about 0.0005.
    """
    scales = np.abs(vectors).max(axis=1, initial=np.finfo(np.float32).tiny) / np.float32(127)
    levels = np.rint(vectors / scales[:, None]).astype(np.int8)
    return levels, scales.astype(np.float32)


class Vectors:
    """Reads a sealed generation's vectors; safe to call from several threads."""

    def __init__(self, folder: Path) -> None:
        # One thread a search: requests already run side by side, and OpenMP's threads wait for one another
        # by spinning, which on a busy machine makes an exact search five times slower.
        faiss.omp_set_num_threads(1)
        self._passages = faiss.read_index(str(folder / Layout.PASSAGES), faiss.IO_FLAG_MMAP_IFC)
        self._levels = np.load(folder / Layout.UNITS, mmap_mode="r")
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
        return int(self._passages.ntotal)

    @property
    def dim(self) -> int:
        """Length of a vector."""
        return int(self._passages.d)

    def nearest(self, queries: Floats, count: int) -> Rows:
        """Rows of the `count` passages nearest to each of queries [v, dim], or of all if fewer, best first.

        [v, count]; inner products decide, so queries need not be of unit length.
        """
        if not len(self):  # FAISS will not look for no neighbours at all
            return np.empty((len(queries), 0), dtype=np.int64)
        rows: Rows = self._passages.search(queries, min(count, len(self)))[1]
        return rows

    def passages(self, rows: Rows) -> Floats:
        """Vectors of some passages: [len(rows), dim]."""
        found: Floats = self._passages.reconstruct_batch(rows)
        return found

    def best_units(self, queries: Floats, rows: Rows) -> tuple[Floats, npt.NDArray[np.int64]]:
        """For each of queries [v, dim] and each passage of rows, its best unit.

        (products, sentences), both [v, len(rows)]: the inner product of the best unit, and which
        sentence of the passage that unit is or is part of.
        """
        sizes = self._offsets[rows + 1] - self._offsets[rows]
        begins = np.cumsum(sizes) - sizes
        places = np.arange(sizes.sum()) + np.repeat(self._offsets[rows] - begins, sizes)
        levels = self._levels[places].astype(np.float32)
        products = (queries @ levels.T) * self._scales[places]
        best = np.maximum.reduceat(products, begins, axis=1)
        # The first place in each passage where the product is the best one.
        is_best = products == np.repeat(best, sizes, axis=1)
        first = np.where(is_best, np.arange(len(places)), len(places))
        which = np.minimum.reduceat(first, begins, axis=1)
        return best, self._sentences[places][which].astype(np.int64)
