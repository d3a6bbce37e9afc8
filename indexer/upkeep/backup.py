"""A backup: the generation that serves in one file, checked byte by byte as it is written."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from indexer import progress
from indexer.errors import IndexRefused, StoreError
from indexer.store import generation as store
from indexer.store.manifest import Layout, Manifest, read_manifest
from indexer.upkeep import archive
from models.files import sync

CONTENTS = "backup.json"
"""The first file of a backup: how long each of the others is."""
VERSION = 1
"""Of the backup's own form; what it holds has the format of the index."""


@dataclass(frozen=True, slots=True)
class Backup:
    """What a backup holds."""

    manifest: Manifest
    files: int
    size: int
    """Bytes of all files, unpacked."""


def backup(index: Path, target: Path) -> Backup:
    """Write the generation that serves into one file, packed where its name ends in .gz or .tgz.

    Every byte is checked as it is written; the file appears whole or not at all, and never in place of
    another. It can be read by its owner alone, for it holds the corpus's texts. Raises IndexMissing,
    IndexRefused when the generation is damaged, StoreError when the file exists or cannot be written.
    """
    folder = store.generation_folder(index, store.read_pointer(index).current)
    manifest = read_manifest(folder)
    with ExitStack() as held:
        files = _opened(folder, manifest, held)
        try:
            with _new_file(target) as file:
                return _write(file, target.name, manifest, files)
        except OSError as error:
            raise StoreError(
                f"The backup could not be written to {target}: {error.strerror or error}."
                " Make room or name another file; nothing is left of this one."
            ) from error


def _opened(folder: Path, manifest: Manifest, held: ExitStack) -> dict[str, BinaryIO]:
    """Every file by its name, the manifest first; once open, none can be swept away by a build."""
    names = [Layout.MANIFEST, Layout.MANIFEST_SUM, *sorted(manifest.files)]
    try:
        return {name: held.enter_context((folder / name).open("rb")) for name in names}
    except OSError as error:
        raise IndexRefused(
            f"Generation {folder.name} cannot be backed up: {error.filename}: {error.strerror}."
            " Where a build has replaced it meanwhile, try again; 'python -m indexer doctor' tells more."
        ) from error


@contextmanager
def _new_file(target: Path) -> Iterator[BinaryIO]:
    """A file that appears at its place, on disk, once all is written."""
    if target.exists():
        raise StoreError(f"{target} exists already, and is left as it is. Name another file.")
    descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    scratch = Path(name)
    try:
        with open(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(scratch, target)  # which, unlike a rename, never replaces
        except FileExistsError:
            raise StoreError(f"{target} exists already, and is left as it is. Name another file.") from None
        sync(target.parent)
    finally:
        scratch.unlink()


def _write(file: BinaryIO, name: str, manifest: Manifest, files: Mapping[str, BinaryIO]) -> Backup:
    sizes = {each: os.fstat(opened.fileno()).st_size for each, opened in files.items()}
    text = json.dumps({"repere_backup": VERSION, "files": sizes}, indent=1).encode()
    time = int(datetime.fromisoformat(manifest.created).timestamp())
    total = sum(sizes.values())
    with archive.packing(file, name, time) as packed, progress.measured(total, "Backing up") as advance:
        writer = archive.Writer(packed, time)
        writer.add_bytes(CONTENTS, text)
        for each, opened in files.items():
            found = writer.add(each, sizes[each], opened, advance)
            if found != manifest.files.get(each, found):
                raise IndexRefused(
                    f"Generation {manifest.generation} is damaged: {each} has checksum {found[:12]}…, not"
                    f" {manifest.files[each][:12]}…. Nothing was backed up;"
                    " 'python -m indexer doctor' tells more."
                )
        writer.end()
    return Backup(manifest, len(files), total)
