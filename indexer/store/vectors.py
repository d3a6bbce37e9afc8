"""The vectors: passages in a FAISS index, sentences beside it in 8 bits, mapped rather than read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import faiss
import numpy as np
import numpy.typing as npt

from indexer.store.generation import Layout

Floats = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]


def write(folder: Path, passages: Floats, sentences: Floats, counts: Sequence[int]) -> None:
    """Write the vectors of passages [n, dim] and of their sentences [m, dim], all of unit length.

    counts[i] is how many sentences passage i has; sentences stand in the order of their passages.
    """
    index = faiss.IndexFlatIP(passages.shape[1])
    index.add(passages)
    # Through Python's own files: given a path, FAISS and NumPy write through C's, and on a full disk
    # both have been seen to leave the last kilobytes out without an error.
    with (folder / Layout.PASSAGES).open("wb") as file:
        faiss.write_index(index, faiss.PyCallbackIOWriter(file.write))  # type: ignore[attr-defined]  # made at import
    levels, scales = quantise(sentences)
    _save(folder / Layout.SENTENCES, levels)
    _save(folder / Layout.SENTENCE_SCALES, scales)
    offsets = np.concatenate([[0], np.cumsum(counts, dtype=np.int64)])
    _save(folder / Layout.SENTENCE_OFFSETS, offsets)


def _save(path: Path, array: npt.NDArray[Any]) -> None:
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
        self._passages = faiss.read_index(str(folder / Layout.PASSAGES), faiss.IO_FLAG_MMAP_IFC)
        self._levels = np.load(folder / Layout.SENTENCES, mmap_mode="r")
        self._scales = np.load(folder / Layout.SENTENCE_SCALES, mmap_mode="r")
        self._offsets = np.load(folder / Layout.SENTENCE_OFFSETS)

    def __len__(self) -> int:
        return int(self._passages.ntotal)

    @property
    def dim(self) -> int:
        """Length of a vector."""
        return int(self._passages.d)

    def nearest(self, query: Floats, count: int) -> tuple[Rows, Floats]:
        """Rows and cosines of the `count` passages nearest to query [dim], or of all if fewer; best first."""
        if not len(self):  # FAISS will not look for no neighbours at all
            return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.float32)
        cosines, rows = self._passages.search(query[None, :], min(count, len(self)))
        return rows[0], cosines[0]

    def sentence_cosines(self, query: Floats, row: int) -> Floats:
        """cos(query, sentence) for each sentence of a passage, in their order."""
        start, end = self._offsets[row], self._offsets[row + 1]
        cosines: Floats = (self._levels[start:end].astype(np.float32) @ query) * self._scales[start:end]
        return cosines
