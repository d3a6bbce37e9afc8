"""The store in a folder of this machine: FAISS, tantivy, term lists and SQLite (see store.py)."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from functools import lru_cache, partial
from itertools import chain, islice
from pathlib import Path

import numpy as np
import numpy.typing as npt

from indexer.store.arrays import Rows
from indexer.store.catalogue import Catalogue, PassageEntry
from indexer.store.columns import Columns
from indexer.store.filters import EVERYTHING, Allowed, Filters, Mask, allow
from indexer.store.integrity import IntegrityMonitor
from indexer.store.lexical import LexicalIndex
from indexer.store.manifest import Manifest
from indexer.store.near_duplicate_groups import NearDuplicateGroups
from indexer.store.passage_table import PassageTable, language_code
from indexer.store.remembered import Remembered
from indexer.store.store import Found, Shown, Statistics, Wanted, together, until_different
from indexer.store.turns import in_turn
from indexer.store.vectors import VectorStore
from indexer.store.wording import worded

REMEMBERED_FILTERS = 32
"""Filters whose passages are remembered: a byte and a bit a passage each."""
REMEMBERED_PASSAGES = 4096
"""Passages remembered as they are shown, some 5 kB each; then all are forgotten."""


class LocalStore:
    """One generation in a folder, open for reading from any number of threads."""

    layout = None

    def __init__(
        self,
        manifest: Manifest,
        catalogue: Catalogue,
        vectors: VectorStore,
        lexical: LexicalIndex,
        passage_table: PassageTable,
        near_duplicates: NearDuplicateGroups,
        integrity: IntegrityMonitor,
        folder: Path,
    ) -> None:
        """Open a store over the parts of a generation; folder is that of the index it belongs to.

        integrity has watched the files since before they were verified.
        """
        self.manifest = manifest
        self.catalogue = catalogue
        self.vectors = vectors
        self.lexical = lexical
        self.passage_table = passage_table
        self.near_duplicates = near_duplicates
        self.columns = Columns(lexical, passage_table, near_duplicates.twins, near_duplicates.versions)
        self.folder = folder
        self.statistics = Statistics(
            len(lexical), lexical.mean_lengths, vectors.mean_question, vectors.background
        )
        self._integrity = integrity
        # Of the parts, not of the store: a circle would keep an old generation open until the collector of
        # garbage happens to pass.
        allowing = partial(_allowed, manifest, catalogue, lexical, passage_table)
        self._allowed = lru_cache(maxsize=REMEMBERED_FILTERS)(allowing)
        self._shown = Remembered[PassageEntry](REMEMBERED_PASSAGES)

    def allowed(self, filters: Filters) -> Allowed:
        """Return the passages that meet the filters."""
        return self._allowed(filters)

    def document_frequencies(self, keys: npt.ArrayLike) -> Rows:
        """Return the number of passages whose text holds each term, from memory: [keys]."""
        return self.lexical.document_frequencies(keys)

    def candidates(
        self, wanted: Wanted, several: Sequence[Filters], count: int, *, different: int = 0
    ) -> Found | None:
        """Return what FAISS and tantivy bring up, scored by its stored vectors and term lists."""

        def brought_up(most: int) -> Rows:
            found = [self._brought_up(wanted, filters, most) for filters in several]
            return found[0] if len(found) == 1 else np.unique(np.concatenate(found))

        rows = until_different(brought_up, self.near_duplicates.versions.of, count, different)
        return self.features(wanted, rows) if len(rows) else None

    def similar(self, row: int, count: int, *, different: int = 0) -> Found | None:
        """Return the passages nearest to the one at row by its stored vector."""
        query = self.vectors.passages(np.asarray([row]))

        def others(most: int) -> Rows:
            near = self.vectors.nearest(query, most + 1)[0]
            rest: Rows = near[near != row]
            return rest

        rows = until_different(others, self.near_duplicates.versions.of, count, different)
        return self.features(Wanted(query, (), ()), rows) if len(rows) else None

    def features(self, wanted: Wanted, rows: Rows) -> Found:
        """Return what is known of the passages of rows, at least one, beside a question."""
        with in_turn():
            passages = wanted.vectors @ self.vectors.passages(rows).T
            return self.columns.found(rows, passages, self.vectors.units(wanted.vectors, rows), wanted.keys)

    def _brought_up(self, wanted: Wanted, filters: Filters, count: int) -> Rows:
        """Return the rows that some variant's vector or words bring up under filters, rising, each once."""
        allowed = None if filters == EVERYTHING else self.allowed(filters)
        if allowed is not None and allowed.count <= count:
            return allowed.rows
        near = self.vectors.nearest(wanted.vectors, count, allowed).ravel()
        worded = [self.lexical.find(prefixes, count, allowed) for prefixes in wanted.prefixes]
        return np.unique(np.concatenate([near, *worded]))

    def shown(self, rows: Rows) -> list[Shown]:
        """Return passages with their near-duplicates; those shown lately are not read again."""
        others = self.columns.others(rows)
        named = chain.from_iterable((*twins, *versions) for twins, versions in others)
        entries = iter(self._shown.of([*rows.tolist(), *named], self._read))
        return together(list(islice(entries, len(rows))), others, entries)

    def _read(self, rows: list[int]) -> dict[int, PassageEntry]:
        return dict(zip(rows, self.catalogue.passages(rows), strict=True))

    def count(self, filters: Filters) -> int:
        """Return the number of passages that meet the filters."""
        return self.allowed(filters).count

    def meeting(self, filters: Filters, rows: Rows) -> Mask:
        """Return which of the passages of rows meet the filters: [rows]."""
        if filters == EVERYTHING:
            return np.ones(len(rows), np.bool_)
        meeting: Mask = self.allowed(filters).passages[rows]
        return meeting

    def documents_meeting(self, filters: Filters) -> list[int]:
        """Return the numbers of the documents of which a passage meets the filters; see Store."""
        if not filters.of_passages:
            return self.catalogue.matching(filters)
        numbers: list[int] = np.unique(self.passage_table.documents[self.allowed(filters).rows]).tolist()
        return numbers

    def documents_of(self, rows: Sequence[int]) -> list[int]:
        """Return the number of the document of each passage, in the order of rows."""
        return self.columns.documents_of(rows)

    def quoted(self, terms: Sequence[str], phrase: Sequence[str], count: int) -> list[int]:
        """Return rows of passages that may hold a quotation, as tantivy finds them."""
        ranked = self.lexical.find(terms, count).tolist()
        in_a_row = np.flatnonzero(self.lexical.holding_phrase(phrase)).tolist()
        return list(dict.fromkeys([*in_a_row[:count], *ranked]))

    def in_turn(self) -> AbstractContextManager[None]:
        """Return a context that one search at a time enters; `features` takes a turn of its own."""
        return in_turn()

    def altered(self) -> list[str]:
        """Return the names of files whose bytes no longer match their checksums; each is told once."""
        return self._integrity.altered(self.manifest.files)

    def close(self) -> None:
        """Close the catalogue; the rest is freed with the store."""
        self.catalogue.close()


def _allowed(
    manifest: Manifest,
    catalogue: Catalogue,
    lexical: LexicalIndex,
    passage_table: PassageTable,
    filters: Filters,
) -> Allowed:
    """Return the passages of a generation's parts that meet the filters."""
    documents = None
    passages = np.ones(len(lexical), dtype=np.bool_)
    if filters.of_documents:
        documents = np.zeros(manifest.documents, dtype=np.bool_)
        documents[catalogue.matching(filters)] = True
        passages = documents[passage_table.documents]
    if filters.languages:
        codes = [language_code(language) for language in filters.languages]
        passages &= np.isin(passage_table.languages, codes)
    if not filters.of_words:
        return allow(passages, documents, filters.languages)
    passages = worded(filters, passages, lexical, catalogue)
    documents = np.zeros(manifest.documents, dtype=np.bool_)
    documents[passage_table.documents[passages]] = True
    reachable = documents[passage_table.documents]
    if filters.languages:
        reachable &= np.isin(passage_table.languages, codes)
    return allow(passages, documents, filters.languages, int(reachable.sum()))
