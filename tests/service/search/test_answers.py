"""One judgement of relevance: an answer is as relevant as its best hit, whatever is asked, and how."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import Any

import pytest

from indexer.building import build as builder
from indexer.building.settings import DEFAULT
from indexer.store.filters import EVERYTHING, Filters
from indexer.store.open_index import open_index
from service.search.answers import NOTHING
from service.search.relevance import RelevanceClass
from service.search.searcher import Searcher
from tests.conftest import write_articles
from tests.standin import StandInChoice, StandInEncoder

COEFFICIENTS = {
    "closeness": 0.2,
    "coverage": 8.0,
    "constant": -3.0,
    "cross_closeness": 0.2,
    "cross_constant": -2.0,
    "gap": -5.0,
    "weak": 0.2,
    "strong": 0.8,
}
STRONG, WEAK, NONE = RelevanceClass.STRONG, RelevanceClass.WEAK, RelevanceClass.NONE
QUESTIONS = {
    "formation continue en oncologie": STRONG,
    "formation continue en oncologie pour les infirmiers, sauf le lundi": STRONG,
    "formation continue des infirmiers sauf oncologie": NONE,
    "formation continue en oncologie -robot": STRONG,
    '"formation continue" oncologie': STRONG,
    "formation continue en oncologie le 12/03/2021": STRONG,
    "formation continue en oncologie 2021": STRONG,
    "formation continue en oncologie 2019": WEAK,
    "formation continue en oncologie par Benkirane": WEAK,
    "formation continue en oncologie à Rabad": WEAK,
    "formation continu en oncolgie": STRONG,
    "two surgical robots": STRONG,
    "prednisone": NONE,
    "zyxwv ghjkl": NONE,
    "title:robots": NONE,
    "formation -formation": NONE,
    "formation title:nothing": NONE,
}
"""Question → the relevance of its answer."""


@pytest.fixture(scope="module")
def searcher(tmp_path_factory: pytest.TempPathFactory) -> Searcher:
    """Over the three articles, calibrated."""
    home = tmp_path_factory.mktemp("calibrated")
    settings = replace(DEFAULT, find_calibration=lambda _: COEFFICIENTS)
    builder.build(write_articles(home / "corpus"), home / "index", StandInChoice(), settings=settings)
    return Searcher(StandInEncoder(), open_index(home / "index", StandInEncoder().fingerprint))


@pytest.mark.parametrize(("question", "expected"), QUESTIONS.items())
def test_answer_and_hits_agree(searcher: Searcher, question: str, expected: RelevanceClass) -> None:
    assert searcher.search(question, 10, per_source=3).relevance.label is expected
    for filters, by_document, count in product(
        (EVERYTHING, Filters(languages=("en",))), (False, True), (1, 10)
    ):
        options: dict[str, Any] = {"per_source": 3, "by_document": by_document, "filters": filters}
        answer = searcher.search(question, count, **options)
        assert answer.relevance == (answer.hits[0].relevance if answer.hits else NOTHING)
        probabilities = [hit.relevance.probability or 0.0 for hit in answer.hits]
        assert max(probabilities, default=0.0) == answer.relevance.probability
        for least in ("weak", "strong"):
            reaching = searcher.search(question, count, least=least, **options)
            assert reaching.relevance == answer.relevance
            assert bool(reaching.hits) is (bool(answer.hits) and answer.relevance.reaches(least))
            assert all(hit.relevance.reaches(least) for hit in reaching.hits)
