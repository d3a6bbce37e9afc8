"""The conductor of a build: corpus → documents → passages → vectors → a generation, published."""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from indexer import corpus, progress
from indexer.chunking import ChunkSettings, chunk
from indexer.documents import CorpusFile, Document, Passage, Skipped
from indexer.errors import CorpusError, IndexMissing, IndexRefused, StoreError
from indexer.store import generation as store
from indexer.store import vectors
from indexer.store.catalogue import CatalogueWriter
from indexer.store.generation import Layout, Manifest, ModelRecord
from models import VERSION
from models import encoder as models
from models.encoder import Encoder, ModelChoice, Vectors

BUFFER = 1024
"""Texts gathered before they are encoded together."""

LONGEST_TITLE = 200
"""Characters of a title put before a passage; fewer where the model reads little."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a build did."""

    manifest: Manifest
    """Of the generation that serves now."""
    files: int
    """Files found, those skipped included."""
    up_to_date: bool
    """Nothing had changed, so nothing was built."""


@dataclass(slots=True)
class _Embedder:
    """Gathers texts and encodes them a buffer at a time, keeping their order."""

    encoder: Encoder
    passages: list[Vectors] = field(default_factory=list)
    sentences: list[Vectors] = field(default_factory=list)
    counts: list[int] = field(default_factory=list)
    _passages: list[str] = field(default_factory=list)
    _sentences: list[str] = field(default_factory=list)

    def add(self, document: Document, found: Sequence[Passage]) -> None:
        for passage in found:
            self._passages.append(embedded_text(document, passage, self.encoder.max_tokens))
            self._sentences += [sentence.text for sentence in passage.sentences]
            self.counts.append(len(passage.sentences))
            if len(self._passages) + len(self._sentences) >= BUFFER:
                self.flush()

    def flush(self) -> None:
        self.passages.append(self.encoder.passages(self._passages))
        self.sentences.append(self.encoder.passages(self._sentences))
        self._passages, self._sentences = [], []


def embedded_text(document: Document, passage: Passage, max_tokens: int) -> str:
    """What the passage's vector is made from: its text, under its document's title."""
    if passage.text.startswith(document.title):
        return passage.text
    return f"{document.title[: min(LONGEST_TITLE, max_tokens * 3 // 4)]}\n{passage.text}"


def build(folder: Path, index: Path, choice: ModelChoice, *, force: bool = False) -> Report:
    """Index every readable file of the folder and publish the result.

    When corpus, model, settings and version are those of the current generation, it is kept as it is,
    unless force. Raises CorpusError when the folder cannot be indexed, BuildUnderWay, ModelError, or
    StoreError; whatever is raised, the old generation goes on serving.
    """
    files, skipped = _scan(folder)
    with store.build_lock(index):
        settings = ChunkSettings()
        state = _corpus_state(files, skipped)
        model = models.model_folder(choice)
        current = None if force else _current(index)
        if current is not None:
            wanted = (models.fingerprint(model, choice), state, asdict(settings), VERSION)
            held = (current.model.fingerprint, current.corpus_state, current.settings, current.version)
            if wanted == held:
                return Report(current, len(files) + len(skipped), up_to_date=True)
        encoder = models.load(choice)
        with _new_generation(index) as target:
            manifest = _fill(target, folder, files, skipped, state, encoder, settings)
            return Report(store.publish(index, target, manifest), len(files) + len(skipped), False)


@contextmanager
def _new_generation(index: Path) -> Iterator[Path]:
    """An empty generation's folder, gone again unless it serves at the end.

    What the disk and SQLite say when they cannot go on becomes a StoreError.
    """
    target = None
    try:
        target = store.start(index)
        yield target
    except (OSError, sqlite3.Error) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise StoreError(
            f"The index could not be written to {index}: {reason}."
            " Make room or give another folder with INDEX=; what was indexed before still serves."
        ) from error
    finally:
        if target is not None and not _serves(index, target):
            shutil.rmtree(target, ignore_errors=True)


def _scan(folder: Path) -> tuple[list[CorpusFile], list[Skipped]]:
    found = list(corpus.walk(folder))
    files = [each for each in found if isinstance(each, CorpusFile)]
    skipped = [each for each in found if isinstance(each, Skipped)]
    if not files:
        raise CorpusError(
            f"{folder} holds no file that can be indexed ({len(skipped)} skipped)."
            " Put .txt or .md files there, or name another folder with CORPUS=."
        )
    return files, skipped


def _corpus_state(files: Sequence[CorpusFile], skipped: Sequence[Skipped]) -> str:
    """Digest over every file's source and bytes and over what was skipped: changes when the corpus does."""
    digest = hashlib.sha256()
    for file in files:
        try:
            content = store.sha256(file.path)
        except OSError:
            content = "unreadable"
        digest.update(f"{file.source}\0{content}\0".encode())
    for each in skipped:
        digest.update(f"{each.source}\0{each.reason}\0".encode())
    return digest.hexdigest()


def _current(index: Path) -> Manifest | None:
    """The serving generation's manifest; None when there is none or it is damaged: then all is built anew."""
    try:
        return store.verify(store.generation_folder(index, store.read_pointer(index).current))
    except (IndexMissing, IndexRefused):
        return None


def _serves(index: Path, target: Path) -> bool:
    try:
        return store.read_pointer(index).current == target.name
    except (IndexMissing, IndexRefused):
        return False


def _fill(
    target: Path,
    folder: Path,
    files: Sequence[CorpusFile],
    skipped: Sequence[Skipped],
    state: str,
    encoder: Encoder,
    settings: ChunkSettings,
) -> Manifest:
    """Write every file of a generation but its seal."""
    begun = time.monotonic()
    left_out = list(skipped)
    fitting = settings.within(encoder.max_tokens)
    embedder = _Embedder(encoder)
    documents = 0
    with CatalogueWriter(target / Layout.CATALOGUE) as catalogue:
        for document in _documents(files, left_out):
            passages = chunk(document, encoder.count_tokens, fitting)
            catalogue.add(document, passages)
            embedder.add(document, passages)
            documents += 1
    if not documents:
        raise CorpusError(
            f"None of the {len(left_out)} files in {folder} could be read:"
            f" {left_out[0].source}: {left_out[0].reason}. Nothing was indexed."
        )
    embedder.flush()
    passage_vectors = np.concatenate(embedder.passages)
    sentence_vectors = np.concatenate(embedder.sentences)
    vectors.write(target, passage_vectors, sentence_vectors, embedder.counts)
    return Manifest(
        generation=target.name,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        version=VERSION,
        model=ModelRecord(encoder.name, encoder.fingerprint, encoder.dim),
        settings=asdict(settings),
        corpus=str(folder),
        corpus_state=state,
        documents=documents,
        passages=len(passage_vectors),
        sentences=len(sentence_vectors),
        seconds=round(time.monotonic() - begun, 2),
        skipped=[asdict(each) for each in sorted(left_out, key=lambda each: each.source)],
    )


def _documents(files: Sequence[CorpusFile], left_out: list[Skipped]) -> Iterator[Document]:
    """The files that can be read, each content once; the others go to left_out with their reason."""
    first: dict[str, str] = {}
    for file in progress.track(files, len(files), "Indexing files"):
        read = corpus.load(file)
        if isinstance(read, Skipped):
            left_out.append(read)
        elif read.content_hash in first:
            left_out.append(Skipped(read.source, f"same content as {first[read.content_hash]}"))
        else:
            first[read.content_hash] = read.source
            yield read
