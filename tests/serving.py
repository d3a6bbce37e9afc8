"""The app on a real server, on a port of this machine that the system picks."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx2
from fastapi import FastAPI

from service.cli.serve import listen
from service.server import Server


@contextmanager
def serving(app: FastAPI) -> Iterator[int]:
    """Serve the app while the block runs; the port."""
    listener = listen("127.0.0.1", 0)
    port: int = listener.getsockname()[1]
    running = Server(app)
    thread = threading.Thread(target=running.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        wait_until(lambda: running.started)
        yield port
    finally:
        running.should_exit = True
        thread.join(timeout=10)
        assert not thread.is_alive()


def wait_until(true: Callable[[], bool], seconds: float = 60) -> None:
    """Return as soon as it is true; fail when it is not in time."""
    begun = time.monotonic()
    while not true():
        waited = time.monotonic() - begun
        assert waited < seconds, "it did not come true in time"
        time.sleep(min(0.005 + waited / 20, 0.05))  # what takes long anyway needs its processor for itself


def get(address: str, timeout: float = 30) -> httpx2.Response:
    """Ask over a connection of its own; unlike httpx2.get it loads no certificates, ten times the work."""
    with httpx2.Client(verify=False, timeout=timeout) as client:
        return client.get(address)
