"""How sure an answer is: a calibrated probability and a class, from features that no corpus can shift.

A cosine of this family of models says little by itself: all lie between 0.75 and 0.92. Measured against
the cosines of the same question with a fixed set of unrelated texts it says a lot, in a corpus of five
articles as in one of a million passages. The share of the question's words that a passage holds says the
rest. Both go through a logistic curve (Platt, "Probabilistic Outputs for Support Vector Machines", 1999).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

import numpy as np
import numpy.typing as npt

Doubles = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Number = TypeVar("Number", float, Doubles)


class RelevanceClass(StrEnum):
    """How relevant something seems, in a word."""

    STRONG = "strong"
    WEAK = "weak"
    NONE = "none"
    UNCALIBRATED = "uncalibrated"


@dataclass(frozen=True, slots=True)
class Calibration:
    """Logistic coefficients fitted for one model: the logit is a weighted sum of the features."""

    answer_closeness: float
    answer_coverage: float
    answer_constant: float
    hit_closeness: float
    hit_coverage: float
    hit_gap: float
    hit_constant: float
    weak: float
    """Least probability of the class weak."""
    strong: float
    """Least probability of the class strong."""


@dataclass(frozen=True, slots=True)
class Relevance:
    """A probability with its class; no probability where the model was not calibrated."""

    probability: float | None
    label: RelevanceClass

    def reaches(self, least: float | str) -> bool:
        """Whether it is at least that probable, or of at least that class; what is unknown always does."""
        if self.probability is None:
            return True
        if isinstance(least, str):
            return _ORDER.index(self.label) >= _ORDER.index(RelevanceClass(least))
        return self.probability >= least


_ORDER = (RelevanceClass.NONE, RelevanceClass.WEAK, RelevanceClass.STRONG)
UNKNOWN = Relevance(None, RelevanceClass.UNCALIBRATED)


def told(coverage: float) -> float:
    """coverage to the power of 1.5: one common word says little, all words say much."""
    return math.pow(coverage, 1.5)


def of_answer(calibration: Calibration | None, closeness: float, coverage: float) -> Relevance:
    """Whether the corpus answers the question, judged by the best hit.

    closeness is how many standard deviations of the question's own cosines with unrelated texts the hit
    stands above their mean; coverage the share, by idf, of the question's terms that the hit holds.
    """
    if calibration is None:
        return UNKNOWN
    logit = (
        calibration.answer_closeness * closeness
        + calibration.answer_coverage * told(coverage)
        + calibration.answer_constant
    )
    return _relevance(calibration, logit)


def of_hit(calibration: Calibration | None, closeness: float, coverage: float, gap: float) -> Relevance:
    """Whether a hit is a right one; gap is how far its score is below that of the best hit."""
    if calibration is None:
        return UNKNOWN
    return _relevance(calibration, _hit_logit(calibration, closeness, told(coverage), gap))


def matter(calibration: Calibration, closeness: Doubles, coverage: Doubles, gap: Doubles) -> Mask:
    """Which of many hits, arrays [n], are of at least weak relevance."""
    logits = _hit_logit(calibration, closeness, np.power(coverage, 1.5), gap)
    mattering: Mask = 1 / (1 + np.exp(-logits)) >= calibration.weak
    return mattering


def _hit_logit(calibration: Calibration, closeness: Number, covered: Number, gap: Number) -> Number:
    return (
        calibration.hit_closeness * closeness
        + calibration.hit_coverage * covered
        + calibration.hit_gap * gap
        + calibration.hit_constant
    )


def logistic(logit: float) -> float:
    """1 / (1 + e^-logit), for any logit."""
    return 1 / (1 + math.exp(-max(-50.0, min(50.0, logit))))


def _relevance(calibration: Calibration, logit: float) -> Relevance:
    probability = logistic(logit)
    if probability >= calibration.strong:
        return Relevance(probability, RelevanceClass.STRONG)
    if probability >= calibration.weak:
        return Relevance(probability, RelevanceClass.WEAK)
    return Relevance(probability, RelevanceClass.NONE)
