"""The stopwatch: what happens under one name is added up, even when it fails."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from indexer.building.stopwatch import Stages


def test_times_are_added_up_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    clock: Iterator[float] = iter([0, 1, 10, 12, 20, 24])
    monkeypatch.setattr("indexer.building.stopwatch.time.perf_counter", lambda: next(clock))
    stages = Stages()
    with stages.time("read"):
        pass
    with stages.time("words"):
        pass
    with pytest.raises(ZeroDivisionError), stages.time("read"):
        raise ZeroDivisionError
    assert stages.seconds == {"read": 5, "words": 2}
