"""A service whose index is in a Qdrant: it notices what is published, and says so when Qdrant is away."""

from __future__ import annotations

import json
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from starlette.testclient import TestClient

from indexer.building import build as builder
from indexer.store import home
from indexer.upkeep import status
from models.load import ModelChoice
from service.app import build_app
from service.search.index_watcher import IndexWatcher
from tests.conftest import client_of, wait_until_ready
from tests.serving import wait_until
from tests.standin import StandInEncoder

ADDRESS = "qdrant://:memory:"


class Unsteady:
    """A client of Qdrant that fails while it is told to."""

    def __init__(self, client: Any) -> None:
        self.client, self.away = client, False
        self.asked: list[str] = []
        self.lasts: int | None = None
        """Searches after which it goes away: what the watch asks in between does not count."""

    @property
    def searches(self) -> int:
        return self.asked.count("query_batch_points")

    def __getattr__(self, name: str) -> Any:
        self.asked.append(name)
        self.away = self.away or (self.lasts is not None and self.searches > self.lasts)
        if self.away:
            raise ConnectionRefusedError("secret address")
        return getattr(self.client, name)


@pytest.fixture
def qdrant(monkeypatch: pytest.MonkeyPatch) -> Iterator[Unsteady]:
    """A Qdrant in this process that can go away."""
    monkeypatch.setenv(home.VARIABLE, ADDRESS)
    home._engine.cache_clear()
    engine = home._engine(ADDRESS, writing=False)
    engine.pause = 0.05
    unsteady = Unsteady(engine.clients[0])
    engine.clients = [unsteady]
    yield unsteady
    unsteady.client.close()
    home._engine.cache_clear()


@pytest.fixture
def watcher(index: Path, stand_in: StandInEncoder, qdrant: Unsteady) -> IndexWatcher:
    home.publish(index)
    return IndexWatcher(index, lambda: stand_in, poll=0.01, retry=0.05)


@pytest.fixture
def client(watcher: IndexWatcher) -> Iterator[TestClient]:
    with client_of(build_app(watcher)) as client:
        wait_until_ready(watcher)
        yield client


def test_what_is_published_is_noticed_and_a_request_keeps_to_one_generation(
    client: TestClient, watcher: IndexWatcher, index: Path, corpus: Path
) -> None:
    asked = {"q": "formation", "k": "100"}
    before = client.get("/search", params=asked).json()
    kept = watcher.searcher
    (corpus / "oncologie.txt").unlink()
    builder.build(corpus, index, ModelChoice())
    home.publish(index)
    wait_until(lambda: client.get("/health").json()["index"]["generation"] == "g000002")
    after = client.get("/search", params=asked).json()
    assert {hit["source"] for hit in before["hits"]} - {hit["source"] for hit in after["hits"]} == {
        "oncologie.txt"
    }
    assert kept is not None and kept is not watcher.searcher
    old = kept.search("formation", 100, per_source=100).hits
    assert {hit.entry.document.source for hit in old} == {hit["source"] for hit in before["hits"]}


@pytest.mark.parametrize(
    ("path", "parameters"),
    [
        ("/search", {"q": "une autre question"}),
        ("/facets", {"q": "une autre question"}),
        ("/documents/oncologie.txt", {}),
        ("/documents", {"q": "", "language": "fr"}),
    ],
)
def test_while_qdrant_is_away_requests_are_refused_with_a_time(
    client: TestClient, qdrant: Unsteady, path: str, parameters: dict[str, str]
) -> None:
    parameters = {name: value for name, value in parameters.items() if value}
    qdrant.away = True
    for _ in range(5):
        answer = client.get(path, params=parameters)
        assert answer.status_code == 503 and answer.headers["Retry-After"] == "5"
        error = answer.json()["error"]
        assert error["code"] == "store_unavailable" and "secret" not in answer.text
        assert (
            error["message"].startswith(f"Qdrant at {ADDRESS} did not answer")
            or "does not" in error["message"]
        )
    qdrant.away = False
    wait_until(lambda: client.get(path, params=parameters).status_code == 200)


def test_health_says_that_qdrant_is_away_and_that_it_is_back(client: TestClient, qdrant: Unsteady) -> None:
    health = client.get("/health").json()
    assert health["status"] == "ok"
    passages = health["index"]["passages"]
    assert health["layout"] == f"{passages} passages, shards 1, replicas 1, full vectors in memory"
    qdrant.away = True
    wait_until(lambda: client.get("/health").json()["status"] == "degraded")
    assert f"Qdrant at {ADDRESS}" in client.get("/health").json()["reason"]
    qdrant.away = False
    wait_until(lambda: client.get("/health").json()["status"] == "ok")


def test_a_searcher_that_starts_without_qdrant_answers_once_it_is_there(
    watcher: IndexWatcher, qdrant: Unsteady
) -> None:
    qdrant.away = True
    with client_of(build_app(watcher)) as client:
        wait_until(lambda: "Qdrant" in (watcher.problem or ""))
        answer = client.get("/search", params={"q": "formation"})
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "not_ready")
        qdrant.away = False
        wait_until_ready(watcher)
        assert client.get("/search", params={"q": "formation"}).status_code == 200


def test_the_status_tells_how_it_lies_there_or_why_not(
    client: TestClient, watcher: IndexWatcher, index: Path, qdrant: Unsteady
) -> None:
    console = Console(width=200, file=StringIO())
    status.show(found := status.status(index), console)
    told = f"g000001 serves as {index.name} at {ADDRESS}"
    assert told in console.file.getvalue() and told in status.as_json(found)["store"]  # type: ignore[attr-defined]
    qdrant.away = True
    assert "does not answer" in (status.status(index).store or "")


def test_answers_line_by_line_end_in_the_same_refusal(client: TestClient, qdrant: Unsteady) -> None:
    questions = {"questions": [{"q": f"question {number}"} for number in range(20)]}
    qdrant.lasts = qdrant.searches + 10  # two a question
    answer = client.post("/search/batch", json=questions, headers={"Accept": "application/x-ndjson"})
    *answers, last = [json.loads(line) for line in answer.text.splitlines()]
    assert answer.status_code == 200 and 0 < len(answers) < 20 and all("hits" in each for each in answers)
    assert last["error"]["code"] == "store_unavailable" and "secret" not in answer.text


def test_tools_for_assistants_say_it_too(client: TestClient, qdrant: Unsteady) -> None:
    qdrant.away = True
    call = {"name": "search", "arguments": {"q": "une autre question"}}
    answer = client.post(
        "/mcp",
        json={"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call},
        headers={"Accept": "application/json, text/event-stream"},
    )
    assert f"Qdrant at {ADDRESS} does not answer" in answer.text and "secret" not in answer.text
