"""The figures that the bench reports: percentiles, one figure of ours beside the baseline's, their table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, Literal

import numpy as np

Better = Literal["less", "more", ""]
"""Which way a figure is better; empty where neither is, or where it has nothing to be compared with."""
WIDTH = 62
"""Characters of a figure's name in the table."""


@dataclass(frozen=True, slots=True)
class Latency:
    """Percentiles of latency, in milliseconds."""

    p50: float
    p95: float
    p99: float


def latency(seconds: Sequence[float]) -> Latency:
    """Return the percentiles of at least one latency, linear between two values."""
    p50, p95, p99 = np.percentile(np.asarray(seconds) * 1000, [50, 95, 99]).tolist()
    return Latency(p50, p95, p99)


@dataclass(frozen=True, slots=True)
class Figure:
    """One row of the table."""

    part: str
    """The group of rows that it stands in."""
    name: str
    unit: str
    ours: float
    baseline: float | None = None
    better: Better = "less"

    @property
    def ratio(self) -> float | None:
        """Return how many times as good as the baseline ours is: 2 is twice as fast, or half the memory."""
        if not self.better or not self.baseline or not self.ours:
            return None
        return self.baseline / self.ours if self.better == "less" else self.ours / self.baseline


@dataclass(frozen=True, slots=True)
class Measured:
    """The result of one part of the bench."""

    figures: list[Figure]
    detail: Any
    """All that was measured, for the JSON."""
    faults: list[str] = field(default_factory=list)
    """What went wrong and makes the figures worth little."""


def table(figures: Sequence[Figure]) -> str:
    """Return the figures as text, one group per part."""
    return "\n".join(_lines(figures))


def _lines(figures: Sequence[Figure]) -> Iterator[str]:
    for part, rows in groupby(figures, key=lambda figure: figure.part):
        yield f"\n{part:<{WIDTH}}{'ours':>12}{'baseline':>12}{'ratio':>9}"
        for row in rows:
            name = f"  {row.name}, {row.unit}" if row.unit else f"  {row.name}"
            values = f"{number(row.ours):>12}{number(row.baseline):>12}{_times(row.ratio):>9}"
            yield f"{name:<{WIDTH}}{values}".rstrip()


def _times(ratio: float | None) -> str:
    if ratio is None:
        return ""
    return f"{ratio:.0f}×" if ratio >= 10 else f"{ratio:.1f}×" if ratio >= 1 else f"{ratio:.2g}×"


def number(value: float | None) -> str:
    """Return a value to about three digits; four decimals below 1, where cosines and shares stand."""
    if value is None:
        return ""
    size = abs(value)
    if not size or size >= 100:
        return f"{value:,.0f}".replace(",", " ")
    return f"{value:.1f}" if size >= 10 else f"{value:.2f}" if size >= 1 else f"{value:.4f}"
