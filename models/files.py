"""Files: checksums and their memory, atomic and durable writes, and the folder that caches models."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import tempfile
from contextlib import suppress
from pathlib import Path

LARGE = 1 << 20
"""Size in bytes from which a checksum is worth remembering."""


TRANSIENT = frozenset(
    {errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EINTR, errno.EAGAIN, errno.ESTALE, errno.ETIMEDOUT}
)
"""Errors of the system that say nothing of the file that was to be read."""

Stamp = tuple[int, int, int, int]
"""Size in bytes, modification and change times in nanoseconds, and inode of a file."""


def file_stamp(path: str | Path, folder: int | None = None) -> Stamp | None:
    """Return a stamp that changes whenever a file is written to, replaced or given another mode or date.

    A relative path starts at the open folder of that descriptor, if one is given. None when there is no file
    to look at.
    """
    try:
        status = os.stat(path, dir_fd=folder)
    except OSError:
        return None
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino


def is_transient(error: BaseException) -> bool:
    """Return whether an error, or one that it was raised from, may be gone in a moment.

    It then says nothing of the file: descriptors or memory were short, or a disk of the network was away.
    """
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, MemoryError) or (isinstance(cause, OSError) and cause.errno in TRANSIENT):
            return True
        cause = cause.__cause__
    return False


def reason_of(error: BaseException) -> str:
    """Return what the system says of an error, or its kind where it says nothing."""
    return getattr(error, "strerror", None) or type(error).__name__


def cache_folder(package: Path = Path(__file__).parent) -> Path:
    """Return the folder for fetched models and fitted calibrations.

    It is models/cache in a source checkout. A package installed by pip keeps nothing in site-packages, but
    in repere/ in the user's cache folder: $XDG_CACHE_HOME, by default ~/.cache.
    """
    if (package.parent / "pyproject.toml").is_file():
        return package / "cache"
    chosen = Path(os.environ.get("XDG_CACHE_HOME", ""))
    # The XDG specification has relative paths ignored. A user without a home has "~" in the error message.
    return (chosen if chosen.is_absolute() else Path(os.path.expanduser("~/.cache"))) / "repere"


def sha256(path: Path) -> str:
    """Return the checksum of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def remembered_sha256(path: Path, memory: Path, large: int = LARGE) -> str:
    """Return the checksum of a file; a large file is read again only when its size or times have changed.

    The memory is a JSON file that holds the checksums of the files beside it. A damaged memory counts as
    empty; one that cannot be written is done without.
    """
    status = path.stat()
    if status.st_size < large:
        return sha256(path)
    # The system sets ctime itself: it betrays another file that was given the old one's date.
    stamp = [status.st_size, status.st_mtime_ns, status.st_ctime_ns]
    remembered = _read_object(memory)
    match remembered.get(path.name):
        case {"stamp": old_stamp, "sha256": str(checksum)} if old_stamp == stamp:
            return checksum
    checksum = sha256(path)
    with suppress(OSError):
        entry = {"stamp": stamp, "sha256": checksum}
        write_atomically(memory, json.dumps({**remembered, path.name: entry}, indent=1) + "\n")
    return checksum


def _read_object(path: Path) -> dict[str, object]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def write_atomically(path: Path, text: str, mode: int = 0o644, owner_of: Path | None = None) -> None:
    """Write a file, with this mode, durably and by one rename: no reader sees half of it. Raises OSError.

    Root gives the file to the owner of the path `owner_of`, so that a service of another user can read it.
    """
    descriptor, scratch = tempfile.mkstemp(prefix=f"{path.name}.", dir=path.parent)
    try:
        with open(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            if owner_of is not None and os.geteuid() == 0:
                owner = owner_of.stat()
                os.fchown(descriptor, owner.st_uid, owner.st_gid)
            file.flush()
            os.fsync(descriptor)
        os.chmod(scratch, mode)
        Path(scratch).replace(path)
    except BaseException:
        Path(scratch).unlink(missing_ok=True)
        raise
    sync(path.parent)


def sync(path: Path) -> None:
    """Make a file, or a folder's entries, durable on disk. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def append_whole(path: Path, data: bytes) -> None:
    """Append bytes to a file, made for its owner alone where there is none: all of them or, on error, none.

    Raises OSError. Whoever shares the file with other processes holds a lock meanwhile.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    with open(descriptor, "ab", buffering=0) as file:
        size = os.fstat(descriptor).st_size
        try:
            sent = 0
            while sent < len(data):
                sent += file.write(data[sent:])
        except OSError:
            file.truncate(size)
            raise
