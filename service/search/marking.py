"""Mark what answers in a passage: its best sentences, and the words that it shares with the question."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache

from indexer.passages.analysis import ANALYSES, PREFIX, pieces, terms, tokens
from service.search.answers import Span

MOST_SENTENCES = 3
"""Sentences of one passage that are marked at the most."""
AS_GOOD = 0.01
"""Inner product below the best sentence down to which another is marked as well."""
REMEMBERED_TEXTS = 512
"""Texts whose words are remembered, some 5 kB each: the same passages are shown again and again."""
REMEMBERED_TOKENS = 1 << 16
"""Tokens whose terms are remembered: texts repeat words."""

Piece = tuple[tuple[str, ...], int, int]
"""(Terms of a word by each of ANALYSES, "" where it has none; its start and end within its token)."""


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
        self._wanted = [
            frozenset[str]().union(*(reading[way.name] for reading in readings)) for way in ANALYSES
        ]

    def spans(self, text: str, language: str | None) -> tuple[Span, ...]:
        """Return the spans of a text in a language that hold a word of the question, in order.

        Only analyses that know the stop words of the language count: to a French one, "the" is a word like
        others.
        """
        own = _COLUMN.get(language, _PREFIX)
        prefixes, stems = self._wanted[_PREFIX], self._wanted[own]
        found, places = _analysed(text)
        held = [
            (places[begin + start], places[begin + end])
            for token, begin in found
            for forms, start, end in token
            if forms[_PREFIX] in prefixes or forms[own] in stems
        ]
        return tuple(_joined(sorted(held)))  # a date comes after its parts, and begins before them


_PREFIX = ANALYSES.index(PREFIX)
_COLUMN: Mapping[str | None, int] = {way.name: at for at, way in enumerate(ANALYSES)}
"""Name of an analysis, for the stemming ones a language → its place among a word's terms."""


@lru_cache(maxsize=REMEMBERED_TEXTS)
def _analysed(text: str) -> tuple[list[tuple[tuple[Piece, ...], int]], Sequence[int]]:
    """Return (words with terms by token, each with its token's offset; places), as analysis.tokens does."""
    found, places = tokens(text)
    return [(words, begin) for token, begin in found if (words := _words(token))], places


@lru_cache(maxsize=REMEMBERED_TOKENS)
def _words(token: str) -> tuple[Piece, ...]:
    """Return the words of a token that are terms by at least one analysis."""
    words = [
        (tuple("".join(terms((word,), way)) for way in ANALYSES), start, end)
        for word, start, end in pieces(token)
    ]
    return tuple(piece for piece in words if any(piece[0]))


def _joined(spans: Iterable[Span]) -> Iterator[Span]:
    """Yield spans, which come by their starts; those that overlap as one."""
    current: Span | None = None
    for start, end in spans:
        if current is not None and start < current[1]:
            current = (current[0], max(current[1], end))
            continue
        if current is not None:
            yield current
        current = (start, end)
    if current is not None:
        yield current
