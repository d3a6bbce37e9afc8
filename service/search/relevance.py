"""How sure a hit is: a calibrated probability and a class, from features that no corpus can shift.

A cosine of this family of models says little by itself: all lie between 0.75 and 0.92. Beside the cosines
of the same question with the nearest of a fixed set of unrelated texts, in the language of the passage, it
says a lot, in a corpus of five articles as in one of a million passages. Within a language, the share of the
question's words that a passage holds says the rest; across two languages that share says nothing, so that
these hits have a curve of their own. Both curves are logistic (Platt, "Probabilistic Outputs for Support
Vector Machines", 1999).

There is one judgement: an answer is as relevant as its best hit, and no hit is more relevant than the best.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from enum import StrEnum

import numpy as np
import numpy.typing as npt

Doubles = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

DOUBT = 0.01
"""How far below the class strong a hit stays that lacks a figure or a name of the question."""
NEAREST = 4
"""Unrelated texts of one language that a passage is measured against: the nearest ones to the question.

The mean and deviation of all of them tell answered from far-off questions less well (AUC 0.978 against
0.983 over three sets), since the deviation of some thirty cosines is mostly chance.
"""
GROWTH = 0.35
"""Closeness that the best of e times as many passages gains by chance.

The best passage for a far-off question was found to gain 0.3 to 0.6 over parts of 10 to 361 passages of
four corpora, the best one for a question that they answer 0.05 to 0.3; 0.35 gave the least log loss.
"""
MEASURED = (10, 10_000)
"""Least and greatest number of passages by which closeness grows; beyond, it was not measured."""
_STEEPEST = 50.0
"""Logits beyond this are the same probability."""


class RelevanceClass(StrEnum):
    """How relevant something seems, in a word."""

    STRONG = "strong"
    WEAK = "weak"
    NONE = "none"
    UNCALIBRATED = "uncalibrated"


@dataclass(frozen=True, slots=True)
class Calibration:
    """Logistic coefficients fitted for one model: the logit is a weighted sum of the features."""

    closeness: float
    coverage: float
    constant: float
    cross_closeness: float
    """Weight of closeness where question and passage are in two languages."""
    cross_constant: float
    """Constant where question and passage are in two languages."""
    gap: float
    weak: float
    """Least probability of the class weak."""
    strong: float
    """Least probability of the class strong."""


def calibration_of(coefficients: Mapping[str, float] | None) -> Calibration | None:
    """Return coefficients as a Calibration; None where there are none, or they are of another version."""
    names = {field.name for field in fields(Calibration)}
    return Calibration(**coefficients) if coefficients and set(coefficients) == names else None


def with_weak(calibration: Calibration | None, weak: float | None) -> Calibration | None:
    """Return a calibration with another least probability of the class weak, at most that of strong."""
    if calibration is None or weak is None:
        return calibration
    return replace(calibration, weak=min(weak, calibration.strong))


@dataclass(frozen=True, slots=True)
class Relevance:
    """A probability with its class; no probability where the model was not calibrated."""

    probability: float | None
    label: RelevanceClass

    def reaches(self, least: float | str) -> bool:
        """Return whether it is at least that probable, or of at least that class; an unknown one is."""
        if self.probability is None:
            return True
        if isinstance(least, str):
            return _ORDER.index(self.label) >= _ORDER.index(RelevanceClass(least))
        return self.probability >= least


_ORDER = (RelevanceClass.NONE, RelevanceClass.WEAK, RelevanceClass.STRONG)
UNKNOWN = Relevance(None, RelevanceClass.UNCALIBRATED)


def nearest(unrelated: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return the mean product of a question with the NEAREST unrelated texts of each language: [languages].

    unrelated [languages, texts]: its inner products with texts that have nothing to do with the corpus.
    """
    means: npt.NDArray[np.float32] = np.sort(unrelated)[:, -NEAREST:].mean(axis=1, dtype=np.float32)
    return means


def closeness(
    scores: npt.NDArray[np.float32], nearest: npt.NDArray[np.float32], passages: int
) -> npt.NDArray[np.float32]:
    """Return how far scores [n] lie above the nearest unrelated texts [n], in hundredths of a cosine: [n].

    passages: how many the index holds; what the best of so many gains by chance is taken off.
    """
    chance = GROWTH * np.log(np.clip(passages, *MEASURED) / 100)
    close: npt.NDArray[np.float32] = (scores - nearest) * np.float32(100) - np.float32(chance)
    return close


def coverage_weight(coverage: Doubles) -> Doubles:
    """Return coverage ** 1.5, so that one shared common word counts little."""
    return np.power(coverage, 1.5)


def evidence(calibration: Calibration, closeness: Doubles, coverage: Doubles, crosses: Mask) -> Doubles:
    """Return the logit of each hit as if it were the best one: features [n] → [n].

    closeness: see closeness(). coverage: share, by idf, of the question's terms that the passage holds.
    crosses: whether question and passage are in two languages. The language of two or three words is easily
    mistaken ("baleine bleue"), so that a passage that holds them is judged as one in the same language is.
    """
    return logits(calibration, closeness, coverage_weight(coverage), crosses)


def logits(calibration: Calibration, closeness: Doubles, weights: Doubles, crosses: Mask) -> Doubles:
    """Return what evidence does for coverage that is weighted already: features [n] → [n]."""
    within = calibration.closeness * closeness + calibration.coverage * weights + calibration.constant
    across = calibration.cross_closeness * closeness + calibration.cross_constant
    return np.where(crosses, np.maximum(across, within), within)


def probabilities(calibration: Calibration, evidence: Doubles, gap: Doubles, doubtful: Mask) -> Doubles:
    """Return the probability that each hit is a right one: evidence, gap and doubtful [n] → [n].

    gap is how far a hit's score lies below that of the best hit. Doubtful hits stay below the class strong.
    """
    probable = logistic(evidence + calibration.gap * gap)
    return np.where(doubtful, np.minimum(probable, calibration.strong - DOUBT), probable)


def relevance(calibration: Calibration | None, probability: float) -> Relevance:
    """Return a probability with its class; UNKNOWN without a calibration."""
    if calibration is None:
        return UNKNOWN
    if probability >= calibration.strong:
        return Relevance(probability, RelevanceClass.STRONG)
    if probability >= calibration.weak:
        return Relevance(probability, RelevanceClass.WEAK)
    return Relevance(probability, RelevanceClass.NONE)


def logistic(logit: Doubles) -> Doubles:
    """Return 1 / (1 + e^-logit)."""
    result: Doubles = 1 / (1 + np.exp(-np.clip(logit, -_STEEPEST, _STEEPEST)))
    return result
