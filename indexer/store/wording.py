"""Conditions on a passage's words: phrases that it has to hold, and words that it must not hold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from indexer.passages.analysis import terms
from indexer.passages.phrases import STEMMING, as_stemmed, held_in, phrase_words, stems
from indexer.store.arrays import Rows
from indexer.store.catalogue import Catalogue
from indexer.store.filters import Filters, Mask
from indexer.store.lexical import LexicalIndex, term_key

BLOCK = 1000
"""Passages whose texts are read at a time."""


def worded(filters: Filters, among: Mask, lexical: LexicalIndex, catalogue: Catalogue) -> Mask:
    """Return which of the passages `among` hold every phrase and no excluded words: [passages].

    A passage holds what stands in its text, in its title or in one of its headings.
    """
    meeting = among.copy()
    for phrase in filters.phrases:
        meeting &= lexical.holding_phrase(phrase_words(phrase))
    for excluded in filters.excluded:
        meeting &= ~_inflected(phrase_words(excluded), meeting, lexical, catalogue)
    return meeting


def _inflected(words: Sequence[str], among: Mask, lexical: LexicalIndex, catalogue: Catalogue) -> Mask:
    """Return which of the passages `among` hold inflections of these folded words in a row.

    The term lists name the few passages that hold them all; only texts of those are read that do not hold the
    words as they are written.
    """
    groups = [keys for word in words if (keys := _keys(word))]
    if not groups:  # stop words and numbers have no inflections
        return lexical.holding_phrase(words)
    candidates = among & lexical.holding(groups).all(axis=0)
    if len(words) == 1:
        return candidates
    holding = lexical.holding_phrase(words)
    inflected = np.flatnonzero(candidates & ~holding)
    holding[list(_in_a_row(words, inflected, catalogue))] = True
    return holding


def _keys(word: str) -> list[int]:
    """Return the keys of a folded word's stems; none for a stop word and for what holds a digit.

    Numbers are cut in another way in phrases than in the term lists.
    """
    if not word.isalpha():
        return []
    return [term_key(analysis.name, stem) for analysis in STEMMING for stem in terms([word], analysis)]


def _in_a_row(words: Sequence[str], rows: Rows, catalogue: Catalogue) -> Iterator[int]:
    """Yield those of the rows whose texts hold the stems of the words in a row, by one of the analyses."""
    stemmed = [(analysis, stems(words, analysis)) for analysis in STEMMING]
    for start in range(0, len(rows), BLOCK):
        for row, texts in catalogue.texts(rows[start : start + BLOCK].tolist()):
            if any(held_in(as_stemmed(texts, analysis), wanted) for analysis, wanted in stemmed):
                yield row
