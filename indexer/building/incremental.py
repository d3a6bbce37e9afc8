"""Compare a corpus with the previous generation, and stream its documents: unchanged ones or read again."""

from __future__ import annotations

import hashlib
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import NamedTuple, Self, TypeAlias

from indexer.building.build_progress import BuildProgress
from indexer.building.prefetch import Prefetch
from indexer.building.previous_generation import PreviousGeneration, UnchangedDocument
from indexer.building.workers import CutDocument, ListedFile, ReadFile, Workers
from indexer.corpus import walk
from indexer.corpus.walk import Corpus
from indexer.errors import CorpusError
from indexer.readers import READERS, ROW_READERS
from indexer.readers.metadata.header import path_date
from indexer.records import CorpusFile, Document, Skipped
from indexer.store.catalogue import FileRecord

UNREADABLE = "unreadable"
"""Stands for the digest of a file that cannot be read."""
BLOCK_SIZE = 4 * 2**20
"""Bytes of files from which a block ends."""


@dataclass(frozen=True, slots=True)
class CorpusChanges:
    """Sources of the files that changed since the previous build, each list in order."""

    new: tuple[str, ...]
    changed: tuple[str, ...]
    moved: tuple[tuple[str, str], ...]
    """(old source, new source)"""
    removed: tuple[str, ...]
    unchanged: int
    """Number of files that did not change."""


@dataclass(frozen=True, slots=True)
class CorpusComparison:
    """The files of a corpus, compared with the previous generation."""

    files: Sequence[CorpusFile]
    """Files to be read, by source."""
    skipped: Sequence[Skipped]
    """Files left out for their name or status alone, by source."""
    digests: Mapping[str, str]
    """source → digest of a file's bytes and its sidecar's, or UNREADABLE."""
    changes: CorpusChanges
    previous: PreviousGeneration | None
    """The generation to build upon; None when everything is built anew."""

    @property
    def up_to_date(self) -> bool:
        """Whether the previous generation was built from exactly this corpus."""
        state = corpus_state(self.digests, self.skipped)
        return self.previous is not None and self.previous.manifest.corpus_state == state


def list_files(corpus: Corpus) -> tuple[list[CorpusFile], list[Skipped]]:
    """Return the files to be read and those left out, by source. CorpusError if none can be read."""
    entries = list(walk.walk(corpus))
    files = [entry for entry in entries if isinstance(entry, CorpusFile)]
    skipped = [entry for entry in entries if isinstance(entry, Skipped)]
    if not files:
        raise CorpusError(
            f"{corpus.name} holds no file that can be indexed ({len(skipped)} skipped)."
            f" Put files of these kinds there: {', '.join((*READERS, *ROW_READERS))},"
            " or name another folder with CORPUS=."
        )
    return files, skipped


def require_folders(corpus: Corpus, files: Sequence[CorpusFile]) -> None:
    """Raise CorpusError when a folder that held some of the files is gone or empty.

    A disk that is unmounted during a build is no reason to drop its articles from the index.
    """
    for folder in corpus.folders:
        root = folder.resolve()
        if any(file.path.is_relative_to(root) for file in files) and not _holds_anything(root):
            raise CorpusError(
                f"{folder} disappeared while it was being indexed. What was indexed before still serves;"
                " bring the folder back and build again."
            )


def _holds_anything(folder: Path) -> bool:
    try:
        return any(folder.iterdir())
    except OSError:
        return False


def compare(
    files: Sequence[CorpusFile],
    skipped: Sequence[Skipped],
    previous: PreviousGeneration | None,
    digest: Callable[[CorpusFile], str],
) -> CorpusComparison:
    """Compare the files of a corpus with the previous generation; only files with a new stamp are read."""
    known = previous.files if previous is not None else {}
    digests = {}
    for file in files:
        record = known.get(file.source)
        try:
            digests[file.source] = (
                record.digest if record is not None and record.stamp == file.stamp else digest(file)
            )
        except OSError:
            digests[file.source] = UNREADABLE
    changes = find_changes({source: record.digest for source, record in known.items()}, digests)
    return CorpusComparison(files, skipped, digests, changes, previous)


