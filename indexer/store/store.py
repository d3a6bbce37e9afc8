"""What a search asks of an index, wherever that is kept: the contract of every store."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Protocol, TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt

from indexer.passages.acronyms import Acronym
from indexer.store.arrays import Floats, Rows
from indexer.store.catalogue import DocumentEntry, FileRecord, PassageEntry, SortKey, VocabularyWord
from indexer.store.filters import Filters, Mask
from indexer.store.lexical import TermMatches
from indexer.store.manifest import Manifest

T = TypeVar("T")
Others: TypeAlias = tuple[list[int], list[int]]
"""Rows of (twins, versions) of a passage in other documents."""
WIDEST = 16
"""Multiple of the candidates that are taken at the most where near-duplicates leave too few that differ."""


@dataclass(frozen=True, slots=True, eq=False)
class Wanted:
    """A question as a store looks for it; one place a variant of the question."""

    vectors: Floats
    """[variants, dim]: without what questions have in common, so not of unit length."""
    prefixes: Sequence[Sequence[str]]
    """Terms of the PREFIX analysis of each variant, which bring up candidates."""
    keys: Sequence[npt.NDArray[np.uint32]]
    """Keys (see lexical.term_key) of the terms of each variant by all analyses, which score them."""


class Units(Protocol):
    """The units, sentences and headings, of some candidates, with their inner products with a question."""

    @property
    def best(self) -> Floats:
        """[variants, candidates]: greatest inner product of a unit of each candidate."""

    def ranked(self, query: int, passage: int) -> list[tuple[float, int]]:
        """Return (inner product, place of its sentence) of the units of one candidate, best first.

        query is the place of a variant, passage that of the candidate.
        """


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """Candidates with all that their scores, their relevance and their order are made of.

    Arrays [n], one place a candidate; at least one.
    """

    rows: Rows
    """Rows of the passages, each once."""
    passages: Floats
    """[variants, n]: inner product of each variant of the question with the passage."""
    units: Units
    matches: Sequence[TermMatches]
    """For each variant, how often each candidate holds its terms; none where nothing was asked in words."""
    documents: npt.NDArray[np.int32]
    """Numbers of their documents in the catalogue."""
    languages: npt.NDArray[np.uint16]
    """Codes of their languages (see passage_table.language_code)."""
    kinds: npt.NDArray[np.uint8]
    """Codes of their kinds (see passage_table.kind_code)."""
    twins: Rows
    """Groups of near-duplicates that agree in their figures as well; -1 for a passage in none."""
    versions: Rows
    """Groups of near-duplicates that may differ in figures; every group of twins lies within one."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A passage as it is shown, with its near-duplicates in other documents: one a document, in order."""

    entry: PassageEntry
    twins: tuple[PassageEntry, ...]
    versions: tuple[PassageEntry, ...]
    """Passages that differ from it in figures alone."""


@dataclass(frozen=True, slots=True, eq=False)
class Statistics:
    """What the scores of a generation are measured by."""

    passages: int
    """Number of passages."""
    mean_lengths: Floats
    """[analyses]: mean number of terms of a passage."""
    mean_question: Floats
    """[dim]: mean vector of everyday questions, which is what all questions have in common."""
    background: Floats
    """[texts, dim]: everyday texts that have nothing to do with the corpus."""


class Documents(Protocol):
    """The documents of a generation, its passages by their rows, and the words of its corpus."""

    def documents(self, numbers: Sequence[int] | None = None) -> list[DocumentEntry]:
        """Return documents by their numbers, in order; None: every document, by source. Raises KeyError."""

    def ordered(
        self, by: SortKey, *, descending: bool = False, among: Sequence[int] | None = None
    ) -> list[int]:
        """Return numbers of documents in order; `among`: those to sort, None: all."""

    def count_passages(self, among: Sequence[int] | None = None) -> int:
        """Return the number of passages of documents; None: of all."""

    def titles(self, count: int) -> list[str]:
        """Return titles of at most `count` documents, evenly spread over all."""

    def document(self, source: str) -> tuple[DocumentEntry, str, list[PassageEntry]] | None:
        """Return a document, its source text and its passages; None when there is no such source."""

    def entry(self, source: str) -> DocumentEntry | None:
        """Return a document without its text and passages; None when there is no such source."""

    def file(self, source: str) -> FileRecord | None:
        """Return what the build knew of a file; None when it read none of that source."""

    def passages(self, rows: Sequence[int]) -> list[PassageEntry]:
        """Return the passages of these rows, in order. Raises KeyError for an unknown row."""

    def row_of(self, passage_id: str) -> int | None:
        """Return the row of a passage; None when there is no such passage."""

    def acronyms(self) -> list[Acronym]:
        """Return the acronyms that the corpus explains, the most frequent first."""

    def neighbours(self, word: str) -> list[VocabularyWord]:
        """Return words of the corpus that a folded word of at least four letters may be a slip for."""


