"""What is freed goes back to the system, and what is kept is not searched for garbage."""

from __future__ import annotations

import gc
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


def test_what_is_kept_is_not_searched() -> None:
    held = [[number] for number in range(1000)]
    memory.keep()
    try:
        searched = {id(each) for each in gc.get_objects()}
        later = [0]
        assert not any(id(each) in searched for each in held)
        assert any(each is later for each in gc.get_objects())
    finally:
        gc.unfreeze()
