"""Write and read the groups of near-duplicate passages, and the signatures they are computed from."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from indexer.passages.near_duplicates import MINIMA, Signatures, groups
from indexer.store.arrays import ArrayGroup, ArrayReader, Rows, save
from indexer.store.manifest import Layout


class SignatureWriter(ArrayGroup):
    """Writes the signatures of the passages of a new generation."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._signatures = self.open(folder / Layout.SIGNATURES, np.uint32, MINIMA + 1)

    def add(self, signatures: Signatures) -> None:
        """Append the signatures of the next passages: [n, MINIMA + 1]."""
        self._signatures.add(signatures)


def write_groups(folder: Path) -> None:
    """Group the near-duplicates of a generation that holds its signatures and its passage table already."""
    signatures = np.load(folder / Layout.SIGNATURES, mmap_mode="r")
    documents = np.load(folder / Layout.PASSAGE_DOCUMENTS)
    save_groups(folder / Layout.NEAR_DUPLICATES, groups(signatures, documents))
    save_groups(folder / Layout.VERSIONS, groups(signatures, documents, figures=False))


def save_groups(path: Path, group_of: Rows) -> None:
    """Write the group of each passage [passages]; -1 for a passage without near-duplicates."""
    rows = np.flatnonzero(group_of >= 0)
    rows = rows[np.argsort(group_of[rows], kind="stable")]
    save(path, np.stack([group_of[rows], rows]).astype(np.int32))


class GroupTable:
    """Reads which passages stand in a group together; safe to call from several threads."""

    def __init__(self, path: Path) -> None:
        self._groups, self._rows = np.load(path)
        order = np.argsort(self._rows)
        self._by_row = self._rows[order], self._groups[order]

    def of(self, rows: Rows) -> Rows:
        """Return the group of each of rows [n]; -1 for a passage without near-duplicates."""
        members, groups = self._by_row
        group_of = np.full(len(rows), -1, dtype=np.int64)
        if not len(members):
            return group_of
        places = np.searchsorted(members, rows)
        grouped = np.flatnonzero(places < len(members))
        grouped = grouped[members[places[grouped]] == rows[grouped]]
        group_of[grouped] = groups[places[grouped]]
        return group_of

    def members(self, row: int) -> Rows:
        """Return the rows of the group of a passage, itself included, in order; none where it is alone."""
        group = int(self.of(np.array([row]))[0])
        if group < 0:
            return np.empty(0, np.int64)
        begin, end = np.searchsorted(self._groups, [group, group + 1])
        rows: Rows = self._rows[begin:end].astype(np.int64)
        return rows


class NearDuplicateGroups:
    """The near-duplicates of a sealed generation, and the signatures they were found by."""

    def __init__(self, folder: Path) -> None:
        self.twins = GroupTable(folder / Layout.NEAR_DUPLICATES)
        """Passages that agree in their figures as well."""
        self.versions = GroupTable(folder / Layout.VERSIONS)
        """Passages that may differ in figures; every group of twins lies within one of these."""
        self._signatures = ArrayReader(folder / Layout.SIGNATURES)

    def signatures(self, rows: range) -> Signatures:
        """Return the signatures of consecutive passages: [rows, MINIMA + 1]."""
        signatures: Signatures = self._signatures.runs(np.array([rows.start]), np.array([len(rows)]))
        return signatures
