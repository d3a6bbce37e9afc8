"""A file whose bytes are proved to be the indexed ones, read through the descriptor that was proved.

The checksum is taken once and remembered by what the system says of the file (device, inode, size and times);
whatever is read later is given out only while that is as it was.
"""

from __future__ import annotations

import hashlib
import os
import stat
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import NamedTuple, Self

PIECE = 1 << 20
"""Bytes read at a time for a checksum."""
REMEMBERED = 4096
"""Checksums that are remembered."""
SETTLED = 2.0
"""Seconds since a file's last change from which its checksum is remembered: a file system's clock may be
that coarse, and a second change within one tick would not be seen."""


class OriginalChanged(Exception):
    """Raised when a file does not hold the bytes that were indexed, or changes while it is read."""


class FileState(NamedTuple):
    """What the system says of a file; it differs once the file has been written to."""

    device: int
    inode: int
    size: int
    modified_ns: int
    changed_ns: int


class Checksums:
    """Remembers the sha256 of files by their state; safe to call from several threads."""

    def __init__(self, capacity: int = REMEMBERED, clock: Callable[[], float] = time.time) -> None:
        self._known: OrderedDict[FileState, str] = OrderedDict()
        self._lock = threading.Lock()
        self._capacity, self._clock = capacity, clock

    def of(self, descriptor: int, state: FileState) -> str:
        """Return the sha256, hexadecimal, of an open file in a state.

        Raises OriginalChanged when it is in another one, or comes into it while it is read.
        """
        with self._lock:
            if known := self._known.get(state):
                self._known.move_to_end(state)
                return known
        digest, at = hashlib.sha256(), 0
        while piece := os.pread(descriptor, PIECE, at):
            digest.update(piece)
            at += len(piece)
        if at != state.size or state_of(descriptor) != state:
            raise OriginalChanged("it changes while it is read")
        if self._clock() - max(state.modified_ns, state.changed_ns) / 1e9 > SETTLED:
            with self._lock:
                self._known[state] = digest.hexdigest()
                while len(self._known) > self._capacity:
                    self._known.popitem(last=False)
        return digest.hexdigest()


def state_of(descriptor: int) -> FileState:
    """Return the state of an open file. Raises OriginalChanged when it is none."""
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        raise OriginalChanged("it is no longer a file")
    return FileState(status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)


@dataclass(frozen=True, slots=True)
class Original:
    """An open file that holds the indexed bytes; whoever has it closes it."""

    descriptor: int
    state: FileState
    sha256: str
    """Checksum of its bytes, hexadecimal."""

    def read(self, start: int, count: int) -> bytes:
        """Return bytes [start, start + count) of the file. Raises OriginalChanged."""
        pieces = []
        while count and (piece := os.pread(self.descriptor, count, start)):
            pieces.append(piece)
            start, count = start + len(piece), count - len(piece)
        if count or state_of(self.descriptor) != self.state:
            raise OriginalChanged("it changes while it is read")
        return b"".join(pieces)

    def close(self) -> None:
        """Close the file."""
        os.close(self.descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _: type[BaseException] | None, __: object, ___: TracebackType | None) -> None:
        self.close()


def verified(descriptor: int, is_indexed: Callable[[FileState, str], bool], checksums: Checksums) -> Original:
    """Return the original behind a descriptor; is_indexed(state, sha256) says whether it is the indexed file.

    Raises OriginalChanged, having closed the descriptor, when it is not, and OSError.
    """
    try:
        state = state_of(descriptor)
        sha256 = checksums.of(descriptor, state)
        if not is_indexed(state, sha256):
            raise OriginalChanged("its bytes are others than those that were indexed")
    except BaseException:
        os.close(descriptor)
        raise
    return Original(descriptor, state, sha256)
