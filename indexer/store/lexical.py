"""The lexical index: a tantivy index that finds passages by words, and term lists that score them.

tantivy ranks the whole corpus in a fraction of a millisecond, but with constants of its own and only the
passages it returns. The few candidates of a query are scored from the term lists instead, so that a passage
found by its vector gets the same exact BM25 as one found by its words.
"""

from __future__ import annotations

import os
import re
import sys
import zlib
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Self

import numpy as np
import numpy.typing as npt
import tantivy

from indexer.passages.analysis import ANALYSES, PREFIX, terms, words
from indexer.passages.phrases import as_written
from indexer.store.arrays import ArrayReader, ArrayWriter, Floats, Rows, save
from indexer.store.filters import Allowed, Mask
from indexer.store.manifest import Layout

HEAD_WEIGHT = 0.5
"""Weight of a term in the title or section; a term in the passage itself weighs 1."""
BODY, HEAD = "body", "head"
"""Fields of a passage's own terms, and of the terms of its title and section."""
WRITTEN = "written"
"""Field of all words as they are written, folded and in order, in which phrases are looked up."""
DOCUMENT, LANGUAGE = "document", "language"
"""Fields that filters apply to."""
QUARTERS = 4
"""Stored units per occurrence of a term: weights are stored in quarters, at most 255 of them."""
HEAP = 64_000_000
"""Bytes that tantivy's writer may gather before it writes a segment."""
KEYS_BLOCK = 1 << 20
"""Entries of the term lists that are looked through at a time."""


_LOWER_HALF = int(sys.byteorder == "big")
"""Place of the lower 16 bits among the two halves of a key in memory."""


@lru_cache(maxsize=1 << 18)
def term_key(analysis: str, term: str) -> int:
    """Return 32 bits that stand for a term in the term lists; two terms share them once in 2³²."""
    return zlib.crc32(f"{analysis}\0{term}".encode())


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field("row", fast=True)
    builder.add_unsigned_field(DOCUMENT, indexed=True)
    builder.add_text_field(LANGUAGE, tokenizer_name="raw", index_option="basic")
    for part in BODY, HEAD:
        # Terms come from indexer.passages.analysis, so tantivy only has to split them at spaces.
        builder.add_text_field(part, tokenizer_name="whitespace", index_option="freq")
    builder.add_text_field(WRITTEN, tokenizer_name="whitespace", index_option="position")
    return builder.build()


@contextmanager
def _os_errors() -> Iterator[None]:
    """Turn the ValueError that tantivy raises for a disk error back into the OSError it was."""
    try:
        yield
    except ValueError as error:
        message = " ".join(str(error).split())
        code = re.search(r"\(os error (\d+)\)", message)
        raise (OSError(int(code[1]), os.strerror(int(code[1]))) if code else OSError(message)) from error


