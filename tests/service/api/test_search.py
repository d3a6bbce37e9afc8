"""GET and POST /search over the stand-in model: the answer's shape, and that what it cites is there."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from httpx2 import Response
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter
from starlette.testclient import TestClient

from indexer.building.settings import DEFAULT
from service.api.schemas import Explanation, Highlight, Hit, IndexInfo, SearchResponse
from service.app import build_app
from service.search.index_watcher import IndexWatcher
from service.search.ranking import SETTINGS
from service.search.relevance import Calibration
from service.settings import Settings
from tests.conftest import client_of, wait_until_ready
from tests.service.contract import assert_refusal
from tests.standin import StandInEncoder

QUESTION = "formation continue en oncologie pour les infirmiers"
CERTIFICATE = "formation oncologie séances mardi certificat"
UNCALIBRATED = {"probability": None, "class": "uncalibrated"}
WAYS = pytest.mark.parametrize("way", ["GET", "POST"])


def ask(client: TestClient, way: str, **given: Any) -> Response:
    if way == "GET":
        return client.get("/search", params=given)
    return client.post("/search", json=given)


def hits_of(client: TestClient, way: str = "GET", **given: Any) -> list[dict[str, Any]]:
    hits: list[dict[str, Any]] = ask(client, way, **given).json()["hits"]
    return hits


def with_more(hits: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Hits by document as one list of passages."""
    return [each for first in hits for each in [first, *first["more"]]]


def test_the_answer_has_exactly_the_documented_keys(articles: TestClient) -> None:
    asked = articles.get("/search", params={"q": QUESTION, "k": 100})
    answer = asked.json()
    # It is sent as it was made, unchecked.
    assert TypeAdapter(SearchResponse).validate_json(asked.content, strict=True)["total"] == answer["total"]
    assert list(answer) == list(SearchResponse.__annotations__)
    assert answer["relevance"] == UNCALIBRATED
    assert (answer["corrected"], answer["expanded"]) == ({}, {})
    assert answer["missing"] == answer["understood"] == []
    for hit in answer["hits"]:
        assert list(hit) == list(Hit.__annotations__)
        assert list(hit["highlight"]) == list(Highlight.__annotations__)
        assert 1 <= len(hit["highlights"]) <= 3 and hit["highlights"][0] == hit["highlight"]
        assert hit["also_in"] == hit["versions"] == []
        assert (hit["relevance"], hit["more"], hit["explain"]) == (UNCALIBRATED, [], None)
    assert list(answer["index"]) == list(IndexInfo.__annotations__)
    named = answer["index"]
    assert (named["generation"], named["model"], named["documents"]) == ("g000001", "stand-in", 3)
    assert named["passages"] == articles.get("/documents").json()["passages"]
    assert [hit["rank"] for hit in answer["hits"]] == list(range(1, len(answer["hits"]) + 1))
    scores = [hit["score"] for hit in answer["hits"]]
    assert scores == sorted(scores, reverse=True)


def test_the_first_hit_is_the_right_passage_with_its_citation(articles: TestClient) -> None:
    (first,) = hits_of(articles, q=QUESTION, k=1)
    text = articles.get("/documents/oncologie.txt").json()["text"]
    mark = first["highlight"]
    sentence = "Le centre ouvre une formation continue en oncologie pour les infirmiers."
    assert (first["source"], first["title"]) == ("oncologie.txt", "La formation continue en oncologie")
    assert (first["date"], first["language"], first["page"]) == ("2021-03-12", "fr", None)
    assert text[mark["start"] : mark["end"]] == mark["text"] == sentence
    assert first["start"] <= mark["start"] < mark["end"] <= first["end"]


def test_get_and_post_give_the_same(articles: TestClient) -> None:
    answers = [ask(articles, way, q="soigner à distance", k=2).json() for way in ("GET", "POST")]
    assert [answer.pop("took_ms") > 0 for answer in answers] == [True, True]
    assert answers[0] == answers[1]


@pytest.mark.parametrize(("k", "expected"), [(1, 1), (2, 2), (100, None)])
def test_k_bounds_the_hits(articles: TestClient, k: int, expected: int | None) -> None:
    answer = articles.get("/search", params={"q": QUESTION, "k": k, "per_source": 100}).json()
    assert len(answer["hits"]) == (expected or answer["index"]["passages"])


@pytest.mark.parametrize(
    ("question", "language"),
    [
        ("formations continues en oncologie pour les infirmiers", "fr"),
        ("continuing education in oncology for nurses", "en"),
    ],
)
def test_the_language_of_the_question_is_named(shared: TestClient, question: str, language: str) -> None:
    assert shared.get("/search", params={"q": question}).json()["language"] == language


