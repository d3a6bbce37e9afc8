"""Vectors on disk against a NumPy oracle: exact neighbours, sentences to 8 bits, nothing lost unsaid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from indexer.store.arrays import Floats, Rows
from indexer.store.filters import Allowed, allow
from indexer.store.manifest import NearestRecord
from indexer.store.nearest import NearestPassages
from indexer.store.vectors import VectorRows, VectorStore, VectorWriter, quantise
from tests.limits import files_up_to

DIM = 24


def unit(count: int, seed: int = 0, dim: int = DIM) -> Floats:
    rows = np.random.default_rng(seed).standard_normal((count, dim), dtype=np.float32)
    lengths: Floats = np.linalg.norm(rows, axis=1, keepdims=True)
    return rows / lengths


def written(
    folder: Path,
    passages: Floats,
    units: Floats | None = None,
    counts: Sequence[int] = (),
    sentences: Sequence[int] = (),
) -> VectorStore:
    """Vectors of passages, written and read; by default each has one unit, of its first sentence."""
    write(folder, passages, units, counts, sentences)
    return VectorStore(folder, NearestRecord())


def write(
    folder: Path,
    passages: Floats,
    units: Floats | None = None,
    counts: Sequence[int] = (),
    sentences: Sequence[int] = (),
) -> None:
    """The same, written in two halves."""
    counts = counts or [1] * len(passages)
    levels, scales = quantise(unit(sum(counts), seed=2) if units is None else units)
    places = np.asarray(sentences or [0] * sum(counts), dtype=np.uint16)
    half = len(passages) // 2
    at = sum(counts[:half])
    with VectorWriter(folder, DIM) as writer:
        for rows, own in (slice(half), slice(at)), (slice(half, None), slice(at, None)):
            part = VectorRows(
                keys=np.arange(len(passages), dtype=np.uint64)[rows] * 7,
                passages=passages[rows],
                counts=np.asarray(counts, dtype=np.int64)[rows],
                levels=levels[own],
                scales=scales[own],
                sentences=places[own],
            )
            writer.add(part)
        writer.add_background(unit(4, seed=77))


@pytest.mark.parametrize("count", [1, 7, 300, 1000])
def test_nearest_is_what_numpy_says(tmp_path: Path, count: int) -> None:
    passages, queries = unit(300), unit(3, seed=9) * np.float32(0.3)  # centred questions are shorter than 1
    rows = written(tmp_path, passages).nearest(queries, count)
    assert rows.dtype == np.dtype(np.int64)
    np.testing.assert_array_equal(rows, np.argsort(-(queries @ passages.T), axis=1)[:, :count])


def test_each_vector_is_its_own_nearest(tmp_path: Path) -> None:
    passages = unit(50)
    stored = written(tmp_path, passages)
    assert (len(stored), stored.dim) == (50, DIM)
    assert stored.nearest(passages, 1)[:, 0].tolist() == list(range(50))


def test_what_was_written_is_read_back(tmp_path: Path) -> None:
    passages, background = unit(9), unit(4, seed=77)
    stored = written(tmp_path, passages)
    np.testing.assert_array_equal(stored.mean_question, background[0])
    np.testing.assert_array_equal(stored.background, background[1:])
    rows = np.array([8, 0, 3, 3])
    np.testing.assert_array_equal(stored.passages(rows), passages[rows])
    assert stored.passages(rows[:0]).shape == (0, DIM)


@pytest.mark.parametrize("counts", [[1], [3, 1, 2, 1], [1, 1, 40], [7, 300]], ids=str)
def test_units_are_scored_as_numpy_says(tmp_path: Path, counts: list[int]) -> None:
    units, queries = unit(sum(counts), seed=3), unit(5, seed=4)
    sentences = [place // 2 for count in counts for place in range(count)]
    ends = np.cumsum(counts)
    stored = written(tmp_path, unit(len(counts)), units, counts, sentences)
    levels, scales = quantise(units)
    kept = levels * scales[:, None]
    for rows in (np.arange(len(counts)), np.arange(len(counts))[::-1], np.array([len(counts) - 1, 0])):
        scored = stored.units(queries, rows)
        assert scored.best.dtype == np.float32 and scored.best.shape == (5, len(rows))
        for v, query in enumerate(queries):
            for place, row in enumerate(rows):
                own = slice(ends[row] - counts[row], ends[row])
                expected = kept[own] @ query
                assert scored.best[v, place] == pytest.approx(expected.max(), abs=1e-5)
                assert scored.best[v, place] == pytest.approx((units[own] @ query).max(), abs=0.01)
                ranked = scored.ranked(v, place)
                assert [at for _, at in ranked] == [sentences[own][at] for at in np.argsort(-expected)]
                assert [product for product, _ in ranked] == pytest.approx(-np.sort(-expected), abs=1e-5)


def test_of_units_alike_the_first_is_best(tmp_path: Path) -> None:
    one, other = unit(2, seed=5)
    units = np.stack([other, one, one, one, one, other, one])
    stored = written(tmp_path, unit(3), units, [3, 1, 3], [5, 8, 9, 2, 7, 6, 4])
    scored = stored.units(one[None], np.array([0, 1, 2, 0]))
    ranked = [[at for _, at in scored.ranked(0, passage)] for passage in range(4)]
    assert ranked == [[8, 9, 5], [2], [7, 4, 6], [8, 9, 5]]
    assert len({*scored.best[0].tolist()}) == 1


def test_a_sentence_beyond_255(tmp_path: Path) -> None:
    units = unit(400, seed=6)
    scored = written(tmp_path, unit(1), units, [400], range(400)).units(units[[399, 256]], np.array([0]))
    assert [scored.ranked(query, 0)[0][1] for query in (0, 1)] == [399, 256]


@pytest.mark.parametrize("share", [0.0, 0.01, 0.3, 0.99, 1.0])
@pytest.mark.parametrize("count", [1, 20, 400])
def test_nearest_among_what_is_allowed_is_what_numpy_says(tmp_path: Path, share: float, count: int) -> None:
    passages, queries = unit(300), unit(3, seed=9) * np.float32(0.3)
    through = np.random.default_rng(4).random(300) < share
    rows = written(tmp_path, passages).nearest(queries, count, allow(through, None, ()))
    products = np.where(through, queries @ passages.T, -np.inf)
    expected = np.argsort(-products, axis=1)[:, : min(count, through.sum())]
    assert rows.dtype == np.dtype(np.int64)
    np.testing.assert_array_equal(rows, expected)


def test_no_passage_at_all(tmp_path: Path) -> None:
    rows = written(tmp_path, unit(0)).nearest(unit(2), 5)
    assert (rows.shape, rows.dtype) == ((2, 0), np.dtype(np.int64))


def test_a_file_that_cannot_grow_is_never_passed_over(tmp_path: Path) -> None:
    # What a full disk does, byte by byte: C's buffered files have been seen to lose the end in silence.
    write(tmp_path, unit(30), counts=[2] * 30)
    longest = max(path.stat().st_size for path in tmp_path.iterdir())
    for limit in [*range(1, longest, 97), longest - 1]:
        with files_up_to(limit), pytest.raises(OSError, match="File too large"):
            write(tmp_path, unit(30), counts=[2] * 30)
    with files_up_to(longest):
        write(tmp_path, unit(30), counts=[2] * 30)
    assert len(VectorStore(tmp_path, NearestRecord())) == 30


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


class ByCodes(NearestPassages):
    """Ranks passages as if all that it knew of them were the sign of each component."""

    centroids = None
    oversampling = 1.5

    def __init__(self, passages: Floats) -> None:
        self.signs = np.sign(passages)

    def nearest(self, queries: Floats, count: int, allowed: Allowed | None = None) -> Rows:
        """Return the nearest by signs, best first."""
        products = queries @ self.signs.T
        if allowed is not None:
            products[:, ~allowed.passages] = -np.inf
        return np.argsort(-products, axis=1)[:, :count]


@pytest.mark.parametrize("count", [1, 40, 99, 100, 200])
@pytest.mark.parametrize("some", [False, True])
def test_what_codes_bring_up_is_ranked_by_full_vectors(tmp_path: Path, count: int, some: bool) -> None:
    """Half as many again are brought up, as far as there are so many, and the nearest of them are kept."""
    passages, queries = unit(150), unit(4, seed=1)
    stored, codes = written(tmp_path, passages), ByCodes(passages)
    stored._nearest = codes
    allowed = allow(np.arange(150) % 3 > 0, None, ()) if some else None
    available = 100 if some else 150
    brought_up = codes.nearest(queries, min(int(np.ceil(1.5 * count)), available), allowed)
    for query, rows, wanted in zip(queries, stored.nearest(queries, count, allowed), brought_up, strict=True):
        own = passages[wanted] @ query
        assert rows.tolist() == wanted[np.argsort(-own)][: min(count, available)].tolist()
