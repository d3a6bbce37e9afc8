"""What is freed goes back to the system."""

from __future__ import annotations

import sys

import psutil
import pytest

from models import memory


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="glibc alone can be asked")
def test_freed_memory_goes_back() -> None:
    process = psutil.Process()
    small = [bytearray(100_000) for _ in range(600)]  # below the size from which each has pages of its own
    kept = small[::50]
    before = process.memory_info().rss
    del small
    memory.release()
    assert process.memory_info().rss < before - 30e6
    assert len(kept) == 12


def test_where_there_is_no_such_library_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(_: object) -> object:
        raise OSError("no such library")

    monkeypatch.setattr("ctypes.CDLL", missing)
    memory.use_few_heaps()
    memory.release()
