"""What is known of every passage beside its vectors and its text, by its row, from files of this machine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from indexer.store.arrays import Floats, Rows
from indexer.store.lexical import TermLists
from indexer.store.near_duplicate_groups import GroupTable
from indexer.store.passage_table import PassageTable
from indexer.store.store import Found, Others, Units

MOST_TWINS = 20
"""Near-duplicates named with a passage at the most, and as many that differ in figures alone."""


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of a generation; safe to read from several threads."""

    terms: TermLists
    table: PassageTable
    twins: GroupTable
    """Passages that agree in their figures as well."""
    versions: GroupTable
    """Passages that may differ in figures; every group of twins lies within one of these."""

    def found(
        self, rows: Rows, passages: Floats, units: Units, keys: Sequence[npt.NDArray[np.uint32]]
    ) -> Found:
        """Return candidates, at least one, given their products with a question's variants, with the rest.

        rows [n], passages [variants, n]; keys: those of each variant's terms, as in store.Wanted.
        """
        versions = self.versions.of(rows)
        # Where there is no group of versions, there is none of twins.
        twins = self.twins.of(rows) if versions.max() >= 0 else versions
        return Found(
            rows,
            passages,
            units,
            [self.terms.matches(rows, each) for each in keys],
            self.table.documents[rows],
            self.table.languages[rows],
            self.table.kinds[rows],
            twins,
            versions,
        )

    def documents_of(self, rows: Sequence[int]) -> list[int]:
        """Return the number of the document of each passage, in the order of rows."""
        numbers: list[int] = self.table.documents[np.asarray(rows, np.int64)].tolist()
        return numbers

    def others(self, rows: Rows) -> list[Others]:
        """Return rows of (twins, versions) of passages: one a document, in order, MOST_TWINS of each."""
        # A passage without versions has no twins either.
        grouped = self.versions.of(rows) >= 0
        return [
            self._others(row) if named else ([], [])
            for row, named in zip(rows.tolist(), grouped.tolist(), strict=True)
        ]

    def _others(self, row: int) -> Others:
        documents = self.table.documents
        members = self.twins.members(row)
        twins = one_a_document(members, documents[members], {int(documents[row])})
        known = {int(documents[row]), *documents[twins].tolist()}
        members = self.versions.members(row)
        versions = one_a_document(members, documents[members], known)
        return twins[:MOST_TWINS], versions[:MOST_TWINS]


def one_a_document(rows: Rows, documents: npt.NDArray[np.int32], known: set[int]) -> list[int]:
    """Return the first of rows [n] in each of their documents [n] that is not among those known."""
    numbers, first = np.unique(documents, return_index=True)
    new = [at for document, at in zip(numbers.tolist(), first, strict=True) if document not in known]
    chosen: list[int] = rows[new].tolist()
    return chosen
