"""The log: its two formats, whose id a line bears, and what it never says."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from service.search.index_watcher import IndexWatcher
from service.telemetry import logs
from service.telemetry.logs import JsonFormatter, TextFormatter, request_id

LONGEST = "a" * 64


@pytest.fixture
def answering() -> Iterator[None]:
    """Within the block, the request "r-1" is being answered."""
    token = logs.REQUEST_ID.set("r-1")
    yield
    logs.REQUEST_ID.reset(token)


def record(message: str = "read %s", *args: object, **more: object) -> logging.LogRecord:
    made = logging.LogRecord("service.x", logging.INFO, "x.py", 1, message, args or ("été",), None)
    vars(made).update(more)
    return made


@pytest.mark.parametrize("given", ["a", "0a1b-2c.3_d", LONGEST])
def test_a_well_formed_id_is_taken(given: str) -> None:
    assert request_id(given) == given


@pytest.mark.parametrize("given", [None, "", "a b", "a\nb", 'a"', "é", LONGEST + "a", "a\n"])
def test_any_other_is_replaced(given: str | None) -> None:
    assert request_id(given) not in (given, request_id(given))


def test_a_line_of_text() -> None:
    assert TextFormatter().format(record()).endswith(" INFO read été")


@pytest.mark.usefixtures("answering")
def test_a_line_of_text_bears_the_requests_id() -> None:
    assert TextFormatter().format(record()).endswith(" INFO read été [r-1]")


@pytest.mark.usefixtures("answering")
def test_a_line_of_json() -> None:
    line = JsonFormatter().format(record(fields={"status": 200}))
    said = json.loads(line)
    assert "\n" not in line and "été" in line
    assert said.pop("time").endswith("+00:00")
    assert said == {
        "level": "INFO",
        "logger": "service.x",
        "message": "read été",
        "request_id": "r-1",
        "status": 200,
    }


def test_a_trace_stands_on_the_same_line_of_json() -> None:
    try:
        raise ValueError("two\nlines")
    except ValueError as error:
        line = JsonFormatter().format(record(exc_info=(ValueError, error, error.__traceback__)))
    assert "\n" not in line
    assert "ValueError: two\nlines" in json.loads(line)["exception"]


def lines(caplog: pytest.LogCaptureFixture) -> list[dict[str, object]]:
    return [
        dict(vars(each)["fields"]) for each in caplog.records if each.name == "service.middleware.access_log"
    ]


def test_a_request_is_one_line_that_tells_neither_question_nor_key_nor_address(
    articles: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    caplog.clear()
    headers = {"Authorization": "Bearer geheim", "X-Request-ID": "r-2", "X-Forwarded-For": "192.0.2.7"}
    response = articles.get("/search", params={"q": "oncologie", "source": "santé/*"}, headers=headers)
    assert response.headers["x-request-id"] == "r-2"
    (line,) = lines(caplog)
    assert line.pop("ms") >= 0  # type: ignore[operator]
    assert line == {
        "method": "GET",
        "route": "/search",
        "status": 200,
        "bytes": len(response.content),
    }
    said = " ".join(each.getMessage() for each in caplog.records if each.name.startswith("service"))
    for secret in ("oncologie", "sant", "geheim", "192.0.2.7", "testclient"):
        assert secret not in said


@pytest.mark.parametrize(
    ("method", "path", "route", "status"),
    [
        ("GET", "/documents/oncologie.txt", "/documents/{source:path}", 200),
        ("GET", "/documents/rien.txt", "/documents/{source:path}", 404),
        ("GET", "/similar/0?k=0", "/similar/{passage_id}", 422),
        ("GET", "/search?q=%FF", "/search", 400),
        ("GET", "/nope", "none", 404),
        ("BREW", "/search", "/search", 405),
    ],
)
def test_a_line_names_the_route_and_not_what_was_asked_of_it(
    articles: TestClient, caplog: pytest.LogCaptureFixture, method: str, path: str, route: str, status: int
) -> None:
    caplog.set_level(logging.INFO)
    caplog.clear()
    articles.request(method, path)
    (line,) = lines(caplog)
    assert (line["method"], line["route"], line["status"]) == (
        "other" if method == "BREW" else method,
        route,
        status,
    )


@pytest.mark.parametrize("path", ["/health", "/health/live", "/health/ready", "/metrics"])
def test_what_is_asked_every_few_seconds_is_not_logged(
    articles: TestClient, caplog: pytest.LogCaptureFixture, path: str
) -> None:
    caplog.set_level(logging.INFO)
    caplog.clear()
    assert articles.get(path).status_code == 200
    assert lines(caplog) == []


def test_a_failure_is_found_in_the_log_by_the_id_that_its_refusal_names(
    client: TestClient, live: IndexWatcher, caplog: pytest.LogCaptureFixture
) -> None:
    said: list[str] = []

    class Keeping(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            said.append(JsonFormatter().format(record))

    def fail(_: object) -> None:
        raise RuntimeError("deep down")

    assert live.searcher is not None
    live.searcher.encoder.queries = fail  # type: ignore[assignment, method-assign]
    handler = Keeping()
    logging.getLogger().addHandler(handler)
    try:
        response = client.get("/search", params={"q": "a"})
    finally:
        logging.getLogger().removeHandler(handler)
    its_id = response.headers["x-request-id"]
    assert its_id in response.json()["error"]["hint"]
    found = [json.loads(line) for line in said]
    trace = next(each for each in found if "exception" in each)
    assert trace["request_id"] == its_id and "deep down" in trace["exception"]
    assert "deep down" not in response.text
