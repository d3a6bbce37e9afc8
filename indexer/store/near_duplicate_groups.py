"""Which passages are twins, and the signatures that tell: written and read."""

from __future__ import annotations

from contextlib import nullcontext, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import numpy.typing as npt

from indexer.store.arrays import ArrayReader, ArrayWriter, save
from indexer.store.manifest import Layout

MINIMA = 64
"""Of a signature; after them stands a digest of the passage's figures."""

Signatures = npt.NDArray[np.uint32]
Rows = npt.NDArray[np.int64]


class SignaturesWriter:
    """Writes the signatures of passages as they come."""

    def __init__(self, folder: Path) -> None:
        self._array = ArrayWriter(folder / Layout.TWIN_SIGNATURES, np.uint32, MINIMA + 1)

    def add(self, signatures: Signatures) -> None:
        """Those of the next passages: [n, MINIMA + 1]."""
        self._array.add(signatures)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, _: object, __: TracebackType | None) -> None:
        """Close the file; what was raised before matters more than what that raises."""
        with suppress(OSError) if kind else nullcontext():
            self._array.close()


def save_groups(folder: Path, groups: Rows) -> None:
    """Write the group of each passage [passages], -1 for one without twins."""
    rows = np.flatnonzero(groups >= 0)
    rows = rows[np.argsort(groups[rows], kind="stable")]
    save(folder / Layout.TWINS, np.stack([groups[rows], rows]).astype(np.int32))


class Twins:
    """Reads a generation's twins; safe to call from several threads."""

    def __init__(self, folder: Path) -> None:
        self._signatures = ArrayReader(folder / Layout.TWIN_SIGNATURES)
        self._groups, self._rows = np.load(folder / Layout.TWINS)
        order = np.argsort(self._rows)
        self._by_row = self._rows[order], self._groups[order]

    def of(self, rows: Rows) -> Rows:
        """The group of each of rows [n], -1 for one without twins."""
        members, groups = self._by_row
        found = np.full(len(rows), -1, dtype=np.int64)
        places = np.searchsorted(members, rows)
        held = np.flatnonzero(places < len(members))
        held = held[members[places[held]] == rows[held]]
        found[held] = groups[places[held]]
        return found

    def members(self, group: int) -> Rows:
        """The rows of a group, in order; none for -1."""
        begin, end = np.searchsorted(self._groups, [group, group + 1])
        rows: Rows = self._rows[begin:end].astype(np.int64)
        return rows

    def signatures(self, rows: range) -> Signatures:
        """Those of some passages that stand side by side: [rows, MINIMA + 1]."""
        found: Signatures = self._signatures.runs(np.array([rows.start]), np.array([len(rows)]))
        return found
