"""Keep what a build has embedded in a journal beside the index: a killed build goes on where it stood.

    INDEX/build.journal     a header, then one record a text: its key, its vector, their CRC-32

A text is embedded once, in however many places it stands: the journal is also where a build looks up the
vectors it has computed already. A record that is torn or damaged counts as missing. The journal belongs to
one model, is bounded in size, and is removed when its generation has been published.
"""

from __future__ import annotations

import os
import shutil
import struct
import zlib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from indexer.store.arrays import Floats, Rows

FILE = "build.journal"
"""Name of the journal in the folder of an index. Only the process that holds the build lock writes to it."""
MOST_BYTES = 16 * 2**30
"""Bytes beyond which nothing is added: some ten million texts of 384 dimensions."""
SHARE_OF_DISK = 0.5
"""Share of what the disk has free that a journal may take; the generation needs the rest."""
MISSING = -1
"""Record number of a text that the journal does not hold."""
KEY_BYTES = 16

_MAGIC = b"repere journal 1"
_HEADER = struct.Struct("<16s16sI")
"""Magic, digest of the model's fingerprint, dimensions."""
_SUM = struct.Struct("<I")
_START = _HEADER.size + _SUM.size
_BLOCK = 4096
"""Records read together when a journal is opened."""
_RECENT = 1 << 16
"""Keys held in a dictionary before they are merged into the sorted arrays."""


def text_key(text: str) -> bytes:
    """Return 16 bytes that identify a text exactly as it is given to the encoder."""
    return blake2b(text.encode(), digest_size=KEY_BYTES).digest()


class Journal:
    """Holds the vectors of texts by key; safe to call from several threads. A file is made at the first text.

    A disk that is full or fails ends the keeping and never the build: what cannot be written is not held.
    """

    def __init__(self, path: Path, fingerprint: str, dim: int, most_bytes: int | None = None) -> None:
        """Open what an interrupted build left; a journal of another model, or of no use, is removed.

        `most_bytes` bounds the file, by default within MOST_BYTES and SHARE_OF_DISK. Raises OSError when the
        path can be neither read nor removed.
        """
        self._path = path
        self._header = _header(fingerprint, dim)
        self._record = _record_type(dim)
        self._lock = Lock()
        self._places = _Places()
        self._file: int | None = None
        self._count = 0
        self._full = False
        self._open()
        self.left = self._count
        """Records that an interrupted build left: those of lower numbers."""
        self._most_bytes = (
            _bound(path, self._count * self._record.itemsize) if most_bytes is None else most_bytes
        )
        self.recovered = len(self._places)
        """Texts that an interrupted build had embedded."""

    def __len__(self) -> int:
        """Return the number of texts held."""
        return len(self._places)

    def find(self, keys: Sequence[bytes]) -> Rows:
        """Return the record number of each key, MISSING where it is not held: [len(keys)]."""
        with self._lock:
            return self._places.find(keys)

    def append(self, keys: Sequence[bytes], vectors: Floats) -> None:
        """Keep the vectors [n, dim] of n distinct keys, as many as there is room for."""
        records = np.empty(len(keys), self._record)
        records["key"] = np.array(keys, dtype=f"V{KEY_BYTES}")
        records["vector"] = vectors
        records["sum"] = _sums(records)
        with self._lock:
            room = (self._most_bytes - _START) // self._record.itemsize - self._count
            fitting = 0 if self._full else max(0, min(len(records), room))
            if fitting and self._write(records[:fitting].tobytes()):
                self._places.add(keys[:fitting], self._count)
                self._count += fitting

    def vectors(self, records: Rows) -> Floats:
        """Return the vectors of records that `find` has named: [len(records), dim].

        Raises OSError when the file has been cut short meanwhile.
        """
        file, size, offset = self._file, self._record.itemsize, _START + KEY_BYTES
        width = size - KEY_BYTES - _SUM.size
        vectors = np.empty((len(records), width // 4), np.float32)
        for place, record in enumerate(records.tolist()):
            assert file is not None, "a record is one of an open file"
            read = os.pread(file, width, offset + size * record)
            if len(read) != width:
                raise OSError(f"{self._path} has been cut short since it was written")
            vectors[place] = np.frombuffer(read, np.float32)
        return vectors

    def discard(self) -> None:
        """Close and remove the journal: what it holds is published, or of no use."""
        self.close()
        self._path.unlink(missing_ok=True)

    def close(self) -> None:
        """Close the file, which stays for the next build."""
        if self._file is not None:
            os.close(self._file)
            self._file = None
        self._full = True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _: type[BaseException] | None, __: object, ___: TracebackType | None) -> None:
        """Close the file."""
        self.close()

    def _open(self) -> None:
        """Take up the file there is, cut to its last whole record; remove it when it is of no use."""
        try:
            file = os.open(self._path, os.O_RDWR)
        except FileNotFoundError:
            return
        if os.pread(file, _START, 0) != self._header:
            os.close(file)
            self._path.unlink()
            return
        self._file = file
        self._count = (os.fstat(file).st_size - _START) // self._record.itemsize
        os.ftruncate(file, self._size)
        for first, records in self._blocks():
            whole = np.flatnonzero(_sums(records) == records["sum"])
            keys = [records["key"][place].tobytes() for place in whole]
            self._places.add(keys, first + whole)

    def _blocks(self) -> Iterator[tuple[int, npt.NDArray[Any]]]:
        """Yield (number of the first record, records) of every part of the file."""
        assert self._file is not None
        for first in range(0, self._count, _BLOCK):
            length = min(_BLOCK, self._count - first) * self._record.itemsize
            data = os.pread(self._file, length, _START + first * self._record.itemsize)
            yield first, np.frombuffer(data, self._record)

    @property
    def _size(self) -> int:
        return _START + self._count * self._record.itemsize

    def _write(self, data: bytes) -> bool:
        """Write records at the end; return whether all stand there. Nothing of them is left if not."""
        try:
            if self._file is None:
                self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o666)
                _write_all(self._file, self._header, 0)
            _write_all(self._file, data, self._size)
            return True
        except OSError:
            self._full = True
            with suppress(OSError):  # what is left of a torn record is dropped at the next opening
                if self._file is not None:
                    os.ftruncate(self._file, self._size if self._count else 0)
            return False


