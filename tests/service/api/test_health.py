"""GET /health, and what the other routes say, in every state the service can be in."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from indexer.building import build as builder
from indexer.store import generation as store
from indexer.store.manifest import Layout, Manifest, seal
from indexer.store.open_index import open_index
from indexer.store.store import Store
from models.encoder import Encoder
from models.errors import ModelUnavailable
from models.load import ModelChoice
from service.app import build_app
from service.search.index_watcher import IndexWatcher
from tests.conftest import client_of
from tests.service.contract import assert_refusal
from tests.serving import wait_until
from tests.standin import StandInEncoder

Serve = Callable[..., TestClient]
LOADING = "The model is being loaded. Try again in a few seconds."


@pytest.fixture
def serve(tmp_path: Path, encoder: StandInEncoder) -> Iterator[Serve]:
    """Serves a folder, "index" unless another is given, with an encoder that is loaded as one likes."""
    with ExitStack() as stack:

        def start(
            folder: str = "index",
            load: Callable[[], Encoder] = lambda: encoder,
            opening: Callable[[Path, str | None], Store] = open_index,
        ) -> TestClient:
            live = IndexWatcher(tmp_path / folder, load, poll=0.01, open_index=opening)
            client = client_of(build_app(live))
            return stack.enter_context(client)

        yield start


def reason_of(client: TestClient, unlike: str = LOADING) -> str:
    """The reason for not being ready, or up to date, once it is another."""
    wait_until(lambda: client.get("/health").json()["reason"] not in (None, unlike))
    reason: str = client.get("/health").json()["reason"]
    return reason


def assert_unavailable(client: TestClient, reason: str) -> None:
    response = client.get("/health")
    assert response.status_code == 503
    assert response.json() == {
        "status": "unavailable",
        "live": True,
        "ready": False,
        "reason": reason,
        "engine": None,
        "engines": None,
        "index": None,
        "layout": None,
        "collections": [],
    }
    for path in ("/search?q=a", "/documents", "/documents/a.txt"):
        refused = client.get(path)
        assert refused.status_code == 503
        assert refused.json() == {
            "error": {
                "code": "not_ready",
                "message": reason,
                "hint": "GET /health says when the service is ready.",
            }
        }


def damage(path: Path) -> None:
    """Turn one bit in the middle."""
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 1
    path.write_bytes(raw)


def test_it_is_ready_once_it_answers(client: TestClient) -> None:
    response = client.get("/health")
    index = client.get("/search", params={"q": "a"}).json()["index"]
    assert response.status_code == 200
    assert response.json() == {
        "status": "ok",
        "live": True,
        "ready": True,
        "reason": None,
        "engine": "stand-in",
        "engines": None,
        "index": index,
        "layout": None,
        "collections": [],
    }


def test_head_gives_the_status_alone(client: TestClient, serve: Serve) -> None:
    assert client.head("/health").status_code == 200
    assert serve("nowhere").head("/health").status_code == 503


@pytest.mark.usefixtures("index")
def test_it_is_live_and_not_ready_while_the_model_is_being_loaded(
    serve: Serve, encoder: StandInEncoder
) -> None:
    release = threading.Event()
    client = serve(load=lambda: (release.wait(10), encoder)[1])
    assert_unavailable(client, LOADING)
    release.set()
    wait_until(lambda: bool(client.get("/health").status_code == 200))
    assert client.get("/search", params={"q": "a"}).status_code == 200


@pytest.mark.usefixtures("stand_in")
def test_without_an_index_it_names_the_command_and_takes_up_the_first_one(
    serve: Serve, corpus: Path, tmp_path: Path
) -> None:
    client = serve("fresh")
    reason = f"There is no index in {tmp_path / 'fresh'}. Build one with 'make index'."
    assert reason_of(client) == reason
    assert_unavailable(client, reason)
    builder.build(corpus, tmp_path / "fresh", ModelChoice())
    wait_until(lambda: bool(client.get("/health").status_code == 200))
    assert client.get("/health").json()["index"]["generation"] == "g000001"


def test_a_damaged_index_is_refused_with_its_reason(serve: Serve, index: Path) -> None:
    damage(index / "generations" / "g000001" / Layout.CATALOGUE)
    client = serve()
    reason = reason_of(client)
    assert reason.startswith("Generation g000001 is damaged: catalogue.sqlite has checksum ")
    assert "'make index'" in reason
    assert_unavailable(client, reason)


def test_an_index_of_another_model_is_refused_with_both_named(serve: Serve, index: Path) -> None:
    assert index.is_dir()
    client = serve(load=lambda: StandInEncoder("another", "f" * 16))
    reason = reason_of(client)
    assert "made by model stand-in (0123456789abcdef)" in reason and "f" * 16 in reason
    assert_unavailable(client, reason)


def test_a_damaged_newer_generation_degrades_and_a_good_one_heals(
    serve: Serve, index: Path, corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = serve()
    wait_until(lambda: bool(client.get("/health").status_code == 200))
    sealed = seal

    def seal_badly(folder: Path, manifest: Manifest) -> Manifest:
        try:
            return sealed(folder, manifest)
        finally:
            damage(folder / Layout.PASSAGES)

    with monkeypatch.context() as patch:
        patch.setattr(store, "seal", seal_badly)
        builder.build(corpus, index, ModelChoice(), force=True)
    reason = reason_of(client)
    health = client.get("/health")
    assert health.status_code == 200
    assert reason.startswith("Generation g000002 is damaged: ")
    assert (health.json()["status"], health.json()["ready"]) == ("degraded", True)
    assert health.json()["index"]["generation"] == "g000001"
    assert client.get("/search", params={"q": "a"}).json()["index"]["generation"] == "g000001"
    builder.build(corpus, index, ModelChoice(), force=True)
    wait_until(lambda: bool(client.get("/health").json()["status"] == "ok"))
    assert client.get("/health").json()["index"]["generation"] == "g000003"


@pytest.mark.usefixtures("index")
@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ModelUnavailable("It is not there. Set MODEL."), "It is not there. Set MODEL."),
        (ValueError("at 0x7f"), "The model could not be loaded; the service's log says why."),
    ],
)
def test_a_model_that_cannot_be_loaded(serve: Serve, error: Exception, reason: str) -> None:
    def load() -> Encoder:
        raise error

    client = serve(load=load)
    assert reason_of(client) == reason
    assert_unavailable(client, reason)


@pytest.mark.usefixtures("index")
def test_an_index_that_fails_in_an_unforeseen_way(serve: Serve) -> None:
    def fail(*_: object) -> Store:
        raise RuntimeError("at 0x7f")

    client = serve(opening=fail)
    reason = reason_of(client)
    assert "could not be opened (RuntimeError)" in reason and "0x7f" not in reason
    assert_unavailable(client, reason)


def test_keys_that_cannot_be_read_degrade_it(client: TestClient, index: Path) -> None:
    (index / "keys.json").write_text("{", encoding="utf-8")
    wait_until(lambda: bool(client.get("/health").json()["status"] == "degraded"))
    assert client.get("/health").json()["reason"] == "The keys cannot be read; the service's log says why."
    (index / "keys.json").write_text("[]", encoding="utf-8")
    (index / "keys.json").chmod(0o600)
    wait_until(lambda: bool(client.get("/health").json()["status"] == "ok"))


def test_bad_requests_are_refused_alike_while_nothing_is_ready(serve: Serve) -> None:
    client = serve("nowhere")
    assert_refusal(client.get("/search?q=a&q=b"), 422, "repeated_parameter")
    assert_refusal(client.get("/search?q=%FF"), 400, "invalid_encoding")
    assert_refusal(client.get("/nope"), 404, "not_found")
