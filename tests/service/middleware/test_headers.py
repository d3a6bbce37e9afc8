"""Every answer has the security headers, and a page keeps its own."""

from __future__ import annotations

import pytest
from starlette.responses import Response
from starlette.testclient import TestClient

from service.middleware.headers import SECURITY, SecurityHeaders
from service.search.index_watcher import IndexWatcher

CASES = [
    ("an answer", "GET", "/search?q=a", {}, 200),
    ("health", "GET", "/health", {}, 200),
    ("a wrong parameter", "GET", "/search?k=0", {}, 422),
    ("an unknown address", "GET", "/nope", {}, 404),
    ("a wrong method", "DELETE", "/search", {}, 405),
    ("a broken address", "GET", "/search?q=%FF", {}, 400),
    ("a large body", "POST", "/search", {"content-length": "999999999"}, 413),
    ("another host", "GET", "/health", {"host": "evil.org"}, 421),
]


def test_what_they_are() -> None:
    assert SECURITY["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert SECURITY["X-Content-Type-Options"] == "nosniff"
    assert SECURITY["X-Frame-Options"] == "DENY"
    assert SECURITY["Referrer-Policy"] == "no-referrer"
    assert SECURITY["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"), [pytest.param(*case, id=name) for name, *case in CASES]
)
def test_they_stand_in_every_answer(
    shared: TestClient, method: str, path: str, headers: dict[str, str], status: int
) -> None:
    response = shared.request(method, path, headers=headers)
    assert response.status_code == status
    assert {name: response.headers[name] for name in SECURITY} == SECURITY
    assert len(response.headers.multi_items()) == len(response.headers)


def test_they_stand_in_an_unforeseen_failure(client: TestClient, live: IndexWatcher) -> None:
    assert live.searcher is not None
    live.searcher.encoder.queries = None  # type: ignore[assignment, method-assign]
    response = client.get("/search", params={"q": "a"})
    assert response.status_code == 500
    assert {name: response.headers[name] for name in SECURITY} == SECURITY


def test_what_a_route_sets_stays_as_it_is() -> None:
    own = {"content-security-policy": "default-src 'self'", "cache-control": "no-cache"}
    response = TestClient(SecurityHeaders(Response("a", headers=own))).get("/")
    assert response.headers.get_list("content-security-policy") == ["default-src 'self'"]
    assert response.headers.get_list("cache-control") == ["no-cache"]
    assert response.headers["x-frame-options"] == "DENY"


def test_the_described_api_keeps_its_own_policy(shared: TestClient) -> None:
    assert "style-src 'unsafe-inline'" in shared.get("/docs").headers["content-security-policy"]
