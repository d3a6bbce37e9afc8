"""How much is measured: all of it, or little, to see that everything runs."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Plan:
    """Sizes of every part."""

    articles: int
    """Documents of the dataset that are indexed, at the most."""
    rounds: int
    """Turns that each engine has in encoding; the two alternate."""
    turn_questions: int
    """Questions a turn, each encoded by itself."""
    turn_texts: int
    """Passages a turn, and units a turn."""
    notes: int
    """Short documents, one of which is changed."""
    clients: tuple[int, ...]
    requests: int
    """A run over HTTP, and for each client at least REQUESTS_EACH."""
    sizes: tuple[int, ...]
    """Passages of the indexes made up for the scale."""
    real: int
    """Real texts, at the most, whose vectors all made-up ones are drawn around."""
    asked: int
    """Questions asked of each of them."""
    filtered: int
    """Passages of the index made up for filters."""


REQUESTS_EACH = 10

FULL = Plan(
    articles=3000,
    rounds=10,
    turn_questions=30,
    turn_texts=48,
    notes=10_000,
    clients=(1, 4, 16, 64),
    requests=300,
    sizes=(10_000, 100_000, 1_000_000),
    real=4000,
    asked=300,
    filtered=100_000,
)
QUICK = Plan(
    articles=12,
    rounds=2,
    turn_questions=4,
    turn_texts=4,
    notes=40,
    clients=(1, 4),
    requests=12,
    sizes=(1000,),
    real=100,
    asked=20,
    filtered=1000,
)
