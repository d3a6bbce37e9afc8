"""What has changed in a corpus: told by bytes and names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.building.changes import Changes, compare

NONE = Changes((), (), (), (), 0)


@pytest.mark.parametrize(
    ("before", "now", "told"),
    [
        ({}, {}, NONE),
        ({}, {"b": "1", "a": "2"}, Changes(("a", "b"), (), (), (), 0)),
        ({"a": "1", "b": "2"}, {"a": "1", "b": "2"}, Changes((), (), (), (), 2)),
        ({"a": "1", "b": "2"}, {"a": "3", "b": "2"}, Changes((), ("a",), (), (), 1)),
        ({"a": "1", "b": "2"}, {"b": "2"}, Changes((), (), (), ("a",), 1)),
        ({"a": "1"}, {"z/a": "1"}, Changes((), (), (("a", "z/a"),), (), 0)),
        ({"a": "1"}, {"a": "1", "b": "1"}, Changes(("b",), (), (), (), 1)),  # a copy is no move
        ({"a": "1", "b": "1"}, {"c": "1"}, Changes((), (), (("a", "c"),), ("b",), 0)),
        ({"a": "1"}, {"c": "1", "b": "1"}, Changes(("c",), (), (("a", "b"),), (), 0)),
        ({"a": "1", "b": "2"}, {"a": "2", "b": "1"}, Changes((), ("a", "b"), (), (), 0)),
    ],
)
def test_what_became_of_files(before: dict[str, str], now: dict[str, str], told: Changes) -> None:
    assert compare(before, now) == told


FILES = st.dictionaries(st.sampled_from("abcdef"), st.sampled_from("123"))


@given(FILES, FILES)
def test_every_file_is_told_of_once(before: dict[str, str], now: dict[str, str]) -> None:
    told = compare(before, now)
    left = [*told.removed, *(old for old, _ in told.moved)]
    came = [*told.new, *(new for _, new in told.moved)]
    assert sorted(left) == sorted(before.keys() - now.keys())
    assert sorted(came) == sorted(now.keys() - before.keys())
    assert len(told.changed) + told.same == len(before.keys() & now.keys())
    assert all(before[old] == now[new] for old, new in told.moved)
