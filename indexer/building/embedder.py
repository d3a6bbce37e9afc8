"""Embed passages beside everything else, each text once, and carry over the vectors that are known already.

Documents come in the order of their rows. Their texts are gathered in windows; those of a window that have
no vector yet are sorted by length and given to the workers a slice at a time, in threads, while the next
documents are read. Vectors are written in the order of rows: an index does not depend on who was faster.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import groupby
from random import Random
from types import TracebackType
from typing import NamedTuple, Self

import numpy as np
import numpy.typing as npt

from indexer.building.build_progress import BuildProgress
from indexer.building.settings import BatchSettings
from indexer.building.workers import Workers
from indexer.passages.embedding_texts import PassageTexts
from indexer.records import Passage
from indexer.store.arrays import Floats, Rows
from indexer.store.journal import MISSING, Journal, text_key
from indexer.store.vectors import VectorRows, VectorStore, VectorWriter, quantise
from models import background_texts
from models.encoder import Encoder

SAMPLED = 256
"""Sentences that stand for questions when the recall of cells is measured."""
SLICES_AT_LEAST = 25
"""Slices that all texts known so far make at least, so that losing one loses a twenty-fifth."""


class _Pending(NamedTuple):
    """A vector that is being computed."""

    slice: Future[Floats]
    place: int
    """Row of the vector within its slice."""


@dataclass(frozen=True, slots=True)
class _Window:
    """Passages that wait to be written, and where the vectors of their texts come from."""

    passages: Sequence[int | PassageTexts]
    """Rows of the previous generation, or texts."""
    records: Rows
    """[texts]: number of each text's record in the journal; MISSING where it is being computed."""
    pending: Sequence[_Pending]
    """Vectors of the texts that are missing, in the order of the texts."""
    keys: Sequence[bytes]
    """Keys of the texts that are computed for this window first."""


