"""Write and read arrays on disk in NumPy's format, a few rows at a time."""

from __future__ import annotations

import math
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

    Scattered rows of a large array are read rather than mapped: the system maps 64 kB around each, so that
    after some thousand searches the whole file would count as the process's memory; and a file cut short
    under a mapping kills the process, where a failed read is an error.
    """

    def __init__(self, path: Path) -> None:
        with path.open("rb") as file:
            np.lib.format.read_magic(file)
            self.shape, _, self._dtype = np.lib.format.read_array_header_1_0(file)
            self._begin = file.tell()
        self._row_bytes = self._dtype.itemsize * math.prod(self.shape[1:])
        self._path = path
        self._file = os.open(path, os.O_RDONLY)
        weakref.finalize(self, os.close, self._file)

    def __len__(self) -> int:
        return int(self.shape[0])

    def runs(self, starts: Rows, sizes: Rows) -> npt.NDArray[Any]:
        """Return rows starts[i] … starts[i] + sizes[i] - 1 of every run i: [sum(sizes), *width].

        Raises OSError when the file has been cut short since it was opened.
        """
        offsets = (self._begin + starts * self._row_bytes).tolist()
        lengths = (sizes * self._row_bytes).tolist()
        read, file = os.pread, self._file
        data = b"".join([read(file, length, offset) for length, offset in zip(lengths, offsets, strict=True)])
        if len(data) != sum(lengths):
            raise OSError(f"{self._path} has been cut short since it was opened.")
        return np.frombuffer(data, self._dtype).reshape(-1, *self.shape[1:])

    def rows(self, rows: Rows) -> npt.NDArray[Any]:
        """Return single rows in the order given: [len(rows), *width]. Raises OSError as runs does."""
        return self.runs(rows, np.ones_like(rows))
