"""GET and POST /search over the stand-in model: the answer's shape, and that what it cites is there."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
from httpx2 import Response
from hypothesis import example, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from indexer.store import generation as store
from indexer.store.manifest import read_manifest
from service.search.index_watcher import IndexWatcher
from service.search.relevance import Calibration
from tests.service.contract import assert_refusal

HIT = {"rank", "score", "source", "title", "date", "language", "section", "page", "passage_id"}
HIT |= {"start", "end", "text", "highlight", "relevance", "more", "explain", "author", "format", "also_in"}
QUESTION = "formation continue en oncologie pour les infirmiers"
WAYS = ["GET", "POST"]


def ask(client: TestClient, way: str, **given: Any) -> Response:
    if way == "GET":
        return client.get("/search", params=given)
    return client.post("/search", json=given)


@pytest.mark.parametrize("way", WAYS)
def test_the_answer_has_exactly_the_documented_keys(client: TestClient, way: str) -> None:
    answer = ask(client, way, q=QUESTION).json()
    assert list(answer) == [
        "query",
        "language",
        "took_ms",
        "relevance",
        "corrected",
        "expanded",
        "hits",
        "index",
    ]
    assert answer["relevance"] == {"probability": None, "class": "uncalibrated"}
    assert (answer["corrected"], answer["expanded"]) == ({}, {})
    assert answer["hits"]
    for hit in answer["hits"]:
        assert set(hit) == HIT
        assert list(hit["highlight"]) == ["start", "end", "text"]
        assert hit["relevance"] == {"probability": None, "class": "uncalibrated"}
        assert (hit["more"], hit["explain"]) == ([], None)
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


def test_the_index_is_named_as_its_manifest_does(client: TestClient, live: IndexWatcher) -> None:
    manifest = read_manifest(store.generation_folder(live.index, store.read_pointer(live.index).current))
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
    answer = client.get("/search", params={"q": QUESTION, "k": k, "per_source": 100}).json()
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


def test_a_word_of_the_question_is_corrected(client: TestClient) -> None:
    answer = client.get("/search", params={"q": "La Formasion en oncolgie"}).json()
    assert answer["corrected"] == {"formasion": "formation", "oncolgie": "oncologie"}
    assert answer["query"] == "La Formasion en oncolgie"
    assert answer["hits"][0]["source"] == "oncologie.txt"


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("group", ["passage", "document"])
@pytest.mark.parametrize("question", [QUESTION, "oncolgie", "surgical robots", "zyx", "?"])
def test_what_explains_a_score_adds_up_to_it(client: TestClient, way: str, group: str, question: str) -> None:
    hits = ask(client, way, q=question, group=group, per_source=100, explain=True).json()["hits"]
    assert hits
    for hit in [each for first in hits for each in [first, *first["more"]]]:
        explained = hit["explain"]
        assert list(explained) == [
            "variant",
            "passage",
            "sentence",
            "lexical",
            "coverage",
            "closeness",
            "matched",
        ]
        parts = explained["passage"] + explained["sentence"] + explained["lexical"]
        assert parts == pytest.approx(hit["score"], abs=1e-5)
        assert 0 <= explained["coverage"] <= 1
        assert 0 <= explained["lexical"] <= 0.1
        assert bool(explained["matched"]) == (explained["lexical"] > 0)


@pytest.fixture
def longer(corpus: Path) -> None:
    """One more article, of several passages."""
    parts = "".join(f"## Formation {n}\n\n{'Un chapitre du rapport annuel. ' * 20}\n\n" for n in range(4))
    (corpus / "rapport.md").write_text(f"# Rapport annuel\n\n{parts}", encoding="utf-8")


@pytest.mark.parametrize("way", WAYS)
def test_by_document_there_is_one_hit_a_document(longer: None, client: TestClient, way: str) -> None:
    alone = ask(client, way, q=QUESTION, k=100, per_source=100).json()["hits"]
    hits = ask(client, way, q=QUESTION, group="document", per_source=100).json()["hits"]
    assert [hit["rank"] for hit in hits] == [1, 2, 3, 4]
    assert len({hit["source"] for hit in hits}) == 4
    for hit in hits:
        assert [more["rank"] for more in hit["more"]] == list(range(1, len(hit["more"]) + 1))
        shown = [hit, *hit["more"]]
        expected = [each["passage_id"] for each in alone if each["source"] == hit["source"]]
        assert [each["passage_id"] for each in shown] == expected
    assert any(hit["more"] for hit in hits)
    hits = ask(client, way, q=QUESTION, group="document", per_source=1, k=2).json()["hits"]
    assert [len(hit["more"]) for hit in hits] == [0, 0]


@pytest.fixture
def calibrated(monkeypatch: pytest.MonkeyPatch) -> None:
    """The stand-in has coefficients: what is said of a hit is how many of the question's words it holds."""
    coefficients = dict.fromkeys(Calibration.__dataclass_fields__, 0.0)
    coefficients |= {"answer_coverage": 8.0, "answer_constant": -4.0, "weak": 0.1, "strong": 0.8}
    coefficients |= {"hit_coverage": 8.0, "hit_constant": -4.0}
    monkeypatch.setattr("models.calibration.find", lambda _: coefficients)


