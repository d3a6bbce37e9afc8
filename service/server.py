"""The server: an app on a listening socket, in one process or in several, until it is told to stop."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import shutil
import signal
import socket
import tempfile
import threading
from multiprocessing import connection
from typing import NoReturn

import uvicorn
from fastapi import FastAPI
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from models import encoder
from service.app import build_app
from service.protocol import Protocol
from service.search.batching import QuestionEncoder
from service.search.index_watcher import IndexWatcher
from service.settings import Settings
from service.telemetry import logs, metrics
from service.telemetry.query_log import QuestionLog
from service.workers import leave, supervise

GRACE = 5
"""Seconds that requests under way are given once the service is told to stop."""
LONGEST_HEAD = 1024 * 1024
"""Bytes of a request's address and headers; beyond, the server hangs up in its own words, not in JSON."""


class Server(uvicorn.Server):
    """A server that has its answers tell their clients when it stops."""

    def __init__(self, app: FastAPI) -> None:
        """It logs where the rest logs, and not each request."""
        super().__init__(
            uvicorn.Config(
                app,
                http=Protocol,
                log_config=None,
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=GRACE,
                h11_max_incomplete_event_size=LONGEST_HEAD,
            )
        )
        self._app = app

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop accepting, finish what is under way, close."""
        self._app.state.stopping = True
        await super().shutdown(sockets)


def serve(chosen: Settings, listener: socket.socket) -> None:
    """Serve until told to stop by SIGINT or SIGTERM."""
    if chosen.workers == 1:
        run(chosen, listener)
        return
    # What the workers count is kept in files of this folder, so that each can tell the figures of all.
    os.environ[metrics.SHARED] = figures = tempfile.mkdtemp(prefix="repere-metrics-")
    try:
        process = multiprocessing.get_context("spawn").Process
        supervise(
            chosen.workers,
            lambda: process(target=work, args=(chosen, listener)),
            listener,
            GRACE + 3,
            metrics.forget,
        )
    finally:
        shutil.rmtree(figures, ignore_errors=True)


def work(chosen: Settings, listener: socket.socket) -> NoReturn:
    """Be one of several workers.

    It takes requests once it can answer them: as long as it could only refuse them it would be the quickest,
    and be given the most.
    """
    logs.configure(chosen.log_format)
    parent = multiprocessing.parent_process()
    assert parent is not None

    def follow() -> None:
        connection.wait([parent.sentinel])
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=follow, name="parent-watcher", daemon=True).start()
    run(chosen, listener, patient=True)
    leave(0)


def run(chosen: Settings, listener: socket.socket, *, patient: bool = False) -> None:
    """Serve in this process until told to stop."""
    # NumPy's products are small here. More threads would not make them faster, and wait by spinning, on the
    # cores that the model needs.
    threadpool_limits(1, user_api="blas")
    observer = metrics.PrometheusObserver()
    app = build_app(
        IndexWatcher(
            chosen.index,
            lambda: QuestionEncoder(encoder.load(chosen.choice), chosen.question_cache, observer),
            observer,
        ),
        chosen,
        QuestionLog(chosen.query_log) if chosen.query_log else None,
        patient=patient,
    )
    # Once stopped as it should be, the server raises again what made it stop.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with contextlib.suppress(KeyboardInterrupt):
        Server(app).run(sockets=[listener])
