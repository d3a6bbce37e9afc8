"""GET /similar/{passage_id} over the stand-in model."""

from __future__ import annotations

from starlette.testclient import TestClient

from tests.service.api.test_search import HIT
from tests.service.contract import assert_refusal


def identifiers(client: TestClient) -> list[str]:
    hits = client.get("/search", params={"q": "formation", "k": 100, "per_source": 100}).json()["hits"]
    return [hit["passage_id"] for hit in hits]


def test_the_answer_has_exactly_the_documented_keys(client: TestClient) -> None:
    name = identifiers(client)[0]
    answer = client.get(f"/similar/{name}").json()
    assert list(answer) == ["passage_id", "took_ms", "hits", "index"]
    assert answer["passage_id"] == name
    assert answer["hits"]
    for hit in answer["hits"]:
        assert set(hit) == HIT
        assert hit["relevance"] == {"probability": None, "class": "uncalibrated"}
        assert (hit["more"], hit["explain"]) == ([], None)


def test_every_passage_has_all_others_for_similar_ones(client: TestClient) -> None:
    names = identifiers(client)
    for name in names:
        hits = client.get(f"/similar/{name}", params={"k": 100, "per_source": 100}).json()["hits"]
        assert {hit["passage_id"] for hit in hits} == set(names) - {name}
        scores = [hit["score"] for hit in hits]
        assert scores == sorted(scores, reverse=True)
        assert [hit["rank"] for hit in hits] == list(range(1, len(hits) + 1))


def test_k_and_per_source_bound_the_hits(client: TestClient) -> None:
    name = identifiers(client)[0]
    assert len(client.get(f"/similar/{name}", params={"k": 1}).json()["hits"]) == 1
    hits = client.get(f"/similar/{name}", params={"per_source": 1}).json()["hits"]
    assert len({hit["source"] for hit in hits}) == len(hits)


def test_an_unknown_passage_is_refused(client: TestClient) -> None:
    response = client.get("/similar/nothing")
    assert_refusal(response, 404, "unknown_passage")
    assert response.json()["error"]["message"] == "No passage has the id nothing."
