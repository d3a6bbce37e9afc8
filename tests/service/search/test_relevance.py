"""Relevance: the two logistic curves, the classes at their thresholds, nothing without a calibration."""

from __future__ import annotations

import math

import numpy as np
import pytest

from service.search.relevance import (
    DOUBT,
    UNKNOWN,
    Calibration,
    Relevance,
    RelevanceClass,
    calibration_of,
    closeness,
    evidence,
    nearest,
    probabilities,
    relevance,
)

FITTED = Calibration(
    closeness=2.0,
    coverage=4.0,
    constant=-5.0,
    cross_closeness=3.0,
    cross_constant=-6.0,
    gap=-10.0,
    weak=0.2,
    strong=0.8,
)
STRONG, WEAK, NONE = RelevanceClass.STRONG, RelevanceClass.WEAK, RelevanceClass.NONE


def logistic(logit: float) -> float:
    return 1 / (1 + math.exp(-logit))


@pytest.mark.parametrize(
    ("close", "covered", "crosses", "logit"),
    [
        (0, 0, False, -5),
        (2, 0.25, False, -0.5),
        (2, 1, False, 3),
        (-1, 1, False, -3),
        (1.5, 0, True, -1.5),
        (0, 0, True, -5),
        (2, 0, True, 0),
        (2, 0.25, True, 0),
        (2, 1, True, 3),  # it holds the question's words: perhaps the language was mistaken
    ],
)
def test_evidence(close: float, covered: float, crosses: bool, logit: float) -> None:
    found = evidence(FITTED, np.array([close]), np.array([covered]), np.array([crosses]))
    assert found.tolist() == pytest.approx([logit])


@pytest.mark.parametrize(
    ("logit", "gap", "doubtful", "probability"),
    [
        (0, 0, False, 0.5),
        (3, 0.3, False, 0.5),
        (3, 0, False, logistic(3)),
        (3, 0, True, FITTED.strong - DOUBT),
        (-3, 0, True, logistic(-3)),
        (1e9, 0, False, 1),
        (-1e9, 0, False, 0),
    ],
)
def test_probabilities(logit: float, gap: float, doubtful: bool, probability: float) -> None:
    found = probabilities(FITTED, np.array([float(logit)]), np.array([float(gap)]), np.array([doubtful]))
    assert found.tolist() == pytest.approx([probability])


@pytest.mark.parametrize(
    ("probability", "label"),
    [(0.0, NONE), (0.199, NONE), (0.2, WEAK), (0.8 - DOUBT, WEAK), (0.8, STRONG), (1.0, STRONG)],
)
def test_a_threshold_belongs_to_its_class(probability: float, label: RelevanceClass) -> None:
    assert relevance(FITTED, probability) == Relevance(probability, label)
    assert relevance(None, probability) == UNKNOWN == Relevance(None, RelevanceClass.UNCALIBRATED)


def test_closeness_is_measured_from_the_nearest_unrelated_texts() -> None:
    scores = np.array([0.7, 0.85], dtype=np.float32)
    unrelated = np.array([[0.1, 0.8, 0.6, 0.7, 0.7, 0.2], [0.1] * 6], dtype=np.float32)
    assert nearest(unrelated).tolist() == pytest.approx([0.7, 0.1])
    assert nearest(unrelated[1:, :1]).tolist() == pytest.approx([0.1])
    assert closeness(scores, nearest(unrelated), 100).tolist() == pytest.approx([0, 75], abs=1e-4)


@pytest.mark.parametrize(
    ("passages", "chance"),
    [(0, -0.806), (10, -0.806), (100, 0), (272, 0.35), (10_000, 1.612), (10**6, 1.612)],
)
def test_the_best_of_more_passages_is_closer_by_chance(passages: int, chance: float) -> None:
    one = np.ones(1, dtype=np.float32)
    assert closeness(one, one, passages).tolist() == pytest.approx([-chance], abs=1e-3)


@pytest.mark.parametrize(
    ("coefficients", "expected"),
    [
        pytest.param({name: getattr(FITTED, name) for name in Calibration.__slots__}, FITTED, id="its own"),
        pytest.param(None, None, id="none"),
        pytest.param({}, None, id="no coefficient"),
        pytest.param({"answer_closeness": 2.9, "weak": 0.2, "strong": 0.8}, None, id="another version's"),
    ],
)
def test_coefficients_of_another_version_are_none(
    coefficients: dict[str, float] | None, expected: Calibration | None
) -> None:
    assert calibration_of(coefficients) == expected


@pytest.mark.parametrize(
    ("found", "least", "reached"),
    [
        (Relevance(0.5, WEAK), 0.5, True),
        (Relevance(0.5, WEAK), 0.51, False),
        (Relevance(0.0, NONE), 0.0, True),
        (Relevance(0.5, WEAK), "weak", True),
        (Relevance(0.5, WEAK), "strong", False),
        (Relevance(0.9, STRONG), "weak", True),
        (Relevance(0.9, STRONG), "strong", True),
        (Relevance(0.1, NONE), "weak", False),
        (UNKNOWN, 1.0, True),
        (UNKNOWN, "strong", True),
    ],
)
def test_what_reaches_a_bound(found: Relevance, least: float | str, reached: bool) -> None:
    assert found.reaches(least) is reached
