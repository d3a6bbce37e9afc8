"""Restore: a backup becomes the next generation of an index, once every byte of it has been checked."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from indexer import progress
from indexer.errors import ArchiveRefused, StoreError
from indexer.store import generation as store
from indexer.store.manifest import Layout, Manifest, parse, seal
from indexer.upkeep import archive
from indexer.upkeep.archive import Member
from indexer.upkeep.backup import CONTENTS, VERSION

LONGEST_CONTENTS, LONGEST_MANIFEST = 2**20, 2**28
"""Bytes of what is read into memory."""
NO_ROOM = "Make room or give another folder with --index; what was indexed before still serves."


def restore(source: Path, index: Path) -> Manifest:
    """Publish what a backup holds as the next generation of an index, which need not exist yet.

    Nothing is published before every byte of it has been checked, on its way and again on disk. Raises
    ArchiveRefused when the backup is damaged or none, IndexRefused when it is of another format,
    BuildUnderWay, and StoreError when it cannot be read or written; what served before goes on serving.
    """
    try:
        with archive.opened(source) as file:
            return _restore(archive.members(file), index)
    except ArchiveRefused as error:
        raise ArchiveRefused(
            f"{source} is no whole backup: {error}. Nothing was restored; give another backup."
        ) from error
    except OSError as error:
        reason = error.strerror or error
        raise StoreError(f"{source} cannot be read: {reason}. Nothing was restored.") from error


def _restore(members: Iterator[Member], index: Path) -> Manifest:
    sizes = _contents(members)
    manifest = _manifest(members, sizes)
    if sizes.keys() != {Layout.MANIFEST, Layout.MANIFEST_SUM, *manifest.files}:
        raise ArchiveRefused("its contents are not those that its manifest names")
    total = sum(sizes.values())
    with store.build_lock(index):
        free = shutil.disk_usage(index).free
        if free < total:
            raise StoreError(
                f"The backup holds {total / 1e6:.0f} MB, and {index} has {free / 1e6:.0f} MB free. {NO_ROOM}"
            )
        with (
            store.new_generation(index, NO_ROOM) as target,
            progress.measured(total, "Restoring") as advance,
        ):
            _extract(members, manifest.files, sizes, target, advance)
            sealed = seal(target, replace(manifest, generation=target.name))
            if sealed.files != manifest.files:
                raise StoreError(f"{index} does not give back what was written to it. Check its disk.")
            store.serve(index, target)
            return sealed


def _contents(members: Iterator[Member]) -> dict[str, int]:
    """How long each file of a backup is; it comes first."""
    try:
        said = json.loads(_whole(members, CONTENTS, LONGEST_CONTENTS))
        if said["repere_backup"] != VERSION:
            raise ArchiveRefused(
                f"it has version {said['repere_backup']}, and {VERSION} is what is read here"
            )
        sizes: dict[str, int] = said["files"]
        if not all(type(size) is int and size >= 0 for size in sizes.values()):
            raise ValueError(sizes)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ArchiveRefused(f"its {CONTENTS} cannot be understood") from error
    return sizes


def _manifest(members: Iterator[Member], sizes: Mapping[str, int]) -> Manifest:
    try:
        raw = _whole(members, Layout.MANIFEST, min(sizes[Layout.MANIFEST], LONGEST_MANIFEST))
        expected = _whole(members, Layout.MANIFEST_SUM, sizes[Layout.MANIFEST_SUM])
        return parse(raw, expected.decode("ascii"), "The backup")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ArchiveRefused(f"its manifest cannot be understood: {error}") from error


def _whole(members: Iterator[Member], name: str, most: int) -> bytes:
    """The next file, of this name, in memory."""
    member = next(members, None)
    if member is None or member.name != name:
        raise ArchiveRefused(f"{name} is not where it belongs")
    if member.size > most:
        raise ArchiveRefused(f"{name} has {member.size} bytes, and {most} at the most are due")
    return b"".join(member.chunks())


def _extract(
    members: Iterator[Member],
    sums: Mapping[str, str],
    sizes: Mapping[str, int],
    target: Path,
    advance: Callable[[int], None],
) -> None:
    """Write every file that sums name, each once and exactly as long as it should be."""
    left = set(sums)
    for member in members:
        if member.name not in left or member.size != sizes[member.name]:
            raise ArchiveRefused(
                f"it holds {member.name!r} twice, or of another length, or not to be expected"
            )
        left.remove(member.name)
        path, digest = target / member.name, hashlib.sha256()
        path.parent.mkdir(exist_ok=True)
        with path.open("xb") as file:
            for chunk in member.chunks():
                digest.update(chunk)
                file.write(chunk)
                advance(len(chunk))
        if digest.hexdigest() != sums[member.name]:
            raise ArchiveRefused(f"{member.name} has another checksum than its manifest says")
    if left:
        raise ArchiveRefused(f"{', '.join(sorted(left))} is missing")
