"""Mark what answers in a passage: its best sentences, and the words that it shares with the question."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache, partial

from indexer.passages.analysis import ANALYSES, PREFIX, pieces, terms, tokens
from service.search.answers import Span

MOST_SENTENCES = 3
"""Sentences of one passage that are marked at the most."""
AS_GOOD = 0.01
"""Inner product below the best sentence down to which another is marked as well."""
REMEMBERED_TEXTS = 512
"""Texts whose words are remembered, some 10 kB each: the same passages are shown again and again."""
REMEMBERED_TOKENS = 1 << 15
"""Tokens of one language whose terms are remembered: texts repeat words."""

Piece = tuple[str, str, int, int]
"""(Term of a word by the prefix analysis, term by the text's own, "" for none; its start and end)."""


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
        held = [
            (start, end)
            for prefix, stem, start, end in _analysed(text, own)
            if prefix in prefixes or stem in stems
        ]
        return tuple(_joined(sorted(held)))  # a date comes after its parts, and begins before them


_PREFIX = ANALYSES.index(PREFIX)
_COLUMN: Mapping[str | None, int] = {way.name: at for at, way in enumerate(ANALYSES)}
"""Name of an analysis, for the stemming ones a language → its place among ANALYSES."""


@lru_cache(maxsize=REMEMBERED_TEXTS)
def _analysed(text: str, own: int) -> list[Piece]:
    """Return the words of a text that are terms by the prefix analysis or the one at a place of ANALYSES."""
    found, places = tokens(text)
    known = _KNOWN[own]
    return [
        (prefix, stem, places[begin + start], places[begin + end])
        for token in found
        if (words := known(token[0]))
        for begin in (token.start(),)
        for prefix, stem, start, end in words
    ]


def _pieces(own: int, token: str) -> tuple[Piece, ...]:
    """Return the same of one token, its places counted from the token's beginning."""
    words = [
        ("".join(terms((word,), PREFIX)), "".join(terms((word,), ANALYSES[own])), start, end)
        for word, start, end in pieces(token)
    ]
    return tuple(piece for piece in words if piece[0] or piece[1])


_KNOWN = [lru_cache(maxsize=REMEMBERED_TOKENS)(partial(_pieces, own)) for own in range(len(ANALYSES))]
"""_pieces by each of ANALYSES; with the token alone as its key, what is remembered is found twice as fast."""


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
