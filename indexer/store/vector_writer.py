"""The vectors of some passages as they travel to and from disk, and their writer."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import numpy.typing as npt

from indexer.store.arrays import ArrayWriter, save
from indexer.store.manifest import Layout

Floats = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Embedded:
    """All that is stored of some passages' vectors, in order; vectors are of unit length.

    Units are sentences and their parts, in the order of their passages.
    """

    keys: npt.NDArray[np.uint64]
    """[passages]: a digest of the texts that were embedded of each."""
    passages: Floats
    """[passages, dim]"""
    counts: Rows
    """[passages]: units of each, at least one."""
    levels: npt.NDArray[np.int8]
    """[units, dim]: see quantise."""
    scales: Floats
    """[units]"""
    sentences: npt.NDArray[np.uint16]
    """[units]: which sentence of its passage a unit is, or is part of."""


def quantise(vectors: Floats) -> tuple[npt.NDArray[np.int8], Floats]:
    """8-bit levels [n, dim] and a scale a row [n], with vectors[i] ≈ levels[i] · scales[i].

    The scale makes the row's greatest component 127, so the error of a component is at most half a
    scale; on unit rows of 384 dimensions the inner product is off by about 0.0005.
    """
    scales = np.abs(vectors).max(axis=1, initial=np.finfo(np.float32).tiny) / np.float32(127)
    levels = np.rint(vectors / scales[:, None]).astype(np.int8)
    return levels, scales.astype(np.float32)


class VectorsWriter:
    """Writes a new generation's vectors as they come, so that the corpus never stands in memory."""

    def __init__(self, folder: Path, dim: int) -> None:
        self._folder = folder
        self._units = 0
        with ExitStack() as files:

            def array(name: str, dtype: type[np.generic], *width: int) -> ArrayWriter:
                writer = ArrayWriter(folder / name, dtype, *width)
                files.callback(writer.close)
                return writer

            self._passages = array(Layout.PASSAGES, np.float32, dim)
            self._keys = array(Layout.PASSAGE_KEYS, np.uint64)
            self._documents = array(Layout.PASSAGE_DOCUMENTS, np.int32)
            self._levels = array(Layout.UNITS, np.int8, dim)
            self._scales = array(Layout.UNIT_SCALES, np.float32)
            self._sentences = array(Layout.UNIT_SENTENCES, np.uint16)
            self._offsets = array(Layout.UNIT_OFFSETS, np.int64)
            self._offsets.add(np.zeros(1))
            self._files = files.pop_all()

    def add(self, documents: Sequence[int], embedded: Embedded) -> None:
        """The next passages, with the document each stands in, by its number in the catalogue."""
        self._documents.add(np.asarray(documents))
        self._passages.add(embedded.passages)
        self._keys.add(embedded.keys)
        self._levels.add(embedded.levels)
        self._scales.add(embedded.scales)
        self._sentences.add(embedded.sentences)
        self._offsets.add(self._units + np.cumsum(embedded.counts))
        self._units += len(embedded.levels)

    def finish(self, background: Floats) -> None:
        """The mean everyday question and the everyday texts, [1 + texts, dim], which every search needs."""
        save(self._folder / Layout.BACKGROUND, background)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, _: object, __: TracebackType | None) -> None:
        """Close every file; what was raised before matters more than what that raises."""
        with suppress(OSError) if kind else nullcontext():
            self._files.close()
