"""Admission: so many requests are worked on at once, so many wait in order, none for ever."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.errors import ApiError, known
from service.search.stages import ABANDONED
from service.telemetry import metrics

PASS_BY = ("/health", "/metrics", "/static", "/docs", "/openapi.json")
"""What is answered without a place: it neither uses the model nor the index."""
RETRY_AFTER = 1
"""Seconds after which a client that was refused may try again; a full queue is emptied in about that."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much is taken on."""

    concurrency: int = 16
    """Requests worked on at once: as many as their questions are encoded together at the most."""
    queue: int = 64
    """Requests that wait; more are refused."""
    timeout: float = 10.0
    """Seconds a request may take from its first byte to its answer."""


class Full(Exception):
    """Every place is taken and as many wait as may."""


class Places:
    """Places to work at, given out in the order they were asked for; for one event loop."""

    def __init__(self, bounds: Bounds) -> None:
        self._bounds = bounds
        self._taken = 0
        self._waiting: deque[asyncio.Future[None]] = deque()

    def ask(self) -> asyncio.Future[None]:
        """A place, which is the caller's once it is done; to be left in any case. Raises Full."""
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if self._taken < self._bounds.concurrency:
            self._taken += 1
            place.set_result(None)
        elif len(self._waiting) < self._bounds.queue:
            self._waiting.append(place)
        else:
            raise Full
        self._tell()
        return place

    def leave(self, place: asyncio.Future[None]) -> None:
        """Pass a place on to who waits longest, or stop waiting for it."""
        if not place.done():
            self._waiting.remove(place)
            place.cancel()
        elif self._waiting:
            self._waiting.popleft().set_result(None)
        else:
            self._taken -= 1
        self._tell()

    def _tell(self) -> None:
        metrics.WORKING.set(self._taken)
        metrics.WAITING.set(len(self._waiting))


class Admission:
    """ASGI middleware; answers 503 overloaded or timeout in the one error shape.

    A search runs on a thread, which nothing can stop. A request that is given up therefore keeps its place
    until its thread has ended, so that there are never more threads at work than places. Only requests that
    have arrived whole ask for a place, and answers are sent after it was left: a slow client holds none.
    """

    def __init__(self, app: ASGIApp, bounds: Bounds) -> None:
        self.app = app
        self._bounds = bounds
        self._places = Places(bounds)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or passes_by(scope["path"]):
            await self.app(scope, receive, send)
            return
        try:
            answer = await self._answer(scope, receive)
        except ApiError as refusal:
            if refusal.code in ("overloaded", "timeout"):
                metrics.REFUSED.labels(refusal.code).inc()
            await _refuse(refusal, scope, receive, send)
        except asyncio.CancelledError:  # the server stops, and has waited as long as it may
            metrics.REFUSED.labels("stopping").inc()
            message = "The service is stopping; the answer was not ready in time."
            await _refuse(ApiError(503, "overloaded", message, _AGAIN), scope, receive, send)
        else:
            for part in answer:
                await send(part)

    async def _answer(self, scope: Scope, receive: Receive) -> list[Message]:
        """The answer's messages; none where the client hung up. Raises ApiError."""
        ends = asyncio.get_running_loop().time() + self._bounds.timeout
        try:
            async with asyncio.timeout_at(ends):
                body = await _body(receive)
        except TimeoutError as error:
            raise self._too_long("arriving") from error
        except HTTPException as error:  # Limits' way of saying that the body is too large
            raise known(error.status_code) from error
        if body is None:
            return []
        hung_up = asyncio.create_task(_hung_up(receive))
        try:
            return await self._in_turn(scope, body, hung_up, ends)
        finally:
            hung_up.cancel()

    async def _in_turn(
        self, scope: Scope, body: bytes, hung_up: asyncio.Task[None], ends: float
    ) -> list[Message]:
        try:
            place = self._places.ask()
        except Full as error:
            full = f"{self._bounds.concurrency} requests are worked on and {self._bounds.queue} wait"
            raise ApiError(503, "overloaded", f"{full}; no more are taken.", _AGAIN) from error
        work = None
        try:
            if not await _first(place, hung_up, ends):
                if hung_up.done():
                    return []
                raise self._too_long("waiting")
            given_up = threading.Event()
            ABANDONED.set(given_up)
            work = asyncio.create_task(self._work(scope, body, hung_up))
            work.add_done_callback(lambda done: self._ended(done, place))
            try:
                if await _first(work, hung_up, ends):
                    return work.result()
            finally:
                given_up.set()
        finally:
            if work is None:
                self._places.leave(place)
        if hung_up.done():
            return []
        raise self._too_long("being worked on")

    async def _work(self, scope: Scope, body: bytes, hung_up: asyncio.Task[None]) -> list[Message]:
        """The messages with which the app answers a request that has arrived whole."""
        arriving = [body]
        kept: list[Message] = []

        async def receive() -> Message:
            if arriving:
                return {"type": "http.request", "body": arriving.pop(), "more_body": False}
            await asyncio.wait([hung_up])
            return {"type": "http.disconnect"}

        async def keep(message: Message) -> None:
            kept.append(message)

        await self.app(scope, receive, keep)
        return kept

    def _ended(self, work: asyncio.Task[list[Message]], place: asyncio.Future[None]) -> None:
        self._places.leave(place)
        if not work.cancelled():
            work.exception()  # of a request that was given up, nobody else asks for it

    def _too_long(self, doing: str) -> ApiError:
        message = f"The request was still {doing} after {self._bounds.timeout:g} s."
        return ApiError(503, "timeout", message, _AGAIN)


_AGAIN = "Send it again after the seconds that Retry-After says."


def passes_by(path: str) -> bool:
    """Whether a path is answered without a place."""
    return path == "/" or any(path == each or path.startswith(f"{each}/") for each in PASS_BY)


async def _first(
    wanted: asyncio.Future[None] | asyncio.Task[list[Message]], hung_up: asyncio.Task[None], ends: float
) -> bool:
    """Wait until it is done, the client hangs up or the time is over; whether it is done and wanted."""
    left = max(0.0, ends - asyncio.get_running_loop().time())
    await asyncio.wait([wanted, hung_up], timeout=left, return_when=asyncio.FIRST_COMPLETED)
    return wanted.done() and not hung_up.done()


async def _body(receive: Receive) -> bytes | None:
    """The whole body; None when the client hangs up before its end."""
    parts = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(parts)


async def _hung_up(receive: Receive) -> None:
    """Return once the client is gone; it has nothing more to send."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def _refuse(refusal: ApiError, scope: Scope, receive: Receive, send: Send) -> None:
    response = refusal.response()
    if refusal.status == 503:
        response.headers["Retry-After"] = str(RETRY_AFTER)
    await response(scope, receive, send)
