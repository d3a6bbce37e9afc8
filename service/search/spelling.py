"""Correct the words of a question that no passage holds to those that were probably meant."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from rapidfuzz.distance import OSA

from indexer.passages.sounds import sound
from indexer.store.catalogue import LONG_WORD, VocabularyWord

LEAST_LENGTH = 4
"""Letters of the shortest word that is corrected; too many others are one letter away from a shorter one."""

Neighbours = Callable[[str], Iterable[VocabularyWord]]
"""Folded word → corpus words that it may be a slip for."""


def nearest(word: str, candidates: Iterable[VocabularyWord]) -> VocabularyWord | None:
    """Return the candidate that a folded word was probably meant to be; None when none is near enough.

    The fewest slips win (insertion, deletion, replacement or swap of neighbours: optimal string alignment),
    then what sounds alike, then what more passages hold.
    """
    allowed = 2 if len(word) >= LONG_WORD else 1
    word_sound = sound(word)
    best: tuple[float, int, VocabularyWord] | None = None
    for candidate in candidates:
        slips = OSA.distance(word, candidate.word, score_cutoff=allowed + 1)
        if slips > allowed + 1:
            continue  # before it is sounded out, which takes far longer
        alike = sound(candidate.word) == word_sound
        if slips > allowed and not alike:
            continue
        rated = (slips - 0.5 * alike, -candidate.passages, candidate)
        if best is None or rated < best:
            best = rated
    return best[2] if best else None


def is_certain(word: str, meant: str) -> bool:
    """Return whether a folded word is a mere slip of the finger for the long word that was meant.

    That is two neighbouring letters swapped, or one letter within the word dropped or doubled. A replaced
    letter, a changed end or two slips may as well make another name or another drug.
    """
    if len(meant) < LONG_WORD or OSA.distance(word, meant) != 1:
        return False
    if len(word) == len(meant):
        return sorted(word) == sorted(meant)
    shorter, longer = sorted((word, meant), key=len)
    places = {at for at in range(len(longer)) if longer[:at] + longer[at + 1 :] == shorter}
    within = places.isdisjoint({0, len(longer) - 1})
    doubled = any(longer[at] == longer[at - 1] for at in places)
    return within and (len(word) < len(meant) or doubled)


def correction(word: str, neighbours: Neighbours) -> VocabularyWord | None:
    """Return the corpus word for a folded word that no passage holds; None for codes and short words."""
    if not word.isalpha() or len(word) < LEAST_LENGTH:
        return None
    return nearest(word, neighbours(word))
