"""Conditions on a passage's words: phrases that it has to hold, and words that it must not hold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from indexer.passages import phrases
from indexer.passages.analysis import terms
from indexer.passages.phrases import STEMMING, phrase_words
from indexer.store.arrays import Rows
from indexer.store.catalogue import Catalogue
from indexer.store.filters import Filters, Mask
from indexer.store.lexical import LexicalIndex, term_key

BLOCK = 1000
"""Passages whose texts are read at a time."""


def worded(filters: Filters, among: Mask, lexical: LexicalIndex, catalogue: Catalogue) -> Mask:
    """Return which of the passages `among` hold every phrase and no excluded words: [passages].

    A passage holds what stands in its text, in its title or in one of its headings. The term lists name the
    few passages that may hold a phrase; only their texts are read.
    """
    meeting = among.copy()
    for phrase in filters.phrases:
        meeting &= _holding(phrase_words(phrase), meeting, lexical, catalogue, inflected=False)
    for excluded in filters.excluded:
        meeting &= ~_holding(phrase_words(excluded), meeting, lexical, catalogue, inflected=True)
    return meeting


def _holding(
    words: Sequence[str], among: Mask, lexical: LexicalIndex, catalogue: Catalogue, *, inflected: bool
) -> Mask:
    """Return which of the passages `among` hold these folded words in a row, or inflections of them."""
    groups = [keys for word in words if (keys := _keys(word))]
    candidates = among & lexical.holding(groups).all(axis=0)
    if inflected and len(words) == len(groups) == 1:
        return candidates
    holding = np.zeros(len(among), dtype=np.bool_)
    holding[list(_verified(words, np.flatnonzero(candidates), catalogue, inflected=inflected))] = True
    return holding


def _keys(word: str) -> list[int]:
    """Return the keys of a folded word's stems; none for a stop word and for what holds a digit.

    Numbers are cut in another way in phrases than in the term lists.
    """
    if not word.isalpha():
        return []
    return [term_key(each.name, stem) for each in STEMMING for stem in terms([word], each)]


def _verified(words: Sequence[str], rows: Rows, catalogue: Catalogue, *, inflected: bool) -> Iterator[int]:
    """Yield those of the rows whose texts hold the words in a row."""
    numbers = [word for word in words if word.isdecimal()]
    stemmed = [(analysis, phrases.stems(words, analysis)) for analysis in STEMMING]
    for start in range(0, len(rows), BLOCK):
        for row, texts in catalogue.texts(rows[start : start + BLOCK].tolist()):
            if numbers and not all(any(number in text for text in texts) for number in numbers):
                continue  # reading a text's words takes a hundred times as long
            if phrases.held_in(phrases.as_written(texts), words) or (
                inflected
                and any(phrases.held_in(phrases.as_stemmed(texts, each), stems) for each, stems in stemmed)
            ):
                yield row
