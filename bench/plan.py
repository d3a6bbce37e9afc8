"""How much the bench measures: all of it, or little, to see that everything runs."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from dataclasses import dataclass

from bench import searching


@dataclass(frozen=True, slots=True)
class Plan:
    """Sizes of every part."""

    articles: int
    """Documents of the dataset that are indexed, at the most."""
    rounds: int
    """Turns that each engine has in encoding; the two alternate."""
    turn_questions: int
    """Questions per turn, each encoded by itself."""
    turn_texts: int
    """Passages per turn, and units per turn."""
    notes: int
    """Short documents, one of which is changed."""
    clients: tuple[int, ...]
    """Numbers of clients that ask at once."""
    requests: int
    """Requests of a run over HTTP; each client makes REQUESTS_EACH at the least."""
    sizes: tuple[int, ...]
    """Passages of the synthetic indexes that growth is measured on."""
    real: int
    """Real texts, at the most, whose vectors all synthetic ones are drawn around."""
    asked: int
    """Questions asked of each synthetic index."""
    filtered: int
    """Passages of the synthetic index that filters are measured on."""


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
    asked=12,
    filtered=1000,
)


def some_of(parts: Iterable[str], text: str) -> list[str]:
    """Return the parts that a comma-separated text names. Raises ArgumentTypeError for an unknown one."""
    known = list(parts)
    names = text.split(",")
    if unknown := [name for name in names if name not in known]:
        raise argparse.ArgumentTypeError(f"{unknown[0]!r} is not one of {', '.join(known)}")
    return names


def sizes(text: str) -> list[int]:
    """Return numbers of passages out of a list with commas, each at least searching.DEPTH."""
    several = [int(size) for size in text.replace("_", "").split(",")]
    if min(several) < searching.DEPTH:
        raise argparse.ArgumentTypeError(
            f"{min(several)} passages are too few, give {searching.DEPTH} or more"
        )
    return several
