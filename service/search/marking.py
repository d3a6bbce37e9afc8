"""Mark what answers in a passage: its best sentences, and the words that it shares with the question."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from indexer.passages.analysis import ANALYSES, PREFIX, spans, terms
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


class WordMarker:
    """Finds the words of one question in texts, whatever their form, accents and case."""

    def __init__(self, readings: Sequence[Mapping[str, Sequence[str]]]) -> None:
        """readings: for each variant of the question, name of the analysis → its terms."""
        self._wanted = {
            way: frozenset[str]().union(*(reading[way.name] for reading in readings)) for way in ANALYSES
        }
        self._known: dict[tuple[str | None, tuple[str, ...]], bool] = {}

    def spans(self, text: str, language: str | None) -> tuple[Span, ...]:
        """Return the spans of a text in a language that hold a word of the question, in order.

        Only analyses that know the stop words of the language count: to a French one, "the" is a word like
        others.
        """
        held = [(start, end) for folded, start, end in spans(text) if self._holds(folded, language)]
        return tuple(_joined(sorted(held)))  # a date comes after its parts, and begins before them

    def _holds(self, folded: tuple[str, ...], language: str | None) -> bool:
        """Return whether words are of the question; texts repeat words, so each is analysed once."""
        key = language, folded
        if key not in self._known:
            self._known[key] = any(
                not wanted.isdisjoint(terms(folded, way))
                for way, wanted in self._wanted.items()
                if way is PREFIX or way.name == language
            )
        return self._known[key]


def _joined(pieces: Iterable[Span]) -> Iterator[Span]:
    """Yield spans, which come by their starts; those that overlap as one."""
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
