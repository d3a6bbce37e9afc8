"""GET and POST /search over the stand-in model: the answer's shape, and that what it cites is there."""

from __future__ import annotations

import json
from typing import Any

import pytest
from httpx2 import Response
from hypothesis import example, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from indexer.store import generation as store
from service.live import Live
from tests.service.contract import assert_refusal

HIT = {"rank", "score", "source", "title", "date", "language", "section", "page", "passage_id"}
HIT |= {"start", "end", "text", "highlight"}
QUESTION = "formation continue en oncologie pour les infirmiers"
WAYS = ["GET", "POST"]


def ask(client: TestClient, way: str, **given: Any) -> Response:
    if way == "GET":
        return client.get("/search", params=given)
    return client.post("/search", json=given)


@pytest.mark.parametrize("way", WAYS)
def test_the_answer_has_exactly_the_documented_keys(client: TestClient, way: str) -> None:
    answer = ask(client, way, q=QUESTION).json()
    assert list(answer) == ["query", "language", "took_ms", "hits", "index"]
    assert answer["hits"]
    for hit in answer["hits"]:
        assert set(hit) == HIT
        assert list(hit["highlight"]) == ["start", "end", "text"]
    assert list(answer["index"]) == ["generation", "model", "documents", "passages"]


@pytest.mark.parametrize("way", WAYS)
def test_the_first_hit_is_the_right_passage_with_its_citation(client: TestClient, way: str) -> None:
    first = ask(client, way, q=QUESTION, k=1).json()["hits"][0]
    text = client.get("/documents/oncologie.txt").json()["text"]
    mark = first["highlight"]
    sentence = "Le centre ouvre une formation continue en oncologie pour les infirmiers."
    assert (first["rank"], first["source"], first["title"]) == (
        1,
        "oncologie.txt",
        "La formation continue en oncologie",
    )
    assert (first["date"], first["language"], first["page"]) == ("2021-03-12", "fr", None)
    assert text[mark["start"] : mark["end"]] == mark["text"] == sentence
    assert first["start"] <= mark["start"] < mark["end"] <= first["end"]


def test_get_and_post_give_the_same(client: TestClient) -> None:
    answers = [ask(client, way, q="soigner à distance", k=2).json() for way in WAYS]
    assert [answer.pop("took_ms") > 0 for answer in answers] == [True, True]
    assert answers[0] == answers[1]


def test_the_index_is_named_as_its_manifest_does(client: TestClient, live: Live) -> None:
    manifest = store.read_manifest(
        store.generation_folder(live.index, store.read_pointer(live.index).current)
    )
    assert client.get("/search", params={"q": "a"}).json()["index"] == {
        "generation": "g000001",
        "model": "stand-in",
        "documents": 3,
        "passages": manifest.passages,
    }


def test_ranks_count_from_one_and_scores_fall(client: TestClient) -> None:
    hits = client.get("/search", params={"q": QUESTION, "k": 100}).json()["hits"]
    scores = [hit["score"] for hit in hits]
    assert [hit["rank"] for hit in hits] == list(range(1, len(hits) + 1))
    assert scores == sorted(scores, reverse=True)


@pytest.mark.parametrize(("k", "expected"), [(1, 1), (2, 2), (100, None)])
def test_k_bounds_the_hits(client: TestClient, k: int, expected: int | None) -> None:
    answer = client.get("/search", params={"q": QUESTION, "k": k}).json()
    assert len(answer["hits"]) == (expected or answer["index"]["passages"])


@pytest.mark.parametrize(
    ("question", "language"),
    [
        ("formations continues en oncologie pour les infirmiers", "fr"),
        ("continuing education in oncology for nurses", "en"),
    ],
)
def test_the_question_is_given_back_with_its_language(
    shared: TestClient, question: str, language: str
) -> None:
    answer = shared.get("/search", params={"q": question}).json()
    assert (answer["query"], answer["language"]) == (question, language)


@pytest.mark.parametrize(
    "question", ["a" * 1000, "🙂" * 1000, "?", "un\tdeux\ntrois", "عربي", "e\u0301te\u0301", "a+b&c=d#e%"]
)
@pytest.mark.parametrize("way", WAYS)
def test_odd_but_right_questions_are_answered_as_they_were_put(
    shared: TestClient, way: str, question: str
) -> None:
    assert ask(shared, way, q=question).json()["query"] == question


ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=1000)


@settings(deadline=None)
@given(question=ANY_TEXT)
@example("\0")
@example("\x85")
@example("\u2028")
@example("\ufeff")
@example("\uffff")
@pytest.mark.parametrize("way", WAYS)
def test_any_question_is_answered_or_refused(shared: TestClient, way: str, question: str) -> None:
    response = ask(shared, way, q=question)
    if response.status_code == 200:
        assert response.json()["query"] == question
    else:
        assert_refusal(response)


@settings(deadline=None)
@given(body=st.binary(max_size=300))
@example(b'{"q": "\xed\xa0\x80"}')
def test_any_bytes_for_a_body_are_refused(shared: TestClient, body: bytes) -> None:
    response = shared.post("/search", content=body, headers={"content-type": "application/json"})
    assert_refusal(response)


@settings(deadline=None)
@given(
    body=st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["q", "k", "", "\ud800"]) | st.text(max_size=3), inner, max_size=3
            )
        ),
        max_leaves=6,
    )
)
@example({"q": "a", "k": True})
@example({"\ud800": 1, "q": "a"})
def test_any_json_is_answered_or_refused(shared: TestClient, body: Any) -> None:
    response = shared.post("/search", content=json.dumps(body), headers={"content-type": "application/json"})
    if response.status_code != 200:
        assert_refusal(response)
