"""Searcher: a question → ranked passages of one open index."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from indexer.documents import Sentence
from indexer.store.catalogue import PassageEntry
from indexer.store.index import OpenIndex
from models.encoder import Encoder
from service import ranking

CANDIDATES = 200
"""Passages taken from the vector index to be scored; never fewer than twice what is asked for."""


@dataclass(frozen=True, slots=True)
class Found:
    """A passage found, with its score and the sentence that answers best."""

    entry: PassageEntry
    score: float
    highlight: Sentence


@dataclass(frozen=True, slots=True, weakref_slot=True)
class Searcher:
    """Answers questions from one index; safe to call from several threads."""

    encoder: Encoder
    index: OpenIndex

    def search(self, question: str, count: int) -> list[Found]:
        """The `count` best passages for the question, best first; fewer when the index has fewer."""
        query = self.encoder.queries([question])[0]
        rows, cosines = self.index.vectors.nearest(query, max(CANDIDATES, 2 * count))
        candidates = []
        for row, cosine in zip(rows.tolist(), cosines.tolist(), strict=True):
            sentences = self.index.vectors.sentence_cosines(query, row)
            best = int(np.argmax(sentences))
            candidates.append(ranking.Features(row, cosine, float(sentences[best]), best))
        ranked = ranking.rank(candidates, count)
        entries = self.index.catalogue.passages([features.row for features, _ in ranked])
        return [
            Found(entry, score, entry.passage.sentences[features.best_sentence])
            for entry, (features, score) in zip(entries, ranked, strict=True)
        ]