class Store(Protocol):
    """One generation of an index, open for any number of threads; it never changes under its reader."""

    @property
    def manifest(self) -> Manifest:
        """The description of the generation."""

    @property
    def catalogue(self) -> Documents:
        """Its documents and its words."""

    @property
    def statistics(self) -> Statistics:
        """What scores are measured by."""

    @property
    def folder(self) -> Path:
        """Folder of the index on this machine; it may be missing where the index is kept elsewhere."""

    @property
    def layout(self) -> str | None:
        """How the server that holds it lays it out, in words; None where it is in a folder."""

    def document_frequencies(self, keys: npt.ArrayLike) -> Rows:
        """Return the number of passages whose text, without title and section, holds each term: [keys].

        keys: see lexical.term_key.
        """

    def candidates(
        self, wanted: Wanted, several: Sequence[Filters], count: int, *, different: int = 0
    ) -> Found | None:
        """Return what some variant's vector or words bring up under some of the filters, each once.

        `count` are taken of each half, vectors and words, for each variant and each of the filters, and up
        to WIDEST times as many where fewer than `different` of them differ, near-duplicates being one.
        None: nothing meets the filters.
        """

    def similar(self, row: int, count: int, *, different: int = 0) -> Found | None:
        """Return the passages most like the one at row, itself left out, by its vector as one variant.

        count and different as in `candidates`; None where there is no other passage.
        """

    def shown(self, rows: Rows) -> list[Shown]:
        """Return passages as they are shown, in the order of rows."""

    def count(self, filters: Filters) -> int:
        """Return the number of passages that meet the filters."""

    def meeting(self, filters: Filters, rows: Rows) -> Mask:
        """Return which of the passages of rows meet the filters: [rows]."""

    def documents_meeting(self, filters: Filters) -> list[int]:
        """Return the numbers, rising, of the documents of which a passage meets the filters.

        Conditions on documents alone are also met by documents without a passage.
        """

    def documents_of(self, rows: Sequence[int]) -> list[int]:
        """Return the number of the document of each passage, in the order of rows."""

    def quoted(self, terms: Sequence[str], phrase: Sequence[str], count: int) -> list[int]:
        """Return rows of passages that may hold a quotation, the likeliest first, each once.

        Those are `count` that hold the folded words of the phrase in a row, then `count` that the terms of
        the PREFIX analysis alone rank first.
        """

    def in_turn(self) -> AbstractContextManager[None]:
        """Return a context for the many small steps of a search between two of the store's own.

        Where these need no other machine, one search at a time takes them (see turns.py).
        """

    def altered(self) -> list[str]:
        """Return the names of files that were written to since the generation was opened."""

    def close(self) -> None:
        """Let go of what the generation holds open; it answers no more."""


def differing(groups: Rows) -> int:
    """Return how many passages differ, given the group of each [n]: -1 for one without near-duplicates."""
    grouped = groups[groups >= 0]
    return len(groups) - len(grouped) + len(np.unique(grouped))


def until_different(find: Callable[[int], T], versions: Callable[[T], Rows], count: int, different: int) -> T:
    """Return what find brings up for count rows, or for more where fewer than `different` of them differ.

    versions returns the groups of near-duplicates of what was found, one place a row.
    """
    most = count
    while True:
        found = find(most)
        if not different or most >= WIDEST * count:
            return found
        groups = versions(found)
        if len(groups) < most or differing(groups) >= different:
            return found
        most *= 4


def together(
    entries: Sequence[PassageEntry], others: Sequence[Others], named: Iterator[PassageEntry]
) -> list[Shown]:
    """Return passages with their near-duplicates, given the rows of these and, in their order, themselves."""
    return [
        Shown(entry, tuple(islice(named, len(twins))), tuple(islice(named, len(versions))))
        for entry, (twins, versions) in zip(entries, others, strict=True)
    ]