class LexicalWriter:
    """Writes the lexical index of a new generation; passages are numbered 0, 1, 2 … as they are added."""

    def __init__(self, folder: Path) -> None:
        home = folder / Layout.LEXICAL
        home.mkdir()
        # One thread: the same corpus gives the same index on every machine.
        with _os_errors():
            self._writer = tantivy.Index(_schema(), path=str(home)).writer(heap_size=HEAP, num_threads=1)
        self._folder = folder
        self._keys = ArrayWriter(folder / Layout.TERM_KEYS, np.uint32)
        self._weights = ArrayWriter(folder / Layout.TERM_WEIGHTS, np.uint8)
        self._frequencies: Counter[int] = Counter()
        self._offsets = array("q", [0])
        self._lengths = array("f")

    def add(self, text: str, heading: str, number: int, language: str | None) -> None:
        """Add the next passage: its text, its title and section, its document's number and its language."""
        document = tantivy.Document()
        document.add_unsigned("row", len(self._offsets) - 1)
        document.add_unsigned(DOCUMENT, number)
        if language is not None:
            document.add_text(LANGUAGE, language)
        document.add_text(WRITTEN, as_written([text, heading]))
        body, head = list(words(text)), list(words(heading))
        keys, weights = array("I"), bytearray()
        for analysis in ANALYSES:
            in_body, in_head = terms(body, analysis), terms(head, analysis)
            if analysis is PREFIX:
                document.add_text(BODY, " ".join(in_body))
                document.add_text(HEAD, " ".join(in_head))
            counted = {term: QUARTERS * count for term, count in Counter(in_body).items()}
            in_text = len(counted)
            for term in in_head:
                counted[term] = counted.get(term, 0) + round(HEAD_WEIGHT * QUARTERS)
            term_keys = [term_key(analysis.name, term) for term in counted]
            self._frequencies.update(term_keys[:in_text])
            keys.extend(term_keys)
            weights.extend([min(weight, 255) for weight in counted.values()])
            self._lengths.append(len(in_body) + HEAD_WEIGHT * len(in_head))
        with _os_errors():
            self._writer.add_document(document)
        self._keys.add(np.frombuffer(keys, np.uint32))
        self._weights.add(np.frombuffer(weights, np.uint8))
        self._offsets.append(self._offsets[-1] + len(keys))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, _: object, __: TracebackType | None) -> None:
        """Commit and write the term lists, unless an error was raised; close every file in any case."""
        with ExitStack() as closing:  # every file is closed, even when one cannot be written
            if kind is not None:
                closing.enter_context(suppress(OSError, ValueError))  # the first error matters more
            for writer in self._keys, self._weights:
                closing.callback(writer.close)
            if kind is not None:
                self._writer.rollback()
                return
            with _os_errors():
                self._writer.commit()
                self._writer.wait_merging_threads()
            save(self._folder / Layout.TERM_OFFSETS, np.asarray(self._offsets))
            lengths = np.asarray(self._lengths, dtype=np.float32).reshape(-1, len(ANALYSES))
            save(self._folder / Layout.TERM_LENGTHS, lengths)
            counts = self._frequencies
            held = np.array([*counts.keys(), *counts.values()], dtype=np.uint32).reshape(2, -1)
            save(self._folder / Layout.TERM_HELD, np.ascontiguousarray(held[:, held[0].argsort()]))


@dataclass(frozen=True, slots=True)
class HeldTerms:
    """The terms of one passage by all analyses, as they are stored."""

    keys: npt.NDArray[np.uint32]
    """[terms]: see term_key."""
    weights: npt.NDArray[np.uint8]
    """[terms]: weight of each in QUARTERS of an occurrence."""
    lengths: Floats
    """[analyses]: number of terms in each analysis, with the same weights."""


@dataclass(frozen=True, slots=True)
class TermMatches:
    """How often some passages hold some terms."""

    weights: Floats
    """[passages, terms]: occurrences of a term in a passage; those in title and section count HEAD_WEIGHT."""
    lengths: Floats
    """[passages, analyses]: number of terms of the passage in each analysis, with the same weights."""


def _open(home: Path) -> tantivy.Index:
    """Open the tantivy index in a folder, even one that cannot be written to."""
    if os.access(home, os.W_OK):
        return tantivy.Index.open(str(home))
    # tantivy makes a lock file beside what it opens. It opens links elsewhere just as well, and maps all
    # files at once. Its lock may come or go while the links are removed, which is no fault of the index.
    with TemporaryDirectory(ignore_cleanup_errors=True) as elsewhere:
        for path in home.iterdir():
            if path.suffix != ".lock":
                Path(elsewhere, path.name).symlink_to(path.resolve())
        return tantivy.Index.open(elsewhere)


