"""Workers: one that ends is replaced, as soon as the system lets another be started."""

from __future__ import annotations

import errno
import logging
import multiprocessing
import os
import signal
import socket
from collections.abc import Iterator
from multiprocessing.process import BaseProcess

import pytest

from service import workers


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
