"""Mark what answers in a passage: its best sentences, and the words that it shares with the question."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache, lru_cache, partial

import numpy as np
import numpy.typing as npt

from indexer.passages.analysis import ANALYSES, PREFIX, pieces, terms, tokens
from service.search.answers import Span

MOST_SENTENCES = 3
"""Sentences of one passage that are marked at the most."""
AS_GOOD = 0.01
"""Inner product below the best sentence down to which another is marked as well."""
REMEMBERED_TEXTS = 4096
"""Texts whose words are remembered, some 3 kB each: the same passages are shown again and again."""
REMEMBERED_TOKENS = 1 << 15
"""Tokens of one language whose terms are remembered: texts repeat words."""
REMEMBERED_TERMS = 1 << 16
"""Terms that are numbered, some 200 bytes each; with more of them all is forgotten, and begun anew."""

Pieces = npt.NDArray[np.uint32]
"""[words, 4]: number of each word's term by the prefix analysis, of that by its text's own, start, end."""


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
            (way, term)
            for way, analysis in enumerate(ANALYSES)
            for reading in readings
            for term in reading[analysis.name]
        }

    def spans(self, texts: Iterable[tuple[str, str | None]]) -> list[tuple[Span, ...]]:
        """Return the spans of each text, given with its language, that hold a word of the question, in order.

        Only analyses that know the stop words of the language count: to a French one, "the" is a word like
        others.
        """
        known = _known()
        found = [known.pieces(text, _COLUMN.get(language, _PREFIX)) for text, language in texts]
        every: Pieces = np.concatenate([_NO_PIECES, *found])
        held = np.flatnonzero(known.mask(self._wanted)[every[:, :2]].any(axis=1))
        of_text = np.repeat(np.arange(len(found)), [len(each) for each in found])[held]
        spans: list[list[Span]] = [[] for _ in found]
        for text, (start, end) in zip(of_text.tolist(), every[held, 2:].tolist(), strict=True):
            spans[text].append((start, end))
        # A date comes after its parts, and begins before them.
        return [tuple(_joined(sorted(each))) for each in spans]


_PREFIX = ANALYSES.index(PREFIX)
_COLUMN: Mapping[str | None, int] = {way.name: at for at, way in enumerate(ANALYSES)}
"""Name of an analysis, for the stemming ones a language → its place among ANALYSES."""
_PIECE_BYTES = 4 * np.dtype(np.uint32).itemsize
_NO_PIECES: Pieces = np.empty((0, 4), np.uint32)


class _Known:
    """Terms, numbered as they are met, and texts as the numbers of theirs; any thread may use it."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[int, str], int] = {}
        self._lock = threading.Lock()  # of a new number
        self.pieces = lru_cache(maxsize=REMEMBERED_TEXTS)(self._pieces)
        # With the token alone as its key, what is remembered is found twice as fast.
        self._tokens = [
            lru_cache(maxsize=REMEMBERED_TOKENS)(partial(self._words, own)) for own in range(len(ANALYSES))
        ]

    def __len__(self) -> int:
        return len(self._numbers)

    def mask(self, wanted: Iterable[tuple[int, str]]) -> npt.NDArray[np.bool_]:
        """Return which numbers are those of the wanted terms, given with their places in ANALYSES."""
        numbers = [number for term in wanted if (number := self._numbers.get(term))]
        mask = np.zeros(len(self._numbers) + 1, np.bool_)
        mask[numbers] = True
        return mask

    def _pieces(self, text: str, own: int) -> Pieces:
        """Return the words of a text that are terms by the prefix analysis or by ANALYSES[own]."""
        found, places = tokens(text)
        words, matches = self._tokens[own], list(found)
        several = [words(match[0]) for match in matches]
        every: Pieces = np.frombuffer(bytearray().join(several), np.uint32).reshape(-1, 4)
        counts = [len(each) // _PIECE_BYTES for each in several]
        begins = np.array([match.start() for match in matches], np.uint32)
        every[:, 2:] += np.repeat(begins, counts)[:, None]
        if not isinstance(places, range):
            every[:, 2:] = np.array(places, np.uint32)[every[:, 2:]]
        return every

    def _words(self, own: int, token: str) -> bytes:
        """Return the same of one token as bytes, its places counted from the token's beginning."""
        numbered = [
            (
                self._number(_PREFIX, terms((word,), PREFIX)),
                self._number(own, terms((word,), ANALYSES[own])),
                start,
                end,
            )
            for word, start, end in pieces(token)
        ]
        return np.array([each for each in numbered if each[0] or each[1]], np.uint32).tobytes()

    def _number(self, way: int, found: Sequence[str]) -> int:
        """Return the number of a word's term by the analysis at a place of ANALYSES; 0 when it has none."""
        term = "".join(found)
        if not term:
            return 0
        with self._lock:
            return self._numbers.setdefault((way, term), len(self._numbers) + 1)


@cache
def _begun() -> _Known:
    return _Known()


def _known() -> _Known:
    """Return what is known of texts, which is nothing once it was too much."""
    if len(_begun()) > REMEMBERED_TERMS:
        _begun.cache_clear()
    return _begun()


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
