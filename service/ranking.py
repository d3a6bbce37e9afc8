"""Pure functions: what is known of a candidate passage → one score."""

from __future__ import annotations

from dataclasses import dataclass

SENTENCE_WEIGHT = 0.5
"""Share of the best sentence in a score; the rest is the passage's."""


@dataclass(frozen=True, slots=True)
class Features:
    """What is known of a candidate, for one question."""

    row: int
    """The passage, by its row in the index."""
    passage: float
    """cos(question, passage)."""
    sentence: float
    """cos(question, s) of the passage's best sentence s."""
    best_sentence: int
    """Which of its sentences that is."""


def score(features: Features) -> float:
    """(1 - w) · cos(passage) + w · max cos(sentence), with w = SENTENCE_WEIGHT.

    A convex combination: both terms are cosines on one scale, so neither needs the other candidates
    (Bruch, Gai, Ingber, "An Analysis of Fusion Functions for Hybrid Retrieval", TOIS 2023).
    """
    return (1 - SENTENCE_WEIGHT) * features.passage + SENTENCE_WEIGHT * features.sentence


def rank(candidates: list[Features], count: int) -> list[tuple[Features, float]]:
    """The `count` best candidates with their scores, best first; equal scores keep the index's order."""
    scored = [(features, score(features)) for features in candidates]
    return sorted(scored, key=lambda pair: (-pair[1], pair[0].row))[:count]
