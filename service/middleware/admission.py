"""Admission: a bounded number of requests is worked on, a bounded number waits, and none does for ever."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from dataclasses import dataclass

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.errors import ApiError
from service.middleware.policy import rule_for
from service.search.stages import ABANDONED
from service.telemetry import metrics

RETRY_AFTER = 1
"""Seconds after which a client that was refused may try again; a full queue is emptied in about that."""
_AGAIN = "Send it again after the seconds that Retry-After says."


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much work is taken on."""

    concurrency: int
    """Requests worked on at once."""
    queue: int
    """Requests that wait; more are refused."""
    timeout: float
    """Seconds a request may take from its first byte to its answer."""


class Full(Exception):
    """Raised when every place is taken and no more requests may wait for one."""


class Places:
    """The places at which requests are worked on, given out in order of arrival; for one event loop."""

    def __init__(self, bounds: Bounds) -> None:
        self._bounds = bounds
        self._taken = 0
        self._waiting: deque[asyncio.Future[None]] = deque()

    def ask(self) -> asyncio.Future[None]:
        """Return a place, which is the caller's once it is done and to be left in any case. Raises Full."""
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if self._taken < self._bounds.concurrency:
            self._taken += 1
            place.set_result(None)
        elif len(self._waiting) < self._bounds.queue:
            self._waiting.append(place)
        else:
            raise Full
        self._count()
        return place

    def leave(self, place: asyncio.Future[None]) -> None:
        """Pass a place on to the request that waits longest, or stop waiting for it."""
        if not place.done():
            self._waiting.remove(place)
            place.cancel()
        elif self._waiting:
            self._waiting.popleft().set_result(None)
        else:
            self._taken -= 1
        self._count()

    def _count(self) -> None:
        metrics.WORKING.set(self._taken)
        metrics.WAITING.set(len(self._waiting))


class Admission:
    """ASGI middleware; answers 503 overloaded or timeout in the one error shape.

    A search runs on a thread, which nothing can stop. An abandoned request therefore keeps its place until
    its thread has ended, so that there are never more threads at work than places. A request asks for a place
    once its body has arrived, and its answer is sent after the place was left: a slow client holds none.
    """

    def __init__(self, app: ASGIApp, bounds: Bounds) -> None:
        self.app = app
        self._bounds = bounds
        self._places = Places(bounds)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        rule = rule_for(scope["path"]) if scope["type"] == "http" else None
        if scope["type"] != "http" or (rule and not rule.policy.admitted):
            await self.app(scope, receive, send)
            return
        stream = _Stream(send) if rule and rule.policy.streamed else None
        try:
            answer = await self._answer(scope, receive, stream)
        except ApiError as refusal:  # of this class, or of BodyLimits while the body arrives
            if refusal.code in ("overloaded", "timeout"):
                metrics.REFUSED.labels(refusal.code).inc()
            await _refuse(refusal, scope, receive, send, stream)
        except asyncio.CancelledError:  # the server stops, and has waited as long as it may
            metrics.REFUSED.labels("stopping").inc()
            stopping = "The service is stopping; the answer was not ready in time."
            await _refuse(ApiError(503, "overloaded", stopping, _AGAIN), scope, receive, send, stream)
        else:
            for message in answer:
                await send(message)
            if stream is not None:
                await stream.end()

    async def _answer(self, scope: Scope, receive: Receive, stream: _Stream | None) -> list[Message]:
        """Return the answer's messages, none where the client left or a stream has them. Raises ApiError."""
        deadline = asyncio.get_running_loop().time() + self._bounds.timeout
        try:
            async with asyncio.timeout_at(deadline):
                body = await _body(receive)
        except TimeoutError as error:
            raise self._too_long("arriving") from error
        if body is None:
            return []
        hung_up = asyncio.create_task(_hang_up(receive))
        try:
            return await self._in_turn(scope, body, hung_up, deadline, stream)
        finally:
            hung_up.cancel()

    async def _in_turn(
        self,
        scope: Scope,
        body: bytes,
        hung_up: asyncio.Task[None],
        deadline: float,
        stream: _Stream | None,
    ) -> list[Message]:
        try:
            place = self._places.ask()
        except Full as error:
            full = f"{self._bounds.concurrency} requests are worked on and {self._bounds.queue} wait"
            raise ApiError(503, "overloaded", f"{full}; no more are taken.", _AGAIN) from error
        work = None
        try:
            if not await _done_first(place, hung_up, deadline):
                if hung_up.done():
                    return []
                raise self._too_long("waiting")
            abandoned = threading.Event()
            ABANDONED.set(abandoned)
            work = asyncio.create_task(self._work(scope, body, hung_up, stream))
            work.add_done_callback(lambda done: self._ended(done, place))
            try:
                if await _done_first(work, hung_up, deadline):
                    return work.result()
            finally:
                abandoned.set()
        finally:
            if work is None:
                self._places.leave(place)
        if hung_up.done():
            return []
        raise self._too_long("being worked on")

    async def _work(
        self, scope: Scope, body: bytes, hung_up: asyncio.Task[None], stream: _Stream | None
    ) -> list[Message]:
        """Return the messages with which the app answers a request whose body has arrived."""
        unread = [body]
        messages: list[Message] = []

        async def receive() -> Message:
            if unread:
                return {"type": "http.request", "body": unread.pop(), "more_body": False}
            await asyncio.wait([hung_up])
            return {"type": "http.disconnect"}

        async def collect(message: Message) -> None:
            messages.append(message)

        await self.app(scope, receive, collect if stream is None else stream.put)
        return messages

    def _ended(self, work: asyncio.Task[list[Message]], place: asyncio.Future[None]) -> None:
        self._places.leave(place)
        if not work.cancelled():
            work.exception()  # nobody else fetches that of an abandoned request, and asyncio would complain

    def _too_long(self, doing: str) -> ApiError:
        message = f"The request was still {doing} after {self._bounds.timeout:g} s."
        return ApiError(503, "timeout", message, _AGAIN)


