"""Which file holds a source, and what proves that the file is the one that was indexed."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

from indexer.records import WITHIN
from indexer.store.catalogue import FileRecord
from indexer.store.store import Documents
from service.originals.opening import open_source
from service.originals.verified import Checksums, FileState, Original, OriginalChanged, verified


class UnknownSource(Exception):
    """Raised when the corpus holds neither a document nor a file of that source."""


class WithinFile(Exception):
    """Raised when a document is no file but a part of one, whose source is the argument."""


@dataclass(frozen=True, slots=True)
class Holding:
    """The files that hold a document, the first of which is asked for."""

    sources: tuple[str, ...]
    is_indexed: Callable[[FileState, str], bool]
    """(state, sha256) → whether a file holds the bytes that were indexed."""


def holding(catalogue: Documents, source: str) -> Holding:
    """Return the files that hold the document of a source, or the file of that source itself.

    Raises UnknownSource and WithinFile.
    """
    source = unicodedata.normalize("NFC", source)
    entry = catalogue.entry(source)
    record = catalogue.file(source)
    if entry is not None and (record is not None or WITHIN not in source):
        expected = entry.content_hash
        others = {entry.source, *entry.copies} - {source}
        return Holding((source, *sorted(others)), lambda _, sha256: sha256 == expected)
    if entry is not None:
        around = file_of(catalogue, source)
        raise WithinFile(around.source) if around else UnknownSource
    if record is not None and record.documents:
        return Holding((source,), lambda state, sha256: _as_recorded(record, state, sha256))
    raise UnknownSource


def file_of(catalogue: Documents, source: str) -> FileRecord | None:
    """Return the file that a document is, or is a part of: names of files may hold the sign themselves."""
    record = catalogue.file(source)
    while record is None and WITHIN in source:
        source = source.rpartition(WITHIN)[0]
        record = catalogue.file(source)
    return record


def _as_recorded(record: FileRecord, state: FileState, sha256: str) -> bool:
    """Return whether a file that holds several documents is the one that a build read.

    Its record holds a checksum of its bytes alone unless a sidecar or a library describes it; then size and
    times tell, of which no program can set the last back.
    """
    stamp = f"{state.size} {state.modified_ns} {state.changed_ns}"
    return sha256 == record.digest or record.stamp == stamp or record.stamp.startswith(f"{stamp} ")


def open_original(catalogue: Documents, corpus: str, source: str, checksums: Checksums) -> Original:
    """Return the open file of a source, with the bytes that were indexed, or an equal copy of it.

    Raises UnknownSource, WithinFile, CorpusUnreachable, FileNotFoundError and other OSErrors when it is not
    to be had, and OriginalChanged when its bytes are others.
    """
    wanted = holding(catalogue, source)
    first: OSError | OriginalChanged | None = None
    for place in wanted.sources:
        try:
            return verified(open_source(corpus, place), wanted.is_indexed, checksums)
        except (OSError, OriginalChanged) as error:
            first = first or error
    assert first is not None
    raise first
