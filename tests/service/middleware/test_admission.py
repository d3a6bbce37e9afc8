"""Admission: who is let in, who waits, who is refused, and when a place is free again."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send

from service.errors import MAX_BODY
from service.middleware.admission import Admission, Bounds
from service.middleware.body_limits import BodyLimits
from service.search.observer import SILENT
from service.search.stages import stage

pytestmark = pytest.mark.anyio
BOUNDS = Bounds(concurrency=16, queue=64, timeout=10)


class Held:
    """An app that answers each request, on a thread, with its path and body once it is released."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.most = 0
        self._at_work = 0
        self._lock = threading.Lock()
        self._gates: dict[str, threading.Event] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = (await receive())["body"]
        await asyncio.to_thread(self._work, scope["path"])
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": scope["path"].encode() + body})

    def release(self, path: str) -> None:
        self._gate(path).set()

    def _gate(self, path: str) -> threading.Event:
        with self._lock:
            return self._gates.setdefault(path, threading.Event())

    def _work(self, path: str) -> None:
        with self._lock:
            self.begun.append(path)
            self._at_work += 1
            self.most = max(self.most, self._at_work)
        try:
            assert self._gate(path).wait(30)
            with stage("score", SILENT):
                pass
        finally:
            with self._lock:
                self._at_work -= 1


class Client:
    """One request, in this process; it can hang up."""

    def __init__(self, app: Any, path: str, *body: Message) -> None:
        self.sent: list[Message] = []
        self._hung_up = asyncio.Event()
        self._arriving = list(body) or [{"type": "http.request", "body": b"", "more_body": False}]
        chunked = [(b"transfer-encoding", b"chunked")] if body else []
        scope = {"type": "http", "path": path, "headers": chunked, "method": "GET", "query_string": b""}
        self.task = asyncio.create_task(app(scope, self._receive, self._send))

    async def _receive(self) -> Message:
        if self._arriving:
            return self._arriving.pop(0)
        await self._hung_up.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Message) -> None:
        self.sent.append(message)

    def hang_up(self) -> None:
        self._hung_up.set()

    async def answer(self) -> tuple[int, str]:
        """Status, and the body or a refusal's code."""
        await asyncio.wait_for(self.task, 30)
        body = b"".join(each.get("body", b"") for each in self.sent).decode()
        status = self.sent[0]["status"]
        return status, body if status == 200 else json.loads(body)["error"]["code"]

    @property
    def headers(self) -> dict[str, str]:
        return {name.decode(): value.decode() for name, value in self.sent[0]["headers"]}


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not true():
            await asyncio.sleep(0.002)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def held() -> AsyncIterator[Held]:
    """An app, every thread of which is let go at the end of the test."""
    app = Held()
    yield app
    for path in list(app._gates):
        app.release(path)


async def test_so_many_at_once_the_rest_in_order_and_beyond_at_once_refused(held: Held) -> None:
    app = Admission(held, Bounds(concurrency=2, queue=3, timeout=30))
    clients = [Client(app, f"/{number}") for number in range(5)]
    await until(lambda: len(held.begun) == 2)
    refused = Client(app, "/refused")
    assert await refused.answer() == (503, "overloaded")
    assert refused.headers["retry-after"] == "1"
    for number in range(5):
        held.release(f"/{number}")
        assert await clients[number].answer() == (200, f"/{number}")
    assert held.begun[:2] in (["/0", "/1"], ["/1", "/0"])
    assert held.begun[2:] == ["/2", "/3", "/4"]
    assert held.most == 2


async def test_who_waits_too_long_is_refused_and_waits_no_more(held: Held) -> None:
    app = Admission(held, Bounds(concurrency=1, queue=1, timeout=0.1))
    slow = Client(app, "/slow")
    await until(lambda: held.begun == ["/slow"])
    waiting = Client(app, "/waiting")
    assert await waiting.answer() == (503, "timeout")
    assert await slow.answer() == (503, "timeout")
    assert "retry-after" in slow.headers
    assert held.begun == ["/slow"]


async def test_a_thread_that_goes_on_after_its_request_was_given_up_counts_until_it_ends(held: Held) -> None:
    app = Admission(held, Bounds(concurrency=1, queue=1, timeout=0.1))
    assert await Client(app, "/slow").answer() == (503, "timeout")
    for _ in range(3):  # the place is taken, though nobody waits for what is done there
        assert await Client(app, "/next").answer() == (503, "timeout")
    assert held.begun == ["/slow"]
    held.release("/slow")
    held.release("/next")
    await until(lambda: app._places._taken == 0)
    assert await Client(app, "/next").answer() == (200, "/next")
    assert held.most == 1


