"""A body is refused before it is read, however it comes; byte for byte over a real connection."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from service.app import build_app
from service.middleware import keys
from service.middleware.body_limits import BodyLimits
from service.search.index_watcher import IndexWatcher
from tests.serving import serving
from tests.standin import StandInEncoder

HEAD = b"POST /search HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
GET = b"GET /search?q=a HTTP/1.1\r\nHost: localhost\r\n"


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    """A service that has no index and needs no key until there is one."""
    with serving(build_app(IndexWatcher(tmp_path, StandInEncoder))) as port:
        yield port


@pytest.fixture
def hasty_port(tmp_path: Path) -> Iterator[int]:
    """A service that waits 0.2 s for a body."""
    app = build_app(IndexWatcher(tmp_path, StandInEncoder))
    app.add_middleware(BodyLimits, seconds=0.2)
    with serving(app) as port:
        yield port


def answer_to(port: int, sent: bytes, dribbled: bytes = b"") -> bytes:
    """All that comes until the service closes the connection; meanwhile the rest is dribbled byte by byte."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(sent)
        connection.settimeout(0.02)
        received, rest = b"", iter(dribbled)
        deadline = time.monotonic() + 15
        while time.monotonic() < deadline:
            try:
                part = connection.recv(65536)
            except TimeoutError:
                with suppress(ConnectionError):  # it is closed; what was answered can still be read
                    connection.sendall(bytes([next(rest, 32)]) if dribbled else b"")
                continue
            except ConnectionError:
                part = b""
            if not part:
                return received
            received += part
        raise AssertionError("the connection was not closed")


def assert_refused(answer: bytes, status: int, code: str) -> None:
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 %d " % status)
    assert b"connection: close" in head.lower().split(b"\r\n")
    assert json.loads(body)["error"]["code"] == code


@pytest.mark.parametrize("length", [b"65537", b"10000000000", b"9" * 20])
def test_a_body_that_says_it_is_too_large_is_refused_before_it_comes(port: int, length: bytes) -> None:
    assert_refused(answer_to(port, HEAD + b"Content-Length: " + length + b"\r\n\r\n"), 413, "body_too_large")


def test_nobody_is_asked_to_go_on_with_a_body_that_will_be_refused(port: int) -> None:
    head = HEAD + b"Expect: 100-continue\r\nContent-Length: 10000000000\r\n\r\n"
    assert_refused(answer_to(port, head), 413, "body_too_large")


def test_a_body_in_pieces_is_read_no_further_than_is_allowed(port: int) -> None:
    piece = b"%x\r\n" % 60_000 + b" " * 60_000 + b"\r\n"
    head = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
    assert_refused(answer_to(port, head + piece * 20), 413, "body_too_large")


@pytest.mark.parametrize("head", [HEAD, GET], ids=["read", "read by no route"])
def test_a_body_that_comes_too_slowly_is_not_waited_for(hasty_port: int, head: bytes) -> None:
    head += b"Content-Length: 5000\r\n\r\n"
    assert_refused(answer_to(hasty_port, head, dribbled=b" " * 5000), 408, "body_too_slow")


def test_without_a_key_a_body_is_not_waited_for(port: int, tmp_path: Path) -> None:
    keys.create(tmp_path / "keys.json", "a", "read")
    head = HEAD + b"Content-Length: 5000\r\n\r\n"
    assert_refused(answer_to(port, head, dribbled=b" " * 5000), 401, "unauthorized")


def test_under_another_name_a_body_is_not_waited_for(port: int) -> None:
    head = HEAD.replace(b"localhost", b"evil.org") + b"Content-Length: 5000\r\n\r\n"
    assert_refused(answer_to(port, head, dribbled=b" " * 5000), 421, "unknown_host")


def test_a_connection_is_kept_where_nothing_is_left_unread(port: int) -> None:
    body = b'{"q": "a"}'
    requests = HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body + GET
    answer = answer_to(port, requests + b"Connection: close\r\n\r\n")
    assert answer.count(b"HTTP/1.1 503 ") == 2


def test_the_server_does_not_say_what_it_is(port: int) -> None:
    assert b"\r\nserver:" not in answer_to(port, GET + b"Connection: close\r\n\r\n").lower()