@pytest.mark.parametrize(
    "question", ["a" * 1000, "🙂" * 1000, "?", "un\tdeux\ntrois", "عربي", "e\u0301te\u0301", "a+b&c=d#e%"]
)
@WAYS
def test_odd_but_right_questions_are_answered_as_they_were_put(
    shared: TestClient, way: str, question: str
) -> None:
    assert ask(shared, way, q=question).json()["query"] == question


def test_a_word_of_the_question_is_corrected(articles: TestClient) -> None:
    answer = articles.get("/search", params={"q": "La Formasion en oncolgie"}).json()
    assert answer["corrected"] == {"Formasion": "formation", "oncolgie": "oncologie"}
    assert answer["query"] == "La Formasion en oncolgie"
    assert answer["hits"][0]["source"] == "oncologie.txt"


def test_words_that_no_passage_holds_are_named(articles: TestClient) -> None:
    answer = articles.get("/search", params={"q": "la Prednisone en oncologie"}).json()
    assert (answer["missing"], answer["corrected"]) == (["Prednisone"], {})


def test_words_of_the_question_are_marked_in_each_hit(articles: TestClient) -> None:
    held = {"oncologie.txt": {"formation", "certificat"}, "robots.txt": {"simulator"}}
    for hit in hits_of(articles, q="formations certificats simulators", k=100):
        marked = [hit["text"][match["start"] : match["end"]] for match in hit["matches"]]
        assert set(map(str.lower, marked)) == held.get(hit["source"], set())


@WAYS
def test_what_is_understood_as_syntax_is_said_with_what_meets_it(articles: TestClient, way: str) -> None:
    whole = articles.get("/search", params={"q": "formation"}).json()["index"]["passages"]
    asked = '"formation continue" -robots sans mardi title:oncologie "no such phrase"'
    understood = ask(articles, way, q=asked).json()["understood"]
    assert [(part["kind"], part["value"], part["passages"]) for part in understood] == [
        ("phrase", "formation continue", 1),
        ("excluded", "robots", whole - 1),
        ("without", "mardi", None),
        ("title", "oncologie", 1),
        ("phrase", "no such phrase", 0),
    ]


@WAYS
@pytest.mark.parametrize("group", ["passage", "document"])
@pytest.mark.parametrize("question", [QUESTION, "oncolgie", "surgical robots", "zyx", "?"])
def test_what_explains_a_score_adds_up_to_it(
    articles: TestClient, way: str, group: str, question: str
) -> None:
    hits = hits_of(articles, way, q=question, group=group, per_source=100, explain=True)
    assert hits
    for hit in with_more(hits):
        explained = hit["explain"]
        assert list(explained) == list(Explanation.__annotations__)
        parts = explained["passage"] + explained["sentence"] + explained["lexical"]
        assert parts == pytest.approx(hit["score"], abs=1e-5)
        assert 0 <= explained["coverage"] <= 1
        assert 0 <= explained["lexical"] <= 0.1
        assert bool(explained["matched"]) == (explained["lexical"] > 0)


@pytest.mark.parametrize("question", ["de", "the", "qui est", "???"])
def test_a_question_of_stop_words_is_covered_by_nothing(articles: TestClient, question: str) -> None:
    hits = hits_of(articles, q=question, explain=True)
    assert {hit["explain"]["coverage"] for hit in hits} == {0.0}


@pytest.fixture
def longer(corpus: Path) -> None:
    """One more article, of several passages."""
    parts = "".join(f"## Formation {n}\n\n{'Un chapitre du rapport annuel. ' * 20}\n\n" for n in range(4))
    (corpus / "rapport.md").write_text(f"# Rapport annuel\n\n{parts}", encoding="utf-8")


def test_by_document_there_is_one_hit_a_document(longer: None, client: TestClient) -> None:
    passages = hits_of(client, q=QUESTION, k=100, per_source=100)
    for way in ("GET", "POST"):
        hits = hits_of(client, way, q=QUESTION, group="document", per_source=100)
        assert [hit["rank"] for hit in hits] == [1, 2, 3, 4]
        assert len({hit["source"] for hit in hits}) == 4
        for hit in hits:
            assert [more["rank"] for more in hit["more"]] == list(range(1, len(hit["more"]) + 1))
            expected = [each["passage_id"] for each in passages if each["source"] == hit["source"]]
            assert [each["passage_id"] for each in [hit, *hit["more"]]] == expected
        assert any(hit["more"] for hit in hits)
        hits = hits_of(client, way, q=QUESTION, group="document", per_source=1, k=2)
        assert [len(hit["more"]) for hit in hits] == [0, 0]