async def test_a_client_that_hangs_up_while_it_waits_frees_its_place_in_the_queue(held: Held) -> None:
    app = Admission(held, Bounds(concurrency=1, queue=1, timeout=30))
    first = Client(app, "/first")
    await until(lambda: held.begun == ["/first"])
    gone = Client(app, "/gone")
    await until(lambda: len(app._places._waiting) == 1)
    assert await Client(app, "/refused").answer() == (503, "overloaded")
    gone.hang_up()
    await gone.task
    assert gone.sent == []
    patient = Client(app, "/patient")
    held.release("/first")
    held.release("/patient")
    assert await first.answer() == (200, "/first")
    assert await patient.answer() == (200, "/patient")
    assert held.begun == ["/first", "/patient"]


async def test_a_client_that_hangs_up_while_it_is_worked_for_frees_its_place_at_its_end(
    held: Held,
) -> None:
    app = Admission(held, Bounds(concurrency=1, queue=1, timeout=30))
    gone = Client(app, "/gone")
    await until(lambda: held.begun == ["/gone"])
    gone.hang_up()
    await gone.task
    assert gone.sent == []
    following = Client(app, "/following")
    await until(lambda: len(app._places._waiting) == 1)
    held.release("/following")
    held.release("/gone")
    assert await following.answer() == (200, "/following")
    assert held.most == 1


async def test_work_that_was_given_up_ends_at_its_next_stage(held: Held) -> None:
    reached: list[str] = []
    done = asyncio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await held(scope, receive, send)
            reached.append("the end")
        finally:
            done.set()

    admission = Admission(app, Bounds(concurrency=1, queue=0, timeout=0.05))
    assert await Client(admission, "/slow").answer() == (503, "timeout")
    held.release("/slow")
    await done.wait()
    held.release("/fast")
    await until(lambda: admission._places._taken == 0)
    assert (await Client(admission, "/fast").answer())[0] == 200
    assert reached == ["the end"]  # of the second


async def test_a_body_that_dribbles_holds_no_place_and_is_not_waited_for_for_ever(held: Held) -> None:
    app = Admission(held, Bounds(concurrency=1, queue=0, timeout=0.2))
    dribbling = Client(app, "/slow", {"type": "http.request", "body": b"{", "more_body": True})
    held.release("/other")
    assert await Client(app, "/other").answer() == (200, "/other")
    gone = Client(app, "/gone", {"type": "http.request", "body": b"{", "more_body": True})
    gone.hang_up()
    await gone.task
    assert gone.sent == []
    assert await dribbling.answer() == (503, "timeout")
    assert held.begun == ["/other"]


async def test_a_body_in_pieces_arrives_whole(held: Held) -> None:
    pieces = [
        {"type": "http.request", "body": each, "more_body": each != b"c"} for each in (b"a", b"b", b"c")
    ]
    held.release("/")
    held.release("/x")
    assert await Client(Admission(held, BOUNDS), "/x", *pieces).answer() == (200, "/xabc")


async def test_a_body_that_is_too_large_is_refused_in_its_own_words(held: Held) -> None:
    piece = {"type": "http.request", "body": b"a" * MAX_BODY, "more_body": True}
    app = BodyLimits(Admission(held, BOUNDS))
    assert await Client(app, "/x", piece, piece).answer() == (413, "body_too_large")
    assert held.begun == []


async def test_when_the_server_stops_waiting_it_is_said_so(held: Held) -> None:
    app = Admission(held, Bounds(concurrency=1, queue=1, timeout=30))
    clients = [Client(app, "/slow"), Client(app, "/waiting")]
    await until(lambda: held.begun == ["/slow"])
    for client in clients:
        client.task.cancel()
    for client in clients:
        assert await client.answer() == (503, "overloaded")


async def test_a_failure_of_the_app_is_not_hidden_and_frees_its_place() -> None:
    async def failing(_: Scope, __: Receive, ___: Send) -> None:
        raise ValueError("It failed.")

    app = Admission(failing, Bounds(concurrency=1, queue=0, timeout=30))
    for path in ("/a", "/b", "/c"):
        client = Client(app, path)
        with pytest.raises(ValueError, match="It failed"):
            await client.task


@pytest.mark.parametrize(
    "path", ["/", "/health", "/health/live", "/metrics", "/static/page.js", "/docs", "/openapi.json"]
)
async def test_what_needs_no_place_passes_by(held: Held, path: str) -> None:
    app = Admission(held, Bounds(concurrency=1, queue=0, timeout=30))
    search = Client(app, "/search")
    await until(lambda: held.begun == ["/search"])
    held.release(path)
    assert await Client(app, path).answer() == (200, path)
    held.release("/search")
    assert await search.answer() == (200, "/search")
