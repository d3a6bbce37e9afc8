"""Relevance: the logistic formula, the classes at their thresholds, nothing without a calibration."""

from __future__ import annotations

import math

import pytest

from service.search.relevance import UNKNOWN, Calibration, Relevance, RelevanceClass, of_answer, of_hit

FITTED = Calibration(
    answer_closeness=2.0,
    answer_coverage=4.0,
    answer_constant=-5.0,
    hit_closeness=1.0,
    hit_coverage=3.0,
    hit_gap=-10.0,
    hit_constant=-2.0,
    weak=0.2,
    strong=0.8,
)
STRONG, WEAK, NONE = RelevanceClass.STRONG, RelevanceClass.WEAK, RelevanceClass.NONE


def logistic(logit: float) -> float:
    return 1 / (1 + math.exp(-logit))


@pytest.mark.parametrize(
    ("closeness", "coverage", "logit", "label"),
    [(0, 0, -5, NONE), (2, 0.25, -0.5, WEAK), (2, 1, 3, STRONG), (-1, 1, -3, NONE), (2.5, 0, 0, WEAK)],
)
def test_an_answer(closeness: float, coverage: float, logit: float, label: RelevanceClass) -> None:
    found = of_answer(FITTED, closeness, coverage)
    assert found.probability == pytest.approx(logistic(logit))
    assert found.label is label


@pytest.mark.parametrize(
    ("closeness", "coverage", "gap", "logit"), [(2, 0, 0, 0), (2, 1, 0, 3), (2, 1, 0.3, 0), (0, 0, 0, -2)]
)
def test_a_hit(closeness: float, coverage: float, gap: float, logit: float) -> None:
    assert of_hit(FITTED, closeness, coverage, gap).probability == pytest.approx(logistic(logit))


@pytest.mark.parametrize(("sign", "expected"), [(1, 1.0), (-1, 0.0)])
def test_no_feature_is_too_large(sign: int, expected: float) -> None:
    assert of_answer(FITTED, sign * 1e9, 0).probability == pytest.approx(expected)


@pytest.mark.parametrize(
    ("weak", "strong", "label"), [(0.1, 0.5, STRONG), (0.5, 0.6, WEAK), (0.51, 0.6, NONE)]
)
def test_a_threshold_belongs_to_its_class(weak: float, strong: float, label: RelevanceClass) -> None:
    even = Calibration(0, 0, 0, 0, 0, 0, 0, weak, strong)
    assert of_answer(even, 0, 0) == Relevance(0.5, label)


def test_without_a_calibration_nothing_is_known() -> None:
    assert of_answer(None, 3, 1) == of_hit(None, 3, 1, 0) == UNKNOWN
    assert (UNKNOWN.probability, UNKNOWN.label) == (None, RelevanceClass.UNCALIBRATED)


@pytest.mark.parametrize(
    ("relevance", "least", "reached"),
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
def test_what_reaches_a_bound(relevance: Relevance, least: float | str, reached: bool) -> None:
    assert relevance.reaches(least) is reached
