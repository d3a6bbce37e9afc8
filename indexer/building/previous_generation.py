"""The previous generation, as a build reads it: documents that have not changed are taken over from it."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from indexer.building.settings import BuildSettings
from indexer.errors import FormatRefused, IndexMissing, IndexRefused
from indexer.records import Document, Passage
from indexer.store.catalogue import FileRecord
from indexer.store.local_store import LocalStore
from indexer.store.open_index import open_index

LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class UnchangedDocument:
    """A document of the previous generation that has not changed since."""

    document: Document
    """The document without its blocks, which are not stored."""
    passages: Sequence[Passage]
    rows: range
    """Rows of its passages in the previous generation."""


class PreviousGeneration:
    """Gives the files and documents of the generation that serves."""

    def __init__(self, index: LocalStore) -> None:
        self.manifest = index.manifest
        self.vectors = index.vectors
        self.near_duplicates = index.near_duplicates
        self.files: Mapping[str, FileRecord] = index.catalogue.files()
        """Files that the previous build read, by source."""
        self._catalogue = index.catalogue
        self._skipped = {file["source"] for file in index.manifest.skipped}

    def documents(self, source: str, digest: str, sidecar: str | None) -> list[UnchangedDocument]:
        """Return the documents of a file of this source and digest; none when it has changed.

        None either when its sidecar was skipped: reading the file again reports the reason again. `sidecar`
        is the source of the file's sidecar.
        """
        file = self.files.get(source)
        if file is None or file.digest != digest or sidecar in self._skipped:
            return []
        unchanged = []
        for number in file.documents:
            document, passages, first = self._catalogue.stored_document(number)
            if not (document.source == source or document.source.startswith(f"{source}#")):
                return []  # the file was a copy of another one
            unchanged.append(UnchangedDocument(document, passages, range(first, first + len(passages))))
        return unchanged

    def close(self) -> None:
        """Close the catalogue."""
        self._catalogue.close()


def open_previous(index: Path, fingerprint: str, settings: BuildSettings) -> PreviousGeneration | None:
    """Open the generation that serves, if it is undamaged and of this model, these settings and this version.

    None otherwise: then everything has to be built anew.
    """
    try:
        opened = open_index(index, fingerprint)
    except FormatRefused as error:
        found = str(error).partition(". ")[0]
        LOG.warning("%s. Everything is read and embedded anew; it stays until that is done.", found)
        return None
    except (IndexMissing, IndexRefused):
        return None
    except (OSError, MemoryError, KeyboardInterrupt):
        raise
    except BaseException as error:  # what no header shows: a library of Rust that panics raises no Exception
        kind = type(error).__name__
        LOG.warning(
            "The index in %s cannot be opened (%s). Everything is read and embedded anew.", index, kind
        )
        return None
    manifest = opened.manifest
    if (manifest.version, manifest.settings) != (settings.version, asdict(settings.chunks)):
        opened.catalogue.close()
        return None
    return PreviousGeneration(opened)
