"""Worker processes that do the same work: one that ends is replaced, and all are stopped together."""

from __future__ import annotations

import logging
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from multiprocessing import connection
from multiprocessing.process import BaseProcess
from typing import NoReturn

POLL = 0.2
"""Seconds within which a signal is noticed."""
PAUSE = 2.0
"""Seconds between two replacements, so that workers that cannot start do not keep a core busy."""

log = logging.getLogger(__name__)


def supervise(
    count: int,
    new_worker: Callable[[], BaseProcess],
    listener: socket.socket,
    grace: float,
    on_exit: Callable[[int], None],
) -> None:
    """Keep so many worker processes running until SIGINT or SIGTERM, then stop them and return.

    The listener is closed first, so that a client is turned away at once; a worker that has not ended after
    `grace` seconds is killed. `on_exit` is called with the process id of each worker that ended by itself.
    """
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    workers = [_started(new_worker()) for _ in range(count)]
    last_replacement = 0.0
    while not stop.is_set():
        connection.wait([worker.sentinel for worker in workers], POLL)
        ended = [worker for worker in workers if worker.exitcode is not None]
        if stop.is_set() or not ended or time.monotonic() - last_replacement < PAUSE:
            time.sleep(POLL if ended else 0)
            continue
        for worker in ended:
            try:
                another = _started(new_worker())
            except OSError as error:  # short of descriptors, memory or processes: the others go on
                log.error("worker %s ended, and no other can be started yet: %s", worker.pid, error)
                break
            log.error("worker %s ended with %s; another takes its place", worker.pid, worker.exitcode)
            workers[workers.index(worker)] = another
            assert worker.pid is not None
            with suppress(OSError):
                on_exit(worker.pid)
        last_replacement = time.monotonic()
    listener.close()
    _end(workers, grace)


def _started(worker: BaseProcess) -> BaseProcess:
    worker.start()
    log.info("worker %s started", worker.pid)
    return worker


def _end(workers: list[BaseProcess], grace: float) -> None:
    for worker in workers:
        worker.terminate()
    deadline = time.monotonic() + grace
    for worker in workers:
        worker.join(max(0.0, deadline - time.monotonic()))
        if worker.exitcode is None:
            log.error("worker %s did not end within %s s and is killed", worker.pid, grace)
            worker.kill()
            worker.join()


def leave(code: int) -> NoReturn:
    """End this process at once: Python itself would wait for the thread of a search that hangs."""
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
