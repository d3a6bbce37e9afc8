"""The generation before, as a build reads it: what has not changed since is taken over as it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from indexer.errors import IndexMissing, IndexRefused
from indexer.passages.chunking import ChunkSettings
from indexer.records import Document, Passage
from indexer.store.catalogue import FileSeen
from indexer.store.open_index import OpenIndex, open_index
from models import VERSION


@dataclass(frozen=True, slots=True)
class Kept:
    """A document that has not changed."""

    document: Document
    """Without its blocks."""
    passages: Sequence[Passage]
    rows: range
    """Of its passages in the generation before."""


class Before:
    """What the generation that serves knows of files and documents."""

    def __init__(self, opened: OpenIndex) -> None:
        self.manifest = opened.manifest
        self.vectors = opened.vectors
        self.files: Mapping[str, FileSeen] = opened.catalogue.files()
        """By source."""
        self.twins = opened.twins
        self._catalogue = opened.catalogue
        self._faulty = {each["source"] for each in opened.manifest.skipped}

    def documents(self, source: str, digest: str, sidecar: str | None) -> list[Kept]:
        """The documents of a file, if it still holds the same bytes under the same name; empty otherwise.

        So it is where its sidecar was at fault: a file that is read again tells of it again.
        """
        file = self.files.get(source)
        if file is None or file.digest != digest or sidecar in self._faulty:
            return []
        kept = []
        for number in file.documents:
            document, passages, first = self._catalogue.kept(number)
            if not (document.source == source or document.source.startswith(f"{source}#")):
                return []  # it was a copy of another file
            kept.append(Kept(document, passages, range(first, first + len(passages))))
        return kept

    def close(self) -> None:
        """Let its files go."""
        self._catalogue.close()


def open_before(index: Path, fingerprint: str, settings: ChunkSettings) -> Before | None:
    """The generation that serves, if this version made it by this model and these settings, and it is whole.

    Otherwise None, and all is built anew.
    """
    try:
        opened = open_index(index, fingerprint)
    except (IndexMissing, IndexRefused):
        return None
    if (opened.manifest.version, opened.manifest.settings) != (VERSION, asdict(settings)):
        opened.catalogue.close()
        return None
    return Before(opened)
