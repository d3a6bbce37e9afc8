"""An index may be used with any engine: the first ten over the seeds do not change beyond ties."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from functools import partial
from itertools import combinations
from pathlib import Path

import pytest

from indexer.building import build as builder
from indexer.store.open_index import open_index
from models import openvino_files
from models.encoder import Encoder
from models.load import ModelChoice
from models.openvino_engine import CANDIDATES, Engine, OpenVinoEncoder
from models.word_pieces import WordPieces
from service.search.searcher import Searcher
from tests.conftest import SEEDS
from tests.end_to_end.test_seeds import ELSEWHERE, QUESTIONS

pytestmark = pytest.mark.slow

TIE = 0.003
"""Scores that differ by less may change places between engines; 0.0016 was the most with VNNI."""
TEN = 10
EXACT = "fp32"
Ranking = Mapping[str, float]
"""Passage → score, best first."""


@pytest.fixture(scope="module", params=["those in use here", pytest.param("all", marks=pytest.mark.long)])
def encoders(request: pytest.FixtureRequest) -> dict[str, Encoder]:
    """The default model in fp32 and on the engines chosen here, or on all that run here, by engine."""
    choice = ModelChoice()
    files = openvino_files.ensure(choice.folder())
    loaded = OpenVinoEncoder(choice.folder(), choice.label, choice.fingerprint(), {})
    assert loaded.choice is not None
    names = (
        set(CANDIDATES)
        if request.param == "all"
        else {EXACT, loaded.choice.questions, loaded.choice.passages}
    )
    made = dict[str, Encoder]()
    for name in names:
        encoder = copy(loaded)
        try:
            encoder._engine = Engine(files, CANDIDATES[name], WordPieces(files))
            encoder.queries(["a"])
        except RuntimeError:
            continue
        made[name] = encoder
    return made


@pytest.fixture(scope="module")
def rankings(
    encoders: dict[str, Encoder], tmp_path_factory: pytest.TempPathFactory
) -> dict[tuple[str, str], list[Ranking]]:
    """Engine of the passages and engine of the questions → every question's ranking of all passages."""
    found: dict[tuple[str, str], list[Ranking]] = {}
    for passages, encoder in encoders.items():
        index: Path = tmp_path_factory.mktemp("engines") / "index"
        builder.build(SEEDS, index, ModelChoice(), load=partial(_given, encoder))
        opened = open_index(index, encoder.fingerprint)
        for questions, asking in encoders.items():
            found[passages, questions] = [ranking(Searcher(asking, opened), text) for text in asked()]
    return found


def _given(encoder: Encoder) -> Encoder:
    return encoder


def asked() -> list[str]:
    return [text for text, *_ in QUESTIONS] + ELSEWHERE


def ranking(searcher: Searcher, text: str) -> Ranking:
    hits = searcher.search(text, 100, per_source=100).hits
    return {hit.entry.passage_id: hit.score for hit in hits}


def worst_inversion(one: Ranking, other: Ranking) -> float:
    """Return the greatest difference of scores, in both rankings, of two passages that change places.

    Passages beyond the first ten of both are left out.
    """
    first = list(one)[:TEN], list(other)[:TEN]
    shown = {passage for ten in first for passage in ten}
    gaps = [0.0]
    for a, b in combinations(sorted(shown), 2):
        ahead, behind = one[a] - one[b], other[a] - other[b]
        if ahead * behind < 0:
            gaps.append(min(abs(ahead), abs(behind)))
    return max(gaps)


def test_an_inversion_is_seen() -> None:
    assert worst_inversion({"a": 0.9, "b": 0.5}, {"b": 0.8, "a": 0.7}) == pytest.approx(0.1)
    assert worst_inversion({"a": 0.9, "b": 0.5}, {"a": 0.6, "b": 0.5}) == 0


def test_the_first_ten_do_not_change_beyond_ties(rankings: dict[tuple[str, str], list[Ranking]]) -> None:
    exact = rankings[EXACT, EXACT]
    assert len(exact) == len(asked()) and all(len(each) >= TEN for each in exact)
    for engines, found in rankings.items():
        gaps = [worst_inversion(one, other) for one, other in zip(exact, found, strict=True)]
        assert max(gaps) <= TIE, engines
