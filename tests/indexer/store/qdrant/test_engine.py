"""How Qdrant is reached: addresses, secrets, bounded attempts, and a pause while it is down."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
import pytest
from qdrant_client import grpc as messages
from qdrant_client import models

from indexer.errors import StoreError, StoreUnavailable
from indexer.store.qdrant import engine as reaching
from indexer.store.qdrant.engine import Engine, connect

SECRET = "very-secret-key"
ROOT = Path(__file__).parents[4]


class Down(grpc.RpcError, grpc.Call):  # type: ignore[misc]  # what a call that fails raises
    """An answer of a server that is away, whose text quotes what nobody should read."""

    def __init__(self, code: grpc.StatusCode = grpc.StatusCode.UNAVAILABLE) -> None:
        super().__init__(SECRET)
        self._code = code

    def code(self) -> grpc.StatusCode:
        return self._code


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What clients are made with, in an environment without settings."""
    made: list[dict[str, Any]] = []

    def client(*_: object, **given: Any) -> object:
        made.append(given)
        return object()

    for name in reaching.KEY, reaching.TLS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(reaching, "QdrantClient", client)
    return made


@pytest.mark.parametrize(
    ("address", "hosts"),
    [
        ("qdrant://localhost", [("localhost", 6334)]),
        ("qdrant://one:7000", [("one", 7000)]),
        ("qdrant://one,two:7000,three/", [("one", 6334), ("two", 7000), ("three", 6334)]),
        ("qdrant://[::1]:7000", [("::1", 7000)]),
    ],
)
def test_addresses(asked: list[dict[str, Any]], address: str, hosts: list[tuple[str, int]]) -> None:
    assert not connect(address).local
    assert [(each["host"], each["grpc_port"]) for each in asked] == hosts
    assert all(not each["https"] and each["api_key"] is None and each["timeout"] for each in asked)


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("http://one", "is no address of a Qdrant"),
        ("qdrant://", "is no address of a Qdrant"),
        ("qdrant:///", "names no folder"),
        ("qdrant://one,,two", "names no host"),
        ("qdrant://one:many", "names no host"),
        ("qdrant://one/two", "more than hosts"),
        (f"qdrant://user:{SECRET}@one", "more than hosts"),
    ],
)
def test_no_addresses(asked: list[dict[str, Any]], address: str, message: str) -> None:
    with pytest.raises(StoreError, match=message) as raised:
        connect(address)
    assert SECRET not in str(raised.value) and not asked


