"""Workers: one that ends is replaced, as soon as the system lets another be started."""

from __future__ import annotations

import errno
import logging
import multiprocessing
import os
import signal
import socket
from collections.abc import Iterator, Sequence
from multiprocessing.process import BaseProcess

import pytest

from service import server, workers


@pytest.fixture(autouse=True)
def _signals() -> Iterator[None]:
    """Put back the handlers that supervising sets."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def test_a_worker_that_cannot_be_replaced_at_once_is_replaced_later(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(workers, "PAUSE", 0.01)
    process = multiprocessing.get_context("spawn").Process
    turns = iter(["ends", "no descriptors", "no folder", "stops all"])

    def new_worker() -> BaseProcess:
        match next(turns):
            case "no descriptors":
                raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
            case "stops all":
                return process(target=os.kill, args=(os.getpid(), signal.SIGTERM))
            case _:
                return process(target=os.getpid)

    def no_folder(_: int) -> None:
        raise FileNotFoundError("the folder of figures is gone")

    with socket.socket() as listener:
        workers.supervise(1, new_worker, listener, grace=5, on_exit=no_folder)
    said = [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]
    assert sum("no other can be started yet" in line for line in said) == 1
    assert sum("another takes its place" in line for line in said) == 2


def test_a_worker_goes_on_watching_its_parent_whatever_waiting_raises(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    turns = iter([OSError(errno.EMFILE, os.strerror(errno.EMFILE)), MemoryError(), None])
    sent: list[tuple[int, int]] = []
    monkeypatch.setattr(os, "kill", lambda *each: sent.append(each))

    def wait(_: Sequence[int]) -> None:
        assert not sent
        if error := next(turns):
            raise error

    server.end_with_parent(7, wait, pause=0.0)
    assert sent == [(os.getpid(), signal.SIGTERM)] and next(turns, "none left") == "none left"
    assert [record.getMessage() for record in caplog.records] == [
        "The parent process cannot be watched just now: Too many open files."
    ]
