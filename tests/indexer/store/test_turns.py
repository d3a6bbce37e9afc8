"""Turns of searches: one search at a time computes, and none waits for ever."""

from __future__ import annotations

import threading

import pytest

from indexer.store import turns
from indexer.store.turns import in_turn


def test_one_search_at_a_time_takes_the_block() -> None:
    inside, most, lock = 0, 0, threading.Lock()
    pause = threading.Event()

    def search() -> None:
        nonlocal inside, most
        with in_turn():
            with lock:
                inside += 1
                most = max(most, inside)
            pause.wait(0.005)
            with lock:
                inside -= 1

    threads = [threading.Thread(target=search) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 1


def test_a_failed_search_leaves_the_turn_to_the_next() -> None:
    with pytest.raises(ValueError, match="broken"), in_turn():
        raise ValueError("broken")
    free = threading.Event()

    def next_one() -> None:
        with in_turn():
            free.set()

    threading.Thread(target=next_one).start()
    assert free.wait(5)


def test_none_waits_for_ever_behind_one_that_stands_still(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "PATIENCE", 0.01)
    entered = threading.Event()

    def next_one() -> None:
        with in_turn():
            entered.set()

    with in_turn():
        threading.Thread(target=next_one).start()
        assert entered.wait(5)
