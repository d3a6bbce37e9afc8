"""Seconds → percentiles."""

from __future__ import annotations

import pytest

from bench.times import Latency, latency


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        ([0.25], Latency(250, 250, 250)),
        ([0.003, 0.001, 0.002], Latency(2, 2.9, 2.98)),
        ([n / 1000 for n in range(101)], Latency(50, 95, 99)),
    ],
)
def test_percentiles_are_in_milliseconds(seconds: list[float], expected: Latency) -> None:
    found = latency(seconds)
    assert (found.p50, found.p95, found.p99) == pytest.approx((expected.p50, expected.p95, expected.p99))
