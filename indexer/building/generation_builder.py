"""Build one generation: documents → passages → words, signatures, vectors → all files but the manifest."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from indexer.building import build_progress
from indexer.building.build_progress import BuildProgress
from indexer.building.embedder import Embedder
from indexer.building.previous_generation import PreviousGeneration, UnchangedDocument
from indexer.building.settings import BuildSettings
from indexer.building.workers import CutDocument, Workers, cut
from indexer.passages.near_duplicates import Signatures
from indexer.progress import Stopwatch
from indexer.records import Document, Skipped
from indexer.store import generation as store
from indexer.store.catalogue import FileRecord
from indexer.store.journal import Journal
from indexer.store.manifest import Manifest, ModelRecord
from indexer.store.writer import GenerationWriter
from models.encoder import Encoder

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class EmbeddingCounts:
    """How many texts of new and changed passages there were, and how many of them had to be embedded."""

    texts: int = 0
    embedded: int = 0
    recovered: int = 0
    """Texts whose vectors the journal of an interrupted build held, or a cache."""


class GenerationBuilder:
    """Builds one new, unpublished generation in a folder that nothing points to yet."""

    def __init__(
        self,
        folder: Path,
        encoder: Encoder,
        settings: BuildSettings,
        previous: PreviousGeneration | None,
        journal: Journal,
        progress: BuildProgress,
        workers: Workers,
    ) -> None:
        """`previous` is a generation by the same model and settings, whose documents may be taken over."""
        self.stopwatch = Stopwatch()
        """Seconds that this thread has spent at, or waited for, each stage."""
        self.embedding = EmbeddingCounts()
        self._journal = journal
        self._progress = progress
        self._workers = workers
        self._begun = time.monotonic()
        self._folder = folder
        self._encoder = encoder
        self._settings = settings
        self._previous = previous

    def write(
        self,
        documents: Iterable[tuple[Document, UnchangedDocument | CutDocument | None]],
        files: Iterable[FileRecord],
    ) -> int:
        """Write all files but the manifest, and return the number of documents.

        `files` is consumed after `documents`. All is done beside the encoder, which is waited for where it is
        too far behind and at the end. Raises OSError and sqlite3.Error when the disk is full.
        """
        vectors = self._previous.vectors if self._previous is not None else None
        encoder, batches = self._encoder, self._settings.batches
        with (
            GenerationWriter(self._folder, encoder.dim, self.stopwatch) as writer,
            Embedder(
                encoder, writer.vectors, vectors, self._journal, batches, self._progress, self._workers
            ) as embedder,
        ):
            self._progress.enter(build_progress.EMBEDDING)
            for document, known in self._waited_for(documents):
                known = known or cut(document, encoder, self._settings, self.stopwatch)
                writer.add(document, known.passages, self._signatures(known))
                with self.stopwatch.time("vectors"):
                    embedder.sample(known.passages)
                    if isinstance(known, UnchangedDocument):
                        embedder.carry(known.rows)
                    else:
                        embedder.add(known.texts)
            for file in files:
                writer.add_file(file)
            embedder.submit()
            writer.finish_texts()
            with self.stopwatch.time("vectors"):
                embedder.finish()
        centroids = vectors.centroids if vectors is not None else None
        self._progress.enter(build_progress.VECTORS)
        self._nearest = writer.complete(embedder.questions, centroids, self._settings.cells)
        found = self._workers.found
        self.embedding = EmbeddingCounts(
            embedder.texts, embedder.embedded - found, self._journal.recovered + found
        )
        self._carried = embedder.carried
        self._writer = writer
        return writer.documents

    def publish(self, index: Path, corpus: str, state: str, skipped: Iterable[Skipped]) -> Manifest:
        """Seal the generation and make it serve; call it once all is written. Raises OSError."""
        self._progress.enter(build_progress.PUBLISHING)
        return store.publish(index, self._folder, self._manifest(corpus, state, skipped))

    def _manifest(self, corpus: str, state: str, skipped: Iterable[Skipped]) -> Manifest:
        seconds = time.monotonic() - self._begun
        stages = {**self.stopwatch.seconds, "rest": seconds - sum(self.stopwatch.seconds.values())}
        encoder = self._encoder
        return Manifest(
            generation=self._folder.name,
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            version=self._settings.version,
            model=ModelRecord(encoder.name, encoder.fingerprint, encoder.dim),
            engine=encoder.engine,
            settings=asdict(self._settings.chunks),
            corpus=corpus,
            corpus_state=state,
            documents=self._writer.documents,
            passages=self._writer.passages,
            sentences=self._writer.sentences,
            carried=self._carried,
            calibration=self._settings.find_calibration(encoder.fingerprint),
            nearest=self._nearest,
            seconds=round(seconds, 2),
            stages={stage: round(duration, 2) for stage, duration in stages.items()},
            skipped=[asdict(file) for file in sorted(skipped, key=lambda file: file.source)],
        )

    def _waited_for(self, documents: Iterable[T]) -> Iterator[T]:
        """Yield the documents; the time that each takes to come is that of reading."""
        coming = iter(documents)
        while True:
            with self.stopwatch.time("read"):
                document = next(coming, None)
            if document is None:
                return
            yield document

    def _signatures(self, known: UnchangedDocument | CutDocument) -> Signatures:
        if isinstance(known, CutDocument):
            return known.signatures
        assert self._previous is not None
        with self.stopwatch.time("twins"):
            return self._previous.near_duplicates.signatures(known.rows)
