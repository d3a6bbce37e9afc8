"""What a build embeds of documents, as texts: passages, and their units under their titles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from indexer import progress
from indexer.passages.chunking import ChunkSettings, chunk
from indexer.passages.embedding_texts import embedded_texts
from indexer.records import Document
from models.encoder import Encoder


@dataclass(frozen=True, slots=True)
class Texts:
    """Texts as the model is given them, but for its prompt."""

    passages: list[str]
    units: list[str]
    """Sentences and their parts."""


def embedded(documents: Sequence[Document], encoder: Encoder) -> Texts:
    """All texts of documents, chunked as by a build."""
    settings = ChunkSettings().within(encoder.max_tokens)
    texts = Texts([], [])
    for document in progress.track(documents, len(documents), "Chunking"):
        passages = chunk(document, encoder.count_tokens, settings)
        for each in embedded_texts(document, passages, encoder.max_tokens):
            texts.passages.append(each.passage)
            texts.units.extend(each.units)
    return texts


def spread(texts: Sequence[str], most: int) -> list[str]:
    """At most `most` of the texts, taken evenly."""
    return [texts[place * len(texts) // most] for place in range(most)] if len(texts) > most else list(texts)