def places_of(wanted: npt.NDArray[np.uint32], held: npt.NDArray[np.uint32]) -> tuple[Rows, Rows]:
    """Return (places in held, places in wanted) of every key of held that is wanted.

    Few of some ten thousand are: a table of 64 kB finds those whose lower halves are.
    """
    table = np.zeros(1 << 16, np.bool_)
    table[wanted & np.uint32(0xFFFF)] = True
    near = np.flatnonzero(table[held.view(np.uint16)[_LOWER_HALF::2]])
    at, column = np.nonzero(held[near, None] == wanted)
    return near[at], column


class TermLists:
    """Reads the term lists of a sealed generation; safe to call from several threads."""

    def __init__(self, folder: Path) -> None:
        self._offsets = np.load(folder / Layout.TERM_OFFSETS)
        self._lengths = np.load(folder / Layout.TERM_LENGTHS)
        self._keys = ArrayReader(folder / Layout.TERM_KEYS)
        self._weights = np.asarray(np.load(folder / Layout.TERM_WEIGHTS, mmap_mode="r"))
        self._held_keys, self._frequencies = np.load(folder / Layout.TERM_HELD)
        self.mean_lengths: Floats = (
            self._lengths.mean(axis=0) if len(self._lengths) else self._lengths.sum(axis=0)
        )
        """[analyses]: mean number of terms of a passage."""

    def __len__(self) -> int:
        return len(self._offsets) - 1

    def document_frequencies(self, keys: npt.ArrayLike) -> Rows:
        """Return the number of passages whose text, without title and section, holds each term: [keys]."""
        wanted, held = np.asarray(keys, dtype=np.uint32), self._held_keys
        if not len(held):
            return np.zeros(len(wanted), dtype=np.int64)
        places = np.minimum(np.searchsorted(held, wanted), len(held) - 1)
        return np.where(held[places] == wanted, self._frequencies[places], 0).astype(np.int64)

    def holding(self, groups: Sequence[Sequence[int]]) -> Mask:
        """Return which passages hold one of the terms of each group of keys: [groups, passages].

        A passage's title and section count. The term lists are read once, from beginning to end.
        """
        holding = np.zeros((len(groups), len(self)), dtype=np.bool_)
        for start in range(0, len(self._keys) if groups else 0, KEYS_BLOCK):
            size = min(KEYS_BLOCK, len(self._keys) - start)
            keys = self._keys.runs(np.array([start]), np.array([size]))
            for mask, group in zip(holding, groups, strict=True):
                places = start + np.flatnonzero(np.isin(keys, group))
                mask[np.searchsorted(self._offsets, places, side="right") - 1] = True
        return holding

    def held(self, row: int) -> HeldTerms:
        """Return all terms of a passage."""
        begin, end = int(self._offsets[row]), int(self._offsets[row + 1])
        keys = self._keys.runs(np.array([begin]), np.array([end - begin]))
        return HeldTerms(keys, self._weights[begin:end], self._lengths[row])

    def matches(self, rows: Rows, keys: npt.ArrayLike) -> TermMatches:
        """Return how often each passage of rows holds each term of keys (see term_key)."""
        wanted = np.asarray(keys, dtype=np.uint32)
        weights = np.zeros((len(rows), len(wanted)), dtype=np.float32)
        starts = self._offsets[rows]
        sizes = self._offsets[rows + 1] - starts
        held = self._keys.runs(starts, sizes)
        begins = np.cumsum(sizes) - sizes
        where, column = places_of(wanted, held)
        owner = np.searchsorted(begins, where, side="right") - 1
        stored = self._weights[where + (starts - begins)[owner]]
        weights[owner, column] = stored / np.float32(QUARTERS)
        return TermMatches(weights, self._lengths[rows])


