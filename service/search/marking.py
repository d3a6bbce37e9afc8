"""Mark what answers in a passage: its best sentences, and the words that it shares with the question."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from indexer.passages.analysis import ANALYSES, spans, terms
from service.search.answers import Span

MOST_SENTENCES = 3
"""Sentences of one passage that are marked at the most."""
AS_GOOD = 0.01
"""Inner product below the best sentence down to which another is marked as well."""


def best_sentences(scored: Iterable[tuple[float, int]]) -> list[int]:
    """Return the places of the sentences that answer, best first.

    scored: (inner product, place of the sentence) of every unit of a passage, best first; at least one.
    """
    places: dict[int, None] = {}
    best: float | None = None
    for product, place in scored:
        best = product if best is None else best
        if product < best - AS_GOOD or len(places) == MOST_SENTENCES:
            break
        places.setdefault(place)
    return list(places)


def matched_spans(text: str, readings: Sequence[Mapping[str, Sequence[str]]]) -> tuple[Span, ...]:
    """Return the spans of a text that hold a word of the question in any of its forms, in order.

    readings: for each variant of the question, name of the analysis → its terms. Accents, case and inflection
    do not matter.
    """
    wanted = {name: frozenset[str]().union(*(reading[name] for reading in readings)) for name in readings[0]}
    return tuple(_joined(span for folded, *span in spans(text) if _holds(folded, wanted)))


def _holds(folded: Sequence[str], wanted: Mapping[str, frozenset[str]]) -> bool:
    return any(not wanted[way.name].isdisjoint(terms(folded, way)) for way in ANALYSES)


def _joined(pieces: Iterable[list[int]]) -> Iterator[Span]:
    """Yield spans in order, those that overlap as one."""
    current: Span | None = None
    for start, end in pieces:
        if current is not None and start < current[1]:
            current = (current[0], max(current[1], end))
            continue
        if current is not None:
            yield current
        current = (start, end)
    if current is not None:
        yield current
