"""An open generation: everything a search reads, checked before it is used."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from indexer.errors import IndexRefused
from indexer.store import generation as store
from indexer.store.catalogue import Catalogue
from indexer.store.filters import Allowed, Filters, allow, language_code
from indexer.store.integrity import Intact
from indexer.store.lexical import Lexical
from indexer.store.manifest import BUILD_COMMAND, Layout, Manifest, read_manifest, verify
from indexer.store.near_duplicate_groups import Twins
from indexer.store.vectors import Vectors


@dataclass(frozen=True, slots=True)
class OpenIndex:
    """One generation, open for reading from any number of threads. It never changes under its reader."""

    manifest: Manifest
    catalogue: Catalogue
    vectors: Vectors
    lexical: Lexical
    twins: Twins
    intact: Intact
    """Tells whether its files have been tampered with since."""

    def allowed(self, filters: Filters) -> Allowed:
        """The passages that filters let through."""
        documents = None
        passages = np.ones(len(self.lexical), dtype=np.bool_)
        if filters.of_documents:
            documents = np.zeros(self.manifest.documents, dtype=np.bool_)
            documents[self.catalogue.matching(filters)] = True
            passages = documents[self.vectors.documents]
        if filters.languages:
            codes = [language_code(each) for each in filters.languages]
            passages &= np.isin(self.lexical.languages, codes)
        return allow(passages, documents, filters.languages)


def open_index(index: Path, fingerprint: str) -> OpenIndex:
    """Open the generation that serves, made by the model of this fingerprint.

    Raises IndexMissing when there is none; IndexRefused when a file of it is damaged, when it has
    another format, or when another model made it.
    """
    folder = store.generation_folder(index, store.read_pointer(index).current)
    read_manifest(folder)  # refuses in words what is not there at all
    intact = Intact(folder)
    manifest = verify(folder)
    if manifest.model.fingerprint != fingerprint:
        raise IndexRefused(
            f"Generation {manifest.generation} was made by model {manifest.model.name}"
            f" ({manifest.model.fingerprint}); the model in use has fingerprint {fingerprint}."
            f" Build it anew with '{BUILD_COMMAND}', or set MODEL and its prompts as they were."
        )
    vectors = Vectors(folder, manifest.nearest)
    found = (len(vectors), vectors.dim)
    if found != (manifest.passages, manifest.model.dim):
        raise IndexRefused(
            f"Generation {manifest.generation} holds vectors of shape {found}, its manifest says"
            f" {(manifest.passages, manifest.model.dim)}. Build it anew with '{BUILD_COMMAND}'."
        )
    catalogue = Catalogue(folder / Layout.CATALOGUE)
    return OpenIndex(manifest, catalogue, vectors, Lexical(folder), Twins(folder), intact)
