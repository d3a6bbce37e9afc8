"""The documents of a corpus as they come: those that have not changed as they were, the others read again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import PurePosixPath

from indexer import progress
from indexer.building.changes import UNREAD
from indexer.building.previous_generation import Kept
from indexer.building.sandbox import Reading
from indexer.building.stopwatch import Stages
from indexer.building.survey import Survey
from indexer.records import CorpusFile, Document, Skipped
from indexer.store.catalogue import FileSeen


class Arrivals:
    """Every document of the files surveyed, in the order of their sources, each text once."""

    def __init__(self, survey: Survey, stages: Stages, reading: Reading) -> None:
        self.left_out: list[Skipped] = list(survey.skipped)
        """Files without a document, with their reasons; complete once all have come."""
        self.digests = dict(survey.digests)
        """source → digest of each file, as it was when it was read."""
        self._survey = survey
        self._stages = stages
        self._reading = reading
        self._count = 0
        self._numbers: dict[str, range] = {}

    def __iter__(self) -> Iterator[tuple[Document, Kept | None]]:
        """(document, what is kept of it where it has not changed)."""
        files = self._survey.files
        copies = _copies(files, self.digests)
        originals = {copy: source for source, others in copies.items() for copy in others}
        for file in progress.track(files, len(files), "Indexing files"):
            if file.source in originals:
                continue
            with self._stages.time("read"):
                arrived = self._kept(file) or self._loaded(file, copies[file.source])
            first = self._count
            self._count += len(arrived)
            for source in (file.source, *copies[file.source]):
                self._numbers[source] = range(first, self._count)
            for document, kept in arrived:
                row = document.source.removeprefix(file.source)
                elsewhere = tuple(source + row for source in copies[file.source])
                yield replace(document, copies=elsewhere), kept

    def seen(self) -> Iterator[FileSeen]:
        """Every file that need not be read again while it is not touched; complete once all have come."""
        for file in self._survey.files:
            digest = self.digests[file.source]
            if digest != UNREAD:
                numbers = self._numbers.get(file.source, range(0))
                yield FileSeen(file.source, file.stamp, digest, numbers)

    def _kept(self, file: CorpusFile) -> list[tuple[Document, Kept | None]]:
        before = self._survey.before
        sidecar = file.sidecar.source if file.sidecar else None
        found = before.documents(file.source, self.digests[file.source], sidecar) if before else []
        return [(each.document, each) for each in found]

    def _loaded(self, file: CorpusFile, copies: Sequence[str]) -> list[tuple[Document, Kept | None]]:
        loaded = self._reading.load(file)
        self.left_out += loaded.skipped
        if not loaded.documents:
            self.left_out += (replace(each, source=copy) for each in loaded.skipped for copy in copies)
        self.digests[file.source] = loaded.digest or UNREAD
        return [(document, None) for document in loaded.documents]


def _copies(files: Sequence[CorpusFile], digests: Mapping[str, str]) -> defaultdict[str, list[str]]:
    """source → sources of the later files that hold the same bytes and are read alike."""
    first: dict[tuple[str, str], str] = {}
    copies: defaultdict[str, list[str]] = defaultdict(list)
    for file in files:
        key = (digests[file.source], PurePosixPath(file.source).suffix.lower())
        if digests[file.source] != UNREAD and first.setdefault(key, file.source) != file.source:
            copies[first[key]].append(file.source)
    return copies
