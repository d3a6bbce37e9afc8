"""Passages → vectors on disk, many texts at a time; what the generation before holds is carried over."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from random import Random

import numpy as np

from indexer.passages.embedding_texts import PassageTexts
from indexer.records import Passage
from indexer.store.vector_writer import Embedded, Floats, Rows, VectorsWriter, quantise
from indexer.store.vectors import Vectors
from models import background_texts
from models.encoder import Encoder

TEXTS = 1024
"""Texts gathered before they are encoded together: enough for batches of texts alike in length."""
PASSAGES = 8192
"""Passages gathered at the most, encoded or carried over."""
SAMPLED = 256
"""Sentences kept to measure by how well cells find what is nearest."""


class Embedder:
    """Takes documents one by one; their order is that of the rows."""

    def __init__(self, encoder: Encoder, writer: VectorsWriter, before: Vectors | None) -> None:
        """before: vectors by the same model, which hold what need not be encoded again."""
        self.carried = 0
        """Passages whose vectors were taken from before."""
        self._encoder = encoder
        self._writer = writer
        self._before = before
        self._keys, self._rows = _by_key(before)
        self._waiting: list[int | PassageTexts] = []
        self._documents: list[int] = []
        self._texts = 0
        self._seen = 0
        self._sample: list[str] = []
        self._random = Random(0)

    def add(self, document: int, texts: Sequence[PassageTexts]) -> None:
        """A document, by its number in the catalogue, that is new or changed."""
        for each in texts:
            row = self._row(each.key)
            self._texts += 0 if row is not None else 1 + len(each.units)
            self._wait(document, each if row is None else row)

    def carry(self, document: int, rows: range) -> None:
        """A document that has not changed: its rows in the generation before."""
        for row in rows:
            self._wait(document, row)

    def sample(self, passages: Sequence[Passage]) -> None:
        """See passages that questions may be made of; each has the same chance (Vitter, algorithm R)."""
        for passage in passages:
            at = self._random.randrange(self._seen + 1)
            self._seen += 1
            if len(self._sample) < SAMPLED:
                self._sample.append(self._random.choice(passage.sentences).text)
            elif at < SAMPLED:
                self._sample[at] = self._random.choice(passage.sentences).text

    def finish(self) -> None:
        """Write what is left, and the vectors of the everyday questions and texts."""
        self._flush()
        if self._before is not None:
            same = [self._before.mean_question[None], self._before.background]
            self._writer.finish(np.concatenate(same))
            return
        mean_question = self._encoder.queries(background_texts.QUESTIONS).mean(axis=0, keepdims=True)
        texts = self._encoder.passages(background_texts.TEXTS)
        self._writer.finish(np.concatenate([mean_question, texts]))

    def questions(self) -> Floats:
        """Sentences of the corpus as if they were asked: [at most SAMPLED, dim]."""
        return self._encoder.queries(self._sample)

    def _wait(self, document: int, what: int | PassageTexts) -> None:
        self._waiting.append(what)
        self._documents.append(document)
        if self._texts >= TEXTS or len(self._waiting) >= PASSAGES:
            self._flush()

    def _row(self, key: int) -> int | None:
        """The row before that holds the vectors of this key."""
        place = int(np.searchsorted(self._keys, np.uint64(key)))
        found = place < len(self._keys) and int(self._keys[place]) == key
        return int(self._rows[place]) if found else None

    def _flush(self) -> None:
        new = [each for each in self._waiting if isinstance(each, PassageTexts)]
        vectors = self._encoder.passages([text for each in new for text in (each.passage, *each.units)])
        at = 0
        documents = iter(self._documents)
        for kind, run in groupby(self._waiting, type):
            together = list(run)
            if kind is int:
                assert self._before is not None
                found = self._before.embedded(np.array(together, dtype=np.int64))
                self.carried += len(together)
            else:
                texts = [each for each in together if isinstance(each, PassageTexts)]
                size = len(texts) + sum(len(each.units) for each in texts)
                found = _embedded(texts, vectors[at : at + size])
                at += size
            self._writer.add([next(documents) for _ in together], found)
        self._waiting, self._documents, self._texts = [], [], 0


def _by_key(before: Vectors | None) -> tuple[np.ndarray, Rows]:
    """(keys in ascending order, the row of each)."""
    if before is None:
        return np.empty(0, np.uint64), np.empty(0, np.int64)
    order = np.argsort(before.keys, kind="stable")
    return before.keys[order], order


def _embedded(texts: Sequence[PassageTexts], vectors: Floats) -> Embedded:
    """The vectors of passages, each followed by those of its units, as they are stored."""
    counts = np.array([len(each.units) for each in texts], dtype=np.int64)
    own = np.cumsum(counts + 1) - counts - 1
    levels, scales = quantise(np.delete(vectors, own, axis=0))
    return Embedded(
        keys=np.array([each.key for each in texts], dtype=np.uint64),
        passages=vectors[own],
        counts=counts,
        levels=levels,
        scales=scales,
        sentences=np.array([place for each in texts for place in each.sentences], dtype=np.uint16),
    )
