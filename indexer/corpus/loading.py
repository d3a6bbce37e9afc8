"""Load one corpus file: the documents in it, or why there are none. One bad file never stops a build."""

from __future__ import annotations

import errno
import hashlib
import logging
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from indexer import readers
from indexer.corpus import sidecar
from indexer.corpus.opening import Transient, open_descriptor, open_file
from indexer.readers import Unreadable
from indexer.readers.ocr import OcrUnavailable
from indexer.records import LONGEST_HEADING, WITHIN, CorpusFile, Document, Skipped, short_heading

LOG = logging.getLogger(__name__)

MOST_BYTES = 32 * 2**20
"""Bytes of the largest file read; a larger text is an export or a log rather than an article."""

VANISHED = "it vanished while the corpus was being read"
CHANGED = "it changed while it was being read; the next build reads it again"

Read = Callable[[CorpusFile, bytes], tuple[Document, ...]]


@dataclass(frozen=True, slots=True)
class Loaded:
    """The result of loading a file."""

    documents: tuple[Document, ...] = ()
    """One for most formats, one a row for tables, none where the file was skipped."""
    skipped: tuple[Skipped, ...] = ()
    """The file itself, or its sidecar where only that is at fault."""
    digest: str = ""
    """The file's digest(); empty where the next build has to try again."""


def load(
    file: CorpusFile,
    read: Read = readers.read,
    most_bytes: int = MOST_BYTES,
    open_descriptor: Callable[[Path], int] = open_descriptor,
) -> Loaded:
    """Return the documents in a file, with the metadata of its sidecar and library, or why there are none.

    Never raises: whatever goes wrong is the reason why the file, or its sidecar, is skipped. The file is
    opened first, then its sidecar if it has one, each once.
    """
    file_sum = sidecar_sum = None
    try:
        data = _bytes(open_descriptor(file.path), most_bytes)
        file_sum = hashlib.sha256(data).hexdigest()
        file_sum = _combined(file_sum, file.remark)
        documents = tuple(_described(file, document) for document in _own(file, read(file, data)))
    except Exception as error:
        return _failed(file, error, file_sum)
    if file.sidecar is None:
        return Loaded(tuple(map(_short_title, documents)), digest=file_sum)
    try:
        toml = _bytes(open_descriptor(file.sidecar.path), most_bytes)
        sidecar_sum = hashlib.sha256(toml).hexdigest()
        documents = tuple(sidecar.overridden(document, toml) for document in documents)
        return Loaded(tuple(map(_short_title, documents)), digest=_combined(file_sum, sidecar_sum))
    except Exception as error:
        failed = _failed(file.sidecar, error, sidecar_sum and _combined(file_sum, sidecar_sum))
        return replace(failed, documents=tuple(map(_short_title, documents)))


def digest(file: CorpusFile) -> str:
    """Return a checksum of a file's bytes, its sidecar's and its description, whatever their names.

    Raises OSError, also where a step to the file has become a link or it has become too large to be read.
    """
    file_sum = _combined(_sha256(file.path), file.remark)
    return file_sum if file.sidecar is None else _combined(file_sum, _sha256(file.sidecar.path))


def _sha256(path: Path) -> str:
    try:
        with open_file(path) as opened:
            data = opened.read(MOST_BYTES + 1)
    except Transient as error:
        raise OSError(str(error)) from error
    if len(data) > MOST_BYTES:  # since the walk: it may be endless
        raise OSError(errno.EFBIG, os.strerror(errno.EFBIG))
    return hashlib.sha256(data).hexdigest()


def too_large(size: int, most: int = MOST_BYTES) -> str:
    """Return why a file of size bytes is not read, "" when it is."""
    return (
        f"too large: {size / 2**20:.1f} MB where {most // 2**20} MB are read at most" if size > most else ""
    )


def unopened(error: OSError) -> str:
    """Return why a file could not be opened."""
    return f"it cannot be opened: {error.strerror or type(error).__name__}"


def _described(file: CorpusFile, document: Document) -> Document:
    """Return the document that a file is with what a reference library says of it."""
    if file.described is None or document.source != file.source:
        return document
    return replace(document, metadata=file.described.over(document.metadata))


def _short_title(document: Document) -> Document:
    """Return the document with a title that can be repeated with every passage."""
    if len(document.title) <= LONGEST_HEADING:
        return document
    return replace(document, metadata=replace(document.metadata, title=short_heading(document.title)))


def _own(file: CorpusFile, documents: Sequence[Document]) -> Iterator[Document]:
    """Yield the documents of a file without the entries of a library that stand elsewhere."""
    left_out = {f"{file.source}{WITHIN}{number}" for number in file.elsewhere}
    return (document for document in documents if document.source not in left_out)


def _combined(file_sum: str, other_sum: str) -> str:
    """Return a checksum of two; an empty second one leaves the first as it is."""
    if not other_sum:
        return file_sum
    return hashlib.sha256(f"{file_sum} {other_sum}".encode()).hexdigest()


def _failed(file: CorpusFile, error: Exception, checksum: str | None) -> Loaded:
    """Return the reason alone, with the checksum of the bytes read if the same bytes would fail again."""
    transient = isinstance(error, OSError | Transient | OcrUnavailable)
    skipped = Skipped(file.source, _reason(error, file))
    return Loaded(skipped=(skipped,), digest="" if transient else checksum or "")


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


def _bytes(descriptor: int, most: int) -> bytes:
    """Return the bytes of an open file, and close it.

    Raises Unreadable when it is too large or changes meanwhile, and OSError.
    """
    with os.fdopen(descriptor, "rb") as opened:
        before = os.fstat(descriptor)
        data = opened.read(most + 1)
        after = os.fstat(descriptor)
    if reason := too_large(max(len(data), after.st_size), most):
        raise Unreadable(reason)
    stamps = [(status.st_size, status.st_mtime_ns) for status in (before, after)]
    if stamps[0] != stamps[1] or len(data) != after.st_size:
        raise Transient(CHANGED)  # half of one text and half of another is neither
    return data
