"""What every floor needs of files: their checksum, to remember it, and to know them on disk."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from contextlib import suppress
from pathlib import Path

GREAT = 1 << 20
"""Bytes from which a checksum is worth remembering."""


def sha256(path: Path) -> str:
    """Checksum of a file, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def remembered_sha256(path: Path, memory: Path) -> str:
    """The same; a great file is read again only when its size or one of its times has changed.

    The memory is a file that holds the checksums of the files beside it. One that is damaged counts as
    empty, and one that cannot be written is done without.
    """
    status = path.stat()
    if status.st_size < GREAT:
        return sha256(path)
    # The second time is the system's own: a file put back with its old date is told apart by it.
    stamp = [status.st_size, status.st_mtime_ns, status.st_ctime_ns]
    known = _read(memory)
    kept = known.get(path.name)
    if isinstance(kept, dict) and kept.get("stamp") == stamp and isinstance(kept.get("sha256"), str):
        return str(kept["sha256"])
    found = sha256(path)
    with suppress(OSError):
        _replace(memory, json.dumps({**known, path.name: {"stamp": stamp, "sha256": found}}, indent=1))
    return found


def _read(memory: Path) -> dict[str, object]:
    try:
        known = json.loads(memory.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def _replace(path: Path, text: str) -> None:
    """Write a file by one rename, so that no reader sees half of it."""
    descriptor, scratch = tempfile.mkstemp(prefix=f"{path.name}.", dir=path.parent)
    try:
        with open(descriptor, "w", encoding="utf-8") as file:
            file.write(text + "\n")
        Path(scratch).replace(path)
    except OSError:
        Path(scratch).unlink(missing_ok=True)
        raise


def sync(path: Path) -> None:
    """Have the system put a file, or a folder's entries, on disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
