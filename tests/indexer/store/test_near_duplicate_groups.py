"""Near-duplicates on disk: each passage's group, its fellow members, both groupings, and signatures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.passages.near_duplicates import MINIMA, Signatures
from indexer.store.manifest import Layout
from indexer.store.near_duplicate_groups import (
    GroupTable,
    NearDuplicateGroups,
    SignatureWriter,
    save_groups,
    write_groups,
)
from tests.limits import files_up_to


def signatures(count: int) -> Signatures:
    return np.random.default_rng(count).integers(0, 1 << 32, (count, MINIMA + 1), dtype=np.uint32)


def stored(folder: Path, groups: list[int]) -> GroupTable:
    save_groups(folder / Layout.NEAR_DUPLICATES, np.array(groups, dtype=np.int64))
    return GroupTable(folder / Layout.NEAR_DUPLICATES)


GROUPS = [-1, 1, 2, -1, 1, 2, 1, -1]


def test_the_members_stand_on_disk_by_group_and_row(tmp_path: Path) -> None:
    stored(tmp_path, GROUPS)
    held = np.load(tmp_path / Layout.NEAR_DUPLICATES)
    assert held.dtype == np.int32
    assert held.tolist() == [[1, 1, 1, 2, 2], [1, 4, 6, 2, 5]]


@pytest.mark.parametrize("rows", [[], [0], [1], [7], [6, 5, 0, 1, 1, 4], [*range(8)]], ids=str)
def test_the_group_of_each_row(tmp_path: Path, rows: list[int]) -> None:
    group_of = stored(tmp_path, GROUPS).of(np.array(rows, dtype=np.int64))
    assert group_of.dtype == np.int64
    assert group_of.tolist() == [GROUPS[row] for row in rows]


@given(st.lists(st.integers(0, 4), max_size=20))
def test_whatever_is_written_is_read(tmp_path_factory: pytest.TempPathFactory, texts: list[int]) -> None:
    groups = [texts.index(text) if texts.count(text) > 1 else -1 for text in texts]
    table = stored(tmp_path_factory.mktemp("groups"), groups)
    assert table.of(np.arange(len(groups))).tolist() == groups
    for row, group in enumerate(groups):
        members = table.members(row)
        assert members.dtype == np.int64
        assert members.tolist() == [other for other in range(len(groups)) if groups[other] == group >= 0]


def test_twins_agree_in_figures_and_versions_may_not(tmp_path: Path) -> None:
    one, other = signatures(2)
    rows = np.stack([one, other, one, one, other, one])
    rows[[0, 2], MINIMA] = 2014
    rows[[3, 5], MINIMA] = 2015
    with SignatureWriter(tmp_path) as writer:
        writer.add(rows)
    np.save(tmp_path / Layout.PASSAGE_DOCUMENTS, np.array([0, 0, 1, 2, 2, 2], dtype=np.int32))
    write_groups(tmp_path)
    groups = NearDuplicateGroups(tmp_path)
    assert groups.twins.of(np.arange(6)).tolist() == [0, 1, 0, -1, 1, -1]  # 3 and 5 are of one document
    assert groups.versions.of(np.arange(6)).tolist() == [0, 1, 0, 0, 1, 0]
    assert (groups.twins.members(3).tolist(), groups.versions.members(3).tolist()) == ([], [0, 2, 3, 5])


@pytest.mark.parametrize("rows", [range(5), range(2, 4), range(4, 5), range(3, 3), range(0)], ids=str)
def test_signatures_written_in_parts_are_read_side_by_side(tmp_path: Path, rows: range) -> None:
    whole = signatures(5)
    with SignatureWriter(tmp_path) as writer:
        for start, end in ((0, 2), (2, 2), (2, 5)):
            writer.add(whole[start:end])
    np.save(tmp_path / Layout.PASSAGE_DOCUMENTS, np.arange(5, dtype=np.int32))
    write_groups(tmp_path)
    held = NearDuplicateGroups(tmp_path).signatures(rows)
    assert held.dtype == np.uint32
    np.testing.assert_array_equal(held, whole[rows.start : rows.stop])


def test_what_was_raised_is_not_hidden_by_a_full_disk(tmp_path: Path) -> None:
    def interrupted() -> None:
        with files_up_to(1), SignatureWriter(tmp_path):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        interrupted()