async def _done_first(
    step: asyncio.Future[None] | asyncio.Task[list[Message]], hung_up: asyncio.Task[None], deadline: float
) -> bool:
    """Return whether a step is done before the deadline and before the client hangs up; wait for either."""
    left = max(0.0, deadline - asyncio.get_running_loop().time())
    await asyncio.wait([step, hung_up], timeout=left, return_when=asyncio.FIRST_COMPLETED)
    return step.done() and not hung_up.done()


async def _body(receive: Receive) -> bytes | None:
    """Return the body; None when the client hangs up before its end."""
    parts = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(parts)


async def _hang_up(receive: Receive) -> None:
    """Return once the client, which has nothing more to send, is gone."""
    while (await receive())["type"] != "http.disconnect":
        pass


class _Stream:
    """An answer whose parts are sent as they come; however slow its client is, none waits to be put.

    What the route may answer with has to be bounded, as it may all wait here.
    """

    def __init__(self, send: Send) -> None:
        self._send = send
        self._parts: asyncio.Queue[Message | None] = asyncio.Queue()
        self._sending: asyncio.Task[None] | None = None
        self._ended = False

    @property
    def begun(self) -> bool:
        """Whether the answer's status is on its way."""
        return self._sending is not None

    async def put(self, part: Message) -> None:
        """Send a part after those before it; a part that comes after the end is dropped."""
        if self._ended:
            return
        if self._sending is None:
            self._sending = asyncio.create_task(self._run())
        self._parts.put_nowait(part)

    async def end(self) -> None:
        """Return once every part is sent."""
        self._ended = True
        self._parts.put_nowait(None)
        if self._sending is not None:
            await self._sending

    async def _run(self) -> None:
        while (part := await self._parts.get()) is not None:
            await self._send(part)


async def _refuse(
    refusal: ApiError, scope: Scope, receive: Receive, send: Send, stream: _Stream | None = None
) -> None:
    """Answer with a refusal; where an answer has begun, end it with the refusal as its last line."""
    response = refusal.response()
    if stream is not None and stream.begun:
        await stream.put({"type": "http.response.body", "body": bytes(response.body) + b"\n"})
        await stream.end()
        return
    if refusal.status == 503:
        response.headers["Retry-After"] = str(RETRY_AFTER)
    await response(scope, receive, send)
