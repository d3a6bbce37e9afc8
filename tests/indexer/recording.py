"""A stand-in encoder that records the texts it encodes, and the texts that a corpus has to encode."""

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
    """The stand-in encoder, which records the texts and questions it is given, in order."""

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
        """Drop the records."""
        self.texts, self.questions = [], []


def embedded(encoder: Recording) -> set[str]:
    """The texts that were encoded, each of them once, in whatever order and threads."""
    texts = set(encoder.texts)
    assert len(encoder.texts) == len(texts), "a text was encoded twice"
    return texts


def documents_in(corpus: Path) -> list[Document]:
    """Return every content of a corpus once, as it is read."""
    files = [file for file in walk(corpus) if isinstance(file, CorpusFile)]
    documents: dict[tuple[str, str], Document] = {}
    for document in (document for file in files for document in load(file).documents):
        key = document.content_hash, PurePosixPath(document.source).suffix
        first = documents.setdefault(key, document)
        if first is not document:
            documents[key] = replace(first, copies=(*first.copies, document.source))
    return list(documents.values())


def texts_of(corpus: Path, encoder: StandInEncoder) -> list[PassageTexts]:
    """Return what is embedded of a corpus, in the order of rows."""
    return [
        texts
        for document in documents_in(corpus)
        for texts in embedded_texts(
            document, chunk(document, encoder.count_tokens, ChunkSettings()), encoder.max_tokens
        )
    ]


def flat(texts: Sequence[PassageTexts]) -> list[str]:
    """Return the texts one by one, as an encoder is given them."""
    return [text for passage in texts for text in (passage.passage, *passage.units)]
