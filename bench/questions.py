"""Questions that have never been asked: as many distinct ones as a measurement needs.

A dataset's own come first. When they are used up, further ones are joined of the first half of one and
the second half of another, and of more halves when those are used up as well: not sensible, but of real
words and of real lengths, and unknown to any cache.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from itertools import count

PATIENCE = 100
"""Draws in a row that bring nothing new before more halves are joined."""


def distinct(texts: Sequence[str], seed: int = 0) -> Iterator[str]:
    """Questions without end, no two alike but for case and spaces; texts holds at least one word."""
    dice = random.Random(seed)
    held: dict[str, str] = {}
    for text in filter(str.strip, texts):
        held.setdefault(_key(text), text)
    own = list(held.values())
    dice.shuffle(own)
    yield from own
    for halves in count(2):
        barren = 0
        while barren < PATIENCE:
            new = " ".join(_half(dice.choice(own), which % 2 == 0) for which in range(halves)).strip()
            if _key(new) in held:
                barren += 1
                continue
            barren = 0
            held[_key(new)] = new
            yield new


def _half(text: str, first: bool) -> str:
    words = text.split()
    middle = -(-len(words) // 2)
    return " ".join(words[:middle] if first else words[middle:])


def _key(text: str) -> str:
    return " ".join(text.casefold().split())
