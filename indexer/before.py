"""The generation before, as a build reads it: what has not changed since is taken over as it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from indexer.chunking import ChunkSettings
from indexer.documents import CorpusFile, Document, Passage
from indexer.errors import IndexMissing, IndexRefused
from indexer.store.index import OpenIndex, open_index
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
        self._catalogue = opened.catalogue
        self._files = opened.catalogue.files()
        self._numbers = opened.catalogue.numbers()

    def content_hash(self, file: CorpusFile) -> str | None:
        """sha256 of a file that has not been touched since it was read; None for any other."""
        stamp, content_hash = self._files.get(file.source, ("", ""))
        return content_hash if stamp == file.stamp else None

    def document(self, source: str, content_hash: str) -> Kept | None:
        """The document of this source, if its content is still this."""
        number = self._numbers.get(source)
        if number is None:
            return None
        document, passages, first = self._catalogue.kept(number)
        if document.content_hash != content_hash:
            return None
        return Kept(document, passages, range(first, first + len(passages)))

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
