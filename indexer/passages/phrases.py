"""Phrases: whether a text holds some words in a row, as they are written or in any inflection."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from indexer.passages.analysis import ANALYSES, Analysis, fold, terms

STEMMING = tuple(analysis for analysis in ANALYSES if analysis.stemmer)
"""Analyses under which all inflections of a word are one term."""
_ELIDED = r"\b(?:[cdjlmnst]|qu|jusqu|lorsqu|puisqu|quoiqu|presqu|quelqu)['’]"
_WORD = re.compile(rf"(?:{_ELIDED})?([^\W_]+)", re.IGNORECASE)
"""A word, after the elided article or conjunction before it."""
_BREAK = " | "
"""Stands between two texts, so that no phrase begins in one and ends in the other."""


def phrase_words(text: str) -> list[str]:
    """Return the folded words of a text in order, stop words included and elided articles left out.

    Unlike the words that are searched by, these are cut at every hyphen, point and comma: a phrase matches
    however it is punctuated.
    """
    return [fold(word) for word in _WORD.findall(unicodedata.normalize("NFC", text))]


def as_written(texts: Iterable[str]) -> str:
    """Return one line of the folded words of several texts, in which held_in finds phrases."""
    return _line(map(phrase_words, texts))


def as_stemmed(texts: Iterable[str], analysis: Analysis) -> str:
    """Return one line of the stems of several texts, in which held_in finds stemmed phrases."""
    return _line(stems(phrase_words(text), analysis) for text in texts)


def stems(words: Iterable[str], analysis: Analysis) -> list[str]:
    """Return the stem of each folded word; a stop word is its own."""
    return [_stem(word, analysis) for word in words]


@lru_cache(maxsize=1 << 17)
def _stem(word: str, analysis: Analysis) -> str:
    return next(iter(terms([word], analysis)), word)


def held_in(line: str, phrase: Iterable[str]) -> bool:
    """Return whether a line of as_written, or of as_stemmed, holds these words, or stems, in a row."""
    return f" {' '.join(phrase)} " in line


def _line(texts: Iterable[Iterable[str]]) -> str:
    return f" {_BREAK.join(' '.join(words) for words in texts)} "
