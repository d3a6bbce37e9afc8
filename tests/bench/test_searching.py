"""Searching without encoding."""

from __future__ import annotations

import numpy as np
import pytest

from bench import searching
from bench.searching import Asked, Fixed


@pytest.mark.parametrize(
    ("found", "right", "expected"),
    [
        ([[1, 2], [3, 4]], [[2, 1], [4, 3]], 1.0),
        ([[1, 2], [3, 4]], [[1, 5], [3, 4]], 0.75),
        ([[1, 2]], [[3, 4]], 0.0),
    ],
)
def test_recall_is_the_share_of_what_is_right(
    found: list[list[int]], right: list[list[int]], expected: float
) -> None:
    assert searching.recall(np.asarray(found), np.asarray(right)) == expected


def test_questions_are_not_encoded_again() -> None:
    vectors = np.eye(3, dtype=np.float32)
    fixed = Fixed(Asked(["a", "b", "c"], vectors), "0123")
    assert fixed.queries(["c", "a variant", "b"]).tolist() == vectors[[2, 0, 1]].tolist()
    assert fixed.fingerprint == "0123"
    with pytest.raises(AttributeError):
        fixed.passages(["a"])
