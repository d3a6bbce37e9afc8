"""Open the generation of a folder that serves, verified, with everything a search reads."""

from __future__ import annotations

from pathlib import Path

from indexer.errors import IndexRefused
from indexer.store import generation as store
from indexer.store import headers
from indexer.store.catalogue import Catalogue
from indexer.store.integrity import IntegrityMonitor
from indexer.store.lexical import LexicalIndex
from indexer.store.local_store import LocalStore
from indexer.store.manifest import BUILD_COMMAND, Layout, Manifest, read_manifest, verify
from indexer.store.near_duplicate_groups import NearDuplicateGroups
from indexer.store.passage_table import PassageTable
from indexer.store.vectors import VectorStore


def open_index(index: Path, fingerprint: str | None) -> LocalStore:
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
    return LocalStore(
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
