"""Searching without encoding."""

from __future__ import annotations

import numpy as np
import pytest

from bench.searching import Asked, Fixed


def test_questions_are_not_encoded_again() -> None:
    vectors = np.eye(3, dtype=np.float32)
    fixed = Fixed(Asked(["a", "b", "c"], vectors), "0123")
    assert fixed.queries(["c", "a variant", "b"]).tolist() == vectors[[2, 0, 1]].tolist()
    assert fixed.fingerprint == "0123"
    with pytest.raises(AttributeError):
        fixed.passages(["a"])
