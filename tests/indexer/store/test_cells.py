"""Cells against a NumPy oracle: what is found, what is recorded, and that the same always comes out."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import faiss
import numpy as np
import pytest

from indexer.store.arrays import Floats, Rows
from indexer.store.cells import CellNearest, CellSettings, cells_for, recall_of, write_cells
from indexer.store.filters import allow
from indexer.store.manifest import NearestRecord
from tests.indexer.store.test_vectors import DIM, unit
from tests.limits import files_up_to

COUNT = 3000
QUESTIONS = 60


def cells_of(count: int, **settings: Any) -> CellSettings:
    """Settings that cluster the passages in so many cells, however few passages there are."""
    return CellSettings(exact_up_to=1, cells_for=lambda _: count, **settings)


def clustered(count: int, seed: int = 0) -> Floats:
    """Unit vectors around fifty directions, which are the same for every seed."""
    near = np.random.default_rng(seed).integers(0, 50, count)
    rows = unit(50, seed=99)[near] + np.float32(0.8) * unit(count, seed=seed)
    made: Floats = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return made


@pytest.fixture(scope="module")
def learnt(tmp_path_factory: pytest.TempPathFactory) -> Floats:
    """Centroids for 3000 passages, learnt once."""
    path = tmp_path_factory.mktemp("learnt") / "c.ivf"
    record = write_cells(path, clustered(COUNT), clustered(QUESTIONS, 1), None)
    return CellNearest(path, record).centroids


def found_in(passages: Floats, questions: Floats, centroids: Floats, probes: int) -> list[set[int]]:
    """For each question, the passages of the cells that are looked into, by their vectors in full."""
    home = (passages @ centroids.T).argmax(axis=1)
    near = np.argsort(-(questions @ centroids.T), axis=1)[:, :probes]
    return [set(np.flatnonzero(np.isin(home, each)).tolist()) for each in near]


def recall(passages: Floats, questions: Floats, found: Sequence[set[int]]) -> float:
    """Share of the ten nearest, exactly."""
    exact = np.argsort(-(questions @ passages.T), axis=1)[:, :10].tolist()
    return float(np.mean([len(found[place].intersection(row)) / 10 for place, row in enumerate(exact)]))


@pytest.mark.parametrize("least", [0.3, 0.8, 0.95, 0.99, 1.1])
def test_as_few_cells_are_looked_into_as_are_enough(tmp_path: Path, learnt: Floats, least: float) -> None:
    passages, questions = clustered(COUNT), unit(QUESTIONS, seed=1)  # of which none stands near a cell
    settings = CellSettings(least_recall=least, candidates=COUNT)  # finds all that the visited cells hold
    record = write_cells(tmp_path / "c.ivf", passages, questions, learnt, settings)
    assert record.cells == len(learnt) == 219
    measured = recall(passages, questions, found_in(passages, questions, learnt, record.probes))
    assert record.recall == pytest.approx(measured, abs=1e-9)
    if least > 1:
        assert (record.probes, record.recall) == (219, 1)
        return
    assert record.recall >= least
    assert record.probes in {8, 16, 32, 64, 128}
    fewer = recall(passages, questions, found_in(passages, questions, learnt, record.probes // 2))
    assert record.probes == 8 or fewer < least


def test_the_nearest_are_found_about_as_numpy_ranks_them(tmp_path: Path, learnt: Floats) -> None:
    passages, asked = clustered(COUNT), clustered(200, seed=5)
    record = write_cells(tmp_path / "c.ivf", passages, clustered(QUESTIONS, 1), learnt)
    rows = CellNearest(tmp_path / "c.ivf", record).nearest(asked, 100)
    assert (rows.dtype, rows.shape) == (np.dtype(np.int64), (200, 100))
    assert recall(passages, asked, [set(each) for each in rows.tolist()]) > 0.97
    # Best first, but for what 4 bits cost.
    assert recall(passages, asked, [set(each[:15]) for each in rows.tolist()]) > 0.97


def test_every_passage_can_be_found(tmp_path: Path, learnt: Floats) -> None:
    passages = clustered(COUNT)
    record = write_cells(tmp_path / "c.ivf", passages, clustered(QUESTIONS, 1), learnt)
    rows = CellNearest(tmp_path / "c.ivf", record).nearest(passages, 3)
    assert (rows == np.arange(COUNT)[:, None]).any(axis=1).all()


@pytest.mark.parametrize("count", [1, 100, 1000, COUNT])
@pytest.mark.parametrize("probes", [1, 8, 219])
def test_there_are_always_as_many_as_were_asked_for(
    tmp_path: Path, learnt: Floats, count: int, probes: int
) -> None:
    write_cells(tmp_path / "c.ivf", clustered(COUNT), clustered(QUESTIONS, 1), learnt)
    few = CellNearest(tmp_path / "c.ivf", NearestRecord(len(learnt), probes))
    rows = few.nearest(unit(7, seed=3) * np.float32(0.3), count)
    assert rows.shape == (7, count)
    assert rows.min() >= 0
    assert all(len(set(each)) == count for each in rows.tolist())


@pytest.mark.parametrize(("most", "least"), [(10, 0.88), (100, 0.98)])  # no search asks for under a hundred
@pytest.mark.parametrize("share", [0.002, 0.01, 0.1, 0.5, 0.95])
def test_among_those_allowed_as_many_are_found_and_nearly_the_nearest(
    tmp_path: Path, learnt: Floats, share: float, most: int, least: float
) -> None:
    passages, asked = clustered(COUNT), clustered(50, seed=5)
    record = write_cells(tmp_path / "c.ivf", passages, clustered(QUESTIONS, 1), learnt)
    through = np.random.default_rng(7).random(COUNT) < share
    allowed = allow(through, None, ())
    count = min(most, allowed.count)
    rows = CellNearest(tmp_path / "c.ivf", record).nearest(asked, count, allowed)
    assert rows.shape == (50, count)
    assert through[rows].all() and all(len(set(each)) == count for each in rows.tolist())
    exact = np.argsort(-np.where(through, asked @ passages.T, -np.inf), axis=1)[:, : min(10, count)]
    assert recall_of(rows, exact) > least


@pytest.mark.parametrize(
    ("given", "kept"), [(None, False), (10, False), (11, True), (20, True), (39, True), (40, False)]
)
def test_centroids_are_kept_where_about_so_many_are_needed(
    tmp_path: Path, given: int | None, kept: bool
) -> None:
    passages, before = clustered(600), unit(given, seed=8) if given else None
    record = write_cells(tmp_path / "c.ivf", passages, passages[:20], before, cells_of(20))
    centroids = CellNearest(tmp_path / "c.ivf", record).centroids
    assert record.cells == len(centroids) == (given if kept else 20)
    np.testing.assert_allclose(np.linalg.norm(centroids, axis=1), 1, atol=1e-5)
    if kept:
        np.testing.assert_array_equal(centroids, before)
    else:
        assert before is None or not np.isin(centroids, before).any()


def test_the_same_passages_give_the_same_cells(tmp_path: Path) -> None:
    passages, questions = clustered(600), clustered(QUESTIONS, 1)
    made = [write_cells(tmp_path / "a.ivf", passages, questions, None, cells_of(20))]
    np.save(tmp_path / "passages.npy", passages)
    mapped = np.load(tmp_path / "passages.npy", mmap_mode="r")
    made.append(write_cells(tmp_path / "b.ivf", mapped, questions, None, cells_of(20, block=7)))
    assert made[0] == made[1]
    assert (tmp_path / "a.ivf").read_bytes() == (tmp_path / "b.ivf").read_bytes()


def test_threads_find_the_same(tmp_path: Path, learnt: Floats) -> None:
    record = write_cells(tmp_path / "c.ivf", clustered(COUNT), clustered(QUESTIONS, 1), learnt)
    found, asked = CellNearest(tmp_path / "c.ivf", record), clustered(40, seed=6)

    def one(place: int) -> Rows:
        rows: Rows = found.nearest(asked[place : place + 1], 30)[0]
        return rows

    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(one, [*range(40)] * 5))
    np.testing.assert_array_equal(together, np.tile(found.nearest(asked, 30), (5, 1)))


def test_making_cells_gives_the_threads_back(tmp_path: Path) -> None:
    threads = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    try:
        write_cells(tmp_path / "c.ivf", clustered(600), clustered(5), None, cells_of(20))
        assert faiss.omp_get_max_threads() == 1
        with pytest.raises(AssertionError):
            write_cells(tmp_path / "c.ivf", clustered(600), unit(5, dim=DIM + 1), None, cells_of(20))
        assert faiss.omp_get_max_threads() == 1
    finally:
        faiss.omp_set_num_threads(threads)


def test_making_cells_says_nothing(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    # 30 passages a cell, as 21 000 passages have
    write_cells(tmp_path / "c.ivf", clustered(600), clustered(5), None, cells_of(20))
    assert capfd.readouterr() == ("", "")


def test_a_file_that_cannot_grow_is_an_os_error(tmp_path: Path) -> None:
    passages, questions, centroids = clustered(1500), clustered(5), unit(20, seed=8)
    write_cells(tmp_path / "c.ivf", passages, questions, centroids, cells_of(20))
    size = (tmp_path / "c.ivf").stat().st_size
    for limit in [1, *range(100, size, size // 9), size - 1]:
        with files_up_to(limit), pytest.raises(OSError, match="File too large"):
            write_cells(tmp_path / "c.ivf", passages, questions, centroids, cells_of(20))


@pytest.mark.parametrize(
    ("found", "exact", "share"),
    [
        ([[1, 2, 3]], [[1, 2]], 1),
        ([[3, 2, 1]], [[1, 2]], 1),
        ([[1, 7, 8]], [[1, 2]], 0.5),
        ([[7, 8, 9]], [[1, 2]], 0),
        ([[1, 2], [1, 2]], [[1, 2], [3, 4]], 0.5),  # found for the other question is not found
        ([[1, -1, -1]], [[1, 2]], 0.5),
        ([[2, 5, 7], [0, 3, -1]], [[2], [3]], 1),
        ([[1, 2], [3, 4]], [[1, 5], [3, 4]], 0.75),
    ],
)
def test_recall(found: list[list[int]], exact: list[list[int]], share: float) -> None:
    assert recall_of(np.array(found), np.array(exact)) == share


@pytest.mark.parametrize(("passages", "expected"), [(20_001, 565), (100_000, 1264), (1_000_000, 4000)])
def test_how_many_cells(passages: int, expected: int) -> None:
    assert cells_for(passages) == expected
