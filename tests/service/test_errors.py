"""One contract: whatever is wrong with a request, it is refused in one shape."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.testclient import TestClient

from service.api.error_handlers import HANDLERS, InternalErrors
from service.app import build_app
from service.errors import MAX_BODY, echo
from service.middleware.headers import SECURITY
from service.search.index_watcher import IndexWatcher
from service.search.stages import RequestAbandoned
from tests.conftest import client_of
from tests.service.contract import assert_refusal
from tests.standin import StandInEncoder

JSON = {"content-type": "application/json"}
TOO_LARGE = b'{"q": "' + b"a" * MAX_BODY + b'"}'
DEEP = 10_000

ADDRESSES = [
    ("no q", "/search", 422, "missing_parameter"),
    ("empty q", "/search?q=", 422, "invalid_parameter"),
    ("blank q", "/search?q=%20%09%0A", 422, "invalid_parameter"),
    ("plus signs only", "/search?q=+++", 422, "invalid_parameter"),
    ("non-breaking space only", "/search?q=%C2%A0", 422, "invalid_parameter"),
    ("zero-width space only", "/search?q=%E2%80%8B", 422, "invalid_parameter"),
    ("1 001 characters", "/search?q=" + "a" * 1001, 422, "invalid_parameter"),
    ("1 001 wide characters", "/search?q=" + "%F0%9F%99%82" * 1001, 422, "invalid_parameter"),
    ("k=0", "/search?q=a&k=0", 422, "invalid_parameter"),
    ("k=101", "/search?q=a&k=101", 422, "invalid_parameter"),
    ("k=-1", "/search?q=a&k=-1", 422, "invalid_parameter"),
    ("k=abc", "/search?q=a&k=abc", 422, "invalid_parameter"),
    ("k=1.5", "/search?q=a&k=1.5", 422, "invalid_parameter"),
    ("k empty", "/search?q=a&k=", 422, "invalid_parameter"),
    ("k huge", "/search?q=a&k=" + "9" * 5000, 422, "invalid_parameter"),
    ("k=1e2", "/search?q=a&k=1e2", 422, "invalid_parameter"),
    ("per_source=0", "/search?q=a&per_source=0", 422, "invalid_parameter"),
    ("per_source=101", "/search?q=a&per_source=101", 422, "invalid_parameter"),
    ("per_source=two", "/search?q=a&per_source=two", 422, "invalid_parameter"),
    ("per_source twice", "/search?q=a&per_source=1&per_source=2", 422, "repeated_parameter"),
    ("group=section", "/search?q=a&group=section", 422, "invalid_parameter"),
    ("group in capitals", "/search?q=a&group=DOCUMENT", 422, "invalid_parameter"),
    ("group empty", "/search?q=a&group=", 422, "invalid_parameter"),
    ("min_relevance=1.1", "/search?q=a&min_relevance=1.1", 422, "invalid_parameter"),
    ("min_relevance=-1", "/search?q=a&min_relevance=-1", 422, "invalid_parameter"),
    ("min_relevance=none", "/search?q=a&min_relevance=none", 422, "invalid_parameter"),
    ("min_relevance=nan", "/search?q=a&min_relevance=nan", 422, "invalid_parameter"),
    ("min_relevance=inf", "/search?q=a&min_relevance=inf", 422, "invalid_parameter"),
    ("min_relevance empty", "/search?q=a&min_relevance=", 422, "invalid_parameter"),
    ("min_relevance, not calibrated", "/search?q=a&min_relevance=0.5", 422, "uncalibrated"),
    ("a class, not calibrated", "/search?q=a&min_relevance=weak", 422, "uncalibrated"),
    ("explain=maybe", "/search?q=a&explain=maybe", 422, "invalid_parameter"),
    ("explain empty", "/search?q=a&explain=", 422, "invalid_parameter"),
    ("similar to nothing", "/similar/", 404, "not_found"),
    ("similar to an unknown passage", "/similar/00000000000000000000", 404, "unknown_passage"),
    ("similar to a long name", "/similar/" + "x" * 5000, 404, "unknown_passage"),
    ("similar to a quote", "/similar/'%20OR%201=1--", 404, "unknown_passage"),
    ("similar to NUL", "/similar/%00", 400, "invalid_encoding"),
    ("similar to no UTF-8", "/similar/%ff", 400, "invalid_encoding"),
    ("similar, k=0", "/similar/a?k=0", 422, "invalid_parameter"),
    ("similar, k=101", "/similar/a?k=101", 422, "invalid_parameter"),
    ("similar, per_source=0", "/similar/a?per_source=0", 422, "invalid_parameter"),
    ("similar with a question", "/similar/a?q=a", 422, "unknown_parameter"),
    ("acronyms with a parameter", "/acronyms?short=a", 422, "unknown_parameter"),
    ("unknown parameter", "/search?q=a&limit=5", 422, "unknown_parameter"),
    ("unknown parameter of 5 000", "/search?q=a&" + "z" * 5000 + "=1", 422, "unknown_parameter"),
    ("unknown control character", "/search?q=a&%01=1", 422, "unknown_parameter"),
    ("parameter in capitals", "/search?Q=a", 422, "unknown_parameter"),
    ("q twice", "/search?q=a&q=b", 422, "repeated_parameter"),
    ("q twice, the same", "/search?q=a&q=a", 422, "repeated_parameter"),
    ("k twice", "/search?q=a&k=1&k=2", 422, "repeated_parameter"),
    ("NUL", "/search?q=a%00b", 400, "invalid_encoding"),
    ("control character", "/search?q=a%07b", 422, "invalid_parameter"),
    ("C1 control character", "/search?q=a%C2%85b", 422, "invalid_parameter"),
    ("delete character", "/search?q=a%7F", 422, "invalid_parameter"),
    ("lone surrogate", "/search?q=%ED%A0%80", 400, "invalid_encoding"),
    ("not UTF-8", "/search?q=%E9t%E9", 400, "invalid_encoding"),
    ("overlong UTF-8", "/search?q=%C0%AF", 400, "invalid_encoding"),
    ("not UTF-8 in a name", "/search?q=a&%FF=1", 400, "invalid_encoding"),
    ("slash at the end", "/search/?q=a", 404, "not_found"),
    ("unknown path", "/nope", 404, "not_found"),
    ("the root of nothing", "/search/a", 404, "not_found"),
    ("documents with a parameter", "/documents?k=5", 422, "unknown_parameter"),
    ("health with a parameter", "/health?full=1", 422, "unknown_parameter"),
]
BODIES = [
    ("empty", b"", 422, "invalid_body"),
    ("not JSON", b"q=a", 400, "invalid_json"),
    ("half JSON", b'{"q": "a"', 400, "invalid_json"),
    ("not UTF-8", b'{"q": "\xe9"}', 400, "invalid_json"),
    ("surrogate as bytes", b'{"q": "\xed\xa0\x80"}', 422, "invalid_parameter"),
    ("a list", b'[{"q": "a"}]', 422, "invalid_body"),
    ("a string", b'"a"', 422, "invalid_body"),
    ("null", b"null", 422, "invalid_body"),
    ("NaN", b"NaN", 422, "invalid_body"),
    ("lists 10 000 deep", b"[" * DEEP + b"]" * DEEP, 400, "invalid_json"),
    ("q 10 000 deep", b'{"q": ' + b"[" * DEEP + b"]" * DEEP + b"}", 400, "invalid_json"),
    ("objects 10 000 deep", b'{"q":' * DEEP + b"1" + b"}" * DEEP, 400, "invalid_json"),
    ("q is a list 500 deep", b'{"q": ' + b"[" * 500 + b"]" * 500 + b"}", 422, "invalid_parameter"),
    ("no q", b"{}", 422, "missing_parameter"),
    ("q null", b'{"q": null}', 422, "invalid_parameter"),
    ("q a number", b'{"q": 3}', 422, "invalid_parameter"),
    ("q blank", b'{"q": " \\u00a0"}', 422, "invalid_parameter"),
    ("q too long", b'{"q": "' + b"a" * 1001 + b'"}', 422, "invalid_parameter"),
    ("q with NUL", b'{"q": "a\\u0000"}', 422, "invalid_parameter"),
    ("q with a control character", b'{"q": "a\\u001b[31m"}', 422, "invalid_parameter"),
    ("q a lone surrogate", b'{"q": "\\ud800"}', 422, "invalid_parameter"),
    ("q ends within a pair", b'{"q": "a\\udc00b"}', 422, "invalid_parameter"),
    ("surrogate for a name", b'{"q": "a", "\\ud800": 1}', 422, "invalid_body"),
    ("k NaN", b'{"q": "a", "k": NaN}', 422, "invalid_parameter"),
    ("k infinite", b'{"q": "a", "k": Infinity}', 422, "invalid_parameter"),
    ("k 1.5", b'{"q": "a", "k": 1.5}', 422, "invalid_parameter"),
    ("k true", b'{"q": "a", "k": true}', 422, "invalid_parameter"),
    ("k null", b'{"q": "a", "k": null}', 422, "invalid_parameter"),
    ("k of 40 digits", b'{"q": "a", "k": ' + b"9" * 40 + b"}", 422, "invalid_parameter"),
    ("k of 5 000 digits", b'{"q": "a", "k": ' + b"9" * 5000 + b"}", 400, "invalid_json"),
    ("per_source 0", b'{"q": "a", "per_source": 0}', 422, "invalid_parameter"),
    ("per_source true", b'{"q": "a", "per_source": true}', 422, "invalid_parameter"),
    ("group null", b'{"q": "a", "group": null}', 422, "invalid_parameter"),
    ("group a list", b'{"q": "a", "group": ["document"]}', 422, "invalid_parameter"),
    ("min_relevance true", b'{"q": "a", "min_relevance": true}', 422, "invalid_parameter"),
    ("min_relevance null", b'{"q": "a", "min_relevance": null}', 422, "invalid_parameter"),
    ("min_relevance NaN", b'{"q": "a", "min_relevance": NaN}', 422, "invalid_parameter"),
    ("min_relevance 2", b'{"q": "a", "min_relevance": 2}', 422, "invalid_parameter"),
    ("min_relevance a list", b'{"q": "a", "min_relevance": [0.5]}', 422, "invalid_parameter"),
    ("min_relevance, not calibrated", b'{"q": "a", "min_relevance": "strong"}', 422, "uncalibrated"),
    ("explain null", b'{"q": "a", "explain": null}', 422, "invalid_parameter"),
    ("explain 1", b'{"q": "a", "explain": 1}', 422, "invalid_parameter"),
    ("explain 2", b'{"q": "a", "explain": 2}', 422, "invalid_parameter"),
    ("unknown parameter", b'{"q": "a", "limit": 5}', 422, "unknown_parameter"),
    ("unknown parameter of 5 000", b'{"q": "a", "' + b"z" * 5000 + b'": 5}', 422, "unknown_parameter"),
    ("too large", TOO_LARGE, 413, "body_too_large"),
]
METHODS = [
    ("DELETE", "/search", "GET, POST"),
    ("HEAD", "/search?q=a", "GET, POST"),
    ("OPTIONS", "/search", "GET, POST"),
    ("BREW", "/search", "GET, POST"),
    ("POST", "/documents", "GET"),
    ("PATCH", "/documents/a.txt", "GET"),
    ("PUT", "/health", "GET, HEAD"),
    ("POST", "/similar/a", "GET"),
    ("DELETE", "/acronyms", "GET"),
]


@pytest.mark.parametrize(
    ("path", "status", "code"), [pytest.param(*case, id=name) for name, *case in ADDRESSES]
)
def test_a_bad_address(shared: TestClient, path: str, status: int, code: str) -> None:
    assert_refusal(shared.get(path), status, code)


@pytest.mark.parametrize(("body", "status", "code"), [pytest.param(*case, id=name) for name, *case in BODIES])
def test_a_bad_body(shared: TestClient, body: bytes, status: int, code: str) -> None:
    assert_refusal(shared.post("/search", content=body, headers=JSON), status, code)


@pytest.mark.parametrize("value", ["2", "nan", "none", ""])
def test_a_wrong_least_relevance_is_refused_in_one_sentence(shared: TestClient, value: str) -> None:
    error = shared.get("/search", params={"q": "a", "min_relevance": value}).json()["error"]
    assert error["message"] == (
        "min_relevance: it is neither a probability from 0 to 1 nor one of the classes weak and strong."
    )


def test_a_body_that_grows_too_large_without_having_said_so(shared: TestClient) -> None:
    def chunks() -> Iterator[bytes]:
        for at in range(0, len(TOO_LARGE), 1000):
            yield TOO_LARGE[at : at + 1000]

    response = shared.post("/search", content=chunks(), headers=JSON)
    assert "content-length" not in response.request.headers
    assert_refusal(response, 413, "body_too_large")


@pytest.mark.parametrize("declared", [str(MAX_BODY + 1), "9" * 30, "9" * 5000])
def test_a_body_that_says_it_is_too_large_is_not_read(shared: TestClient, declared: str) -> None:
    response = shared.post("/search", content=b"", headers=JSON | {"content-length": declared})
    assert_refusal(response, 413, "body_too_large")


@pytest.mark.parametrize(
    "kind", [None, "text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "json", ";;"]
)
def test_a_body_of_another_content_type(shared: TestClient, kind: str | None) -> None:
    headers = {"content-type": kind} if kind else {}
    response = shared.post("/search", content=b'{"q": "a"}', headers=headers)
    assert_refusal(response, 422, "invalid_body")
    assert "Content-Type: application/json" in response.json()["error"]["hint"]


def test_parameters_in_the_address_of_a_post(shared: TestClient) -> None:
    assert_refusal(shared.post("/search?k=3", json={"q": "a"}), 422, "unknown_parameter")


@pytest.mark.parametrize(("method", "path", "allowed"), METHODS)
def test_a_wrong_method_is_told_the_right_ones(
    shared: TestClient, method: str, path: str, allowed: str
) -> None:
    response = shared.request(method, path)
    assert response.status_code == 405
    assert response.headers["allow"] == allowed
    if method != "HEAD":
        assert_refusal(response, 405, "method_not_allowed")


class Panic(BaseException):
    """What a library of Rust raises when it panics."""


@pytest.mark.parametrize("error", [RuntimeError, Panic])
def test_an_unforeseen_failure_says_nothing_of_itself(
    client: TestClient, live: IndexWatcher, caplog: pytest.LogCaptureFixture, error: type[BaseException]
) -> None:
    def fail(_: object) -> None:
        raise error("the password is in /etc/secret")

    assert live.searcher is not None
    live.searcher.encoder.queries = fail  # type: ignore[assignment, method-assign]
    response = client.get("/search", params={"q": "a"})
    assert_refusal(response, 500, "internal")
    assert "password" not in response.text and "RuntimeError" not in response.text
    assert "GET /search failed" in caplog.text
    assert client.get("/health").json()["status"] == "ok"


def raise_abandoned(_: Request) -> Response:
    raise RequestAbandoned("The request was abandoned. Send it again.")


def test_an_abandoned_search_is_no_failure(caplog: pytest.LogCaptureFixture) -> None:
    app = Starlette(
        routes=[Route("/", raise_abandoned)],
        exception_handlers=HANDLERS,
        middleware=[Middleware(InternalErrors)],
    )
    assert_refusal(TestClient(app).get("/"), 503, "timeout")
    assert not caplog.records or "failed" not in caplog.text


async def fail(*_: object) -> Response:
    raise RuntimeError("deep down")


def test_a_failure_of_the_middleware_itself_is_answered_alike(tmp_path: Path) -> None:
    app = build_app(IndexWatcher(tmp_path, StandInEncoder))
    app.add_middleware(BaseHTTPMiddleware, dispatch=fail)
    with client_of(app) as client:
        response = client.get("/health")
    assert_refusal(response, 500, "internal")
    assert "deep down" not in response.text
    assert {name: response.headers[name] for name in SECURITY} == SECURITY


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("name", "name"),
        ("été 🙂", "été 🙂"),
        ("", "''"),
        ("a\nb", r"'a\nb'"),
        ("\u202e", r"'\u202e'"),
        ("\ud800", r"'\ud800'"),
        ("x" * 100, "x" * 100),
        ("x" * 101, "x" * 100 + "…"),
    ],
)
def test_what_was_sent_is_repeated_short_and_printable(sent: str, shown: str) -> None:
    assert echo(sent) == shown
