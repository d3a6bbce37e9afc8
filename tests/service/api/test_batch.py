"""POST /search/batch: the same answers as one by one, encoded together, whole or line by line."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from models.encoder import Vectors
from service.api.schemas import MAX_BATCH_HITS, BatchResponse, SearchResponse
from service.app import build_app
from service.search.index_watcher import IndexWatcher
from service.settings import Settings
from service.telemetry.query_log import QueryLog, read_records
from tests.conftest import client_of, wait_until_ready
from tests.service.contract import assert_refusal
from tests.serving import serving, wait_until
from tests.standin import StandInEncoder

LINES = {"Accept": "application/x-ndjson"}
QUESTIONS: list[dict[str, Any]] = [
    {"q": "formation en oncologie", "k": 2},
    {"q": "surgical robots", "group": "document"},
    {"q": "-oncologie caméras", "explain": True},
    {"q": "title:télémédecine"},
    {"q": "formation en oncologie", "k": 1, "source": "santé/*"},
]


def untimed(answer: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in answer.items() if name != "took_ms"}


def test_a_batch_answers_as_each_question_alone(articles: TestClient) -> None:
    body = articles.post("/search/batch", json={"questions": QUESTIONS}).json()
    assert list(body) == list(BatchResponse.model_fields)
    alone = [articles.post("/search", json=question).json() for question in QUESTIONS]
    assert [untimed(each) for each in body["answers"]] == [untimed(each) for each in alone]
    assert body["answers"][0]["hits"]


def test_lines_hold_the_same_in_order(articles: TestClient) -> None:
    whole = articles.post("/search/batch", json={"questions": QUESTIONS}).json()["answers"]
    streamed = articles.post("/search/batch", json={"questions": QUESTIONS}, headers=LINES)
    assert streamed.headers["content-type"].startswith("application/x-ndjson")
    lines = [json.loads(line) for line in streamed.text.splitlines()]
    assert [untimed(each) for each in lines] == [untimed(each) for each in whole]
    assert all(list(line) == list(SearchResponse.__annotations__) for line in lines)


class Counting(StandInEncoder):
    """Notes how many texts each call brings; from a text on that holds "attends", waits to be let go."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[int] = []
        self.go = threading.Event()

    def queries(self, texts: Sequence[str]) -> Vectors:
        if any("attends" in text for text in texts):
            self.go.wait(30)
        if any("casse" in text for text in texts):
            raise RuntimeError("broken")
        self.calls.append(len(texts))
        return super().queries(texts)


def test_questions_are_encoded_together_each_once(index: Path) -> None:
    encoder = Counting()
    live = IndexWatcher(index, lambda: encoder)
    with client_of(build_app(live)) as client:
        wait_until_ready(live)
        encoder.calls.clear()
        questions = [{"q": f"robot {n}", "k": 1} for n in range(40)] + [{"q": "robot 1", "k": 2}]
        answers = client.post("/search/batch", json={"questions": questions}).json()["answers"]
    assert len(answers) == 41
    assert max(encoder.calls) == 16
    assert len(encoder.calls) <= 6


def test_every_question_is_noted(index: Path, tmp_path: Path) -> None:
    path = tmp_path / "questions.jsonl"
    live = IndexWatcher(index, StandInEncoder)
    with client_of(build_app(live, query_log=QueryLog(path))) as client:
        wait_until_ready(live)
        client.post("/search/batch", json={"questions": QUESTIONS})
    assert [record.question for record in read_records(path)] == [each["q"] for each in QUESTIONS]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"questions": []}, 422, "invalid_parameter"),
        ({"questions": [{"q": "a"}] * 101}, 422, "invalid_parameter"),
        ({"questions": [{"q": "a"}] * 1000}, 422, "invalid_parameter"),
        ({"questions": [{"q": "a", "k": 100}] * (MAX_BATCH_HITS // 100 + 1)}, 422, "invalid_parameter"),
        ({"questions": [{"q": "a"}, {"q": ""}]}, 422, "invalid_parameter"),
        ({"questions": [{"q": "a"}, {"q": "a", "other": 1}]}, 422, "unknown_parameter"),
        ({"questions": ["a"]}, 422, "invalid_parameter"),
        ({"questions": [{"q": "a", "min_relevance": "weak"}]}, 422, "uncalibrated"),
        ({"q": "a"}, 422, "missing_parameter"),
        ({"questions": [{"q": "x" * 1000}] * 90}, 413, "body_too_large"),
    ],
)
@pytest.mark.parametrize("headers", [{}, LINES])
def test_one_fault_refuses_the_whole_batch(
    articles: TestClient, body: object, status: int, code: str, headers: dict[str, str]
) -> None:
    assert_refusal(articles.post("/search/batch", json=body, headers=headers), status, code)


def test_a_failure_in_mid_stream_is_its_last_line(index: Path) -> None:
    live = IndexWatcher(index, Counting)
    questions = [{"q": f"robot {n}"} for n in range(16)] + [{"q": "casse"}]
    with client_of(build_app(live)) as client:
        wait_until_ready(live)
        whole = client.post("/search/batch", json={"questions": questions})
        assert_refusal(whole, 500, "internal")
        lines = client.post("/search/batch", json={"questions": questions}, headers=LINES).text.splitlines()
    assert len(lines) == 17
    assert json.loads(lines[-1])["error"]["code"] == "internal"


@pytest.fixture
def waiting(index: Path) -> Counting:
    return Counting()


@contextmanager
def asked(port: int, method: str, address: str, body: object = None) -> Iterator[http.client.HTTPResponse]:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
        head = {"Content-Type": "application/json", **LINES}
        connection.request(method, address, json.dumps(body), head)
        with connection.getresponse() as answer:
            yield answer


SLOW = [{"q": f"robot {n}", "k": 1} for n in range(16)] + [{"q": "attends", "k": 1}]


@pytest.mark.slow
def test_answers_are_sent_before_the_last_is_found_and_a_late_one_ends_in_a_refusal(
    index: Path, waiting: Counting
) -> None:
    live = IndexWatcher(index, lambda: waiting)
    with serving(build_app(live, Settings(index=index, timeout=4))) as port:
        wait_until_ready(live)
        try:
            with asked(port, "POST", "/search/batch", {"questions": SLOW}) as answer:
                assert "hits" in json.loads(answer.readline())  # while the seventeenth waits
                rest = [json.loads(line) for line in answer.read().splitlines()]
        finally:
            waiting.go.set()  # or the service would never end
        assert len(rest) == 16
        assert rest[-1]["error"]["code"] == "timeout"


def test_a_client_that_leaves_in_mid_stream_frees_its_place(index: Path, waiting: Counting) -> None:
    live = IndexWatcher(index, lambda: waiting)
    settings = Settings(index=index, concurrency=1, queue=0)
    with serving(build_app(live, settings)) as port:
        wait_until_ready(live)
        with asked(port, "POST", "/search/batch", {"questions": SLOW}) as answer:
            answer.readline()
        waiting.go.set()

        def answered() -> bool:
            with asked(port, "GET", "/search?q=robot") as answer:
                return answer.status == 200

        wait_until(answered)
