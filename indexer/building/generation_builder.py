"""One generation being made: documents → passages → words and vectors → every file but the seal."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from indexer.building.embedder import Embedder
from indexer.building.previous_generation import Before, Kept
from indexer.building.stopwatch import Stages
from indexer.passages import near_duplicates
from indexer.passages.chunking import ChunkSettings, chunk
from indexer.passages.embedding_texts import embedded_texts
from indexer.records import Document, Passage
from indexer.store import cells
from indexer.store.catalogue import CatalogueWriter, FileSeen
from indexer.store.lexical import LexicalWriter
from indexer.store.manifest import Layout, Manifest, ModelRecord, NearestRecord
from indexer.store.near_duplicate_groups import Signatures, SignaturesWriter
from indexer.store.vector_writer import VectorsWriter
from models import VERSION, calibration
from models.encoder import Encoder


class Making:
    """Writes documents, one after the other, into a folder that nothing points to yet."""

    def __init__(
        self, folder: Path, encoder: Encoder, settings: ChunkSettings, before: Before | None
    ) -> None:
        """before: a generation by the same model and settings, of which documents may be kept."""
        self.stages = Stages()
        self._begun = time.monotonic()
        self._folder = folder
        self._encoder = encoder
        self._settings = settings
        self._before = before.vectors if before is not None else None
        self._twins = before.twins if before is not None else None
        self._documents = self._passages = self._sentences = self._carried = 0
        self._nearest = NearestRecord()

    def write(self, documents: Iterable[tuple[Document, Kept | None]], seen: Iterable[FileSeen]) -> int:
        """Write documents, in their order, and the files that were seen; how many documents there were.

        seen is used up after documents is.
        """
        with ExitStack() as files:
            catalogue = files.enter_context(CatalogueWriter(self._folder / Layout.CATALOGUE))
            lexical = files.enter_context(LexicalWriter(self._folder))
            vectors = files.enter_context(VectorsWriter(self._folder, self._encoder.dim))
            signatures = files.enter_context(SignaturesWriter(self._folder))
            embedder = Embedder(self._encoder, vectors, self._before)
            for document, kept in documents:
                passages = kept.passages if kept else self._cut(document)
                with self.stages.time("words"):
                    for passage in passages:
                        heading = " ".join([document.title, *passage.section])
                        lexical.add(passage.text, heading, self._documents, passage.language)
                with self.stages.time("twins"):
                    signatures.add(self._signatures(passages, kept))
                with self.stages.time("catalogue"):
                    catalogue.add(document, passages)
                with self.stages.time("vectors"):
                    embedder.sample(passages)
                    if kept:
                        embedder.carry(self._documents, kept.rows)
                    else:
                        texts = embedded_texts(document, passages, self._encoder.max_tokens)
                        embedder.add(self._documents, texts)
                self._count(passages)
            for each in seen:
                catalogue.saw(each)
            with self.stages.time("vectors"):
                embedder.finish()
        self._carried = embedder.carried
        with self.stages.time("twins"):
            near_duplicates.write(self._folder)
        with self.stages.time("cells"):
            self._part(embedder)
        return self._documents

    def manifest(self, corpus: str, state: str, skipped: list[dict[str, str]]) -> Manifest:
        """What the generation says of itself, once all is written."""
        seconds = time.monotonic() - self._begun
        stages = {**self.stages.seconds, "rest": seconds - sum(self.stages.seconds.values())}
        encoder = self._encoder
        return Manifest(
            generation=self._folder.name,
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            version=VERSION,
            model=ModelRecord(encoder.name, encoder.fingerprint, encoder.dim),
            engine=encoder.engine,
            settings=asdict(self._settings),
            corpus=corpus,
            corpus_state=state,
            documents=self._documents,
            passages=self._passages,
            sentences=self._sentences,
            carried=self._carried,
            calibration=calibration.find(encoder.fingerprint),
            nearest=self._nearest,
            seconds=round(seconds, 2),
            stages={name: round(each, 2) for name, each in stages.items()},
            skipped=skipped,
        )

    def _cut(self, document: Document) -> list[Passage]:
        with self.stages.time("passages"):
            fitting = self._settings.within(self._encoder.max_tokens)
            return chunk(document, self._encoder.count_tokens, fitting)

    def _signatures(self, passages: Sequence[Passage], kept: Kept | None) -> Signatures:
        if kept is not None and self._twins is not None:
            return self._twins.signatures(kept.rows)
        return near_duplicates.signatures(passage.text for passage in passages)

    def _count(self, passages: Iterable[Passage]) -> None:
        self._documents += 1
        for passage in passages:
            self._passages += 1
            self._sentences += len(passage.sentences)

    def _part(self, embedder: Embedder) -> None:
        """Part the passages into cells where there are too many to look at each."""
        if self._passages > cells.EXACT_UP_TO:
            learnt = self._before.centroids if self._before is not None else None
            written = np.load(self._folder / Layout.PASSAGES, mmap_mode="r")
            self._nearest = cells.write(self._folder / Layout.CELLS, written, embedder.questions(), learnt)
