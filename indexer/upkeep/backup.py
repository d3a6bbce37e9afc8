"""Backup and restore: one generation in one tar file, every byte checked on its way out and back in.

backup.json       {"repere_backup": 1, "files": {name: bytes, …}}, always first
manifest.json     the generation's manifest, with the sha256 of every file below
manifest.sha256
manifest.hmac     its signature, where it was made with a key
…                 every file that the manifest names
"""

from __future__ import annotations

import io
import json
import os
import shutil
import tarfile
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from indexer import progress
from indexer.errors import ArchiveRefused, IndexRefused, StoreError
from indexer.store import generation as store
from indexer.store import headers, signing
from indexer.store.manifest import REMEDY, Layout, Manifest, parse, read_manifest, seal
from indexer.upkeep import archive
from indexer.upkeep.archive import ArchiveReader, HashingReader
from models.files import sync

CONTENTS = "backup.json"
VERSION = 1
"""Version of the backup's own layout; what it holds has the format of the index."""
LONGEST_CONTENTS, LONGEST_MANIFEST = 2**20, 2**26
"""Bytes up to which these two are read into memory: half a million files that were skipped."""
LONGEST_SIGNATURE = 64
"""Bytes of a manifest's signature."""
CHUNK = 1 << 20
"""Bytes copied at a time."""
NO_ROOM = "Make room or give another folder with --index; what was indexed before still serves."


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
    with ExitStack() as stack:
        files = _open_all(folder, manifest, stack)
        try:
            with _new_file(target) as file:
                return _write(file, target.name, manifest, files)
        except OSError as error:
            raise StoreError(
                f"The backup could not be written to {target}: {error.strerror or error}."
                " Make room or name another file; nothing is left of this one."
            ) from error


def _open_all(folder: Path, manifest: Manifest, stack: ExitStack) -> dict[str, BinaryIO]:
    """Open every file, the manifest first; an open file survives a build that removes the generation."""
    signed = [signing.FILE] if (folder / signing.FILE).is_file() else []
    names = [Layout.MANIFEST, Layout.MANIFEST_SUM, *signed, *sorted(manifest.files)]
    try:
        return {name: stack.enter_context((folder / name).open("rb")) for name in names}
    except OSError as error:
        raise IndexRefused(
            f"Generation {folder.name} cannot be backed up: {error.filename}: {error.strerror}."
            " Where a build has replaced it meanwhile, try again; 'python -m indexer doctor' tells more."
        ) from error


@contextmanager
def _new_file(target: Path) -> Iterator[BinaryIO]:
    """Yield a scratch file that is linked to its final name, synced to disk, when the block ends well."""
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
    sizes = {path: os.fstat(source.fileno()).st_size for path, source in files.items()}
    contents = json.dumps({"repere_backup": VERSION, "files": sizes}, indent=1).encode()
    time = int(datetime.fromisoformat(manifest.created).timestamp())
    total = sum(sizes.values())
    with archive.writing(file, name, time) as tar, progress.track_bytes(total, "Backing up") as advance:
        tar.addfile(_entry(CONTENTS, len(contents), time), io.BytesIO(contents))
        for path, source in files.items():
            hashing = HashingReader(source, advance)
            tar.addfile(_entry(path, sizes[path], time), hashing)
            checksum = hashing.hexdigest()
            if checksum != manifest.files.get(path, checksum):
                raise IndexRefused(
                    f"Generation {manifest.generation} is damaged: {path} has checksum {checksum[:12]}…, not"
                    f" {manifest.files[path][:12]}…. Nothing was backed up;"
                    " 'python -m indexer doctor' tells more."
                )
    return Backup(manifest, len(files), total)


def _entry(name: str, size: int, time: int) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mtime = size, time
    return entry


def free_bytes(folder: Path) -> int:
    """Return how many bytes the disk of a folder has free."""
    return shutil.disk_usage(folder).free


def restore(source: Path, index: Path, *, free: Callable[[Path], int] = free_bytes) -> Manifest:
    """Publish what a backup holds as the next generation of an index, which need not exist yet.

    Nothing is published before every byte of it has been checked, on its way and again on disk. Raises
    ArchiveRefused when the backup is damaged or none, IndexRefused when it is of another format,
    BuildUnderWay, and StoreError when it cannot be read or written; what served before goes on serving.
    """
    try:
        with archive.reading(source) as reader:
            return _restore(reader, index, free)
    except ArchiveRefused as error:
        raise ArchiveRefused(
            f"{source} is no whole backup: {error}. Nothing was restored; give another backup."
        ) from error
    except OSError as error:
        reason = error.strerror or error
        raise StoreError(f"{source} cannot be read: {reason}. Nothing was restored.") from error