@pytest.mark.parametrize(
    ("address", "tls", "secure"),
    [
        ("qdrant://one", None, True),
        ("qdrant://one", "1", True),
        ("qdrant://one", "0", None),
        ("qdrant://localhost", "0", False),
    ],
)
def test_a_key_goes_over_no_network_in_the_clear(
    asked: list[dict[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
    address: str,
    tls: str | None,
    secure: bool | None,
) -> None:
    monkeypatch.setenv(reaching.KEY, SECRET)
    if tls:
        monkeypatch.setenv(reaching.TLS, tls)
    if secure is None:
        with pytest.raises(StoreError, match="in the clear") as raised:
            connect(address)
        assert SECRET not in str(raised.value)
        return
    assert SECRET not in repr(connect(address))
    assert [(each["https"], each["api_key"]) for each in asked] == [(secure, SECRET)]


def test_another_node_is_asked_where_one_is_away() -> None:
    asked: list[str] = []

    def question(client: Any) -> str:
        asked.append(client)
        if client == "one":
            raise Down
        return f"answer of {client}"

    engine = Engine(["one", "two"], "qdrant://one,two")
    assert {engine.ask(question) for _ in range(6)} == {"answer of two"}
    assert asked.count("one") >= 3 and asked.count("two") == 6


def test_a_mistake_is_not_asked_twice() -> None:
    asked = []

    def question(client: Any) -> None:
        asked.append(client)
        raise Down(grpc.StatusCode.INVALID_ARGUMENT)

    with pytest.raises(StoreUnavailable, match="invalid_argument"):
        Engine(["one", "two"], "qdrant://one,two").ask(question)
    assert len(asked) == 1


@pytest.mark.parametrize("error", [Down(), ConnectionRefusedError(SECRET), TimeoutError(SECRET)])
def test_while_qdrant_is_down_it_is_asked_once_in_a_while(error: Exception) -> None:
    now, asked = [100.0], []
    engine = Engine(["one"], "qdrant://one", pause=5, clock=lambda: now[0])

    def question(client: Any) -> str:
        asked.append(client)
        if now[0] < 120:
            raise error
        return "answer"

    for _ in range(reaching.FAILURES + 5):
        with pytest.raises(StoreUnavailable, match=r"^Qdrant at qdrant://one does not answer") as raised:
            engine.ask(question)
        assert SECRET not in str(raised.value)
    assert len(asked) == reaching.FAILURES * reaching.ATTEMPTS
    now[0] = 106
    with pytest.raises(StoreUnavailable):
        engine.ask(question)
    with pytest.raises(StoreUnavailable, match="does not answer"):
        engine.ask(question)
    assert len(asked) == (reaching.FAILURES + 1) * reaching.ATTEMPTS
    now[0] = 121
    assert [engine.ask(question) for _ in range(3)] == ["answer"] * 3


class Recorder(messages.PointsServicer):  # type: ignore[misc]  # generated code has no types
    """Answers over gRPC as a server would, and keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[messages.QueryBatchPoints] = []

    def QueryBatch(self, request: messages.QueryBatchPoints, _: Any) -> messages.QueryBatchResponse:  # noqa: N802
        self.asked.append(request)
        found = [messages.ScoredPoint(id=messages.PointId(num=row), score=row / 4) for row in (3, 1)]
        answers = [messages.BatchResult(result=found[:number]) for number in (2, 1)]
        return messages.QueryBatchResponse(result=answers)


def test_scores_over_grpc() -> None:
    server, recorder = grpc.server(ThreadPoolExecutor(1)), Recorder()
    messages.add_PointsServicer_to_server(recorder, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    engine = connect(f"qdrant://127.0.0.1:{port}")
    among = models.Filter(must=[models.HasIdCondition(has_id=[1, 3])])
    exact = models.SearchParams(exact=True, quantization=models.QuantizationSearchParams(ignore=True))
    requests = [
        models.QueryRequest(query=[1.0, 2.0], using="passage", limit=2, with_payload=False),
        models.QueryRequest(query=[[1.0, 2.0]], using="units", limit=1, filter=among, params=exact),
    ]
    try:
        assert engine.scores("articles-g000001", requests) == [{3: 0.75, 1: 0.25}, {3: 0.75}]
    finally:
        engine.close()
        server.stop(None)
    (batch,) = recorder.asked
    first, second = batch.query_points
    assert (batch.collection_name, batch.timeout) == ("articles-g000001", reaching.TIMEOUT)
    assert (first.using, first.limit) == ("passage", 2)
    assert [*first.query.nearest.dense.data] == [1.0, 2.0]
    assert [[*each.data] for each in second.query.nearest.multi_dense.vectors] == [[1.0, 2.0]]
    assert [each.num for each in second.filter.must[0].has_id.has_id] == [1, 3]
    assert second.params.exact and second.params.quantization.ignore


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("held", ["a file", "below a file", "damaged", "in use"])
def test_a_folder_that_cannot_be_used_is_told_in_a_sentence(tmp_path: Path, held: str) -> None:
    folder = tmp_path / "store"
    if held == "damaged":
        folder.mkdir()
        (folder / "meta.json").write_text("{", encoding="utf-8")
    elif held == "in use":
        first = connect(f"qdrant://{folder}")
    else:
        folder.write_text("", encoding="utf-8")
        folder = folder / "inner" if held == "below a file" else folder
    with pytest.raises(StoreError, match=r"cannot be opened \(\w+\)\. Another process may have it"):
        connect(f"qdrant://{folder}")
    if held == "in use":
        first.close()


@pytest.mark.slow
def test_the_end_of_a_process_leaves_no_traces(tmp_path: Path) -> None:
    """The client would close itself when half of Python is gone."""
    opening = f"from indexer.store.qdrant.engine import connect; held = connect('qdrant://{tmp_path}')"
    done = subprocess.run(
        [sys.executable, "-c", opening], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
