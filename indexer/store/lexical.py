"""The words: a tantivy index that finds passages, and lists of each passage's terms that score them.

tantivy ranks the whole corpus in a fraction of a millisecond, but with constants of its own and only for
the passages it returns. The few candidates of a question are scored from the lists instead, so that a
passage found by its vector gets the same exact BM25 as one found by its words.
"""

from __future__ import annotations

import os
import re
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
from indexer.store.arrays import ArrayReader, ArrayWriter, save
from indexer.store.filters import Allowed, language_code
from indexer.store.manifest import Layout

Rows = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]

HEAD_WEIGHT = 0.5
"""Worth of a term in title or section, where it is worth 1 in the passage itself."""
BODY, HEAD = "body", "head"
"""Fields: a passage's own terms, and those of its title and section."""
DOCUMENT, LANGUAGE = "document", "language"
"""Fields: what a passage is let through by."""
QUARTERS = 4
"""Weights are stored in quarters of an occurrence, at most 255 of them."""
HEAP = 64_000_000
"""Bytes the writer may gather before it writes a segment."""


@lru_cache(maxsize=1 << 18)
def term_key(analysis: str, term: str) -> int:
    """32 bits that stand for a term in the lists; two terms share them once in four thousand million."""
    return zlib.crc32(f"{analysis}\0{term}".encode())


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field("row", fast=True)
    builder.add_unsigned_field(DOCUMENT, indexed=True)
    builder.add_text_field(LANGUAGE, tokenizer_name="raw", index_option="basic")
    for part in BODY, HEAD:
        # Terms come from indexer.passages.analysis; tantivy has only to part them where there is a space.
        builder.add_text_field(part, tokenizer_name="whitespace", index_option="freq")
    return builder.build()


@contextmanager
def _os_errors() -> Iterator[None]:
    """What tantivy says of the disk, always as a ValueError, as the OSError it was."""
    try:
        yield
    except ValueError as error:
        said = " ".join(str(error).split())
        code = re.search(r"\(os error (\d+)\)", said)
        raise (OSError(int(code[1]), os.strerror(int(code[1]))) if code else OSError(said)) from error


class LexicalWriter:
    """Fills a new index of words; rows are those of the catalogue."""

    def __init__(self, folder: Path) -> None:
        home = folder / Layout.LEXICAL
        home.mkdir()
        # One thread: the same corpus gives the same index on every machine.
        with _os_errors():
            self._writer = tantivy.Index(_schema(), path=str(home)).writer(heap_size=HEAP, num_threads=1)
        self._folder = folder
        self._keys = ArrayWriter(folder / Layout.TERM_KEYS, np.uint32)
        self._weights = ArrayWriter(folder / Layout.TERM_WEIGHTS, np.uint8)
        self._held: Counter[int] = Counter()
        self._offsets = array("q", [0])
        self._lengths = array("f")
        self._languages = array("H")

    def add(self, text: str, heading: str, number: int, language: str | None) -> None:
        """Add the next passage: its text, its title and section, its document's number, its language."""
        document = tantivy.Document()
        document.add_unsigned("row", len(self._offsets) - 1)
        document.add_unsigned(DOCUMENT, number)
        if language is not None:
            document.add_text(LANGUAGE, language)
        self._languages.append(language_code(language))
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
            own = [term_key(analysis.name, term) for term in counted]
            self._held.update(own[:in_text])
            keys.extend(own)
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
        """Write what is left and merge, unless something was raised."""
        with ExitStack() as closing:  # all are closed, even when one cannot be written
            if kind is not None:
                closing.enter_context(suppress(OSError, ValueError))  # what was raised before matters more
            for each in self._keys, self._weights:
                closing.callback(each.close)
            if kind is not None:
                self._writer.rollback()
                return
            with _os_errors():
                self._writer.commit()
                self._writer.wait_merging_threads()
            save(self._folder / Layout.TERM_OFFSETS, np.asarray(self._offsets))
            lengths = np.asarray(self._lengths, dtype=np.float32).reshape(-1, len(ANALYSES))
            save(self._folder / Layout.TERM_LENGTHS, lengths)
            save(self._folder / Layout.PASSAGE_LANGUAGES, np.asarray(self._languages))
            held = np.array([*self._held.keys(), *self._held.values()], dtype=np.uint32).reshape(2, -1)
            save(self._folder / Layout.TERM_HELD, np.ascontiguousarray(held[:, held[0].argsort()]))


@dataclass(frozen=True, slots=True)
class TermMatches:
    """Which of a question's terms some passages hold: [passages, terms]."""

    weights: Floats
    """Occurrences of term j in passage i, those in title and section worth HEAD_WEIGHT; 0 where absent."""
    lengths: Floats
    """[passages, analyses]: terms of the passage, weighed alike, in each analysis."""


def _opened(home: Path) -> tantivy.Index:
    """The index in a folder, even one that cannot be written."""
    if os.access(home, os.W_OK):
        return tantivy.Index.open(str(home))
    # tantivy locks what it opens by a file beside it. Links elsewhere do: all files are mapped on opening.
    # Its lock there may come or go while the links are removed, which then is no fault of the index.
    with TemporaryDirectory(ignore_cleanup_errors=True) as elsewhere:
        for path in home.iterdir():
            if path.suffix != ".lock":
                Path(elsewhere, path.name).symlink_to(path.resolve())
        return tantivy.Index.open(elsewhere)


