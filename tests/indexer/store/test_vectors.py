"""Vectors on disk against a NumPy oracle: exact neighbours, sentences to 8 bits, nothing lost unsaid."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from indexer.store import vectors
from indexer.store.vectors import Floats, Vectors

DIM = 24


def unit(count: int, seed: int = 0, dim: int = DIM) -> Floats:
    rows = np.random.default_rng(seed).standard_normal((count, dim), dtype=np.float32)
    lengths: Floats = np.linalg.norm(rows, axis=1, keepdims=True)
    return rows / lengths


FINITE = st.floats(-1e3, 1e3, width=32)


@given(arrays(np.float32, st.tuples(st.integers(0, 6), st.integers(1, 9)), elements=FINITE))
def test_quantised_components_are_within_half_a_scale(rows: Floats) -> None:
    levels, scales = vectors.quantise(rows)
    assert [levels.dtype, scales.dtype] == [np.dtype(np.int8), np.dtype(np.float32)]
    assert (levels.shape, scales.shape) == (rows.shape, rows.shape[:1])
    error = np.abs(levels * scales[:, None].astype(np.float64) - rows)
    assert (error <= scales[:, None] * 0.501).all()


def test_a_row_quantised_by_hand() -> None:
    levels, scales = vectors.quantise(np.array([[1.27, -0.635, 0.014, 0.0], [0, 0, 0, 0]], dtype=np.float32))
    assert levels.tolist() == [[127, -64, 1, 0], [0, 0, 0, 0]]
    assert scales[0] == pytest.approx(0.01)


def test_inner_products_of_unit_rows_are_nearly_kept() -> None:
    rows, query = unit(500, dim=384), unit(1, seed=1, dim=384)[0]
    levels, scales = vectors.quantise(rows)
    assert np.abs((levels.astype(np.float32) @ query) * scales - rows @ query).max() < 0.002


@pytest.mark.parametrize("count", [1, 7, 300, 1000])
def test_nearest_is_what_numpy_says(tmp_path: Path, count: int) -> None:
    passages, query = unit(300), unit(1, seed=9)[0]
    vectors.write(tmp_path, passages, unit(300, seed=2), [1] * 300)
    rows, cosines = Vectors(tmp_path).nearest(query, count)
    expected = np.argsort(-(passages @ query))[:count]
    np.testing.assert_array_equal(rows, expected)
    np.testing.assert_allclose(cosines, (passages @ query)[expected], atol=1e-6)


def test_each_vector_is_its_own_nearest(tmp_path: Path) -> None:
    passages = unit(50)
    vectors.write(tmp_path, passages, unit(50), [1] * 50)
    stored = Vectors(tmp_path)
    assert (len(stored), stored.dim) == (50, DIM)
    assert [int(stored.nearest(row, 1)[0][0]) for row in passages] == list(range(50))


@pytest.mark.parametrize("counts", [[1], [3, 0, 2, 1], [0, 0, 4], [0, 0]], ids=str)
def test_sentence_cosines_are_what_numpy_says(tmp_path: Path, counts: list[int]) -> None:
    sentences, query = unit(sum(counts), seed=3), unit(1, seed=4)[0]
    vectors.write(tmp_path, unit(len(counts)), sentences, counts)
    stored = Vectors(tmp_path)
    ends = np.cumsum(counts)
    for row, (count, end) in enumerate(zip(counts, ends, strict=True)):
        found = stored.sentence_cosines(query, row)
        assert (found.dtype, found.shape) == (np.dtype(np.float32), (count,))
        np.testing.assert_allclose(found, sentences[end - count : end] @ query, atol=0.01)


def test_no_passage_at_all(tmp_path: Path) -> None:
    vectors.write(tmp_path, unit(0), unit(0), [])
    rows, cosines = Vectors(tmp_path).nearest(unit(1)[0], 5)
    assert (len(rows), len(cosines)) == (0, 0)
    assert (rows.dtype, cosines.dtype) == (np.dtype(np.int64), np.dtype(np.float32))


@pytest.fixture
def file_limit() -> Iterator[None]:
    """Puts back the size that a file may have."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.usefixtures("file_limit")
def test_a_file_that_cannot_grow_is_never_passed_over(tmp_path: Path) -> None:
    # What a full disk does, byte by byte: C's buffered files have been seen to lose the end in silence.
    vectors.write(tmp_path, unit(30), unit(60), [2] * 30)
    longest = max(path.stat().st_size for path in tmp_path.iterdir())
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    for limit in [*range(1, longest, 97), longest - 1]:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
        with pytest.raises(OSError, match="File too large"):
            vectors.write(tmp_path, unit(30), unit(60), [2] * 30)
    resource.setrlimit(resource.RLIMIT_FSIZE, (longest, hard))
    vectors.write(tmp_path, unit(30), unit(60), [2] * 30)
    assert len(Vectors(tmp_path)) == 30
