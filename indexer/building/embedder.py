"""Embed passages in large batches, and carry over the vectors that the previous generation holds."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from random import Random

import numpy as np
import numpy.typing as npt

from indexer.building.settings import BatchSettings
from indexer.passages.embedding_texts import PassageTexts
from indexer.records import Passage
from indexer.store.arrays import Floats, Rows
from indexer.store.vectors import VectorRows, VectorStore, VectorWriter, quantise
from models import background_texts
from models.encoder import Encoder

SAMPLED = 256
"""Sentences that stand for questions when the recall of cells is measured."""


class Embedder:
    """Writes the vectors of documents, which come one by one in the order of their rows."""

    def __init__(
        self, encoder: Encoder, writer: VectorWriter, previous: VectorStore | None, batches: BatchSettings
    ) -> None:
        """`previous` holds vectors by the same model, which need not be computed again."""
        self.carried = 0
        """Number of passages whose vectors were copied from the previous generation."""
        self._encoder = encoder
        self._writer = writer
        self._previous = previous
        self._batches = batches
        self._keys, self._rows = _sorted_keys(previous)
        self._waiting: list[int | PassageTexts] = []
        self._waiting_texts = 0
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

    def finish(self) -> None:
        """Write the waiting passages, and the vectors of the everyday questions and texts."""
        self._flush()
        if self._previous is not None:
            background = [self._previous.mean_question[None], self._previous.background]
        else:
            questions = self._encoder.queries(background_texts.QUESTIONS)
            texts = self._encoder.passages(background_texts.TEXTS)
            background = [questions.mean(axis=0, keepdims=True), texts]
        self._writer.add_background(np.concatenate(background))

    def questions(self) -> Floats:
        """Return vectors of the sampled sentences, embedded as questions: [at most SAMPLED, dim]."""
        return self._encoder.queries(self._sample)

    def _wait(self, passage: int | PassageTexts) -> None:
        self._waiting.append(passage)
        if self._waiting_texts >= self._batches.texts or len(self._waiting) >= self._batches.passages:
            self._flush()

    def _known_row(self, key: int) -> int | None:
        """Return the row of the previous generation that holds the vectors of this key."""
        place = int(np.searchsorted(self._keys, np.uint64(key)))
        known = place < len(self._keys) and int(self._keys[place]) == key
        return int(self._rows[place]) if known else None

    def _flush(self) -> None:
        new = [passage for passage in self._waiting if isinstance(passage, PassageTexts)]
        vectors = self._encoder.passages([text for texts in new for text in (texts.passage, *texts.units)])
        begin = 0
        for kind, run in groupby(self._waiting, type):
            if kind is int:
                assert self._previous is not None
                rows = np.array(list(run), dtype=np.int64)
                self._writer.add(self._previous.read(rows))
                self.carried += len(rows)
            else:
                texts = [passage for passage in run if isinstance(passage, PassageTexts)]
                end = begin + len(texts) + sum(len(passage.units) for passage in texts)
                self._writer.add(_vector_rows(texts, vectors[begin:end]))
                begin = end
        self._waiting, self._waiting_texts = [], 0


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
