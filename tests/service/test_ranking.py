"""Scores and their order, from tables."""

import pytest

from service.ranking import Features, rank, score


def features(row: int, passage: float, sentence: float) -> Features:
    return Features(row, passage, sentence, best_sentence=0)


@pytest.mark.parametrize(
    ("passage", "sentence", "expected"),
    [
        (1.0, 1.0, 1.0),
        (0.0, 0.0, 0.0),
        (0.8, 0.6, 0.7),
        (0.6, 0.8, 0.7),
        (0.0, 1.0, 0.5),
        (-1.0, 1.0, 0.0),
        (-0.5, -0.25, -0.375),
    ],
)
def test_half_the_score_is_the_passage_and_half_its_best_sentence(
    passage: float, sentence: float, expected: float
) -> None:
    assert score(features(0, passage, sentence)) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("candidates", "count", "expected"),
    [
        pytest.param([], 3, [], id="none"),
        pytest.param([(7, 0.5, 0.5)], 3, [(7, 0.5)], id="fewer than asked for"),
        pytest.param([(0, 0.1, 0.1), (1, 0.9, 0.9)], 2, [(1, 0.9), (0, 0.1)], id="best first"),
        pytest.param([(0, 0.9, 0.1), (1, 0.6, 0.8)], 1, [(1, 0.7)], id="cut after scoring"),
        pytest.param(
            [(5, 0.5, 0.5), (2, 0.25, 0.75), (9, 0.75, 0.25)],
            3,
            [(2, 0.5), (5, 0.5), (9, 0.5)],
            id="equal scores in the index's order",
        ),
        pytest.param([(0, -0.5, -0.5), (1, -1.0, -1.0)], 2, [(0, -0.5), (1, -1.0)], id="below zero"),
    ],
)
def test_rank(
    candidates: list[tuple[int, float, float]], count: int, expected: list[tuple[int, float]]
) -> None:
    ranked = rank([features(*each) for each in candidates], count)
    assert [(each.row, points) for each, points in ranked] == expected


def test_ranking_leaves_its_input_as_it_was() -> None:
    candidates = [features(0, 0.1, 0.1), features(1, 0.9, 0.9)]
    rank(candidates, 1)
    assert [each.row for each in candidates] == [0, 1]