class Embedder:
    """Writes the vectors of documents, which come one by one in the order of their rows."""

    def __init__(
        self,
        encoder: Encoder,
        writer: VectorWriter,
        previous: VectorStore | None,
        journal: Journal,
        batches: BatchSettings,
        progress: BuildProgress,
        workers: Workers,
    ) -> None:
        """`previous` holds vectors by the same model, which need not be computed again."""
        self.carried = 0
        """Number of passages whose vectors were copied from the previous generation."""
        self.texts = self.embedded = 0
        """Number of texts of all other passages, and of those that had to be computed."""
        self._encoder = encoder
        self._writer = writer
        self._previous = previous
        self._journal = journal
        self._batches = batches
        self._progress = progress
        self._workers = workers
        self._pool = ThreadPoolExecutor(workers.slices, thread_name_prefix="encoding")
        self._most_windows = max(batches.windows, workers.slices) if batches.windows else 0
        self._distinct = 0
        self._taken_up = np.zeros(journal.left, bool)
        self._keys, self._rows = _sorted_keys(previous)
        self._waiting: list[int | PassageTexts] = []
        self._waiting_texts = 0
        self._windows: deque[_Window] = deque()
        self._computing: dict[bytes, _Pending] = {}
        self._sampled_from = 0
        self._sample: list[str] = []
        self._random = Random(0)

    def add(self, texts: Sequence[PassageTexts]) -> None:
        """Add the passages of a new or changed document."""
        for passage in texts:
            row = self._known_row(passage.key)
            self._waiting_texts += 0 if row is not None else 1 + len(passage.units)
            self._wait(passage if row is None else row)

    def carry(self, rows: range) -> None:
        """Add an unchanged document by the rows of its passages in the previous generation."""
        for row in rows:
            self._wait(row)

    def sample(self, passages: Sequence[Passage]) -> None:
        """Sample sentences that stand for questions.

        Every passage has the same chance (Vitter, "Random Sampling with a Reservoir", 1985, algorithm R).
        """
        for passage in passages:
            place = self._random.randrange(self._sampled_from + 1)
            self._sampled_from += 1
            if len(self._sample) < SAMPLED:
                self._sample.append(self._random.choice(passage.sentences).text)
            elif place < SAMPLED:
                self._sample[place] = self._random.choice(passage.sentences).text

    def submit(self) -> None:
        """Make a window of what waits, and have computed what of it is neither held nor being computed."""
        passages = [passage for passage in self._waiting if isinstance(passage, PassageTexts)]
        texts = [text for passage in passages for text in passage.all]
        keys = [text_key(text) for text in texts]
        records = self._journal.find(keys)
        missing = [place for place in range(len(keys)) if records[place] == MISSING]
        new = {keys[place]: texts[place] for place in missing if keys[place] not in self._computing}
        self.texts += len(texts)
        self.embedded += len(new)
        self._distinct += len(new) + self._first_taken_up(records)
        for some in slices(new, self._slice, self._batches.characters):
            computed = self._pool.submit(self._compute, some)
            self._computing |= {key: _Pending(computed, place) for place, key in enumerate(some)}
        self._progress.found(len(new), sum(map(len, new.values())))
        pending = [self._computing[keys[place]] for place in missing]
        self._windows.append(_Window(self._waiting, records, pending, list(new)))
        self._waiting, self._waiting_texts = [], 0

    def finish(self) -> None:
        """Write the waiting passages, and the vectors of the everyday questions and texts."""
        self.submit()
        while self._windows:
            self._write(self._windows.popleft())
        if self._previous is not None:
            background = [self._previous.mean_question[None], self._previous.background]
        else:
            questions = self._encoder.queries(background_texts.QUESTIONS)
            texts = self._encoder.passages(background_texts.TEXTS)
            background = [questions.mean(axis=0, keepdims=True), texts]
        self._writer.add_background(np.concatenate(background))

    def questions(self) -> Floats:
        """Return vectors of the sampled sentences, as they would be asked for: [at most SAMPLED, dim]."""
        return self._encoder.queries([as_asked(sentence) for sentence in self._sample])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, _: object, __: TracebackType | None) -> None:
        """End the threads, once the slices that are being computed are done, or given up after an error."""
        if kind is not None:
            self._workers.close()
        self._pool.shutdown(cancel_futures=True)

    def _wait(self, passage: int | PassageTexts) -> None:
        self._waiting.append(passage)
        if self._waiting_texts >= self._batches.texts or len(self._waiting) >= self._batches.passages:
            self.submit()
            while len(self._windows) > self._most_windows:
                self._write(self._windows.popleft())

    def _known_row(self, key: int) -> int | None:
        """Return the row of the previous generation that holds the vectors of this key."""
        place = int(np.searchsorted(self._keys, np.uint64(key)))
        known = place < len(self._keys) and int(self._keys[place]) == key
        return int(self._rows[place]) if known else None

    @property
    def _slice(self) -> int:
        """Number of texts of a slice."""
        bounds = self._batches.slices
        return min(max(self._distinct // SLICES_AT_LEAST, bounds.start), bounds.stop)

    def _first_taken_up(self, records: Rows) -> int:
        """Return how many texts among records, now for the first time, an interrupted build had embedded.

        They count for the size of slices: those that are left are cut as if there had been no interruption.
        Vectors of one text differ by rounding with the others of its slice.
        """
        left = np.unique(records[(records != MISSING) & (records < len(self._taken_up))])
        first = left[~self._taken_up[left]]
        self._taken_up[first] = True
        return len(first)

    def _compute(self, texts: dict[bytes, str]) -> Floats:
        """Return the vectors of texts [texts, dim], once the journal holds them."""
        vectors = self._workers.embed(list(texts.values()))
        self._journal.append(list(texts), vectors)
        self._progress.embedded(len(texts), sum(map(len, texts.values())))
        return vectors

    def _write(self, window: _Window) -> None:
        """Write the vectors of a window, as soon as they are computed."""
        vectors = self._vectors(window)
        for key in window.keys:
            del self._computing[key]
        begin = 0
        for kind, run in groupby(window.passages, type):
            if kind is int:
                assert self._previous is not None
                rows = np.array(list(run), dtype=np.int64)
                self._writer.add(self._previous.read(rows))
                self.carried += len(rows)
            else:
                texts = [passage for passage in run if isinstance(passage, PassageTexts)]
                end = begin + sum(len(passage.all) for passage in texts)
                self._writer.add(_vector_rows(texts, vectors[begin:end]))
                begin = end

    def _vectors(self, window: _Window) -> Floats:
        """Return the vectors of the texts of a window: [texts, dim]."""
        vectors = np.empty((len(window.records), self._encoder.dim), np.float32)
        held = window.records != MISSING
        if held.any():
            vectors[held] = self._journal.vectors(window.records[held])
        for place, pending in zip(np.flatnonzero(~held), window.pending, strict=True):
            vectors[place] = pending.slice.result()[pending.place]
        return vectors


def as_asked(sentence: str) -> str:
    """Return the words in the middle of a sentence, a quarter of all and two at least, as a question.

    Whole sentences stand so near to their own passages that they flatter a search by cells. Over a million
    passages, 8 cells found all of their ten nearest, but 91 % of those of questions that people ask; of these
    quarters they found 90 %, and with more cells both rise alike.
    """
    words = sentence.split()
    count = max(2, len(words) // 4)
    begin = max(0, len(words) - count) // 2
    return " ".join(words[begin : begin + count])


def slices(texts: dict[bytes, str], most: int, characters: int) -> Iterator[dict[bytes, str]]:
    """Yield texts by their keys, the longest first, in slices of about so many characters, or of `most`.

    Texts of one slice are alike in length, so that an encoder pads little. Equal texts give equal slices.
    """
    some: dict[bytes, str] = {}
    length = 0
    for key, text in sorted(texts.items(), key=lambda item: -len(item[1])):
        some[key] = text
        length += len(text)
        if length >= characters or len(some) >= most:
            yield some
            some, length = {}, 0
    if some:
        yield some


def _sorted_keys(vectors: VectorStore | None) -> tuple[npt.NDArray[np.uint64], Rows]:
    """Return (keys in ascending order, row of each key)."""
    if vectors is None:
        return np.empty(0, np.uint64), np.empty(0, np.int64)
    order = np.argsort(vectors.keys, kind="stable")
    return vectors.keys[order], order


def _vector_rows(texts: Sequence[PassageTexts], vectors: Floats) -> VectorRows:
    """Return the stored form of vectors: each passage's vector is followed by those of its units."""
    counts = np.array([len(passage.units) for passage in texts], dtype=np.int64)
    passages = np.cumsum(counts + 1) - counts - 1
    levels, scales = quantise(np.delete(vectors, passages, axis=0))
    return VectorRows(
        keys=np.array([passage.key for passage in texts], dtype=np.uint64),
        passages=vectors[passages],
        counts=counts,
        levels=levels,
        scales=scales,
        sentences=np.array([place for passage in texts for place in passage.sentences], dtype=np.uint16),
    )