COEFFICIENTS = dict.fromkeys(Calibration.__dataclass_fields__, 0.0)
COEFFICIENTS |= {"coverage": 8.0, "constant": -4.0, "cross_constant": -4.0, "weak": 0.1, "strong": 0.8}
"""Coefficients by which a hit's relevance is the share of the query's words that it holds."""


@pytest.mark.parametrize("build_settings", [replace(DEFAULT, find_calibration=lambda _: COEFFICIENTS)])
def test_calibrated_answers_have_probabilities_and_classes_to_filter_by(client: TestClient) -> None:
    answer = client.get("/search", params={"q": QUESTION, "explain": True}).json()
    assert answer["relevance"]["class"] == "strong"
    assert {hit["relevance"]["class"] for hit in answer["hits"]} >= {"strong", "none"}
    for hit in answer["hits"]:
        probability = 1 / (1 + math.exp(4 - 8 * hit["explain"]["coverage"] ** 1.5))
        assert hit["relevance"]["probability"] == pytest.approx(probability, abs=1e-3)
    nothing = client.get("/search", params={"q": "zyx"}).json()["relevance"]
    assert nothing == {"probability": 0.018, "class": "none"}
    for least, classes in (
        (0.8, {"strong"}),
        ("strong", {"strong"}),
        ("weak", {"strong", "weak"}),
        (1, set()),
    ):
        for way, group in (
            ("GET", "passage"),
            ("GET", "document"),
            ("POST", "passage"),
            ("POST", "document"),
        ):
            given: dict[str, Any] = {"q": CERTIFICATE, "k": 100, "per_source": 100, "group": group}
            every = with_more(hits_of(client, way, **given))
            left = with_more(hits_of(client, way, **given, min_relevance=least))
            expected = [hit["passage_id"] for hit in every if hit["relevance"]["class"] in classes]
            assert [hit["passage_id"] for hit in left] == expected
            assert bool(left) == bool(classes)
    given = {"q": CERTIFICATE, "per_source": 100, "min_relevance": "weak"}
    every = hits_of(client, **given, k=100)
    for k in range(1, len(every) + 1):  # hits left out make room for others
        assert hits_of(client, **given, k=k) == every[:k]


def test_by_default_ranking_is_as_it_was_measured() -> None:
    assert Settings().ranking == SETTINGS


@pytest.mark.parametrize("build_settings", [replace(DEFAULT, find_calibration=lambda _: COEFFICIENTS)])
def test_the_keeper_may_set_the_weight_of_words_and_the_threshold_of_weak(index: Path) -> None:
    settings = Settings(lexical_weight=0.4, weak=0.01)
    live = IndexWatcher(index, StandInEncoder, ranking=settings.ranking)
    with client_of(build_app(live, settings)) as client:
        wait_until_ready(live)
        hits = hits_of(client, q=CERTIFICATE, explain=True, k=100, per_source=100)
    for hit in hits:
        explained = hit["explain"]
        parts = explained["passage"] + explained["sentence"] + explained["lexical"]
        assert parts == pytest.approx(hit["score"], abs=1e-5)
        probability = hit["relevance"]["probability"]
        assert hit["relevance"]["class"] == (
            "strong" if probability >= 0.8 else "weak" if probability >= 0.01 else "none"
        )
    assert max(hit["explain"]["lexical"] for hit in hits) > 0.1, "more than the default weight gives"
    assert any(hit["relevance"]["probability"] < 0.1 for hit in hits), "by the model's own class none"


@WAYS
@pytest.mark.parametrize("least", [0.01, "weak", "strong"])
def test_an_index_without_calibration_cannot_filter_by_it(shared: TestClient, way: str, least: Any) -> None:
    assert_refusal(ask(shared, way, q="a", min_relevance=least), 422, "uncalibrated")
    assert ask(shared, way, q="a", min_relevance=0).status_code == 200


@settings(deadline=None)
@given(question=st.text(st.characters(exclude_categories=["Cs"]), max_size=1000))
@example("\0")
@example("\x85")
@example("\u2028")
@example("\ufeff")
@example("\uffff")
@WAYS
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


NAMES = st.sampled_from(["q", "k", "group", "min_relevance", "", "\ud800"]) | st.text(max_size=3)


@settings(deadline=None)
@given(
    body=st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
        max_leaves=6,
    )
)
@example({"q": "a", "k": True})
@example({"\ud800": 1, "q": "a"})
def test_any_json_is_answered_or_refused(shared: TestClient, body: Any) -> None:
    response = shared.post("/search", content=json.dumps(body), headers={"content-type": "application/json"})
    if response.status_code != 200:
        assert_refusal(response)
