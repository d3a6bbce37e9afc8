"""Pages of other sites: none may read unless it is named."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from service.app import build_app
from service.middleware import keys
from service.search.index_watcher import IndexWatcher
from service.settings import Settings
from tests.conftest import client_of
from tests.service.contract import assert_refusal
from tests.standin import StandInEncoder

OURS, OTHER = "https://example.org", "https://evil.org"
ASKED = {
    "Access-Control-Request-Method": "POST",
    "Access-Control-Request-Headers": "authorization,content-type",
}


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    """A service with a key, which pages of one origin may ask."""
    keys.create(tmp_path / "keys.json", "a", "read")
    chosen = Settings(index=tmp_path, cors_origins=(OURS,))
    with client_of(build_app(IndexWatcher(tmp_path, StandInEncoder), chosen)) as client:
        yield client


def test_unless_configured_no_page_is_allowed(shared: TestClient) -> None:
    response = shared.get("/health", headers={"Origin": OURS})
    assert not [name for name in response.headers if name.startswith("access-control")]
    assert shared.options("/search", headers={"Origin": OURS, **ASKED}).status_code == 405


def test_a_page_that_is_named_may_ask_with_a_key(client: TestClient) -> None:
    before = client.options("/search", headers={"Origin": OURS, **ASKED})
    assert before.status_code == 200
    assert before.headers["access-control-allow-origin"] == OURS
    assert "Authorization" in before.headers["access-control-allow-headers"]
    response = client.get("/search?q=a", headers={"Origin": OURS})
    assert_refusal(response, 401, "unauthorized")
    assert response.headers["access-control-allow-origin"] == OURS
    assert "Retry-After" in response.headers["access-control-expose-headers"]


@pytest.mark.parametrize("header", ["mcp-protocol-version", "mcp-method", "mcp-name", "x-api-key"])
def test_a_page_that_is_named_may_speak_the_model_context_protocol(client: TestClient, header: str) -> None:
    asked = {**ASKED, "Access-Control-Request-Headers": f"content-type,{header}"}
    allowed = client.options("/mcp", headers={"Origin": OURS, **asked})
    assert allowed.status_code == 200
    assert header in allowed.headers["access-control-allow-headers"].lower()


def test_cookies_are_never_asked_for(client: TestClient) -> None:
    assert "access-control-allow-credentials" not in client.get("/health", headers={"Origin": OURS}).headers


def test_any_other_page_may_not(client: TestClient) -> None:
    refused = client.options("/search", headers={"Origin": OTHER, **ASKED})
    assert_refusal(refused, 400, "refused_origin")
    assert "access-control-allow-origin" not in refused.headers
    assert "Origin" in refused.headers["vary"]
    assert "access-control-allow-origin" not in client.get("/health", headers={"Origin": OTHER}).headers


@pytest.mark.parametrize(
    "changed", [{"Access-Control-Request-Method": "DELETE"}, {"Access-Control-Request-Headers": "x"}]
)
def test_a_page_that_is_named_may_not_do_more(client: TestClient, changed: dict[str, str]) -> None:
    assert_refusal(
        client.options("/search", headers={"Origin": OURS, **ASKED, **changed}), 400, "refused_origin"
    )
