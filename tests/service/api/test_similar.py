"""GET /similar/{passage_id} over the stand-in model."""

from __future__ import annotations

from starlette.testclient import TestClient

from service.api.schemas import Hit, SimilarResponse
from tests.service.api.test_search import UNCALIBRATED, hits_of
from tests.service.contract import assert_refusal


def test_every_passage_has_all_others_for_similar_ones(articles: TestClient) -> None:
    names = [hit["passage_id"] for hit in hits_of(articles, q="formation", k=100, per_source=100)]
    assert len(names) >= 3
    for name in names:
        answer = articles.get(f"/similar/{name}", params={"k": 100, "per_source": 100}).json()
        assert list(answer) == list(SimilarResponse.model_fields)
        assert answer["passage_id"] == name
        hits = answer["hits"]
        assert {hit["passage_id"] for hit in hits} == set(names) - {name}
        scores = [hit["score"] for hit in hits]
        assert scores == sorted(scores, reverse=True)
        assert [hit["rank"] for hit in hits] == list(range(1, len(hits) + 1))
        for hit in hits:
            assert list(hit) == list(Hit.__annotations__)
            assert (hit["relevance"], hit["more"], hit["explain"]) == (UNCALIBRATED, [], None)


def test_k_and_per_source_bound_the_hits(articles: TestClient) -> None:
    (first,) = hits_of(articles, q="formation", k=1)
    address = f"/similar/{first['passage_id']}"
    assert len(articles.get(address, params={"k": 1}).json()["hits"]) == 1
    hits = articles.get(address, params={"per_source": 1}).json()["hits"]
    assert len({hit["source"] for hit in hits}) == len(hits)


def test_an_unknown_passage_is_refused(shared: TestClient) -> None:
    response = shared.get("/similar/nothing")
    assert_refusal(response, 404, "unknown_passage")
    assert response.json()["error"]["message"] == "No passage has the id nothing."
