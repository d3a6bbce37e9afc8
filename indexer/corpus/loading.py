"""A corpus file → the documents in it, or why there are none. Never raises: one bad file stops no build."""

from __future__ import annotations

import hashlib
import logging
import os
import stat
from dataclasses import dataclass, replace

from indexer.corpus import sidecar
from indexer.readers import Unreadable, is_records, read, read_rows
from indexer.records import CorpusFile, Document, Skipped
from models.files import sha256

LOG = logging.getLogger(__name__)

MOST_BYTES = 32 * 2**20
"""Size of the largest file read. A text beyond it is an export or a log rather than an article."""

VANISHED = "it vanished while the corpus was being read"
CHANGED = "it changed while it was being read; the next build reads it again"


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a file gave."""

    documents: tuple[Document, ...] = ()
    """One for most formats, one a row for tables of records, none where the file was skipped."""
    skipped: tuple[Skipped, ...] = ()
    """The file itself, or its sidecar where only that is at fault."""
    digest: str = ""
    """Of the bytes that were read (see digest); empty where the next build has to try again."""


class _Passing(Unreadable):
    """A reason that may be gone at the next build."""


def load(file: CorpusFile) -> Loaded:
    """The documents in a file, under what its sidecar says of them, or why there are none."""
    own = beside = None
    try:
        data = _bytes(file)
        own = hashlib.sha256(data).hexdigest()
        documents = read_rows(file, data) if is_records(file.source) else (read(file, data),)
    except Exception as error:
        return _failed(file, error, own)
    if file.sidecar is None:
        return Loaded(documents, digest=own)
    try:
        said = _bytes(file.sidecar)
        beside = hashlib.sha256(said).hexdigest()
        documents = tuple(sidecar.overridden(each, said) for each in documents)
        return Loaded(documents, digest=_together(own, beside))
    except Exception as error:
        return replace(_failed(file.sidecar, error, beside and _together(own, beside)), documents=documents)


def digest(file: CorpusFile) -> str:
    """Of a file's bytes and its sidecar's: alike for the same bytes under any name. Raises OSError."""
    own = sha256(file.path)
    return own if file.sidecar is None else _together(own, sha256(file.sidecar.path))


def too_large(size: int) -> str:
    """Why a file of so many bytes is not read; empty when it is."""
    if size <= MOST_BYTES:
        return ""
    return f"too large: {size / 2**20:.1f} MB where {MOST_BYTES // 2**20} MB are read at most"


def unopened(error: OSError) -> str:
    """Why a file could not be opened."""
    return f"it cannot be opened: {error.strerror or type(error).__name__}"


def _together(own: str, beside: str) -> str:
    return hashlib.sha256(f"{own} {beside}".encode()).hexdigest()


def _failed(file: CorpusFile, error: Exception, read: str | None) -> Loaded:
    """Nothing but the reason; the digest of what was read, if the same bytes would fail again."""
    passing = isinstance(error, OSError | _Passing)
    return Loaded(skipped=(Skipped(file.source, _reason(error, file)),), digest="" if passing else read or "")


def _reason(error: Exception, file: CorpusFile) -> str:
    match error:
        case Unreadable():
            return str(error)
        case FileNotFoundError():
            return VANISHED
        case OSError():
            return unopened(error)
        case MemoryError():
            return "reading it takes more memory than a file may"
        case _:
            LOG.debug("the reader failed on %s", file.source, exc_info=error)
            return f"the reader failed: {type(error).__name__}"


def _bytes(file: CorpusFile) -> bytes:
    """The bytes of a regular file, which may have been replaced since the walk: a pipe must not hang us."""
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    with os.fdopen(os.open(file.path, flags), "rb") as opened:
        before = os.fstat(opened.fileno())
        if not stat.S_ISREG(before.st_mode):
            raise _Passing("it is no longer a file")
        data = opened.read(MOST_BYTES + 1)
        after = os.fstat(opened.fileno())
    if reason := too_large(max(len(data), after.st_size)):
        raise Unreadable(reason)
    stamps = [(status.st_size, status.st_mtime_ns) for status in (before, after)]
    if stamps[0] != stamps[1] or len(data) != after.st_size:
        raise _Passing(CHANGED)  # half of one text and half of another is neither
    return data
