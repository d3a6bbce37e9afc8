"""Open the generation that serves, verified, with everything a search reads."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from indexer.errors import IndexRefused
from indexer.store import generation as store
from indexer.store import headers
from indexer.store.catalogue import Catalogue
from indexer.store.filters import Allowed, Filters, allow
from indexer.store.integrity import IntegrityMonitor
from indexer.store.lexical import LexicalIndex
from indexer.store.manifest import BUILD_COMMAND, Layout, Manifest, read_manifest, verify
from indexer.store.near_duplicate_groups import NearDuplicateGroups
from indexer.store.passage_table import PassageTable, language_code
from indexer.store.vectors import VectorStore
from indexer.store.wording import worded


@dataclass(frozen=True, slots=True)
class OpenIndex:
    """One generation, open for reading from any number of threads; it never changes under its reader."""

    manifest: Manifest
    catalogue: Catalogue
    vectors: VectorStore
    lexical: LexicalIndex
    passage_table: PassageTable
    near_duplicates: NearDuplicateGroups
    integrity: IntegrityMonitor
    """Detects changes to the files since the generation was opened."""
    folder: Path
    """Folder of the index that the generation belongs to."""

    def allowed(self, filters: Filters) -> Allowed:
        """Return the passages that meet the filters."""
        documents = None
        passages = np.ones(len(self.lexical), dtype=np.bool_)
        if filters.of_documents:
            documents = np.zeros(self.manifest.documents, dtype=np.bool_)
            documents[self.catalogue.matching(filters)] = True
            passages = documents[self.passage_table.documents]
        if filters.languages:
            codes = [language_code(language) for language in filters.languages]
            passages &= np.isin(self.passage_table.languages, codes)
        if not filters.of_words:
            return allow(passages, documents, filters.languages)
        passages = worded(filters, passages, self.lexical, self.catalogue)
        documents = np.zeros(self.manifest.documents, dtype=np.bool_)
        documents[self.passage_table.documents[passages]] = True
        reachable = documents[self.passage_table.documents]
        if filters.languages:
            reachable &= np.isin(self.passage_table.languages, codes)
        return allow(passages, documents, filters.languages, int(reachable.sum()))


def open_index(index: Path, fingerprint: str | None) -> OpenIndex:
    """Open the generation that serves, which the model of this fingerprint has to have made; None: any model.

    Raises IndexMissing when there is none; IndexRefused when one of its files is damaged or not what the
    manifest says, when it has another format, or when another model made it.
    """
    folder = store.generation_folder(index, store.read_pointer(index).current)
    read_manifest(folder)  # refuses a missing generation in words
    integrity = IntegrityMonitor(folder)
    manifest = verify(folder)
    if fingerprint is not None:
        require_model(manifest, fingerprint)
    headers.check(folder, manifest)
    return OpenIndex(
        manifest,
        Catalogue(folder / Layout.CATALOGUE),
        VectorStore(folder, manifest.nearest),
        LexicalIndex(folder),
        PassageTable(folder),
        NearDuplicateGroups(folder),
        integrity,
        index,
    )


def require_model(manifest: Manifest, fingerprint: str) -> None:
    """Raise IndexRefused unless the model of this fingerprint made a generation."""
    if manifest.model.fingerprint != fingerprint:
        raise IndexRefused(
            f"Generation {manifest.generation} was made by model {manifest.model.name}"
            f" ({manifest.model.fingerprint}); the model in use has fingerprint {fingerprint}."
            f" Build it anew with '{BUILD_COMMAND}', or set MODEL and its prompts as they were."
        )
