"""The stages of a search: each is timed, and none begins for a request that was abandoned."""

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
