"""A stand-in for the model that remembers what it was asked to encode, and what a corpus holds to encode."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath

from indexer.corpus.loading import load
from indexer.corpus.walk import walk
from indexer.passages.chunking import ChunkSettings, chunk
from indexer.passages.embedding_texts import PassageTexts, embedded_texts
from indexer.records import CorpusFile, Document
from models.encoder import Vectors
from tests.standin import StandInEncoder


class Recording(StandInEncoder):
    """The stand-in; what it was given, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.questions: list[str] = []

    def passages(self, texts: Sequence[str]) -> Vectors:
        self.texts += texts
        return super().passages(texts)

    def queries(self, texts: Sequence[str]) -> Vectors:
        self.questions += texts
        return super().queries(texts)

    def forget(self) -> None:
        """Begin anew."""
        self.texts, self.questions = [], []


def documents_in(corpus: Path) -> list[Document]:
    """Every content of a corpus once, as it is read."""
    files = [each for each in walk(corpus) if isinstance(each, CorpusFile)]
    found: dict[tuple[str, str], Document] = {}
    for each in (document for file in files for document in load(file).documents):
        key = each.content_hash, PurePosixPath(each.source).suffix
        first = found.setdefault(key, each)
        if first is not each:
            found[key] = replace(first, copies=(*first.copies, each.source))
    return list(found.values())


def texts_of(corpus: Path, encoder: StandInEncoder) -> list[PassageTexts]:
    """What is embedded of a corpus, in the order of rows."""
    return [
        each
        for document in documents_in(corpus)
        for each in embedded_texts(
            document, chunk(document, encoder.count_tokens, ChunkSettings()), encoder.max_tokens
        )
    ]


def flat(texts: Sequence[PassageTexts]) -> list[str]:
    """The texts one by one, as an encoder is given them."""
    return [text for each in texts for text in (each.passage, *each.units)]
