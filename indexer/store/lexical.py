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
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Self

import numpy as np
import numpy.typing as npt
import tantivy

from indexer.analysis import ANALYSES, terms, words
from indexer.store.generation import Layout
from indexer.store.vectors import save

Rows = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]

HEAD_WEIGHT = 0.5
"""Worth of a term in title or section, where it is worth 1 in the passage itself."""
QUARTERS = 4
"""Weights are stored in quarters of an occurrence, at most 255 of them."""
HEAP = 64_000_000
"""Bytes the writer may gather before it writes a segment."""


def term_key(analysis: str, term: str) -> int:
    """32 bits that stand for a term in the lists; two terms share them once in four thousand million."""
    return zlib.crc32(f"{analysis}\0{term}".encode())


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field("row", fast=True)
    for analysis in ANALYSES:
        # Terms come from indexer.analysis; tantivy has only to part them where there is a space.
        for part in ("body", "head"):
            builder.add_text_field(
                f"{part}_{analysis.name}", tokenizer_name="whitespace", index_option="freq"
            )
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
        self._keys = (folder / Layout.TERM_KEYS).open("wb")
        self._weights = (folder / Layout.TERM_WEIGHTS).open("wb")
        self._folder = folder
        self._offsets = array("q", [0])
        self._lengths = array("f")

    def add(self, text: str, heading: str) -> None:
        """Add the next passage: its text, and its title and section."""
        document = tantivy.Document()
        document.add_unsigned("row", len(self._offsets) - 1)
        body, head = list(words(text)), list(words(heading))
        keys, weights = array("I"), bytearray()
        for analysis in ANALYSES:
            in_body, in_head = terms(body, analysis), terms(head, analysis)
            document.add_text(f"body_{analysis.name}", " ".join(in_body))
            document.add_text(f"head_{analysis.name}", " ".join(in_head))
            counted: Counter[str] = Counter()
            for term in in_body:
                counted[term] += QUARTERS
            for term in in_head:
                counted[term] += round(HEAD_WEIGHT * QUARTERS)
            keys.extend(term_key(analysis.name, term) for term in counted)
            weights.extend(min(weight, 255) for weight in counted.values())
            self._lengths.append(sum(counted.values()) / QUARTERS)
        with _os_errors():
            self._writer.add_document(document)
        self._keys.write(keys.tobytes())
        self._weights.write(weights)
        self._offsets.append(self._offsets[-1] + len(keys))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, _: object, __: TracebackType | None) -> None:
        """Write what is left and merge, unless something was raised."""
        if kind is not None:  # which matters, and not what the folder says besides
            with suppress(OSError, ValueError), self._keys, self._weights:
                self._writer.rollback()
            return
        with self._keys, self._weights, _os_errors():  # both are closed, even when one cannot be written
            self._writer.commit()
            self._writer.wait_merging_threads()
        save(self._folder / Layout.TERM_OFFSETS, np.asarray(self._offsets))
        lengths = np.asarray(self._lengths, dtype=np.float32).reshape(-1, len(ANALYSES))
        save(self._folder / Layout.TERM_LENGTHS, lengths)


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
    with TemporaryDirectory() as elsewhere:
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
        total = int(self._offsets[-1])
        self._keys = np.memmap(folder / Layout.TERM_KEYS, np.uint32, "r", shape=(total,)) if total else None
        self._weights = (
            np.memmap(folder / Layout.TERM_WEIGHTS, np.uint8, "r", shape=(total,)) if total else None
        )
        self.mean_lengths: Floats = self._lengths.mean(axis=0)
        """[analyses]: terms of a passage, on average."""

    def __len__(self) -> int:
        return len(self._offsets) - 1

    def held_by(self, analysis: str, term: str) -> int:
        """How many passages hold a term in their text, title and section left out."""
        return int(self._searcher.doc_freq(f"body_{analysis}", term))

    def find(self, weighed: Mapping[str, Sequence[str]], count: int) -> Rows:
        """Rows of the `count` passages that words alone rank first; weighed[analysis] are its terms."""
        clauses = []
        for analysis, wanted in weighed.items():
            for part, boost in ("body", 1.0), ("head", HEAD_WEIGHT):
                for term in wanted:
                    query = tantivy.Query.term_query(self._schema, f"{part}_{analysis}", term, "freq")
                    clauses.append((tantivy.Occur.Should, tantivy.Query.boost_query(query, boost)))
        if not clauses:
            return np.empty(0, np.int64)
        hits = self._searcher.search(tantivy.Query.boolean_query(clauses), count, count=False).hits
        rows = self._searcher.fast_field_values("row", [address for _, address in hits])
        return np.asarray(rows, dtype=np.int64)

    def matches(self, rows: Rows, keys: Sequence[int]) -> TermMatches:
        """How often each passage of rows holds each term of keys (see term_key)."""
        weights = np.zeros((len(rows), len(keys)), dtype=np.float32)
        starts, sizes = self._offsets[rows], self._offsets[rows + 1] - self._offsets[rows]
        if self._keys is not None and self._weights is not None and sizes.sum():
            owner = np.repeat(np.arange(len(rows)), sizes)
            before = np.repeat(np.cumsum(sizes) - sizes, sizes)
            places = np.repeat(starts, sizes) + np.arange(sizes.sum()) - before
            held = self._keys[places]
            for column, key in enumerate(keys):
                where = np.flatnonzero(held == key)
                weights[owner[where], column] = self._weights[places[where]] / np.float32(QUARTERS)
        return TermMatches(weights, self._lengths[rows])


def idf(passages: int, holding: int | Iterable[int]) -> Floats:
    """ln(1 + (N - n + 0.5) / (n + 0.5)): what a term tells that n of N passages hold.

    Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond", 2009, in the form
    that is never negative.
    """
    held = np.atleast_1d(np.asarray(holding, dtype=np.float32))
    told: Floats = np.log1p((passages - held + 0.5) / (held + 0.5))
    return np.maximum(told, 0)
