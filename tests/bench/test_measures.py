"""Measures against values worked out by hand."""

from __future__ import annotations

import pytest

from bench import measures


def test_by_question() -> None:
    run = {"q1": [("a", 3.0), ("b", 2.0)], "q2": [("c", 1.0)]}
    found = measures.by_question(run, {"q1": {"b": 1}, "q2": {"a": 1}, "q3": {"a": 1}})
    assert found["RR@10"] == {"q1": 0.5, "q2": 0, "q3": 0}
    assert found["P@1"] == {"q1": 0, "q2": 0, "q3": 0}
    assert found["R@10"] == {"q1": 1, "q2": 0, "q3": 0}
    assert found["nDCG@10"]["q1"] == pytest.approx(0.6309, abs=1e-4)


@pytest.mark.parametrize(
    ("answerable", "unanswerable", "expected"),
    [
        ([0.9, 0.8], [0.1, 0.2], 1.0),
        ([0.1, 0.2], [0.9, 0.8], 0.0),
        ([0.5], [0.5], 0.5),
        ([0.9, 0.3], [0.5, 0.1], 0.75),
        ([0.5, 0.5], [0.5, 0.1], 0.75),
    ],
)
def test_auc(answerable: list[float], unanswerable: list[float], expected: float) -> None:
    assert measures.auc(answerable, unanswerable) == expected


@pytest.mark.parametrize(
    ("answerable", "false", "expected"),
    [([0.1, 0.6, 0.9, 1.0], 0.5, 0.75), ([0.5], 0.5, 0.0), ([0.95, 1.0], 0.0, 0.5), ([0.91, 0.2], 0.1, 0.5)],
)
def test_answered_at(answerable: list[float], false: float, expected: float) -> None:
    unanswerable = [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0]
    unanswerable = [value if false != 0.0 else min(value, 0.95) for value in unanswerable]
    assert measures.answered_at(answerable, unanswerable, false) == expected


def test_reliability_and_calibration_error() -> None:
    table = measures.reliability([0.0, 0.1, 0.9, 1.0, 0.5], [False, True, True, True, False], bins=2)
    rows = [(row.low, row.high, row.count, row.predicted, row.observed) for row in table]
    assert rows[0] == pytest.approx((0.0, 0.5, 2, 0.05, 0.5))
    assert rows[1] == pytest.approx((0.5, 1.0, 3, 0.8, 2 / 3))
    assert measures.calibration_error(table) == pytest.approx(2 / 5 * 0.45 + 3 / 5 * (0.8 - 2 / 3))


def test_empty_bins_are_left_out() -> None:
    assert [row.low for row in measures.reliability([0.05, 0.95], [False, True])] == [0.0, 0.9]


def test_a_right_prophet_has_no_error() -> None:
    assert measures.calibration_error(measures.reliability([0.0, 1.0], [False, True])) == 0


def test_rank_fusion() -> None:
    one = {"q": [("a", 9.0), ("b", 8.0)]}
    other = {"q": [("b", 0.2), ("c", 0.1)]}
    fused = measures.rank_fusion([one, other])
    assert fused == {"q": [("b", 1 / 62 + 1 / 61), ("a", 1 / 61), ("c", 1 / 62)]}


def test_the_bootstrap_is_the_same_every_time() -> None:
    values = [0.0, 1.0, 0.5, 1.0, 0.0, 1.0]
    found = measures.bootstrap(values)
    assert found == measures.bootstrap(values)
    assert found.low < found.mean < found.high
    assert found.mean == pytest.approx(3.5 / 6)
    assert str(measures.bootstrap([0.25] * 4)) == "0.250 [0.250 0.250]"


def test_paired_takes_the_difference_question_by_question() -> None:
    found = measures.paired({"a": 1.0, "b": 0.5}, {"b": 0.25, "a": 0.75, "c": 9.0})
    assert (found.mean, found.low, found.high) == (0.25, 0.25, 0.25)
