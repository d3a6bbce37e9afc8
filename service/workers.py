"""Several processes that do the same work: one that ends is replaced, and all end together."""

from __future__ import annotations

import logging
import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from multiprocessing import connection
from multiprocessing.process import BaseProcess
from typing import NoReturn

POLL = 0.2
"""Seconds after which a signal is noticed at the latest."""
PAUSE = 2.0
"""Seconds between two replacements, so that workers that cannot start do not keep a core busy."""

log = logging.getLogger(__name__)


class _Told:
    """Whether a signal told this process to stop."""

    def __init__(self) -> None:
        self.to_stop = False
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._stop)

    def _stop(self, *_: object) -> None:
        self.to_stop = True


def supervise(
    count: int,
    make: Callable[[], BaseProcess],
    listener: socket.socket,
    grace: float,
    ended: Callable[[int], None],
) -> None:
    """Keep so many processes running until SIGINT or SIGTERM, then have them stop, and return.

    Whoever is not done after `grace` seconds is killed. The listener is closed first, so that who comes then
    is turned away at once. `ended` is called with the number of each process that ended by itself.
    """
    told = _Told()
    workers = [_started(make()) for _ in range(count)]
    replaced = 0.0
    while not told.to_stop:
        connection.wait([each.sentinel for each in workers], POLL)
        gone = [each for each in workers if each.exitcode is not None]
        if told.to_stop or not gone or time.monotonic() - replaced < PAUSE:
            time.sleep(POLL if gone else 0)
            continue
        for each in gone:
            log.error("worker %s ended with %s; another takes its place", each.pid, each.exitcode)
            assert each.pid is not None
            ended(each.pid)
            workers[workers.index(each)] = _started(make())
        replaced = time.monotonic()
    listener.close()
    _end(workers, grace)


def _started(worker: BaseProcess) -> BaseProcess:
    worker.start()
    log.info("worker %s started", worker.pid)
    return worker


def _end(workers: list[BaseProcess], grace: float) -> None:
    for each in workers:
        each.terminate()
    deadline = time.monotonic() + grace
    for each in workers:
        each.join(max(0.0, deadline - time.monotonic()))
        if each.exitcode is None:
            log.error("worker %s did not end within %s s and is killed", each.pid, grace)
            each.kill()
            each.join()


def leave(code: int) -> NoReturn:
    """End this process, and with it any search that hangs: Python would wait for its thread."""
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
