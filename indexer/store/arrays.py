"""Arrays on disk in NumPy's format: written a few rows at a time, and read a few rows at a time."""

from __future__ import annotations

import math
import os
import weakref
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt


class ArrayWriter:
    """Writes an array [rows, *width] whose number of rows is known only at the end.

    Through Python's own files: NumPy writes through C's, and on a full disk those have been seen to leave
    the last kilobytes out without an error.
    """

    def __init__(self, path: Path, dtype: type[np.generic], *width: int) -> None:
        self.rows = 0
        self._dtype = np.dtype(dtype)
        self._width = width
        self._file = path.open("wb")
        self._write_header()

    def add(self, rows: npt.NDArray[Any]) -> None:
        """The next rows [n, *width]."""
        self._file.write(np.ascontiguousarray(rows, dtype=self._dtype).data)
        self.rows += len(rows)

    def close(self) -> None:
        """Say in the header how many rows there are, and close the file, even when that cannot be written."""
        with self._file:
            self._file.seek(0)
            self._write_header()

    def _write_header(self) -> None:
        # NumPy leaves room in every header for the first length to grow, so that it never moves the rows.
        shape = (self.rows, *self._width)
        header = {"descr": self._dtype.str, "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(self._file, header)


def save(path: Path, array: npt.NDArray[Any]) -> None:
    """Write a whole array."""
    writer = ArrayWriter(path, array.dtype.type, *array.shape[1:])
    try:
        writer.add(array)
    finally:
        writer.close()


class ArrayReader:
    """Reads runs of rows of an array [rows, *width] from wherever they stand; safe for several threads.

    A few rows here and there of a large array are read rather than mapped: the system maps 64 kB around each,
    so that after some thousand searches the whole file would count as the process's memory; and a file cut
    short under a mapping kills the process, where a read that fails is an error.
    """

    def __init__(self, path: Path) -> None:
        with path.open("rb") as file:
            np.lib.format.read_magic(file)
            self.shape, _, self._dtype = np.lib.format.read_array_header_1_0(file)
            self._begin = file.tell()
        self._row = self._dtype.itemsize * math.prod(self.shape[1:])
        self._path = path
        self._file = os.open(path, os.O_RDONLY)
        weakref.finalize(self, os.close, self._file)

    def __len__(self) -> int:
        return int(self.shape[0])

    def runs(self, starts: npt.NDArray[np.int64], sizes: npt.NDArray[np.int64]) -> npt.NDArray[Any]:
        """Rows starts[i] … starts[i] + sizes[i] of each run, one run after the other."""
        places = (self._begin + starts * self._row).tolist()
        lengths = (sizes * self._row).tolist()
        read, file = os.pread, self._file
        data = b"".join([read(file, length, place) for length, place in zip(lengths, places, strict=True)])
        if len(data) != sum(lengths):
            raise OSError(f"{self._path} has been cut short since it was opened.")
        return np.frombuffer(data, self._dtype).reshape(-1, *self.shape[1:])

    def rows(self, rows: npt.NDArray[np.int64]) -> npt.NDArray[Any]:
        """Single rows, in the order asked for."""
        return self.runs(rows, np.ones_like(rows))
