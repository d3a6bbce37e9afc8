"""Tar archives of plain files: how a backup is written, and how one is read without trusting it.

A backup may come from anywhere. `PlainEntry` refuses a header before `tarfile` acts on it, nothing here
writes to a path that an archive names, and no more of a file is read than its header says.
"""

from __future__ import annotations

import gzip
import hashlib
import re
import tarfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import IO, BinaryIO, Self, cast

from indexer.errors import ArchiveRefused

LARGEST = 1 << 60
"""Bytes above which a declared size is nonsense: seeking past it would overflow."""
_NAME = re.compile(r"(?!\.{1,2}(/|$))[\w.-]{1,60}(/(?!\.{1,2}$)[\w.-]{1,60})?", re.ASCII)
"""A file name, or a folder and a file name; it cannot lead out of the folder it is put in."""
PACKED = (".gz", ".tgz")


class PlainEntry(tarfile.TarInfo):
    """A tar header that is accepted only for a regular file with a short relative name.

    Links, devices, folders and sparse files are refused, and so are the GNU and PAX headers that lengthen or
    replace the fields of the next one.
    """

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        """Parse one header block. Raises ArchiveRefused for all but a plain file and the end mark."""
        if len(buf) == tarfile.BLOCKSIZE and not any(buf):
            return super().frombuf(buf, encoding, errors)  # raises what tarfile takes for the end
        try:
            entry = super().frombuf(buf, "ascii", "strict")
        except (tarfile.HeaderError, UnicodeError) as error:
            raise ArchiveRefused(f"a header in it cannot be read ({error})") from error
        if entry.type != tarfile.REGTYPE:
            raise ArchiveRefused(f"it holds {entry.name!r}, which is no plain file")
        if not _NAME.fullmatch(entry.name) or not 0 <= entry.size < LARGEST:
            raise ArchiveRefused(f"it holds {entry.name!r}, which is no name of an index's file")
        return entry


class HashingReader:
    """Reads a file while it hashes what is read and reports how many bytes that was."""

    def __init__(
        self,
        file: IO[bytes],
        advance: Callable[[int], object],
        guard: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        """advance is called with the number of bytes of each read, which takes place within guard()."""
        self._file = file
        self._advance = advance
        self._guard = guard
        self._digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        """Return at most `size` bytes, all that are left when it is negative."""
        with self._guard():
            data = self._file.read(size)
        self._digest.update(data)
        self._advance(len(data))
        return data

    def hexdigest(self) -> str:
        """Return the sha256 of everything read so far."""
        return self._digest.hexdigest()


class ArchiveReader:
    """Reads the files of one archive in the order they stand in. Every fault is an ArchiveRefused."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        with _refusing():
            self._tar = tarfile.TarFile(fileobj=file, tarinfo=PlainEntry)

    def entries(self) -> Iterator[tarfile.TarInfo]:
        """Yield the header of each file, then check that nothing but padding follows the end mark."""
        while (entry := self._next()) is not None:
            yield entry
        with _refusing():
            # Read to the end: only there does gzip compare its own checksum.
            padding = self._file.read(tarfile.RECORDSIZE + 1)
        if any(padding) or not tarfile.BLOCKSIZE <= len(padding) <= tarfile.RECORDSIZE:
            raise ArchiveRefused("it does not end as it should")

    def content(
        self, entry: tarfile.TarInfo, advance: Callable[[int], object] = lambda _: None
    ) -> HashingReader:
        """Return a stream over the bytes of the entry that `entries` yielded last."""
        file = self._tar.extractfile(entry)  # never None for a plain file
        return HashingReader(cast("IO[bytes]", file), advance, _refusing)

    def _next(self) -> tarfile.TarInfo | None:
        with _refusing():
            return self._tar.next()


@contextmanager
def reading(path: Path) -> Iterator[ArchiveReader]:
    """Open an archive, compressed by gzip or not. Raises OSError when the file cannot be opened."""
    with path.open("rb") as file:
        compressed = file.read(2) == b"\x1f\x8b"
        file.seek(0)
        yield ArchiveReader(cast("BinaryIO", gzip.GzipFile(fileobj=file)) if compressed else file)


@contextmanager
def writing(file: BinaryIO, name: str, time: int) -> Iterator[tarfile.TarFile]:
    """Write an archive into a file, compressed by gzip where its name ends in .gz or .tgz.

    time: seconds since 1970 that gzip's header is dated.
    """
    if not name.endswith(PACKED):
        with tarfile.open(fileobj=file, mode="w:", format=tarfile.GNU_FORMAT) as tar:
            yield tar
        return
    # Level 1: vectors hardly shrink, and texts do at any level.
    with (
        gzip.GzipFile("", "wb", compresslevel=1, fileobj=file, mtime=time) as packed,
        tarfile.open(fileobj=packed, mode="w:", format=tarfile.GNU_FORMAT) as tar,
    ):
        yield tar


@contextmanager
def _refusing() -> Iterator[None]:
    """Turn what tarfile, gzip and the disk raise for an archive that cannot be read into ArchiveRefused."""
    try:
        yield
    except (tarfile.TarError, OSError, EOFError, zlib.error) as error:
        raise ArchiveRefused(f"it cannot be read ({getattr(error, 'strerror', None) or error})") from error