class Lexical:
    """Reads a sealed index of words; safe to call from several threads."""

    def __init__(self, folder: Path) -> None:
        index = _opened(folder / Layout.LEXICAL)
        self._schema = index.schema
        self._searcher = index.searcher()
        self._offsets = np.load(folder / Layout.TERM_OFFSETS)
        self._lengths = np.load(folder / Layout.TERM_LENGTHS)
        self._keys = ArrayReader(folder / Layout.TERM_KEYS)
        self._weights = np.load(folder / Layout.TERM_WEIGHTS, mmap_mode="r")
        self._held_keys, self._held = np.load(folder / Layout.TERM_HELD)
        self.mean_lengths: Floats = (
            self._lengths.mean(axis=0) if len(self._lengths) else self._lengths.sum(axis=0)
        )
        """[analyses]: terms of a passage, on average."""
        self.languages: npt.NDArray[np.uint16] = np.load(folder / Layout.PASSAGE_LANGUAGES)
        """[passages]: see language_code."""

    def __len__(self) -> int:
        return len(self._offsets) - 1

    def held_by(self, analysis: str, term: str) -> int:
        """How many passages hold a term in their text, title and section left out."""
        key = np.uint32(term_key(analysis, term))
        place = int(np.searchsorted(self._held_keys, key))
        known = place < len(self._held_keys) and self._held_keys[place] == key
        return int(self._held[place]) if known else 0

    def find(self, wanted: Sequence[str], count: int, allowed: Allowed | None = None) -> Rows:
        """Rows of the `count` passages that words alone rank first; wanted are terms of the PREFIX analysis.

        Only passages that are allowed; None: all are. The other analyses would bring up hardly a passage
        more, at three times the cost; all of them score.
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
            return self._first(query, count)
        # Where much is allowed, most of what comes up is: looking at more is quicker than naming what is.
        window = 2 * count * len(self) // max(allowed.count, 1)
        if window <= allowed.named:
            rows = self._first(query, window)
            kept = rows[allowed.passages[rows]][:count]
            if len(kept) == count or len(rows) < window:
                return kept
        confined = [(tantivy.Occur.Must, query), *self._confining(allowed)]
        return self._first(tantivy.Query.boolean_query(confined), count)

    def _first(self, query: tantivy.Query, count: int) -> Rows:
        hits = self._searcher.search(query, count, count=False).hits
        rows = self._searcher.fast_field_values("row", [address for _, address in hits])
        return np.asarray(rows, dtype=np.int64)

    def stored(self) -> Rows:
        """Rows of all the passages it holds, in no order."""
        return self._rows(tantivy.Query.all_query(), self._searcher.num_docs)

    def of_document(self, number: int, most: int) -> Rows:
        """Rows of the passages that it holds of a document, in no order, `most` of them."""
        return self._rows(tantivy.Query.term_query(self._schema, DOCUMENT, number), most)

    def _rows(self, query: tantivy.Query, most: int) -> Rows:
        hits = self._searcher.search(query, max(most, 1), count=False).hits
        found = self._searcher.fast_field_values("row", [address for _, address in hits])
        return np.asarray(found, dtype=np.int64)

    def _confining(self, allowed: Allowed) -> Iterator[tuple[tantivy.Occur, tantivy.Query]]:
        """Clauses that no passage meets but those allowed, and that add nothing to a score."""
        if allowed.languages:
            spoken = tantivy.Query.term_set_query(self._schema, LANGUAGE, allowed.languages)
            yield tantivy.Occur.Must, tantivy.Query.const_score_query(spoken, 0.0)
        if allowed.documents is None:
            return
        # A set costs what it holds, about a microsecond a document, so the smaller half is named.
        most = allowed.named < np.count_nonzero(allowed.documents)
        named = np.flatnonzero(allowed.documents != most).tolist()
        documents = tantivy.Query.term_set_query(self._schema, DOCUMENT, named)
        if most:
            yield tantivy.Occur.MustNot, documents
        else:
            yield tantivy.Occur.Must, tantivy.Query.const_score_query(documents, 0.0)

    def matches(self, rows: Rows, keys: Sequence[int]) -> TermMatches:
        """How often each passage of rows holds each term of keys (see term_key)."""
        weights = np.zeros((len(rows), len(keys)), dtype=np.float32)
        starts, sizes = self._offsets[rows], self._offsets[rows + 1] - self._offsets[rows]
        held = self._keys.runs(starts, sizes)
        begins = np.cumsum(sizes) - sizes
        for column, key in enumerate(keys):
            where = np.flatnonzero(held == key)
            owner = np.searchsorted(begins, where, side="right") - 1
            stored = self._weights[where - begins[owner] + starts[owner]]
            weights[owner, column] = stored / np.float32(QUARTERS)
        return TermMatches(weights, self._lengths[rows])


def idf(passages: int, holding: int | Iterable[int]) -> Floats:
    """ln(1 + (N - n + 0.5) / (n + 0.5)): what a term tells that n of N passages hold.

    Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond", 2009, in the form
    that is never negative.
    """
    held = np.atleast_1d(np.asarray(holding, dtype=np.float32))
    told: Floats = np.log1p((passages - held + 0.5) / (held + 0.5))
    return np.maximum(told, 0)
