"""Words of a question that the corpus does not know → the corpus words they were probably meant to be."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping

from rapidfuzz.distance import OSA

LEAST_LENGTH = 4
"""Shorter words are not corrected: too many others are one letter away."""
LONG = 8
"""From this length on two slips are allowed, one below it."""

# What French spells in several ways and the ear hears in one, so that a slip there costs nothing:
# "ph" and "f", "y" and "i", "qu", "k" and "c", double letters, a mute h.
_SOUNDS = [
    (re.compile(pattern), heard)
    for pattern, heard in [
        ("ph", "f"), ("th", "t"), ("rh", "r"), ("ch", "C"), ("qu?|k|c(?![eiy])", "k"),
        ("[sç]|c(?=[eiy])", "s"), ("y", "i"), ("h", ""), ("eau|au", "o"), ("[ae]n(?=[^aeiouyn]|$)", "A"),
        (r"(.)\1+", r"\1"),
    ]
]  # fmt: skip

Neighbours = Callable[[str, int], Iterable[tuple[str, int]]]
"""(word, slips) → corpus words that begin alike and are at most `slips` letters longer or shorter, with the
number of passages each stands in."""


def heard(word: str) -> str:
    """How a folded word sounds, roughly."""
    for pattern, sound in _SOUNDS:
        word = pattern.sub(sound, word)
    return word


def nearest(word: str, candidates: Iterable[tuple[str, int]]) -> str | None:
    """The candidate a folded word was probably meant to be; None when none is near enough.

    Least slips first (insertion, deletion, replacement or swap of neighbours: optimal string
    alignment), then what sounds alike, then what the corpus says more often.
    """
    allowed = 2 if len(word) >= LONG else 1
    sound = heard(word)
    best: tuple[float, int, str] | None = None
    for candidate, passages in candidates:
        slips = OSA.distance(word, candidate, score_cutoff=allowed + 1)
        if slips > allowed + 1:
            continue  # before it is sounded out, which takes far longer
        alike = heard(candidate) == sound
        if slips > allowed and not alike:
            continue
        rated = (slips - 0.5 * alike, -passages, candidate)
        if best is None or rated < best:
            best = rated
    return best[2] if best else None


def corrections(
    words: Iterable[str], known: Callable[[str], bool], neighbours: Neighbours
) -> Mapping[str, str]:
    """Folded question word → folded corpus word, for each word the corpus does not know but nearly does.

    Numbers, codes and short words are left as they are.
    """
    found = {}
    for word in words:
        if not word.isalpha() or len(word) < LEAST_LENGTH or known(word):
            continue
        meant = nearest(word, neighbours(word, 2))
        if meant is not None:
            found[word] = meant
    return found
