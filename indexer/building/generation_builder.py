"""Build one generation: documents → passages → words, signatures, vectors → all files but the manifest."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from indexer.building.embedder import Embedder
from indexer.building.previous_generation import PreviousGeneration, UnchangedDocument
from indexer.building.settings import BuildSettings
from indexer.passages.near_duplicates import Signatures
from indexer.progress import Stopwatch
from indexer.records import Document, Passage, Skipped
from indexer.store.catalogue import FileRecord
from indexer.store.manifest import Manifest, ModelRecord
from indexer.store.writer import GenerationWriter
from models.encoder import Encoder


class GenerationBuilder:
    """Builds one new, unpublished generation in a folder that nothing points to yet."""

    def __init__(
        self, folder: Path, encoder: Encoder, settings: BuildSettings, previous: PreviousGeneration | None
    ) -> None:
        """`previous` is a generation by the same model and settings, whose documents may be taken over."""
        self.stopwatch = Stopwatch()
        self._begun = time.monotonic()
        self._folder = folder
        self._encoder = encoder
        self._settings = settings
        self._previous = previous

    def write(
        self, documents: Iterable[tuple[Document, UnchangedDocument | None]], files: Iterable[FileRecord]
    ) -> int:
        """Write all files but the manifest, and return the number of documents.

        `files` is consumed after `documents`. Raises OSError and sqlite3.Error when the disk is full.
        """
        vectors = self._previous.vectors if self._previous is not None else None
        with GenerationWriter(self._folder, self._encoder.dim, self.stopwatch) as writer:
            embedder = Embedder(self._encoder, writer.vectors, vectors, self._settings.batches)
            for document, unchanged in documents:
                passages = unchanged.passages if unchanged else self._chunk(document)
                with self.stopwatch.time("twins"):
                    signatures = self._signatures(passages, unchanged)
                writer.add(document, passages, signatures)
                with self.stopwatch.time("vectors"):
                    embedder.sample(passages)
                    if unchanged:
                        embedder.carry(unchanged.rows)
                    else:
                        embedder.add(self._settings.texts(document, passages, self._encoder.max_tokens))
            for file in files:
                writer.add_file(file)
            with self.stopwatch.time("vectors"):
                embedder.finish()
        centroids = vectors.centroids if vectors is not None else None
        self._nearest = writer.complete(embedder.questions, centroids, self._settings.cells)
        self._carried = embedder.carried
        self._writer = writer
        return writer.documents

    def manifest(self, corpus: str, state: str, skipped: Iterable[Skipped]) -> Manifest:
        """Return the description of the generation; call it once all is written."""
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

    def _chunk(self, document: Document) -> list[Passage]:
        with self.stopwatch.time("passages"):
            fitting = self._settings.chunks.within(self._encoder.max_tokens)
            return self._settings.chunk(document, self._encoder.count_tokens, fitting)

    def _signatures(self, passages: Sequence[Passage], unchanged: UnchangedDocument | None) -> Signatures:
        if unchanged is not None and self._previous is not None:
            return self._previous.near_duplicates.signatures(unchanged.rows)
        return self._settings.signatures(passage.text for passage in passages)
