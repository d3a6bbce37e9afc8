"""The store on a Qdrant server (see store.py): one call for candidates, one for what is shown."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import chain, islice
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from qdrant_client import models

from indexer.errors import IndexMissing, IndexRefused
from indexer.passages.analysis import PREFIX
from indexer.records import Passage
from indexer.store import signing
from indexer.store.arrays import Floats, Rows
from indexer.store.catalogue import Catalogue, DocumentEntry, PassageEntry
from indexer.store.columns import Columns
from indexer.store.filters import EVERYTHING, Filters, Mask
from indexer.store.lexical import TermLists, idf, term_key
from indexer.store.manifest import BUILD_COMMAND, REMEDY, Layout, parse
from indexer.store.near_duplicate_groups import GroupTable
from indexer.store.passage_table import PassageTable
from indexer.store.qdrant import points
from indexer.store.qdrant.collections import Generations
from indexer.store.qdrant.conditions import condition, holding
from indexer.store.qdrant.copies import Copies, Copy
from indexer.store.qdrant.engine import Scores
from indexer.store.qdrant.publishing import DIRECTORY, TEXTS_BEGIN, sizing
from indexer.store.remembered import Remembered
from indexer.store.store import Found, Shown, Statistics, Wanted, together, until_different

REMEMBERED_FILTERS = 128
"""Filters of which is remembered how Qdrant is asked, and how many passages meet them."""
REMEMBERED_PASSAGES = 4096
"""Passages remembered as they are shown, some 10 kB each; then all are forgotten."""
BREADTH, BREADTH_OF_CODES = 256, 512
"""Passages that the graph keeps in view (hnsw_ef), of full vectors and of 8 bits; see docs/scaling.md."""
RESCORED = models.QuantizationSearchParams(rescore=True, oversampling=2.0)
"""Passages that are searched by in 8 bits are still scored by their full vectors; else it says nothing."""
EXACT = models.SearchParams(exact=True, quantization=models.QuantizationSearchParams(ignore=True))
"""How points that are known already are scored."""
PAGE = 256
"""Points fetched by one call where all are wanted."""


@dataclass(frozen=True, slots=True)
class _Stored:
    """A passage as it is shown, with its units."""

    entry: PassageEntry
    units: points.StoredUnits


@dataclass(frozen=True, slots=True, eq=False)
class _Units:
    """Units of candidates: their best product came with the candidates, the rest comes with what is shown."""

    best: Floats
    vectors: Floats
    """[variants, dim]"""
    rows: Rows
    stored: Callable[[Sequence[int]], list[_Stored]]

    def ranked(self, query: int, passage: int) -> list[tuple[float, int]]:
        """Return (inner product, place of its sentence) of the units of one candidate, best first."""
        (stored,) = self.stored([int(self.rows[passage])])
        return stored.units.ranked(self.vectors[query])


class QdrantStore:
    """One generation in Qdrant, open for reading from any number of threads."""

    def __init__(self, generations: Generations, generation: str, folder: Path, copy: Copy) -> None:
        """Open a generation; folder is that of the index on this machine, copy the store's own from now on.

        Raises IndexRefused where the copy is not whole, StoreUnavailable.
        """
        self.folder = folder
        self._generations, self._engine = generations, generations.engine
        self._collection = generations.passages(generation)
        self._index = generations.index(generation)
        self.layout = generations.laid_out(generation)
        self._copy = copy
        kept = copy.folder
        signature = kept / signing.FILE
        try:
            self.manifest = parse(
                (kept / Layout.MANIFEST).read_bytes(),
                (kept / Layout.MANIFEST_SUM).read_text(encoding="ascii"),
                f"Generation {generation}",
                signature.read_text(encoding="ascii") if signature.is_file() else None,
            )
        except (OSError, ValueError) as error:
            raise IndexRefused(
                f"Generation {generation} in {self._where} is damaged: {error}. {REMEDY}"
            ) from error
        # The manifest may be signed; so that its checksums, not those beside the files, are what to trust.
        wrong = [name for name, found in copy.sums.items() if self.manifest.files.get(name, found) != found]
        if wrong:
            raise IndexRefused(
                f"Generation {generation} in {self._where} is damaged: {', '.join(wrong)}. Publish it again."
            )
        background, terms = np.load(kept / Layout.BACKGROUND), TermLists(kept)
        self.statistics = Statistics(
            self.manifest.passages, terms.mean_lengths, background[0], background[1:]
        )
        twins, versions = GroupTable(kept / Layout.NEAR_DUPLICATES), GroupTable(kept / Layout.VERSIONS)
        self.columns = Columns(terms, PassageTable(kept), twins, versions)
        self._breadth = BREADTH_OF_CODES if sizing(self.manifest.passages, 1).on_disk else BREADTH
        self.catalogue = RemoteCatalogue(kept / DIRECTORY, self)
        # Of parts, not of the store: see LocalStore.
        conditions = partial(_condition, self.catalogue, self.manifest.documents)
        self._condition = lru_cache(maxsize=REMEMBERED_FILTERS)(conditions)
        self._counts: dict[Filters, int] = {}
        self._shown = Remembered[_Stored](REMEMBERED_PASSAGES)

    @property
    def _where(self) -> str:
        return f"{self._generations.name} at {self._engine.where}"

    def _all(self, collection: str, chosen: models.Filter | None, most: int | None = None) -> list[Any]:
        """Return the records that meet a filter, by their ids, with payload; `most` of them."""
        found: list[Any] = []
        at: Any = None
        while most is None or len(found) < most:
            page = PAGE if most is None else min(PAGE, most - len(found))
            records, at = self._engine.ask(
                lambda client, at=at, page=page: client.scroll(  # type: ignore[misc]
                    collection, scroll_filter=chosen, limit=page, offset=at, with_payload=True
                )
            )
            found += records
            if at is None:
                break
        return found

    def document_frequencies(self, keys: npt.ArrayLike) -> Rows:
        """Return the number of passages whose text holds each term, from memory: [keys]."""
        return self.columns.terms.document_frequencies(keys)

    def candidates(
        self, wanted: Wanted, several: Sequence[Filters], count: int, *, different: int = 0
    ) -> Found | None:
        """Return what Qdrant brings up, by one call, or more where near-duplicates crowd it, then scored."""
        conditions = [self._condition(filters) for filters in several]
        return self._scored(wanted, self._different(wanted, conditions, count, different))

    def similar(self, row: int, count: int, *, different: int = 0) -> Found | None:
        """Return the passages nearest to the one at row, by its vector, which is fetched first."""
        (record,) = self._engine.ask(
            lambda client: client.retrieve(
                self._collection, [row], with_payload=False, with_vectors=[points.PASSAGE]
            )
        )
        vector = np.asarray(record.vector[points.PASSAGE], np.float32)[None]
        others = models.Filter(must_not=[models.HasIdCondition(has_id=[row])])
        wanted = Wanted(vector, (), ())
        return self._scored(wanted, self._different(wanted, [others], count, different))

    def _different(
        self, wanted: Wanted, conditions: Sequence[models.Filter | None], count: int, different: int
    ) -> Scores:
        """Return what is brought up, at least `different` that differ, as until_different has it."""

        def groups(found: Scores) -> Rows:
            return self.columns.versions.of(np.array([*found], np.int64))

        return until_different(partial(self._brought_up, wanted, conditions), groups, count, different)

    def _brought_up(self, wanted: Wanted, conditions: Sequence[models.Filter | None], count: int) -> Scores:
        """Return the rows that vectors or words bring up, with their products with one of the variants."""
        count = min(count, self.statistics.passages)
        if not count:
            return {}
        broad = models.SearchParams(hnsw_ef=max(self._breadth, count), quantization=RESCORED)
        requests = []
        for chosen in conditions:
            for vector in wanted.vectors.tolist():
                requests.append(_request(points.PASSAGE, vector, count, filter=chosen, params=broad))
            for vector, prefixes in zip(wanted.vectors.tolist(), wanted.prefixes, strict=False):
                if words := self._words(prefixes):
                    by_words = models.Prefetch(query=words, using=points.WORDS, filter=chosen, limit=count)
                    found = _request(points.PASSAGE, vector, count, prefetch=[by_words], params=EXACT)
                    requests.append(found)
        return {
            row: score
            for each in self._engine.scores(self._collection, requests)
            for row, score in each.items()
        }

    def _scored(self, wanted: Wanted, brought_up: Scores) -> Found | None:
        """Return candidates with all their products: by one call, two requests a variant at the most."""
        if not brought_up:
            return None
        rows = sorted(brought_up)
        among = models.Filter(must=[models.HasIdCondition(has_id=list(rows))])
        several = len(wanted.vectors) > 1  # else the products with passages are known
        requests = [
            _request(
                using, [vector] if using == points.UNITS else vector, len(rows), filter=among, params=EXACT
            )
            for using in ((points.UNITS, points.PASSAGE) if several else (points.UNITS,))
            for vector in wanted.vectors.tolist()
        ]
        found = self._engine.scores(self._collection, requests)
        scored = np.array([[each[row] for row in rows] for each in found], np.float32)
        best, passages = np.split(scored, [len(wanted.vectors)])
        if not several:
            passages = np.array([[brought_up[row] for row in rows]], np.float32)
        units = _Units(best, wanted.vectors, np.array(rows, np.int64), self._stored)
        return self.columns.found(units.rows, passages, units, wanted.keys)

    def _words(self, prefixes: Sequence[str]) -> models.SparseVector | None:
        """Return terms weighted by how rare they are; None where no passage holds one."""
        keys = sorted({term_key(PREFIX.name, term) for term in prefixes})
        rarity = idf(self.statistics.passages, self.document_frequencies(keys)) if keys else np.empty(0)
        return models.SparseVector(indices=keys, values=rarity.tolist()) if keys else None

    def shown(self, rows: Rows) -> list[Shown]:
        """Return passages with their near-duplicates; those shown lately are not fetched again."""
        others = self.columns.others(rows)
        named = chain.from_iterable((*twins, *versions) for twins, versions in others)
        entries = iter(self.entries([*rows.tolist(), *named]))
        return together(list(islice(entries, len(rows))), others, entries)

    def _stored(self, rows: Sequence[int]) -> list[_Stored]:
        """Return passages as they are stored, in order. Raises KeyError for an unknown row."""
        return self._shown.of(rows, self._fetched)

    def _fetched(self, rows: Sequence[int]) -> dict[int, _Stored]:
        """Return row → passage, fetched by one call."""
        wanted = [points.NAME, points.SHOWN, points.UNIT_BYTES]
        records = self._engine.ask(
            lambda client: client.retrieve(self._collection, list(rows), with_payload=wanted)
        )
        found = [int(record.id) for record in records]
        documents = self.catalogue.documents(self.documents_of(found))
        return {
            row: _unpacked(row, record.payload, document, self.manifest.model.dim)
            for row, record, document in zip(found, records, documents, strict=True)
        }

    def count(self, filters: Filters) -> int:
        """Return the number of passages that meet the filters."""
        if filters == EVERYTHING:
            return self.statistics.passages
        if filters not in self._counts:
            chosen = self._condition(filters)
            found = self._engine.ask(
                lambda client: client.count(self._collection, count_filter=chosen, exact=True)
            ).count
            if len(self._counts) >= REMEMBERED_FILTERS:
                self._counts = {}
            self._counts[filters] = found
        return self._counts[filters]

    def meeting(self, filters: Filters, rows: Rows) -> Mask:
        """Return which of the passages of rows meet the filters: [rows]."""
        chosen = self._condition(filters)
        if chosen is None or not len(rows):
            return np.ones(len(rows), np.bool_)
        among = models.Filter(must=[models.HasIdCondition(has_id=rows.tolist()), chosen])
        records, _ = self._engine.ask(
            lambda client: client.scroll(
                self._collection, scroll_filter=among, limit=len(rows), with_payload=False
            )
        )
        return np.isin(rows, [int(record.id) for record in records])

    def documents_meeting(self, filters: Filters) -> list[int]:
        """Return the numbers of the documents of which a passage meets the filters; see Store."""
        if not filters.of_passages:
            return self.catalogue.matching(filters)
        chosen = self._condition(filters)
        found = self._engine.ask(
            lambda client: client.facet(
                self._collection,
                points.DOCUMENT,
                facet_filter=chosen,
                limit=max(self.manifest.documents, 1),
                exact=True,
            )
        )
        return sorted(int(hit.value) for hit in found.hits)

    def documents_of(self, rows: Sequence[int]) -> list[int]:
        """Return the number of the document of each passage, in the order of rows."""
        return self.columns.documents_of(rows)

    def quoted(self, terms: Sequence[str], phrase: Sequence[str], count: int) -> list[int]:
        """Return rows of passages that may hold a quotation, as phrase and words find them."""
        found: list[int] = []
        if phrase:
            chosen = models.Filter(must=[holding(phrase)])
            found += [int(record.id) for record in self._all(self._collection, chosen, count)]
        if words := self._words(terms):
            answer = self._engine.ask(
                lambda client: client.query_points(
                    self._collection, query=words, using=points.WORDS, limit=count, with_payload=False
                )
            )
            found += [int(point.id) for point in answer.points]
        return list(dict.fromkeys(found))

    def in_turn(self) -> AbstractContextManager[None]:
        """Return a context that any number enter: they wait for Qdrant, and should do so side by side."""
        return nullcontext()

    def altered(self) -> list[str]:
        """Return nothing: a complete collection is never written to, and Qdrant checks its own files."""
        return []

    def close(self) -> None:
        """Remove what was fetched; the connections stay, for the generations to come."""
        self.catalogue.close()
        self._copy.remove()

    def row_of(self, passage_id: str) -> int | None:
        """Return the row of a passage; None when there is no such passage."""
        named = _holding(points.NAME, passage_id)
        records, _ = self._engine.ask(
            lambda client: client.scroll(self._collection, scroll_filter=named, limit=1, with_payload=False)
        )
        return int(records[0].id) if records else None

    def entries(self, rows: Sequence[int]) -> list[PassageEntry]:
        """Return passages by their rows, in order. Raises KeyError for an unknown row."""
        return [each.entry for each in self._stored([int(row) for row in rows])]

    def text(self, document: int) -> tuple[str, list[PassageEntry]]:
        """Return the source text of a document, and its passages in order."""
        (record,) = self._engine.ask(
            lambda client: client.retrieve(self._index, [TEXTS_BEGIN + document], with_payload=True)
        )
        rows = [int(each.id) for each in self._all(self._collection, _holding(points.DOCUMENT, document))]
        return record.payload["text"], self.entries(rows)


class RemoteCatalogue(Catalogue):
    """The catalogue as a searcher fetched it, without texts; those it asks the store for."""

    def __init__(self, path: Path, store: QdrantStore) -> None:
        super().__init__(path)
        self._store = weakref.proxy(store)

    def passages(self, rows: Sequence[int]) -> list[PassageEntry]:
        """Return the passages of these rows, in the same order. Raises KeyError for an unknown row."""
        entries: list[PassageEntry] = self._store.entries(rows)
        return entries

    def row_of(self, passage_id: str) -> int | None:
        """Return the row of a passage; None when there is no such passage."""
        row: int | None = self._store.row_of(passage_id)
        return row

    def document(self, source: str) -> tuple[DocumentEntry, str, list[PassageEntry]] | None:
        """Return a document, its source text and its passages in order; None when there is no such source."""
        number = self.number_of(source)
        if number is None:
            return None
        text, passages = self._store.text(number)
        return self.documents([number])[0], text, passages


def _request(using: str, query: Any, limit: int, **given: Any) -> models.QueryRequest:
    """Return a request for the points whose vectors `using` have the greatest products with a query."""
    return models.QueryRequest(query=query, using=using, limit=limit, with_payload=False, **given)


def _holding(key: str, value: str | int) -> models.Filter:
    """Return the filter of what holds one value."""
    return models.Filter(must=[models.FieldCondition(key=key, match=models.MatchValue(value=value))])


def _condition(catalogue: Catalogue, documents: int, filters: Filters) -> models.Filter | None:
    meeting = catalogue.matching(filters) if filters.of_documents else None
    return condition(filters, meeting, documents)


def _unpacked(row: int, payload: dict[str, Any], document: DocumentEntry, dim: int) -> _Stored:
    passage: Passage = points.unpacked_passage(payload[points.SHOWN])
    entry = PassageEntry(row, payload[points.NAME], passage, document)
    return _Stored(entry, points.unpacked_units(payload[points.UNIT_BYTES], dim))


def open_generation(copies: Copies, folder: Path) -> QdrantStore:
    """Open the generation that serves; folder is that of the index on this machine.

    Raises IndexMissing, IndexRefused where it is not whole, StoreUnavailable.
    """
    generations = copies.generations
    generation = generations.serving()
    if generation is None:
        raise IndexMissing(
            f"There is no index {generations.name} at {generations.engine.where}."
            f" Build one with '{BUILD_COMMAND}'."
        )
    return QdrantStore(generations, generation, folder, copies.take(generation))
