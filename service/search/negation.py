"""Whether a passage asserts what a question wants to do without."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from indexer.passages.analysis import terms
from indexer.passages.phrases import STEMMING, phrase_words

NEAR = 4
"""Words before or after a word among which a negation is one of that word."""
SHARE = 0.6
"""Share of the words of what is wanted away, stop words aside, that a sentence about it holds."""
_NEGATIONS = frozenset(
    """
    sans pas ni aucun aucune jamais non hors sauf nul nulle inutile eviter evite evitent
    without no not nor never none neither free cannot avoid avoids unnecessary
    isn aren wasn weren doesn don didn won needn
    """.split()
)
_ONLY = frozenset("que sur only".split())
"""Words after a negation that take it back: "pas que", "not only"."""
_SENTENCE = re.compile(r"[.!?;…\n]+(?=\s|$)|\s[:–—]\s")


def violates(without: Sequence[str], text: str) -> bool:
    """Return whether a passage's text asserts one of the things that a question is to be answered without.

    A sentence asserts a thing when it holds most of its words, in any inflection, and none of those stands
    near a negation. A text that also denies the thing does not violate it.
    """
    return any(_asserts(wanted, text) for wanted in map(_wanted, without) if wanted)


def _wanted(thing: str) -> list[frozenset[str]]:
    """Return the stems of each word of a thing, stop words aside."""
    return [stems for word in phrase_words(thing) if (stems := _stems(word))]


def _stems(word: str) -> frozenset[str]:
    """Return the stems of a folded word; none for a stop word of any language."""
    found = [terms([word], analysis) for analysis in STEMMING]
    return (
        frozenset(f"{n} {stem}" for n, several in enumerate(found) for stem in several)
        if all(found)
        else frozenset()
    )


def _asserts(wanted: Sequence[frozenset[str]], text: str) -> bool:
    """Return whether a sentence of the text asserts what these stems stand for, and none denies it."""
    verdicts = [verdict for sentence in _SENTENCE.split(text) for verdict in _verdicts(wanted, sentence)]
    return any(verdicts) and all(verdicts)


def _verdicts(wanted: Sequence[frozenset[str]], sentence: str) -> Iterator[bool]:
    """Yield, where a sentence is about what is wanted away, whether it asserts it."""
    words = phrase_words(sentence)
    held = [_stems(word) for word in words]
    places = [[at for at, stems in enumerate(held) if stems & each] for each in wanted]
    found = [at for each in places for at in each]
    if sum(map(bool, places)) >= max(SHARE * len(wanted), 1):
        yield not any(_negated(words, at) for at in found)


def _negated(words: Sequence[str], at: int) -> bool:
    """Return whether a negation stands near the word at a place."""
    around = range(max(at - NEAR, 0), min(at + NEAR, len(words)))
    return any(
        words[near] in _NEGATIONS and (near + 1 == len(words) or words[near + 1] not in _ONLY)
        for near in around
    )
