"""The server over bare sockets: who sends nothing, or reads nothing, holds nothing for long."""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from fastapi import FastAPI
from starlette.responses import Response

from service import protocol
from tests.serving import serving, wait_until

pytestmark = pytest.mark.slow

LARGE = 64 * 2**20
"""Bytes of an answer that no buffer of the system holds."""


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A small app on a server whose bounds are short."""
    monkeypatch.setattr(protocol, "HEAD_SECONDS", 1.0)
    monkeypatch.setattr(protocol, "STALL_SECONDS", 0.4)
    monkeypatch.setattr(protocol, "MOST_CONNECTIONS", 3)
    app = FastAPI()

    @app.get("/small")
    async def small() -> Response:
        return Response("a")

    @app.get("/large")
    async def large() -> Response:
        return Response(bytes(LARGE))

    with serving(app) as port:
        yield port


def connected(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=10)


def closed(connection: socket.socket) -> bool:
    """Whether the server ends the connection without a word."""
    try:
        return connection.recv(1) == b""
    except ConnectionResetError:
        return True


def answer(connection: socket.socket) -> bytes:
    """One whole answer, whose head and body may come apart."""
    received = b""
    while True:
        head, blank, body = received.partition(b"\r\n\r\n")
        length = re.search(rb"content-length: (\d+)", head)
        if blank and length and len(body) >= int(length[1]):
            return received
        part = connection.recv(4096)
        assert part, received
        received += part


@pytest.mark.parametrize("sent", [b"", b"GET /small HTTP/1.1\r\nHost: a\r\nX-A: "])
def test_a_connection_without_a_whole_head_is_ended(port: int, sent: bytes) -> None:
    with connected(port) as connection:
        connection.sendall(sent)
        assert closed(connection)


def test_a_head_that_comes_byte_by_byte_is_not_waited_for(port: int) -> None:
    begun = time.monotonic()
    with connected(port) as connection:
        while time.monotonic() - begun < 3:
            try:
                connection.sendall(b"G")
            except OSError:  # broken pipe, or reset
                return
            time.sleep(0.05)
    pytest.fail("the connection is held for as long as the client likes")


def test_a_second_request_has_its_time_anew(port: int) -> None:
    with connected(port) as connection:
        for _ in range(3):
            connection.sendall(b"GET /small HTTP/1.1\r\nHost: a\r\n\r\n")
            assert answer(connection).startswith(b"HTTP/1.1 200")
            time.sleep(0.4)
        connection.sendall(b"GET /sm")
        assert closed(connection)


def test_an_answer_that_is_not_read_is_given_up(port: int) -> None:
    with connected(port) as connection:
        connection.sendall(b"GET /large HTTP/1.1\r\nHost: a\r\n\r\n")
        time.sleep(1.0)
        received = 0
        try:
            while part := connection.recv(1 << 20):
                received += len(part)
        except ConnectionResetError:
            pass
        assert 0 < received < LARGE


def test_an_answer_that_is_read_slowly_arrives(port: int) -> None:
    with connected(port) as connection:
        connection.sendall(b"GET /large HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        received = len(connection.recv(1 << 16))
        for _ in range(8):
            time.sleep(0.1)
            received += len(connection.recv(1 << 23))
        while part := connection.recv(1 << 20):
            received += len(part)
        assert received > LARGE


def test_too_many_connections_are_refused_in_the_one_shape_and_later_taken(port: int) -> None:
    with ExitStack() as held:
        for _ in range(3):
            held.enter_context(connected(port))
        with connected(port) as one_more:
            refusal = answer(one_more)
            assert refusal.startswith(b"HTTP/1.1 503") and b'"code":"overloaded"' in refusal
            assert closed(one_more)

    def taken() -> bool:
        try:
            with connected(port) as again:
                again.sendall(b"GET /small HTTP/1.1\r\nHost: a\r\n\r\n")
                return again.recv(4096).startswith(b"HTTP/1.1 200")
        except OSError:  # it was refused and ended before the request was sent
            return False

    wait_until(taken)
