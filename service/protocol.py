"""The HTTP protocol of the server: what is not HTTP is refused in the one shape, idle clients are let go."""

from __future__ import annotations

import asyncio

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from service.errors import ApiError

NOT_HTTP = ApiError(
    400, "invalid_http", "The request is not HTTP/1.1 as it is written down.", "Use a library for it."
)


TOO_MANY = ApiError(
    503,
    "overloaded",
    "There are too many connections.",
    "Connect again in a second, and use one for many requests.",
)
HEAD_SECONDS = 10.0
"""Seconds that a request's head may take to arrive, from the connection or its own first byte on."""
STALL_SECONDS = 30.0
"""Seconds within which a client reads something of an answer that waits to be sent."""
MOST_CONNECTIONS = 800
"""Connections held at once by a process, below the 1024 descriptors that systems commonly give it."""


class Protocol(H11Protocol):
    """HTTP/1.1, with the answer to a request that cannot be read, and bounds on what clients can hold."""

    _head: asyncio.TimerHandle | None = None
    """Ends a connection whose request does not arrive."""
    _stall: asyncio.TimerHandle | None = None
    """Ends a connection whose answer is not read."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wait for a request, unless too many connections are held."""
        super().connection_made(transport)
        if len(self.connections) > MOST_CONNECTIONS:
            self._refuse(TOO_MANY, b"Service Unavailable")
            return
        self._await_head()

    def data_received(self, data: bytes) -> None:
        """Take data of a request, whose head has to come to its end in time."""
        super().data_received(data)
        if self.conn.their_state is not h11.IDLE:
            self._head = _cancelled(self._head)
        elif self._head is None:
            self._await_head()

    def pause_writing(self) -> None:
        """Wait for the client to read; for ever nobody waits."""
        super().pause_writing()
        self._watch_reading()

    def resume_writing(self) -> None:
        """Go on: the client has read."""
        super().resume_writing()
        self._stall = _cancelled(self._stall)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._head, self._stall = _cancelled(self._head), _cancelled(self._stall)
        super().connection_lost(exc)

    def _watch_reading(self, left: int | None = None) -> None:
        """End the connection unless the client has read since `left` bytes were to be sent."""
        now_left = self.transport.get_write_buffer_size()
        if left is not None and now_left >= left:
            self.transport.abort()
            return
        self._stall = self.loop.call_later(STALL_SECONDS, self._watch_reading, now_left)

    def _await_head(self) -> None:
        self._head = self.loop.call_later(HEAD_SECONDS, self.transport.close)

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002
        """Refuse and close the connection. The app never sees such a request; the server has logged msg."""
        self._refuse(NOT_HTTP, b"Bad Request")

    def _refuse(self, refusal: ApiError, reason: bytes) -> None:
        """Answer and close the connection, without the app."""
        answer = refusal.response()
        close = [(b"connection", b"close"), (b"x-content-type-options", b"nosniff")]
        head = h11.Response(status_code=refusal.status, headers=answer.raw_headers + close, reason=reason)
        for event in (head, h11.Data(data=bytes(answer.body)), h11.EndOfMessage()):
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()


def _cancelled(timer: asyncio.TimerHandle | None) -> asyncio.TimerHandle | None:
    """Cancel a timer, if there is one, and return that there is none any more."""
    if timer is not None:
        timer.cancel()
        timer = None
    return timer
