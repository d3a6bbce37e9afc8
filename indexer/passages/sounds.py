"""How French words sound, so that two spellings that the ear cannot tell apart are found to be alike."""

from __future__ import annotations

import re

_SOUNDS = [
    (re.compile(pattern), sound)
    for pattern, sound in [
        ("ph", "f"), ("th", "t"), ("rh", "r"), ("ch", "C"), ("qu?|k|c(?![eiy])", "k"),
        ("[sç]|c(?=[eiy])", "s"), ("y", "i"), ("h", ""), ("eau|au", "o"), ("[ae]n(?=[^aeiouyn]|$)", "A"),
        (r"(.)\1+", r"\1"),
    ]
]  # fmt: skip
"""Letters → the sound they stand for, in this order; a mute h stands for none, double letters for one."""


def sound(word: str) -> str:
    """Return roughly how a folded word sounds: "pharmacie" and "farmasie" alike."""
    for pattern, heard in _SOUNDS:
        word = pattern.sub(heard, word)
    return word