class LexicalIndex(TermLists):
    """Reads the lexical index of a sealed generation; safe to call from several threads."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        index = _open(folder / Layout.LEXICAL)
        self._schema = index.schema
        self._searcher = index.searcher()

    def find(self, wanted: Sequence[str], count: int, allowed: Allowed | None = None) -> Rows:
        """Return the rows of the `count` allowed passages that words alone rank first, best first.

        `wanted` are terms of the PREFIX analysis; `allowed` None: all passages. The other analyses would find
        hardly a passage more, at three times the cost; all of them score.
        """
        clauses = []
        for field, boost in (BODY, 1.0), (HEAD, HEAD_WEIGHT):
            for term in wanted:
                query = tantivy.Query.term_query(self._schema, field, term, "freq")
                clauses.append((tantivy.Occur.Should, tantivy.Query.boost_query(query, boost)))
        if not clauses:
            return np.empty(0, np.int64)
        query = tantivy.Query.boolean_query(clauses)
        if allowed is None:
            return self._rows(query, count)
        # Where most passages are allowed, dropping the others from a longer ranking is quicker than a filter.
        window = 2 * count * len(self) // max(allowed.count, 1)
        if window <= allowed.named:
            rows = self._rows(query, window)
            allowed_rows = rows[allowed.passages[rows]][:count]
            if len(allowed_rows) == count or len(rows) < window:
                return allowed_rows
        clauses = [(tantivy.Occur.Must, query), *self._filter_clauses(allowed)]
        query = tantivy.Query.boolean_query(clauses)
        # A condition on the words of passages is none that tantivy can be given: its answer is masked.
        window = count if allowed.reached == allowed.count else 2 * count * allowed.reached // allowed.count
        while True:
            rows = self._rows(query, window)
            allowed_rows = rows[allowed.passages[rows]][:count]
            if len(allowed_rows) == count or len(rows) < window:
                return allowed_rows
            window *= 4

    def holding_phrase(self, phrase: Sequence[str]) -> Mask:
        """Return which passages hold these folded words in a row, title and section included: [passages]."""
        holding = np.zeros(len(self), dtype=np.bool_)
        if phrase:
            query = (
                tantivy.Query.phrase_query(self._schema, WRITTEN, list(phrase))
                if len(phrase) > 1
                else tantivy.Query.term_query(self._schema, WRITTEN, phrase[0], "basic")
            )
            # A constant score spares the lengths that BM25 would read.
            holding[self._rows(tantivy.Query.const_score_query(query, 1.0), self._searcher.num_docs)] = True
        return holding

    def _rows(self, query: tantivy.Query, most: int) -> Rows:
        """Return the rows of the `most` passages that a tantivy query ranks first."""
        hits = self._searcher.search(query, max(most, 1), count=False).hits
        rows = self._searcher.fast_field_values("row", [address for _, address in hits])
        return np.asarray(rows, dtype=np.int64)

    def _filter_clauses(self, allowed: Allowed) -> Iterator[tuple[tantivy.Occur, tantivy.Query]]:
        """Yield clauses that only the allowed passages meet, and that add nothing to a score."""
        if allowed.languages:
            languages = tantivy.Query.term_set_query(self._schema, LANGUAGE, allowed.languages)
            yield tantivy.Occur.Must, tantivy.Query.const_score_query(languages, 0.0)
        if allowed.documents is None:
            return
        # A set costs about a microsecond per document in it, so the smaller half is named.
        most = allowed.named < np.count_nonzero(allowed.documents)
        named = np.flatnonzero(allowed.documents != most).tolist()
        documents = tantivy.Query.term_set_query(self._schema, DOCUMENT, named)
        if most:
            yield tantivy.Occur.MustNot, documents
        else:
            yield tantivy.Occur.Must, tantivy.Query.const_score_query(documents, 0.0)


def idf(passages: int, holding: int | Iterable[int]) -> Floats:
    """Return the inverse document frequency ln(1 + (N - n + 0.5) / (n + 0.5)) of terms in n of N passages.

    Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond", 2009, in the form
    that is never negative.
    """
    held = np.atleast_1d(np.asarray(holding, dtype=np.float32))
    weights: Floats = np.log1p((passages - held + 0.5) / (held + 0.5))
    return np.maximum(weights, 0)
