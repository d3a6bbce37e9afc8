"""Requests byte for byte, as no careful client sends them, to a real server."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from service.app import build_app
from service.search.index_watcher import IndexWatcher
from tests.serving import serving, wait_until
from tests.standin import StandInEncoder


@pytest.fixture
def port(index: Path, encoder: StandInEncoder) -> Iterator[int]:
    live = IndexWatcher(index, lambda: encoder)
    with serving(build_app(live)) as port:
        wait_until(lambda: live.searcher is not None)
        yield port


def send(port: int, method: str, target: str, body: bytes | None = None) -> tuple[int, str, str]:
    """Status, content type and body; the target goes out as it stands."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        headers = {"Content-Type": "application/json"} if body is not None else {}
        connection.request(method, target, body, headers)
        response = connection.getresponse()
        return response.status, response.headers["content-type"], response.read().decode()
    finally:
        connection.close()


def assert_refused(answer: tuple[int, str, str], code: str) -> None:
    status, kind, text = answer
    assert 400 <= status < 500
    assert kind == "application/json"
    assert json.loads(text)["error"]["code"] == code
    assert "root:x" not in text and "Robot-assisted" not in text


@pytest.mark.parametrize(
    ("target", "code"),
    [
        ("/documents/../robots.txt", "unknown_source"),
        ("/documents/../../../../../../etc/passwd", "unknown_source"),
        ("/documents/./robots.txt", "unknown_source"),
        ("/documents/sant%C3%A9/../robots.txt", "unknown_source"),
        ("/documents/%2e%2e/%2e%2e/etc/passwd", "unknown_source"),
        ("/documents//etc/passwd", "unknown_source"),
        ("/../etc/passwd", "not_found"),
        ("//etc/passwd", "not_found"),
        ("/documents\\robots.txt", "not_found"),
        ("/documents/%00", "invalid_encoding"),
        ("/documents/%ED%A0%80", "invalid_encoding"),
        ("/search?q=%FF", "invalid_encoding"),
    ],
)
def test_a_target_that_climbs_or_breaks(port: int, target: str, code: str) -> None:
    assert_refused(send(port, "GET", target), code)


@pytest.mark.parametrize("length", [1_001, 60_000, 200_000, 900_000])
def test_a_question_too_long_for_an_address(port: int, length: int) -> None:
    assert_refused(send(port, "GET", "/search?q=" + "a" * length), "invalid_parameter")


def test_a_question_of_1_000_four_byte_characters_goes_through(port: int) -> None:
    assert send(port, "GET", "/search?q=" + "%F0%9F%99%82" * 1000)[0] == 200


def test_a_body_of_ten_megabytes(port: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.putrequest("POST", "/search")
    connection.putheader("Content-Type", "application/json")
    connection.putheader("Content-Length", str(10 * 1024 * 1024))
    connection.endheaders()
    response = connection.getresponse()  # answered before a byte of it was sent
    answer = response.status, response.headers["content-type"], response.read().decode()
    connection.close()
    assert answer[0] == 413
    assert_refused(answer, "body_too_large")


def test_a_client_that_hangs_up_within_its_body_harms_nobody(port: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.putrequest("POST", "/search")
    connection.putheader("Content-Type", "application/json")
    connection.putheader("Content-Length", "1000")
    connection.endheaders(b'{"q": ')
    connection.close()
    assert send(port, "POST", "/search", b'{"q": "formation"}')[0] == 200