def _restore(reader: ArchiveReader, index: Path, free: Callable[[Path], int]) -> Manifest:
    entries = reader.entries()
    sizes = _contents(reader, entries)
    manifest = _manifest(reader, entries, sizes)
    if sizes.keys() - {signing.FILE} != {Layout.MANIFEST, Layout.MANIFEST_SUM, *manifest.files}:
        raise ArchiveRefused("its contents are not those that its manifest names")
    total = sum(sizes.values())
    with store.build_lock(index):
        if (room := free(index)) < total:
            raise StoreError(
                f"The backup holds {total / 1e6:.0f} MB, and {index} has {room / 1e6:.0f} MB free. {NO_ROOM}"
            )
        with (
            store.new_generation(index, NO_ROOM) as target,
            progress.track_bytes(total, "Restoring") as advance,
        ):
            _extract(reader, entries, manifest.files, sizes, target, advance)
            _check_headers(target, manifest)
            return publish_restored(index, target, manifest)


def _check_headers(target: Path, manifest: Manifest) -> None:
    try:
        headers.check(target, manifest)
    except IndexRefused as error:
        raise ArchiveRefused(str(error).removesuffix(f". {REMEDY}").removeprefix("Generation ")) from error


def publish_restored(index: Path, target: Path, manifest: Manifest) -> Manifest:
    """Seal a folder of restored files and make it serve; return its manifest. Needs the index's lock.

    Raises StoreError when the files, read again from disk, have other checksums than the manifest says.
    """
    sealed = seal(target, replace(manifest, generation=target.name))
    if sealed.files != manifest.files:
        raise StoreError(f"{index} does not give back what was written to it. Check its disk.")
    store.serve(index, target)
    return sealed


def _contents(reader: ArchiveReader, entries: Iterator[tarfile.TarInfo]) -> dict[str, int]:
    """Return the size in bytes of each file of a backup, which its first file lists."""
    try:
        stored = json.loads(_first(reader, entries, CONTENTS, LONGEST_CONTENTS))
        if stored["repere_backup"] != VERSION:
            raise ArchiveRefused(
                f"it has version {stored['repere_backup']}, and {VERSION} is what is read here"
            )
        sizes: dict[str, int] = stored["files"]
        if not all(type(size) is int and size >= 0 for size in sizes.values()):
            raise ValueError(sizes)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ArchiveRefused(f"its {CONTENTS} cannot be understood") from error
    return sizes


def _manifest(
    reader: ArchiveReader, entries: Iterator[tarfile.TarInfo], sizes: Mapping[str, int]
) -> Manifest:
    try:
        longest = min(sizes[Layout.MANIFEST], LONGEST_MANIFEST)
        raw = _first(reader, entries, Layout.MANIFEST, longest)
        expected = _first(reader, entries, Layout.MANIFEST_SUM, sizes[Layout.MANIFEST_SUM])
        signed = _first(reader, entries, signing.FILE, LONGEST_SIGNATURE) if signing.FILE in sizes else None
        return parse(raw, expected.decode("ascii"), "The backup", signed.decode("ascii") if signed else None)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ArchiveRefused(f"its manifest cannot be understood: {error}") from error


def _first(reader: ArchiveReader, entries: Iterator[tarfile.TarInfo], name: str, longest: int) -> bytes:
    """Return the content of the next file, which has to have this name and at most `longest` bytes."""
    entry = next(entries, None)
    if entry is None or entry.name != name:
        raise ArchiveRefused(f"{name} is not where it belongs")
    if entry.size > longest:
        raise ArchiveRefused(f"{name} has {entry.size} bytes, and {longest} at the most are due")
    return reader.content(entry).read()


def _extract(
    reader: ArchiveReader,
    entries: Iterator[tarfile.TarInfo],
    checksums: Mapping[str, str],
    sizes: Mapping[str, int],
    target: Path,
    advance: Callable[[int], None],
) -> None:
    """Write every file that has a checksum into a folder, each once and exactly as long as it should be."""
    missing = set(checksums)
    for entry in entries:
        if entry.name not in missing or entry.size != sizes[entry.name]:
            raise ArchiveRefused(
                f"it holds {entry.name!r} twice, or of another length, or not to be expected"
            )
        missing.remove(entry.name)
        path, content = target / entry.name, reader.content(entry, advance)
        path.parent.mkdir(exist_ok=True)
        with path.open("xb") as file:
            shutil.copyfileobj(content, file, CHUNK)
        if content.hexdigest() != checksums[entry.name]:
            raise ArchiveRefused(f"{entry.name} has another checksum than its manifest says")
    if missing:
        raise ArchiveRefused(f"{', '.join(sorted(missing))} is missing")
