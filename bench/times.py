"""Pure functions: seconds that were taken → the percentiles that are reported."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Latency:
    """Percentiles, in milliseconds."""

    p50: float
    p95: float
    p99: float


def latency(seconds: Sequence[float]) -> Latency:
    """Of at least one; between two values the percentile is drawn in a straight line."""
    p50, p95, p99 = (float(each) for each in np.percentile(np.asarray(seconds) * 1000, [50, 95, 99]))
    return Latency(p50, p95, p99)
