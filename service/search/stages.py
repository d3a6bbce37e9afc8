"""The stages of a search: timed, none begun for an abandoned request, some taken one search at a time."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from models.errors import RepereError
from service.search.observer import Observer

ABANDONED: ContextVar[threading.Event | None] = ContextVar("abandoned", default=None)
"""Event of the current request, set once nobody waits for its answer any more; None outside a request."""


PATIENCE = 0.25
"""Seconds that a search waits for its turn, some hundred turns; then it goes on without: a disk is slow."""
_TURN = threading.Lock()


class RequestAbandoned(RepereError):
    """Raised at the next stage of a search whose answer nobody waits for."""


def give_up_if_abandoned() -> None:
    """Raise RequestAbandoned when nobody waits for the answer of the current request any more."""
    abandoned = ABANDONED.get()
    if abandoned is not None and abandoned.is_set():
        raise RequestAbandoned("The request was abandoned. Send it again.")


@contextmanager
def stage(name: str, observer: Observer) -> Iterator[None]:
    """Time the block and report it. Raises RequestAbandoned instead when nobody waits for the answer."""
    give_up_if_abandoned()
    begin = time.perf_counter()
    try:
        yield
    finally:
        observer.stage(name, time.perf_counter() - begin)


@contextmanager
def in_turn() -> Iterator[None]:
    """Let one search at a time take the block: many small steps, each of which lets go of Python's lock.

    Searches that take such steps at once pass that lock to and fro some hundred times: over 761 passages, 16
    threads took 5.0 ms a search side by side, and take 2.7 in turn. Encoding, and the search of large
    indexes, run outside, on every core.
    """
    own = _TURN.acquire(timeout=PATIENCE)
    try:
        yield
    finally:
        if own:
            _TURN.release()