def find_changes(old: Mapping[str, str], new: Mapping[str, str]) -> CorpusChanges:
    """Return what became of the files of a corpus; both mappings are source → digest.

    A source that is gone and a new one with the same bytes are one file that was moved.
    """
    gone: defaultdict[str, list[str]] = defaultdict(list)
    for source in sorted(old.keys() - new.keys(), reverse=True):
        gone[old[source]].append(source)
    added, moved = [], []
    for source in sorted(new.keys() - old.keys()):
        if gone[new[source]]:
            moved.append((gone[new[source]].pop(), source))
        else:
            added.append(source)
    common = old.keys() & new.keys()
    changed = sorted(source for source in common if old[source] != new[source])
    removed = sorted(source for sources in gone.values() for source in sources)
    return CorpusChanges(
        tuple(added), tuple(changed), tuple(moved), tuple(removed), len(common) - len(changed)
    )


def corpus_state(digests: Mapping[str, str], skipped: Sequence[Skipped]) -> str:
    """Return a digest of every file's source and bytes and of the skipped files."""
    state = hashlib.sha256()
    for source, digest in digests.items():
        state.update(f"{source}\0{digest}\0".encode())
    for file in skipped:
        state.update(f"{file.source}\0{file.reason}\0".encode())
    return state.hexdigest()


Known: TypeAlias = UnchangedDocument | CutDocument | None
"""What the previous generation holds of a document that has not changed, or how a worker has cut it."""


class _FileDocuments(NamedTuple):
    """A file, and its documents with what is known of them."""

    file: CorpusFile
    documents: list[tuple[Document, Known]]


