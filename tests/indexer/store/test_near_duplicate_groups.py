"""Near-duplicates on disk: each passage's group, each group's passages, and signatures as written."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.passages.near_duplicates import MINIMA, Signatures
from indexer.store.manifest import Layout
from indexer.store.near_duplicate_groups import NearDuplicateGroups, SignatureWriter, save_groups
from tests.limits import files_up_to


def signatures(count: int) -> Signatures:
    return np.random.default_rng(count).integers(0, 1 << 32, (count, MINIMA + 1), dtype=np.uint32)


def stored(folder: Path, groups: list[int]) -> NearDuplicateGroups:
    folder.mkdir(parents=True, exist_ok=True)
    with SignatureWriter(folder) as writer:
        writer.add(signatures(len(groups)))
    save_groups(folder, np.array(groups, dtype=np.int64))
    return NearDuplicateGroups(folder)


GROUPS = [-1, 1, 2, -1, 1, 2, 1, -1]


def test_the_members_stand_on_disk_by_group_and_row(tmp_path: Path) -> None:
    stored(tmp_path, GROUPS)
    held = np.load(tmp_path / Layout.NEAR_DUPLICATES)
    assert held.dtype == np.int32
    assert held.tolist() == [[1, 1, 1, 2, 2], [1, 4, 6, 2, 5]]


@pytest.mark.parametrize("rows", [[], [0], [1], [7], [6, 5, 0, 1, 1, 4], [*range(8)]], ids=str)
def test_the_group_of_each_row(tmp_path: Path, rows: list[int]) -> None:
    found = stored(tmp_path, GROUPS).of(np.array(rows, dtype=np.int64))
    assert found.dtype == np.int64
    assert found.tolist() == [GROUPS[row] for row in rows]


@pytest.mark.parametrize(
    ("group", "members"), [(1, [1, 4, 6]), (2, [2, 5]), (-1, []), (0, []), (4, []), (9, [])]
)
def test_the_members_of_a_group(tmp_path: Path, group: int, members: list[int]) -> None:
    found = stored(tmp_path, GROUPS).members(group)
    assert found.dtype == np.int64
    assert found.tolist() == members


@pytest.mark.parametrize("groups", [[], [-1, -1, -1]], ids=["no passages", "no twins"])
def test_without_twins(tmp_path: Path, groups: list[int]) -> None:
    twins = stored(tmp_path, groups)
    assert twins.of(np.arange(len(groups))).tolist() == groups
    assert twins.members(0).tolist() == twins.members(-1).tolist() == []


@given(st.lists(st.integers(0, 4), max_size=20))
def test_whatever_is_written_is_read(tmp_path_factory: pytest.TempPathFactory, texts: list[int]) -> None:
    groups = [texts.index(text) if texts.count(text) > 1 else -1 for text in texts]
    twins = stored(tmp_path_factory.mktemp("twins"), groups)
    assert twins.of(np.arange(len(groups))).tolist() == groups
    for group in {*groups, -1} - {-1}:
        assert twins.members(group).tolist() == [row for row, each in enumerate(groups) if each == group]


@pytest.mark.parametrize("rows", [range(5), range(2, 4), range(4, 5), range(3, 3), range(0)], ids=str)
def test_signatures_written_in_parts_are_read_side_by_side(tmp_path: Path, rows: range) -> None:
    whole = signatures(5)
    with SignatureWriter(tmp_path) as writer:
        for start, end in ((0, 2), (2, 2), (2, 5)):
            writer.add(whole[start:end])
    save_groups(tmp_path, np.full(5, -1))
    found = NearDuplicateGroups(tmp_path).signatures(rows)
    assert found.dtype == np.uint32
    np.testing.assert_array_equal(found, whole[rows.start : rows.stop])


def test_what_was_raised_is_not_hidden_by_a_full_disk(tmp_path: Path) -> None:
    def interrupted() -> None:
        with files_up_to(1), SignatureWriter(tmp_path):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        interrupted()
