"""The files in which several workers share their figures, so made that a full disk cannot end a worker.

The library maps files that it makes longer without claiming room for them; a write to such a mapping on a
full disk ends the process (SIGBUS).
"""

from __future__ import annotations

import logging
import os

from prometheus_client import mmap_dict, values

from models.files import reason_of

RESERVED = 1 << 20
"""Bytes of each file, claimed as it is made: far more than all routes and stages take."""

log = logging.getLogger(__name__)


class ReservedFile(mmap_dict.MmapedDict):
    """A file of figures with room claimed on disk; without room, memory of this process alone."""

    def __init__(self, filename: str, read_mode: bool = False) -> None:
        """Open the file. What is kept in memory is lost to the other workers, and to /metrics."""
        if not read_mode:
            filename = _claimed(filename)
        super().__init__(filename, read_mode)  # type: ignore[no-untyped-call]


def install() -> None:
    """Have the library use such files; call it before the first figure is made."""
    values.MmapedDict = ReservedFile  # type: ignore[attr-defined]


def _claimed(filename: str) -> str:
    """Return the file once it has its room, or the name of memory that takes its place."""
    try:
        descriptor = os.open(filename, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            os.posix_fallocate(descriptor, 0, RESERVED)
        finally:
            os.close(descriptor)
    except OSError as error:
        reason = reason_of(error)
        log.warning("%s has no room (%s): these figures of this worker are lost.", filename, reason)
        descriptor = os.memfd_create(os.path.basename(filename))
        os.ftruncate(descriptor, RESERVED)
        _in_memory.append(descriptor)
        return f"/proc/self/fd/{descriptor}"
    return filename


_in_memory: list[int] = []
"""Descriptors kept open so that the names of the memory they stand for last."""
