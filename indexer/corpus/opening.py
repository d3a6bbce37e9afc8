"""Open a file of the corpus where the walk saw it, and nowhere else: no step to it may have become a link."""

from __future__ import annotations

import errno
import os
import stat
from io import BufferedReader
from pathlib import Path

from indexer.readers import Unreadable

BECAME_A_LINK = "it has become a link while the corpus was being read"
NO_FILE = "it is no longer a file"

_FOLDER = getattr(os, "O_PATH", os.O_RDONLY) | os.O_DIRECTORY | os.O_NOFOLLOW
"""Flags of a folder on the way; O_PATH, which Linux has, asks for no right to list it."""


class Transient(Unreadable):
    """A reason that may be gone at the next build."""


def open_descriptor(path: Path) -> int:
    """Return a descriptor of a regular file, opened for reading step by step from the root on.

    `path` is absolute and was free of links when the walk saw it (a link within the corpus stands there as
    what it leads to). A pipe is not waited for. Raises OSError, and Transient when a step has become a link
    or the file is none any more.
    """
    folder = os.open(path.anchor, _FOLDER)
    try:
        for part in path.parts[1:-1]:
            inner = _open(part, _FOLDER, folder)
            os.close(folder)
            folder = inner
        descriptor = _open(path.name, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_NOCTTY, folder)
    finally:
        os.close(folder)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise Transient(NO_FILE)
    return descriptor


def open_file(path: Path) -> BufferedReader:
    """Return a file opened as open_descriptor does it."""
    return os.fdopen(open_descriptor(path), "rb")


def _open(name: str, flags: int, folder: int) -> int:
    try:
        return os.open(name, flags, dir_fd=folder)
    except OSError as error:
        # A folder that has become a link is "not a directory" to O_DIRECTORY, a file that has is a loop.
        if error.errno in (errno.ELOOP, errno.ENOTDIR) and _is_link(name, folder):
            raise Transient(BECAME_A_LINK) from None
        if error.errno == errno.ENXIO:  # a pipe or a socket
            raise Transient(NO_FILE) from None
        raise


def _is_link(name: str, folder: int) -> bool:
    try:
        return stat.S_ISLNK(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode)
    except OSError:
        return False
