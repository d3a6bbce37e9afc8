"""Vectors on their way to disk and back: what 8 bits keep of them, and every row where it belongs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from indexer.store.arrays import Floats
from indexer.store.manifest import NearestRecord
from indexer.store.vectors import VectorRows, VectorStore, VectorWriter, quantise
from tests.indexer.store.test_vectors import DIM, unit
from tests.limits import files_up_to

FINITE = st.floats(-1e3, 1e3, width=32)


@given(arrays(np.float32, st.tuples(st.integers(0, 6), st.integers(1, 9)), elements=FINITE))
def test_quantised_components_are_within_half_a_scale(rows: Floats) -> None:
    levels, scales = quantise(rows)
    assert [levels.dtype, scales.dtype] == [np.dtype(np.int8), np.dtype(np.float32)]
    assert (levels.shape, scales.shape) == (rows.shape, rows.shape[:1])
    error = np.abs(levels * scales[:, None].astype(np.float64) - rows)
    assert (error <= scales[:, None] * 0.501).all()


def test_a_row_quantised_by_hand() -> None:
    levels, scales = quantise(np.array([[1.27, -0.635, 0.014, 0.0], [0, 0, 0, 0]], dtype=np.float32))
    assert levels.tolist() == [[127, -64, 1, 0], [0, 0, 0, 0]]
    assert scales[0] == pytest.approx(0.01)


def test_inner_products_of_unit_rows_are_nearly_kept() -> None:
    rows, query = unit(500, dim=384), unit(1, seed=1, dim=384)[0]
    levels, scales = quantise(rows)
    assert np.abs((levels.astype(np.float32) @ query) * scales - rows @ query).max() < 0.002


def several(counts: Sequence[int]) -> VectorRows:
    """Passages with so many units each, every number told from every other."""
    total, rng = sum(counts), np.random.default_rng(sum(counts))
    levels, scales = quantise(unit(total, seed=2))
    return VectorRows(
        keys=rng.integers(0, 2**64, len(counts), dtype=np.uint64, endpoint=False),
        passages=unit(len(counts)),
        counts=np.array(counts, dtype=np.int64),
        levels=levels,
        scales=scales,
        sentences=rng.integers(0, 2**16, total).astype(np.uint16),
    )


def rows_of(whole: VectorRows, rows: Sequence[int]) -> VectorRows:
    """The same of some of the passages, by plain Python."""
    ends = [sum(whole.counts[: row + 1]) for row in range(len(whole.counts))]
    units = [place for row in rows for place in range(ends[row] - whole.counts[row], ends[row])]
    own = np.array(rows, dtype=np.int64)
    places = np.array(units, dtype=np.int64)
    return VectorRows(
        whole.keys[own],
        whole.passages[own],
        whole.counts[own],
        whole.levels[places],
        whole.scales[places],
        whole.sentences[places],
    )


def assert_same(found: VectorRows, expected: VectorRows) -> None:
    for field in fields(VectorRows):
        got, wanted = getattr(found, field.name), getattr(expected, field.name)
        assert got.dtype == wanted.dtype, field.name
        np.testing.assert_array_equal(got, wanted, err_msg=field.name)


COUNTS = [3, 1, 40, 2, 1, 300, 5]


@pytest.mark.parametrize("cuts", [[], [3], [0, 1, 1, 6, 7]], ids=str)
@pytest.mark.parametrize(
    "rows", [[], [0], [5], [*range(7)], [6, 5, 4, 3, 2, 1, 0], [2, 2, 0, 6, 2, 0], [3, 5, 5]], ids=str
)
def test_what_is_written_in_parts_is_read_in_any_order(
    tmp_path: Path, cuts: list[int], rows: list[int]
) -> None:
    whole = several(COUNTS)
    with VectorWriter(tmp_path, DIM) as writer:
        for start, end in zip([0, *cuts], [*cuts, 7], strict=True):
            writer.add(rows_of(whole, range(start, end)))
        writer.add_background(unit(3))
    stored = VectorStore(tmp_path, NearestRecord())
    assert_same(stored.read(np.array(rows, dtype=np.int64)), rows_of(whole, rows))
    np.testing.assert_array_equal(stored.keys, whole.keys)


def test_what_was_raised_is_not_hidden_by_a_full_disk(tmp_path: Path) -> None:
    def interrupted() -> None:
        with files_up_to(1), VectorWriter(tmp_path, DIM):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        interrupted()
