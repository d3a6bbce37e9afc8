"""The stages of a search: each is timed, and none begins for a request that was given up."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from service.errors import ApiError
from service.telemetry.metrics import STAGE_SECONDS

GIVEN_UP: ContextVar[threading.Event | None] = ContextVar("given_up", default=None)
"""Set once nobody waits for the answer any more; none outside a request."""


@contextmanager
def stage(name: str) -> Iterator[None]:
    """Time what the block does. Raises ApiError instead when the request was given up meanwhile."""
    given_up = GIVEN_UP.get()
    if given_up is not None and given_up.is_set():
        raise ApiError(503, "timeout", "The request was given up.", "Send it again.")  # nobody reads this
    with STAGE_SECONDS.labels(name).time():
        yield
