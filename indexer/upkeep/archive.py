"""An archive of plain files, in tar's own form: written, and read back without trusting a byte of it.

Only what is written here is read: regular files under short names, one header each. Links, devices, folders
and the headers that stretch others are refused before anything of them is used, and a file is never longer
than its header says, however small the archive was packed.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import re
import tarfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from indexer.errors import ArchiveRefused

BLOCK = 512
CHUNK = 1 << 20
"""Bytes copied at a time."""
_NAME = re.compile(r"(?!\.{1,2}(/|$))[\w.-]{1,60}(/(?!\.{1,2}$)[\w.-]{1,60})?", re.ASCII)
"""A file, or a file in a folder: nothing that leads anywhere else."""
PACKED = (".gz", ".tgz")


class Writer:
    """Adds files to an archive, one after the other."""

    def __init__(self, file: BinaryIO, time: int) -> None:
        """time: seconds since 1970 that all files are dated."""
        self._file = file
        self._time = time

    def add(self, name: str, size: int, source: BinaryIO, advance: Callable[[int], None]) -> str:
        """Add a file of this many bytes; their sha256. Raises OSError when the source ends before them.

        advance is told the bytes written, as they are.
        """
        entry = tarfile.TarInfo(name)
        entry.size, entry.mtime = size, self._time
        self._file.write(entry.tobuf(tarfile.GNU_FORMAT))
        digest, left = hashlib.sha256(), size
        while left:
            data = source.read(min(CHUNK, left))
            if not data:
                raise OSError(f"{name} has become shorter while it was read")
            digest.update(data)
            self._file.write(data)
            left -= len(data)
            advance(len(data))
        self._file.write(bytes(-size % BLOCK))
        return digest.hexdigest()

    def add_bytes(self, name: str, data: bytes) -> None:
        """Add a file that stands in memory."""
        self.add(name, len(data), io.BytesIO(data), lambda _: None)

    def end(self) -> None:
        """Two empty blocks are the end."""
        self._file.write(bytes(2 * BLOCK))


class Member:
    """A file in an archive that is being read."""

    def __init__(self, file: BinaryIO, name: str, size: int) -> None:
        self.name = name
        self.size = size
        self._file = file
        self._left = size

    def chunks(self) -> Iterator[bytes]:
        """Its bytes, a megabyte at a time; they can be had once."""
        while self._left:
            data = _read(self._file, min(CHUNK, self._left))
            self._left -= len(data)
            yield data

    def skip(self) -> None:
        """Go to what follows: the rest of it, and what fills its last block."""
        for _ in self.chunks():
            pass
        _read(self._file, -self.size % BLOCK)


def members(file: BinaryIO) -> Iterator[Member]:
    """The files in an archive, in order. Raises ArchiveRefused for what is none, or damaged."""
    while any(head := _read(file, BLOCK)):
        try:
            entry = tarfile.TarInfo.frombuf(head, "ascii", "strict")
        except (tarfile.HeaderError, UnicodeError) as error:
            raise ArchiveRefused(f"a header in it cannot be read ({error})") from error
        if entry.type != tarfile.REGTYPE:
            raise ArchiveRefused(f"it holds {entry.name!r}, which is no plain file")
        if not _NAME.fullmatch(entry.name) or entry.size < 0:
            raise ArchiveRefused(f"it holds {entry.name!r}, which is no name of an index's file")
        member = Member(file, entry.name, entry.size)
        yield member
        member.skip()
    rest = _some(file, tarfile.RECORDSIZE + 1)  # to the end: what was packed is whole only when it ends well
    if any(rest) or not BLOCK <= len(rest) <= tarfile.RECORDSIZE:
        raise ArchiveRefused("it does not end as it should")


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """An archive to be read, unpacked on the way."""
    with path.open("rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
        file.seek(0)
        yield cast("BinaryIO", gzip.GzipFile(fileobj=file)) if packed else file


@contextmanager
def packing(file: BinaryIO, name: str, time: int) -> Iterator[BinaryIO]:
    """Where to write an archive: the file, through gzip where the name asks for it."""
    if not name.endswith(PACKED):
        yield file
        return
    # Level 1: vectors hardly shrink, and texts do at any level.
    with gzip.GzipFile("", "wb", compresslevel=1, fileobj=file, mtime=time) as packed:
        yield cast("BinaryIO", packed)


def _read(file: BinaryIO, count: int) -> bytes:
    """So many bytes. Raises ArchiveRefused when there are fewer, or they cannot be had."""
    data = _some(file, count)
    if len(data) < count:
        raise ArchiveRefused("it ends too soon")
    return data


def _some(file: BinaryIO, most: int) -> bytes:
    try:
        return file.read(most)
    except (OSError, EOFError, zlib.error) as error:
        raise ArchiveRefused(f"it cannot be read ({getattr(error, 'strerror', None) or error})") from error
