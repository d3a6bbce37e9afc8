"""Measures of runs and of probabilities, with their uncertainty, as pure functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import ir_measures
import numpy as np
import numpy.typing as npt
from ir_measures import RR, P, R, nDCG

Run = Mapping[str, Sequence[tuple[str, float]]]
"""Question → (document, score), best first."""
Floats = npt.NDArray[np.float64]

MEASURES = (nDCG @ 10, RR @ 10, R @ 10, R @ 100, P @ 1)
RESAMPLES = 1000
"""Resamples of the bootstrap."""


def by_question(run: Run, qrels: Mapping[str, Mapping[str, int]]) -> dict[str, dict[str, float]]:
    """Return measure → question → value, by ir-measures; a question missing from the run counts 0."""
    judged = [ir_measures.Qrel(q, d, gain) for q, gains in qrels.items() for d, gain in gains.items()]
    found = [ir_measures.ScoredDoc(q, d, score) for q, hits in run.items() for d, score in hits]
    values: dict[str, dict[str, float]] = {str(measure): dict.fromkeys(qrels, 0.0) for measure in MEASURES}
    for value in ir_measures.iter_calc(MEASURES, judged, found):
        values[str(value.measure)][value.query_id] = value.value
    return values


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean with its 95 % interval."""

    mean: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.mean:.3f} [{self.low:.3f} {self.high:.3f}]"


def bootstrap(values: Sequence[float], seed: int = 0) -> Estimate:
    """Return the mean and the interval that 95 % of resampled means fall in (percentile bootstrap)."""
    sample = np.asarray(values, dtype=float)
    generator = np.random.default_rng(seed)
    means = [generator.choice(sample, len(sample)).mean() for _ in range(RESAMPLES)]
    low, high = np.percentile(means, [2.5, 97.5])
    return Estimate(float(sample.mean()), float(low), float(high))


def paired(ours: Mapping[str, float], theirs: Mapping[str, float]) -> Estimate:
    """Return the mean difference question by question, with its interval."""
    return bootstrap([ours[question] - theirs[question] for question in ours])


def rank_fusion(runs: Sequence[Run], k: int = 60) -> dict[str, list[tuple[str, float]]]:
    """Score documents by Σ 1 / (k + rank) (Cormack, Clarke, Büttcher, "Reciprocal Rank Fusion", 2009)."""
    fused: dict[str, list[tuple[str, float]]] = {}
    for question in runs[0]:
        scores: dict[str, float] = {}
        for run in runs:
            for rank, (document, _) in enumerate(run[question], start=1):
                scores[document] = scores.get(document, 0.0) + 1 / (k + rank)
        fused[question] = sorted(scores.items(), key=lambda pair: -pair[1])
    return fused


def auc(answerable: Sequence[float], unanswerable: Sequence[float]) -> float:
    """Return how probably an answerable question scores above an unanswerable one; ties count half."""
    positive, negative = np.asarray(answerable), np.sort(np.asarray(unanswerable))
    below = np.searchsorted(negative, positive, "left") + np.searchsorted(negative, positive, "right")
    return float(below.mean() / 2 / len(negative))


def answered_at(answerable: Sequence[float], unanswerable: Sequence[float], false: float = 0.05) -> float:
    """Return the share of answerable questions above the threshold that `false` of the others pass."""
    threshold = np.quantile(np.asarray(unanswerable), 1 - false)
    return float((np.asarray(answerable) > threshold).mean())


@dataclass(frozen=True, slots=True)
class Bin:
    """One row of a reliability table."""

    low: float
    high: float
    count: int
    predicted: float
    observed: float


def reliability(probabilities: Sequence[float], outcomes: Sequence[bool], bins: int = 10) -> list[Bin]:
    """Return what was predicted and what was observed in each of several equal bins of probability."""
    given, came = np.asarray(probabilities, dtype=float), np.asarray(outcomes, dtype=float)
    which = np.minimum((given * bins).astype(int), bins - 1)
    return [
        Bin(i / bins, (i + 1) / bins, int(held.sum()), float(given[held].mean()), float(came[held].mean()))
        for i in range(bins)
        if (held := which == i).any()
    ]


def calibration_error(table: Sequence[Bin]) -> float:
    """Return Σ share of a bin · |predicted - observed|, the expected calibration error (Guo et al., 2017)."""
    total = sum(row.count for row in table)
    return sum(row.count / total * abs(row.predicted - row.observed) for row in table)