def texts_in(path: Path, fingerprint: str | None = None) -> int | None:
    """Return how many texts an interrupted build has left in a journal; None where there is no journal.

    0 where it is not of the model with this fingerprint, of any model for None. Nothing is verified: the
    length of the file tells.
    """
    try:
        with path.open("rb") as file:
            header = file.read(_START)
            size = os.fstat(file.fileno()).st_size
    except OSError:
        return None
    if len(header) < _START or _header_dim(header) is None:
        return 0
    dim = _header_dim(header) or 0
    if fingerprint is not None and header != _header(fingerprint, dim):
        return 0
    return (size - _START) // _record_type(dim).itemsize


class _Places:
    """Finds the record of each of millions of keys, in 24 bytes each: sorted arrays, a dict of the latest."""

    def __init__(self) -> None:
        self._keys = np.empty(0, f"S{KEY_BYTES}")
        self._records: Rows = np.empty(0, np.int64)
        self._recent: dict[bytes, int] = {}

    def __len__(self) -> int:
        return len(self._keys) + len(self._recent)

    def add(self, keys: Sequence[bytes], first: int | Rows) -> None:
        """Add keys, of consecutive records from `first` on, or of the records that it names."""
        records = range(first, first + len(keys)) if isinstance(first, int) else first.tolist()
        for key, record in zip(keys, records, strict=True):
            self._recent.setdefault(key, record)
        if len(self._recent) >= _RECENT:
            self._merge()

    def find(self, keys: Sequence[bytes]) -> Rows:
        """Return the record of each key, or MISSING."""
        recent = self._recent
        found = np.array([recent.get(key, MISSING) for key in keys], np.int64)
        if len(self._keys):
            wanted = np.array(keys, self._keys.dtype)
            places = np.minimum(np.searchsorted(self._keys, wanted), len(self._keys) - 1)
            held = self._keys[places] == wanted
            found[held] = self._records[places[held]]
        return found

    def _merge(self) -> None:
        keys = np.concatenate([self._keys, np.array(list(self._recent), self._keys.dtype)])
        records = np.concatenate([self._records, np.fromiter(self._recent.values(), np.int64)])
        order = np.argsort(keys, kind="stable")
        self._keys, self._records = keys[order], records[order]
        self._recent = {}


def _record_type(dim: int) -> np.dtype[np.void]:
    return np.dtype([("key", f"V{KEY_BYTES}"), ("vector", "<f4", (dim,)), ("sum", "<u4")])


def _sums(records: npt.NDArray[Any]) -> npt.NDArray[np.uint32]:
    """Return the CRC-32 of the key and the vector of each record."""
    size = records.dtype.itemsize
    data = records.tobytes()
    begins = range(0, len(data), size)
    return np.array([zlib.crc32(data[begin : begin + size - _SUM.size]) for begin in begins], np.uint32)


def _header(fingerprint: str, dim: int) -> bytes:
    model = blake2b(fingerprint.encode(), digest_size=16).digest()
    header = _HEADER.pack(_MAGIC, model, dim)
    return header + _SUM.pack(zlib.crc32(header))


def _header_dim(header: bytes) -> int | None:
    """Return the dimensions that an undamaged header names; None for any other."""
    magic, _, dim = _HEADER.unpack_from(header)
    whole = magic == _MAGIC and header[_HEADER.size :] == _SUM.pack(zlib.crc32(header[: _HEADER.size]))
    return int(dim) if whole else None


def _bound(path: Path, held: int) -> int:
    free = shutil.disk_usage(path.parent).free
    return min(MOST_BYTES, _START + held + int(free * SHARE_OF_DISK))


def _write_all(file: int, data: bytes, offset: int) -> None:
    """Write data at an offset. Raises OSError, on a disk that takes only a part of it too."""
    view = memoryview(data)
    while view:
        written = os.pwrite(file, view, offset)
        view, offset = view[written:], offset + written
