"""Percentiles, figures and their table."""

from __future__ import annotations

import pytest

from bench.figures import Better, Figure, Latency, latency, number, table


@pytest.mark.parametrize(
    ("ours", "baseline", "better", "ratio"),
    [
        (10.0, 20.0, "less", 2.0),
        (10.0, 20.0, "more", 0.5),
        (10.0, 20.0, "", None),
        (10.0, None, "less", None),
        (0.0, 20.0, "less", None),
    ],
)
def test_a_ratio_says_how_many_times_as_good_ours_is(
    ours: float, baseline: float | None, better: Better, ratio: float | None
) -> None:
    assert Figure("part", "name", "s", ours, baseline, better).ratio == ratio


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, ""),
        (0, "0"),
        (0.99943, "0.9994"),
        (1.234, "1.23"),
        (12.34, "12.3"),
        (123.4, "123"),
        (1234567.0, "1 234 567"),
    ],
)
def test_numbers_are_shown_to_three_digits(value: float | None, shown: str) -> None:
    assert number(value) == shown


def test_the_table_has_a_group_a_part() -> None:
    rows = [
        Figure("Encoding", "one question", "ms", 5, 20),
        Figure("Encoding", "cosine", "", 0.9995),
        Figure("Building", "notes", "s", 200, 2),
    ]
    lines = [" ".join(line.split()) for line in table(rows).splitlines()]
    assert lines == [
        "",
        "Encoding ours baseline ratio",
        "one question, ms 5.00 20.0 4.0×",
        "cosine 0.9995",
        "",
        "Building ours baseline ratio",
        "notes, s 200 2.00 0.01×",
    ]
    widths = {line.index("ours") for line in table(rows).splitlines() if "ours" in line}
    assert len(widths) == 1


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
