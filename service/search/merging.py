"""Put the hits of several collections in one order, on the one scale that they share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, groupby
from typing import TypeAlias

from service.search import relevance
from service.search.answers import Answer, RankedPassage
from service.search.query_syntax import Understood
from service.search.relevance import Relevance

Key: TypeAlias = "tuple[float, float] | str"
"""What hits are sorted by: a probability and a score, or a date."""


@dataclass(frozen=True, slots=True)
class MergedHit:
    """A hit of one of several collections."""

    collection: int
    """Place of its answer among those that were merged."""
    passages: tuple[RankedPassage, ...]
    """One, or those of a document, best first."""


def merge(answers: Sequence[Answer], *, by_document: bool, newest_first: bool) -> list[MergedHit]:
    """Return the hits of several collections in one order.

    The more probable goes first and, of hits as probable, that of the higher score; newest first, the newer.
    The order within a collection stays: it comes of scores, and where one hit is more probable than one that
    stands before it there, it waits for that one. Without a probability for every hit, scores alone count:
    one model gives them, but each collection weighs words by how rare they are there.
    """
    if len(answers) == 1:
        return [MergedHit(0, passages) for passages in _grouped(answers[0].hits, by_document)]
    calibrated = all(hit.relevance.probability is not None for answer in answers for hit in answer.hits)
    found: list[tuple[Key, MergedHit]] = []
    for number, answer in enumerate(answers):
        groups = [MergedHit(number, passages) for passages in _grouped(answer.hits, by_document)]
        keys = _dates(groups) if newest_first else _probable(groups, calibrated)
        found += zip(keys, groups, strict=True)
    return [hit for _, hit in sorted(found, key=lambda pair: pair[0], reverse=True)]


def relevance_of(answers: Iterable[Answer]) -> Relevance:
    """Return how relevant several answers are together: as the most relevant, unknown where one is."""
    known: list[tuple[float, Relevance]] = []
    for answer in answers:
        if answer.relevance.probability is None:
            return relevance.UNKNOWN
        known.append((answer.relevance.probability, answer.relevance))
    return max(known, key=lambda pair: pair[0])[1]


def understood(answers: Sequence[Answer]) -> list[Understood]:
    """Return how one question was understood, with the passages of all collections that meet each part."""
    return [
        Understood(parts[0].kind, parts[0].value, _sum(part.passages for part in parts))
        for parts in zip(*(answer.understood for answer in answers), strict=True)
    ]


def missing(answers: Sequence[Answer]) -> list[str]:
    """Return the words of one question that no collection holds."""
    first, *others = (answer.question.missing for answer in answers)
    return [word for word in first if all(word in other for other in others)]


def _sum(numbers: Iterable[int | None]) -> int | None:
    known = [number for number in numbers if number is not None]
    return sum(known) if known else None


def _grouped(hits: Sequence[RankedPassage], by_document: bool) -> Iterator[tuple[RankedPassage, ...]]:
    if not by_document:
        return ((hit,) for hit in hits)
    return (tuple(group) for _, group in groupby(hits, key=lambda hit: hit.entry.document.source))


def _probable(groups: Sequence[MergedHit], calibrated: bool) -> Iterator[Key]:
    """Return (probability, score) of each, or of one before it that has less."""
    firsts = (group.passages[0] for group in groups)
    own = ((first.relevance.probability or 0.0 if calibrated else 0.0, first.score) for first in firsts)
    return accumulate(own, min)


def _dates(groups: Sequence[MergedHit]) -> Iterator[Key]:
    """Return the date of each; none sorts before the oldest."""
    dates = (group.passages[0].entry.document.date for group in groups)
    return (date.iso if date else "" for date in dates)
