"""Arrays written a few rows at a time are as NumPy writes them, and read so; a full disk is always told."""

from __future__ import annotations

import io
import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from indexer.store.arrays import MAPPED_BYTES, ArrayReader, ArrayWriter, save
from tests.limits import files_up_to

Array = npt.NDArray[Any]


def array(rows: int, dtype: type[np.generic], *width: int) -> Array:
    return np.random.default_rng(rows).integers(0, 127, (rows, *width)).astype(dtype)


def write(path: Path, whole: Array, pieces: int) -> int:
    """Write an array in pieces; the rows that the writer counted."""
    with closing(ArrayWriter(path, whole.dtype.type, *whole.shape[1:])) as writer:
        for piece in np.array_split(whole, pieces):
            writer.add(piece)
    return writer.rows


def as_numpy_saves(whole: Array) -> bytes:
    file = io.BytesIO()
    np.save(file, whole)
    return file.getvalue()


@pytest.mark.parametrize("rows", [0, 1, 9, 10, 12_345])  # the header says 0 first, then up to five digits
@pytest.mark.parametrize("width", [(), (1,), (64,), (3, 2)], ids=str)
@pytest.mark.parametrize("dtype", [np.float32, np.int8, np.uint16, np.uint64, np.int64])
def test_pieces_make_one_array(
    tmp_path: Path, rows: int, width: tuple[int, ...], dtype: type[np.generic]
) -> None:
    whole = array(rows, dtype, *width)
    assert write(tmp_path / "a.npy", whole, 7) == rows
    assert (tmp_path / "a.npy").read_bytes() == as_numpy_saves(whole)
    save(tmp_path / "b.npy", whole)
    assert (tmp_path / "b.npy").read_bytes() == as_numpy_saves(whole)
    mapped = np.load(tmp_path / "a.npy", mmap_mode="r")
    assert (mapped.dtype, mapped.shape) == (whole.dtype, whole.shape)
    np.testing.assert_array_equal(mapped, whole)


@pytest.mark.parametrize(
    "given",
    [np.arange(12.0).reshape(4, 3), np.arange(12).reshape(3, 4).T, np.arange(24).reshape(8, 3)[::2]],
    ids=["float64", "by columns", "every second"],
)
def test_rows_of_another_kind_are_stored_as_declared(tmp_path: Path, given: Array) -> None:
    with closing(ArrayWriter(tmp_path / "a.npy", np.float32, 3)) as writer:
        writer.add(given)
    found = np.load(tmp_path / "a.npy")
    assert (found.dtype, found.flags.c_contiguous) == (np.dtype(np.float32), True)
    np.testing.assert_array_equal(found, given)


@pytest.mark.parametrize("pieces", [1, 50])
def test_a_file_that_cannot_grow_is_never_passed_over(tmp_path: Path, pieces: int) -> None:
    whole, path = array(500, np.float32, 24), tmp_path / "a.npy"
    size = len(as_numpy_saves(whole))
    assert size > 4 * io.DEFAULT_BUFFER_SIZE
    for limit in [1, 127, *range(128, size, 1009), size - 1]:
        with files_up_to(limit), pytest.raises(OSError, match="File too large"):
            write(path, whole, pieces)
    with files_up_to(size):
        write(path, whole, pieces)
    np.testing.assert_array_equal(np.load(path), whole)


@pytest.fixture(params=[0, MAPPED_BYTES], ids=["read", "mapped"])
def mapped_bytes(request: pytest.FixtureRequest) -> int:
    limit: int = request.param
    return limit


@pytest.fixture
def stored(tmp_path: Path, mapped_bytes: int) -> tuple[Array, ArrayReader]:
    whole = array(1000, np.float32, 24)
    save(tmp_path / "a.npy", whole)
    return whole, ArrayReader(tmp_path / "a.npy", mapped_bytes)


@pytest.mark.parametrize("rows", [[], [0], [999], [5, 0, 999, 5, 5], [*range(999, -1, -1)]], ids=len)
def test_rows_are_read_in_any_order(stored: tuple[Array, ArrayReader], rows: list[int]) -> None:
    whole, reader = stored
    assert (len(reader), reader.shape) == (1000, (1000, 24))
    found = reader.rows(np.array(rows, dtype=np.int64))
    assert (found.dtype, found.shape) == (whole.dtype, (len(rows), 24))
    np.testing.assert_array_equal(found, whole[rows] if rows else found)


@pytest.mark.parametrize(
    "runs",
    [[], [(0, 1000)], [(990, 10), (0, 3)], [(7, 0)], [(3, 2), (1000, 0), (3, 2), (4, 5)]],
    ids=str,
)
@pytest.mark.parametrize("width", [(), (24,), (3, 2)], ids=str)
def test_runs_are_read_one_after_the_other(
    tmp_path: Path, runs: list[tuple[int, int]], width: tuple[int, ...], mapped_bytes: int
) -> None:
    whole = array(1000, np.uint16, *width)
    save(tmp_path / "a.npy", whole)
    starts, sizes = np.array(runs, dtype=np.int64).reshape(-1, 2).T
    found = ArrayReader(tmp_path / "a.npy", mapped_bytes).runs(starts, sizes)
    expected = [whole[:0], *(whole[start : start + size] for start, size in runs)]
    assert found.dtype == whole.dtype
    np.testing.assert_array_equal(found, np.concatenate(expected))


def test_threads_read_the_same(stored: tuple[Array, ArrayReader]) -> None:
    whole, reader = stored
    asked = [np.random.default_rng(seed).integers(0, 1000, 200) for seed in range(100)]
    with ThreadPoolExecutor(8) as pool:
        for rows, found in zip(asked, pool.map(reader.rows, asked), strict=True):
            np.testing.assert_array_equal(found, whole[rows])


def test_a_file_cut_short_is_an_error(tmp_path: Path, stored: tuple[Array, ArrayReader]) -> None:
    whole, reader = stored
    os.truncate(tmp_path / "a.npy", (tmp_path / "a.npy").stat().st_size - 1)
    np.testing.assert_array_equal(reader.rows(np.array([998])), whole[[998]])
    with pytest.raises(OSError, match=r"a\.npy has been cut short"):
        reader.rows(np.array([998, 999]))


def test_a_reader_outlives_its_file_and_lets_it_go(
    tmp_path: Path, stored: tuple[Array, ArrayReader], mapped_bytes: int
) -> None:
    def held() -> int:
        links = [os.readlink(each) for each in Path("/proc/self/fd").iterdir() if each.is_symlink()]
        return sum(link.startswith(str(tmp_path / "b.npy")) for link in links)

    whole, _ = stored
    save(tmp_path / "b.npy", whole)
    assert held() == 0
    reader = ArrayReader(tmp_path / "b.npy", mapped_bytes)
    (tmp_path / "b.npy").unlink()
    np.testing.assert_array_equal(reader.rows(np.array([7])), whole[[7]])
    assert held() == 1
    del reader
    assert held() == 0
