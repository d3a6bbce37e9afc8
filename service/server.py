"""The server: an app on a listening socket, in one process or in several, until a signal stops it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import multiprocessing
import os
import shutil
import signal
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from multiprocessing import connection
from types import FrameType
from typing import NoReturn

import uvicorn
from fastapi import FastAPI
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from models import memory
from models.encoder import Encoder
from models.files import reason_of
from service.app import build_app
from service.protocol import Protocol
from service.search.batching import QuestionEncoder
from service.search.collections import Collections
from service.search.observer import Observer
from service.settings import Settings
from service.telemetry import logs, metrics, tracing
from service.telemetry.query_log import QueryLog
from service.workers import leave, supervise

GRACE = 5
"""Seconds that requests under way are given to end once the service stops."""
LEAVING = 1.0
"""Seconds that a service which is told to end still takes requests, and tells each client to connect anew.

Else one may send over a connection that is just being closed.
"""
BACKLOG = 2048
"""Connections that the system holds until a process takes them."""
MAX_HEAD = 1024 * 1024
"""Bytes of a request's address and headers; beyond, the server answers in its own words, not in JSON."""

log = logging.getLogger(__name__)


def load_encoder(settings: Settings) -> Encoder:
    """Return the encoder that the settings name; it and all else that is loaded by then stay to the end."""
    encoder = settings.choice.load(use="questions")
    memory.keep()
    return encoder


class Server(uvicorn.Server):
    """A server whose answers ask their clients to close the connection once it stops."""

    def __init__(self, app: FastAPI, *, one_of_several: bool = False) -> None:
        """Log where the rest of the service logs, and no request: AccessLog does."""
        super().__init__(
            uvicorn.Config(
                app,
                http=Protocol,
                log_config=None,
                access_log=False,
                server_header=False,
                # asyncio takes as many connections in one turn as this: see startup.
                backlog=1 if one_of_several else BACKLOG,
                timeout_graceful_shutdown=GRACE,
                h11_max_incomplete_event_size=MAX_HEAD,
            )
        )
        self._app, self._leaving = app, False

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Have the system hold the connections that are not taken yet.

        Of several processes that listen together one would have all clients that come at once, and the others
        none; so each takes one connection a turn. A process by itself takes all: new clients would wait long
        behind those of a busy hour.
        """
        for each in sockets or ():  # connections of an instance before this one may still be ending
            each.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        await super().startup(sockets)
        for each in sockets or ():
            each.listen(BACKLOG)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop in order, or at once before the first connection was taken.

        A worker that still loads the model holds the socket: clients would wait in vain until it has ended.
        """
        if not self.started:
            leave(0)
        self._leaving = sig == signal.SIGTERM  # who presses Ctrl-C does not want to wait
        super().handle_exit(sig, frame)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Have clients connect elsewhere, stop accepting connections, finish what is under way, and close."""
        self._app.state.stopping = True
        if self._leaving:
            await asyncio.sleep(LEAVING)
        await super().shutdown(sockets)


def serve(
    settings: Settings, listener: socket.socket, load: Callable[[Settings], Encoder] = load_encoder
) -> None:
    """Serve until SIGINT or SIGTERM. Several workers are started anew, so `load` is a module's function."""
    count = settings.processes
    if count == 1:
        run(settings, listener, load)
        return
    _refuse_clients(listener)
    # The workers keep their metrics in files of this folder, so that each can show the figures of all.
    folder = _figures_folder()
    try:
        process = multiprocessing.get_context("spawn").Process
        supervise(
            count,
            lambda: process(target=work, args=(settings, listener, load)),
            listener,
            GRACE + 3,
            metrics.forget,
        )
    finally:
        if folder:
            shutil.rmtree(folder, ignore_errors=True)


def _refuse_clients(listener: socket.socket) -> None:
    """Have a socket refuse clients until a worker that can answer listens.

    A proxy then asks another instance at once, where it would wait for this one to load the model. The port
    stays this service's: no other program may reuse the address of a socket that does not allow it itself.
    """
    with contextlib.suppress(OSError):  # not every system can; clients wait there
        listener.shutdown(socket.SHUT_RD)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 0)


def _figures_folder() -> str | None:
    """Return a new folder that the workers share; None, said in the log, where there is no room for one."""
    try:
        os.environ[metrics.SHARED_FOLDER] = folder = tempfile.mkdtemp(prefix="repere-metrics-")
    except OSError as error:
        reason = error.strerror or error
        log.warning("%s. Each worker tells its own figures alone until the service is started anew.", reason)
        return None
    return folder


def work(settings: Settings, listener: socket.socket, load: Callable[[Settings], Encoder]) -> NoReturn:
    """Run as one of several workers, which ends with its parent.

    It takes requests once it can answer them: while it could only refuse them it would be the quickest, and
    be given the most.
    """
    logs.configure(settings.log_format)
    parent = multiprocessing.parent_process()
    assert parent is not None

    threading.Thread(
        target=end_with_parent, args=(parent.sentinel,), name="parent-watcher", daemon=True
    ).start()
    run(settings, listener, load, one_of_several=True)
    leave(0)


def end_with_parent(
    sentinel: int,
    wait: Callable[[Sequence[int]], object] = connection.wait,
    pause: float = 1.0,
) -> None:
    """End this process, in order, once the process of a sentinel has ended.

    Waiting may fail where descriptors or memory are short; then it begins again.
    """
    said = False
    while True:
        try:
            wait([sentinel])
            break
        except BaseException as error:
            with contextlib.suppress(BaseException):  # there may be no memory to say so
                if not said:
                    log.warning("The parent process cannot be watched just now: %s.", reason_of(error))
                said = True
            time.sleep(pause)
    os.kill(os.getpid(), signal.SIGTERM)


def run(
    settings: Settings,
    listener: socket.socket,
    load: Callable[[Settings], Encoder] = load_encoder,
    *,
    one_of_several: bool = False,
) -> None:
    """Serve in this process until a signal stops it, alone or beside others on the same socket."""
    # NumPy's products are small here. More threads would not make them faster, and wait by spinning, on the
    # cores that the model needs.
    threadpool_limits(1, user_api="blas")
    memory.use_few_heaps()
    traces = tracing.start()

    def observer(collection: str | None) -> Observer:
        counting = metrics.PrometheusObserver(collection)
        return traces.observing(counting, collection) if traces else counting

    first = observer(settings.index.entries[0].name)
    collections = Collections.of(
        settings.index,
        lambda: QuestionEncoder(load(settings), settings.question_cache, first),
        observer,
        settings.ranking,
    )
    query_log = QueryLog(settings.query_log) if settings.query_log else None
    app = build_app(collections, settings, query_log, tracing=traces, wait_until_settled=one_of_several)
    # Once shut down in order, the server raises again the signal that stopped it.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with contextlib.suppress(KeyboardInterrupt):
        Server(app, one_of_several=one_of_several).run(sockets=[listener])
    if traces:
        traces.stop()
