"""Ranking's pure functions, against values worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.records import PassageKind
from indexer.store.passage_table import kind_code
from service.search import ranking
from service.search.ranking import COMMON_SHARE, K1, LEXICAL_WEIGHT, UNIT_WEIGHT, B, Floats


def floats(*values: float | list[float]) -> Floats:
    return np.asarray(values, dtype=np.float32)


def test_a_centred_question_loses_part_of_the_mean_question() -> None:
    found = ranking.centred(floats([1, 0], [0, 1]), floats(0.5, 0.5))
    part = 0.5 * COMMON_SHARE
    assert found == pytest.approx(np.array([[1 - part, -part], [-part, 1 - part]]))
    assert found.dtype == np.float32


def test_dense_mixes_passage_and_best_unit() -> None:
    found = ranking.dense(floats(1.0, 0.5), floats(0.0, 0.9))
    assert found == pytest.approx([1 - UNIT_WEIGHT, (1 - UNIT_WEIGHT) * 0.5 + UNIT_WEIGHT * 0.9])
    assert found.dtype == np.float32


def told(weight: float, length: float, mean: float) -> float:
    """What BM25 makes of one term, over its bound k1 + 1."""
    return weight / (weight + K1 * (1 - B + B * length / mean))


@pytest.mark.parametrize(
    ("weights", "length", "idf", "expected"),
    [
        pytest.param([0, 0], 10, [1, 2], 0, id="no term"),
        pytest.param([1, 0], 10, [1, 3], told(1, 10, 10) / 4, id="the common term"),
        pytest.param([0, 1], 10, [1, 3], told(1, 10, 10) * 3 / 4, id="the rare term"),
        pytest.param([1, 1], 10, [1, 3], 1 / 1.4, id="both, in a passage of mean length"),
        pytest.param([4, 1], 10, [1, 1], (4 / 4.4 + 1 / 1.4) / 2, id="a term again"),
        pytest.param([1, 1], 30, [1, 3], 1 / (1 + 0.4 * 2.5), id="in a passage three times as long"),
        pytest.param([1, 1], 0, [1, 3], 1 / 1.1, id="in a passage without length"),
        pytest.param([1, 1], 10, [0, 0], 0, id="terms that tell nothing"),
        pytest.param([], 10, [], 0, id="no terms at all"),
    ],
)
def test_bm25(weights: list[float], length: float, idf: list[float], expected: float) -> None:
    found = ranking.bm25(floats(weights), floats(length), 10.0, floats(*idf))
    assert found.tolist() == pytest.approx([expected])


positive = st.floats(0, 1000, width=32)


@given(st.lists(st.tuples(positive, positive), min_size=1, max_size=6), positive, positive)
def test_bm25_lies_between_zero_and_one(terms: list[tuple[float, float]], length: float, mean: float) -> None:
    weights, idf = floats([weight for weight, _ in terms]), floats(*(value for _, value in terms))
    assert 0 <= ranking.bm25(weights, floats(length), mean, idf)[0] <= 1 + 1e-5


@pytest.mark.parametrize(
    ("weights", "idf", "expected"),
    [
        ([0, 0, 0], [1, 2, 5], 0),
        ([1, 0, 0], [1, 2, 5], 1 / 8),
        ([0.5, 9, 0], [1, 2, 5], 3 / 8),
        ([1, 1, 1], [1, 2, 5], 1),
        ([1, 1, 1], [0, 0, 0], 0),
        ([], [], 0),
    ],
)
def test_coverage_is_the_share_of_what_the_held_terms_tell(
    weights: list[float], idf: list[float], expected: float
) -> None:
    assert ranking.coverage(floats(weights), floats(*idf)).tolist() == pytest.approx([expected])


def test_lists_of_references_and_contents_cost_something() -> None:
    kinds = np.array([kind_code(kind) for kind in PassageKind], dtype=np.uint8)
    costs = dict(zip(PassageKind, ranking.kind_costs(kinds, 0.5).tolist(), strict=True))
    assert costs == {
        PassageKind.BODY: 0,
        PassageKind.REFERENCES: 0.5,
        PassageKind.GLOSSARY: 0,
        PassageKind.CONTENTS: 0.5,
    }


def test_combined_adds_the_words_to_the_vectors() -> None:
    assert ranking.combined(floats(0.8, 0.7), floats(0, 1)) == pytest.approx([0.8, 0.7 + LEXICAL_WEIGHT])


@given(*[st.floats(-1, 1, width=32)] * 2, st.floats(0, 1, width=32))
def test_the_shares_add_up_to_the_score(passage: float, unit: float, lexical: float) -> None:
    dense = ranking.dense(floats(passage), floats(unit))
    score = ranking.combined(dense, floats(lexical))[0]
    assert math.fsum(ranking.shares(passage, unit, lexical)) == pytest.approx(score, abs=1e-6)


@pytest.mark.parametrize(
    ("scores", "rows", "expected"),
    [
        pytest.param([], [], [], id="nothing"),
        pytest.param([0.1, 0.9, 0.5], [0, 1, 2], [1, 2, 0], id="best first"),
        pytest.param([0.5, 0.5, 0.5], [7, 2, 4], [1, 2, 0], id="equal scores in the index's order"),
        pytest.param([-0.5, -0.1], [0, 1], [1, 0], id="below zero"),
    ],
)
def test_order(scores: list[float], rows: list[int], expected: list[int]) -> None:
    assert ranking.order(floats(*scores), np.asarray(rows, dtype=np.int64)).tolist() == expected


@pytest.mark.parametrize(
    ("documents", "per_source", "count", "expected"),
    [
        pytest.param([], 1, 5, [], id="nothing"),
        pytest.param([3, 3, 1, 3, 2], 1, 5, [0, 2, 4], id="one each"),
        pytest.param([3, 3, 1, 3, 2], 2, 5, [0, 1, 2, 4], id="two each"),
        pytest.param([3, 3, 1, 3, 2], 9, 3, [0, 1, 2], id="only the count"),
        pytest.param([3, 3, 1, 3, 2], 2, 3, [0, 1, 2], id="both"),
    ],
)
def test_diverse(documents: list[int], per_source: int, count: int, expected: list[int]) -> None:
    assert ranking.diverse(documents, per_source, count) == expected


@pytest.mark.parametrize(
    ("order", "groups", "preference", "expected"),
    [
        pytest.param([], [], None, [], id="nothing"),
        pytest.param([2, 0, 1], [-1, -1, -1], None, [2, 0, 1], id="no twins"),
        pytest.param([2, 0, 1], [5, -1, 5], None, [2, 1], id="the best of a group"),
        pytest.param([4, 1, 3, 0, 2], [0, 7, 0, 7, 0], None, [4, 1], id="two groups"),
        pytest.param([3, 1], [0, 0, 0, -1], None, [3, 1], id="some places only"),
        pytest.param([], [], [], [], id="nothing to prefer"),
        pytest.param([2, 0, 1], [5, -1, 5], [0, 9, 0], [2, 1], id="none is preferred"),
        pytest.param([2, 1, 0], [5, -1, 5], [1, 0, 0], [0, 1], id="the preferred, where the best stood"),
        pytest.param([1, 2, 0], [5, -1, 5], [1, 0, 0], [1, 0], id="those in no group stay where they are"),
        pytest.param([3, 2, 1, 0], [5, 5, 5, 5], [2, 1, 2, 1], [2], id="the first of the preferred"),
        pytest.param([4, 1, 3, 0, 2], [0, 7, 0, 7, 0], [0, 0, 1, 1, 0], [2, 3], id="in each group"),
        pytest.param([3, 1], [0, 0, 0, -1], [9, 1, 9, 0], [3, 1], id="only places of the order"),
    ],
)
def test_folded(
    order: list[int], groups: list[int], preference: list[int] | None, expected: list[int]
) -> None:
    prefer = None if preference is None else np.array(preference, dtype=np.int64)
    folded = ranking.folded(np.array(order, dtype=np.int64), np.array(groups, dtype=np.int64), prefer)
    assert folded.tolist() == expected


@pytest.mark.parametrize(
    ("documents", "per_source", "expected"),
    [
        pytest.param([], 1, [], id="nothing"),
        pytest.param([3, 1, 3, 2, 1, 3], 9, [[0, 2, 5], [1, 4], [3]], id="side by side, best document first"),
        pytest.param([3, 1, 3, 2, 1, 3], 2, [[0, 2], [1, 4], [3]], id="two each"),
        pytest.param([3, 1, 3, 2, 1, 3], 1, [[0], [1], [3]], id="one each"),
    ],
)
def test_grouped(documents: list[int], per_source: int, expected: list[list[int]]) -> None:
    assert ranking.grouped(documents, per_source) == expected
