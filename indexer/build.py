"""The conductor of a build: what has to be built, from what, and that it is published whole or not at all."""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from indexer import corpus, progress
from indexer.apart import Reading
from indexer.before import Before, Kept, open_before
from indexer.chunking import ChunkSettings
from indexer.documents import CorpusFile, Document, Skipped
from indexer.errors import CorpusError, IndexMissing, IndexRefused, StoreError
from indexer.making import FileSeen, Making
from indexer.readers import READERS
from indexer.stages import Stages
from indexer.store import generation as store
from indexer.store.manifest import Manifest
from models import encoder as models
from models.encoder import Encoder, ModelChoice
from models.files import sha256

UNREAD = "unreadable"
"""Stands for the checksum of a file that cannot be read."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a build did."""

    manifest: Manifest
    """Of the generation that serves now."""
    files: int
    """Files found, those skipped included."""
    up_to_date: bool
    """Nothing had changed, so nothing was built."""


def build(folder: Path, index: Path, choice: ModelChoice, *, force: bool = False) -> Report:
    """Index every readable file of the folder and publish the result.

    When corpus, model, settings and version are those of the current generation, it is kept as it is,
    unless force. Raises CorpusError when the folder cannot be indexed, BuildUnderWay, ModelError, or
    StoreError; whatever is raised, the old generation goes on serving.
    """
    files, skipped = _scan(folder)
    with store.build_lock(index), ExitStack() as held:
        settings = ChunkSettings()
        fingerprint = models.fingerprint(models.model_folder(choice), choice)
        before = None if force else open_before(index, fingerprint, settings)
        if before is not None:
            held.callback(before.close)
        hashes = _hashes(files, before)
        state = _corpus_state(hashes, skipped)
        found = len(files) + len(skipped)
        if before is not None and before.manifest.corpus_state == state:
            return Report(before.manifest, found, up_to_date=True)
        encoder = models.load(choice)
        left_out = list(skipped)
        with _new_generation(index) as target:
            making = Making(target, encoder, settings, before)
            reading = held.enter_context(Reading())
            documents = _documents(files, hashes, before, left_out, making.stages, reading)
            seen = [
                FileSeen(file.source, file.stamp, hashes[file.source])
                for file in files
                if hashes[file.source] != UNREAD  # and so is tried again by the next build
            ]
            if not making.write(documents, seen):
                raise CorpusError(
                    f"None of the {len(left_out)} files in {folder} could be read:"
                    f" {left_out[0].source}: {left_out[0].reason}. Nothing was indexed."
                )
            told = [asdict(each) for each in sorted(left_out, key=lambda each: each.source)]
            manifest = making.manifest(str(folder), state, told)
            return Report(store.publish(index, target, manifest), found, up_to_date=False)


def build_documents(documents: Sequence[Document], name: str, index: Path, choice: ModelChoice) -> Manifest:
    """Index documents that no folder holds, under a name, and publish the result. Raises as build does."""
    return publish_documents(documents, name, index, models.load(choice))


def publish_documents(documents: Sequence[Document], name: str, index: Path, encoder: Encoder) -> Manifest:
    """The same with an encoder that is loaded already."""
    with store.build_lock(index), _new_generation(index) as target:
        making = Making(target, encoder, ChunkSettings(), None)
        tracked = progress.track(documents, len(documents), "Indexing documents")
        making.write(((each, None) for each in tracked), [])
        return store.publish(index, target, making.manifest(name, "", []))


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
            f" Put files of these kinds there: {', '.join(READERS)}, or name another folder with CORPUS=."
        )
    return files, skipped


def _hashes(files: Sequence[CorpusFile], before: Before | None) -> dict[str, str]:
    """source → sha256 of every file; one that has not been touched since the last build is not read again."""
    hashes = {}
    for file in files:
        try:
            known = before.content_hash(file) if before is not None else None
            hashes[file.source] = known or sha256(file.path)
        except OSError:
            hashes[file.source] = UNREAD
    return hashes


def _corpus_state(hashes: Mapping[str, str], skipped: Sequence[Skipped]) -> str:
    """Digest over every file's source and bytes and over what was skipped: changes when the corpus does."""
    digest = hashlib.sha256()
    for source, content in hashes.items():
        digest.update(f"{source}\0{content}\0".encode())
    for each in skipped:
        digest.update(f"{each.source}\0{each.reason}\0".encode())
    return digest.hexdigest()


def _serves(index: Path, target: Path) -> bool:
    try:
        return store.read_pointer(index).current == target.name
    except (IndexMissing, IndexRefused):
        return False


def _documents(
    files: Sequence[CorpusFile],
    hashes: Mapping[str, str],
    before: Before | None,
    left_out: list[Skipped],
    stages: Stages,
    reading: Reading,
) -> Iterator[tuple[Document, Kept | None]]:
    """The files that can be read, each content once, with what was kept of those that have not changed.

    The others go to left_out with their reason.
    """
    first: dict[str, str] = {}
    for file in progress.track(files, len(files), "Indexing files"):
        with stages.time("read"):
            kept = before.document(file.source, hashes[file.source]) if before is not None else None
            read = kept.document if kept else reading.load(file)
        if isinstance(read, Skipped):
            left_out.append(read)
        elif read.content_hash in first:
            left_out.append(Skipped(read.source, f"same content as {first[read.content_hash]}"))
        else:
            first[read.content_hash] = read.source
            yield read, kept