@pytest.mark.parametrize("way", WAYS)
def test_calibrated_answers_have_probabilities_and_classes(
    calibrated: None, client: TestClient, way: str
) -> None:
    answer = ask(client, way, q=QUESTION, explain=True).json()
    assert answer["relevance"]["class"] == "strong"
    assert {hit["relevance"]["class"] for hit in answer["hits"]} >= {"strong", "none"}
    for hit in answer["hits"]:
        probability = 1 / (1 + math.exp(4 - 8 * hit["explain"]["coverage"] ** 1.5))
        assert hit["relevance"]["probability"] == pytest.approx(probability, abs=1e-3)
    nothing = ask(client, way, q="zyx").json()["relevance"]
    assert nothing == {"probability": 0.018, "class": "none"}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("group", ["passage", "document"])
@pytest.mark.parametrize(
    ("least", "classes"),
    [(0.8, {"strong"}), ("strong", {"strong"}), ("weak", {"strong", "weak"}), (1, set())],
)
def test_hits_below_the_least_relevance_are_left_out(
    calibrated: None, client: TestClient, way: str, group: str, least: Any, classes: set[str]
) -> None:
    question = "formation oncologie séances mardi certificat"
    given: dict[str, Any] = {"q": question, "k": 100, "per_source": 100, "group": group}
    every = ask(client, way, **given).json()["hits"]
    kept = ask(client, way, **given, min_relevance=least).json()["hits"]
    passages = [[each for first in hits for each in [first, *first["more"]]] for hits in (every, kept)]
    expected = [hit["passage_id"] for hit in passages[0] if hit["relevance"]["class"] in classes]
    assert [hit["passage_id"] for hit in passages[1]] == expected
    assert bool(kept) == bool(classes)


def test_those_left_out_make_room_for_others(calibrated: None, client: TestClient) -> None:
    question = "formation oncologie séances mardi certificat"
    given: dict[str, Any] = {"q": question, "per_source": 100, "min_relevance": "weak"}
    every = client.get("/search", params={**given, "k": 100}).json()["hits"]
    for k in range(1, len(every) + 1):
        assert client.get("/search", params={**given, "k": k}).json()["hits"] == every[:k]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("least", [0.01, "weak", "strong"])
def test_an_index_without_calibration_cannot_filter_by_it(shared: TestClient, way: str, least: Any) -> None:
    assert_refusal(ask(shared, way, q="a", min_relevance=least), 422, "uncalibrated")
    assert ask(shared, way, q="a", min_relevance=0).status_code == 200


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
                st.sampled_from(["q", "k", "group", "min_relevance", "", "\ud800"]) | st.text(max_size=3),
                inner,
                max_size=3,
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


@pytest.mark.parametrize("question", ["de", "the", "qui est", "???"])
def test_a_question_that_says_nothing_is_covered_by_nothing(client: TestClient, question: str) -> None:
    hits = client.get("/search", params={"q": question, "explain": True}).json()["hits"]
    assert hits
    assert {hit["explain"]["coverage"] for hit in hits} == {0.0}