class DocumentStream:
    """Yields every document of a corpus in the order of sources, each content once.

    Within its block files are read ahead in a thread, also before the first document is asked for.
    """

    def __init__(
        self,
        comparison: CorpusComparison,
        workers: Workers,
        progress: BuildProgress,
        read_ahead: int,
    ) -> None:
        """At most `read_ahead` bytes of files wait to be asked for, or one file."""
        self.skipped: list[Skipped] = list(comparison.skipped)
        """Files without a document, with their reasons; complete once all documents have been yielded."""
        self.digests = dict(comparison.digests)
        """source → digest of each file as it was when it was read."""
        self._files = comparison.files
        self._previous = comparison.previous
        self._workers = workers
        self._progress = progress
        self._count = 0
        self._numbers: dict[str, range] = {}
        self._copies = _copies(self._files, self.digests)
        originals = {copy for others in self._copies.values() for copy in others}
        distinct = [file for file in self._files if file.source not in originals]
        self._to_read = {file.source: file.size for file in distinct if not self._is_known(file)}
        progress.expect(len(distinct), sum(self._to_read.values()))
        self._ahead = Prefetch(self._read(distinct), lambda read: read.file.size, read_ahead)

    def __enter__(self) -> Self:
        """Start to read."""
        self._ahead.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop reading."""
        self._ahead.__exit__(kind, error, trace)

    def __iter__(self) -> Iterator[tuple[Document, Known]]:
        """Yield (document, what is known of it)."""
        for file, documents in self._ahead:
            copies = self._copies.get(file.source, [])
            first = self._count
            self._count += len(documents)
            for source in (file.source, *copies):
                self._numbers[source] = range(first, self._count)
            left = self._to_read.get(file.source, 0)
            for place, (document, known) in enumerate(documents):
                row = document.source.removeprefix(file.source)
                others = tuple(source + row for source in copies)
                yield with_copies(document, others), known
                share = left // (len(documents) - place)
                self._progress.read(share)
                left -= share
            self._progress.file_read(left)

    def file_records(self) -> Iterator[FileRecord]:
        """Yield every file that need not be read again while its stamp stays; call it after the documents."""
        for file in self._files:
            digest = self.digests[file.source]
            if digest != UNREADABLE:
                numbers = self._numbers.get(file.source, range(0))
                yield FileRecord(file.source, file.stamp, digest, numbers)

    def _is_known(self, file: CorpusFile) -> bool:
        """Return whether the previous generation holds a file of this source and content."""
        known = self._previous.files.get(file.source) if self._previous is not None else None
        return known is not None and known.digest == self.digests[file.source]

    def _read(self, files: Sequence[CorpusFile]) -> Iterator[_FileDocuments]:
        """Yield the files with their documents; the workers are so many blocks ahead as they want to be."""
        begun: deque[Iterable[_FileDocuments]] = deque()
        for block in blocks(files, self._workers.block_files):
            begun.append(self._begin(block))
            if len(begun) > self._workers.blocks:
                yield from begun.popleft()
        while begun:
            yield from begun.popleft()

    def _begin(self, block: Sequence[CorpusFile]) -> Iterator[_FileDocuments]:
        """Begin to read those files of a block that have changed, and return an iterator over all."""
        unchanged = [self._unchanged(file) for file in block]
        changed = [file for file, same in zip(block, unchanged, strict=True) if not same]
        read = self._workers.read([ListedFile(file, self.digests[file.source]) for file in changed])

        def waited_for() -> Iterator[_FileDocuments]:
            coming = iter(read())
            for file, same in zip(block, unchanged, strict=True):
                yield _FileDocuments(file, same or self._loaded(file, next(coming)))

        return waited_for()

    def _unchanged(self, file: CorpusFile) -> list[tuple[Document, Known]]:
        if self._previous is None:
            return []
        sidecar = file.sidecar.source if file.sidecar else None
        unchanged = self._previous.documents(file.source, self.digests[file.source], sidecar)
        return [(stored.document, stored) for stored in unchanged]

    def _loaded(self, file: CorpusFile, read: ReadFile) -> list[tuple[Document, Known]]:
        loaded, copies = read.loaded, self._copies.get(file.source, [])
        self.skipped += loaded.skipped
        if not loaded.documents:
            self.skipped += (replace(skipped, source=copy) for skipped in loaded.skipped for copy in copies)
        self.digests[file.source] = loaded.digest or UNREADABLE
        known: Sequence[Known] = read.cut or [None] * len(loaded.documents)
        return list(zip(loaded.documents, known, strict=True))


def blocks(files: Iterable[CorpusFile], most: int, size: int = BLOCK_SIZE) -> Iterator[list[CorpusFile]]:
    """Yield runs of files: `most` of them, or as many as reach `size` bytes."""
    block: list[CorpusFile] = []
    for file in files:
        block.append(file)
        if len(block) >= most or sum(each.size for each in block) >= size:
            yield block
            block = []
    if block:
        yield block


def with_copies(document: Document, copies: tuple[str, ...]) -> Document:
    """Return the document with its copies, and the finest date of their paths where its text has none."""
    date = document.date
    if date is None or date in {path_date(source) for source in (document.source, *document.copies)}:
        dates = [each for each in map(path_date, (document.source, *copies)) if each]
        date = max(dates, key=lambda each: (len(each.iso), each == date), default=date)
    return replace(document, copies=copies, metadata=replace(document.metadata, date=date))


def _copies(files: Sequence[CorpusFile], digests: Mapping[str, str]) -> defaultdict[str, list[str]]:
    """Return source → sources of the later files that hold the same bytes and are read by the same reader."""
    first: dict[tuple[str, str], str] = {}
    copies: defaultdict[str, list[str]] = defaultdict(list)
    for file in files:
        key = (digests[file.source], PurePosixPath(file.source).suffix.lower())
        if digests[file.source] != UNREADABLE and first.setdefault(key, file.source) != file.source:
            copies[first[key]].append(file.source)
    return copies
