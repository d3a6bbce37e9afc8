"""Write and read arrays on disk in NumPy's format, a few rows at a time."""

from __future__ import annotations

import math
import mmap
import os
import weakref
from contextlib import ExitStack, nullcontext, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]
"""Row numbers of passages: the first passage of a generation is row 0."""
MAPPED_BYTES = 32 * 2**20
"""Bytes up to which an array is mapped as a whole, of which scattered rows are wanted."""


class ArrayWriter:
    """Writes an array [rows, *width] whose number of rows is known only at the end.

    It writes through Python's own files: NumPy writes through C's, and on a full disk those have been seen
    to leave the last kilobytes out without an error.
    """

    def __init__(self, path: Path, dtype: type[np.generic], *width: int) -> None:
        self.rows = 0
        self._dtype = np.dtype(dtype)
        self._width = width
        self._file = path.open("wb")
        self._write_header()

    def add(self, rows: npt.NDArray[Any]) -> None:
        """Append rows [n, *width]."""
        self._file.write(np.ascontiguousarray(rows, dtype=self._dtype).data)
        self.rows += len(rows)

    def close(self) -> None:
        """Write the number of rows into the header and close the file, even when that write fails."""
        with self._file:
            self._file.seek(0)
            self._write_header()

    def _write_header(self) -> None:
        # NumPy pads every header so that the number of rows can grow without moving the rows.
        shape = (self.rows, *self._width)
        header = {"descr": self._dtype.str, "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(self._file, header)


class ArrayGroup:
    """Writes several arrays whose files are closed together, as a context manager."""

    def __init__(self) -> None:
        self._files = ExitStack()

    def open(self, path: Path, dtype: type[np.generic], *width: int) -> ArrayWriter:
        """Return a writer of one more array [rows, *width]."""
        writer = ArrayWriter(path, dtype, *width)
        self._files.callback(writer.close)
        return writer

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, _: object, __: TracebackType | None) -> None:
        """Close every file; an error raised inside matters more than one raised by closing."""
        with suppress(OSError) if kind else nullcontext():
            self._files.close()


def save(path: Path, array: npt.NDArray[Any]) -> None:
    """Write an array to a file of its own."""
    writer = ArrayWriter(path, array.dtype.type, *array.shape[1:])
    try:
        writer.add(array)
    finally:
        writer.close()


class ArrayReader:
    """Reads rows of an array [rows, *width] from disk; safe to call from several threads.

    An array of at most MAPPED_BYTES is mapped: its rows are copied out at the price of a slice, and every
    process that serves it shares them. Scattered rows of a larger one are read: the system maps 64 kB around
    each, so that after some thousand searches the whole file would count as the process's memory. A file cut
    short under a mapping kills the process, so its size is looked at before each reading.
    """

    def __init__(self, path: Path, mapped_bytes: int = MAPPED_BYTES) -> None:
        with path.open("rb") as file:
            np.lib.format.read_magic(file)
            self.shape, _, self._dtype = np.lib.format.read_array_header_1_0(file)
            self._begin = file.tell()
            self._row_bytes = self._dtype.itemsize * math.prod(self.shape[1:])
            self._path = path
            self._mapped = self._array = None
            if self._begin + len(self) * self._row_bytes <= mapped_bytes:
                self._mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
                stored = np.frombuffer(self._mapped, self._dtype, math.prod(self.shape), self._begin)
                self._array = stored.reshape(self.shape)
                return
        self._file = os.open(path, os.O_RDONLY)
        weakref.finalize(self, os.close, self._file)

    def __len__(self) -> int:
        return int(self.shape[0])

    def runs(self, starts: Rows, sizes: Rows) -> npt.NDArray[Any]:
        """Return rows starts[i] … starts[i] + sizes[i] - 1 of every run i: [sum(sizes), *width].

        Raises OSError when the file has been cut short since it was opened.
        """
        begins = self._begin + starts * self._row_bytes
        lengths = sizes * self._row_bytes
        if self._mapped is not None:
            self._check((begins + lengths).max(initial=0))
            view = memoryview(self._mapped)
            ends = (begins + lengths).tolist()
            data = b"".join([view[begin:end] for begin, end in zip(begins.tolist(), ends, strict=True)])
        else:
            read, file = os.pread, self._file
            wanted = zip(lengths.tolist(), begins.tolist(), strict=True)
            data = b"".join([read(file, length, begin) for length, begin in wanted])
            if len(data) != lengths.sum():
                raise self._cut_short()
        return np.frombuffer(data, self._dtype).reshape(-1, *self.shape[1:])

    def rows(self, rows: Rows) -> npt.NDArray[Any]:
        """Return single rows in the order given: [len(rows), *width]. Raises OSError as runs does."""
        if self._array is None:
            return self.runs(rows, np.ones_like(rows))
        self._check(self._begin + (rows.max(initial=-1) + 1) * self._row_bytes)
        return self._array[rows]

    def _check(self, end: int) -> None:
        """Raise OSError when the mapped file ends before the byte at `end`."""
        if self._mapped is not None and self._mapped.size() < end:
            raise self._cut_short()

    def _cut_short(self) -> OSError:
        return OSError(f"{self._path} has been cut short since it was opened.")
