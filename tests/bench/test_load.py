"""The load client, against a tiny app on a real server."""

from __future__ import annotations

import socket
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from fastapi import FastAPI, Response

from bench import load
from bench.processes import BenchError
from tests.serving import serving

QUESTIONS = [f"où est la gare n° {n} ?" for n in range(60)]


class Told:
    """An app that remembers what it was asked, and from how many connections."""

    def __init__(self, failing: str = "never") -> None:
        self.asked: list[str] = []
        self.ports: set[int] = set()
        self.app = FastAPI()

        @self.app.middleware("http")
        async def remember(request, follow):  # type: ignore[no-untyped-def]
            self.ports.add(request.client.port)
            return await follow(request)

        @self.app.get("/search")
        async def search(q: str, k: int) -> Response:
            self.asked.append(q)
            return Response(f"{k} hits", status_code=500 if failing in q else 200)


@pytest.mark.parametrize("clients", [1, 4, 100])
def test_each_question_is_asked_once_over_kept_connections(clients: int) -> None:
    told = Told()
    with serving(told.app) as port:
        found = load.ask(port, QUESTIONS, clients)
    assert Counter(told.asked) == Counter(QUESTIONS)
    assert (found.clients, found.answers, found.errors) == (clients, 60, 0)
    assert 0 < found.latency.p50 <= found.latency.p95 <= found.latency.p99
    assert found.rate == pytest.approx(60 / found.seconds)
    assert len(told.ports) <= clients


def test_what_is_not_answered_with_200_is_an_error() -> None:
    told = Told(failing="n° 1")  # 1 and 10 … 19
    with serving(told.app) as port:
        found = load.ask(port, QUESTIONS, 3)
    assert (found.answers, found.errors) == (49, 11)


def test_services_are_asked_by_turns() -> None:
    first, second = Told(), Told()
    with serving(first.app) as a, serving(second.app) as b:
        found = load.by_turns({"a": a, "b": b}, QUESTIONS, 2, turns=7)
    assert sorted(first.asked) == sorted(second.asked) == sorted(QUESTIONS)
    assert {name: each.answers for name, each in found.items()} == {"a": 60, "b": 60}


@contextmanager
def saying(answer: bytes) -> Iterator[int]:
    """A server that says one thing on each connection, then hangs up; its port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def hang_up() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    connection.recv(10_000)
                    connection.sendall(answer)

        thread = threading.Thread(target=hang_up, daemon=True)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join(timeout=10)


def test_a_broken_connection_is_an_error_and_is_made_anew() -> None:
    with saying(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok") as port:
        found = load.ask(port, QUESTIONS[:10], 1)
    assert (found.answers, found.errors) == (5, 5)  # every second one meets a connection that is gone


@pytest.mark.parametrize(
    "answer",
    [b"", b"HTTP/1.1 200 OK\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok", b"?" * 100_000],
    ids=["nothing", "no length", "cut short", "no end"],
)
def test_when_nothing_is_answered_there_is_nothing_to_tell(answer: bytes) -> None:
    with saying(answer) as port, pytest.raises(BenchError, match="None of 10 requests was answered"):
        load.ask(port, QUESTIONS[:10], 2)


def test_a_service_that_is_gone_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(BenchError, match=f"by the service at port {port}"):
        load.ask(port, QUESTIONS, 4)
