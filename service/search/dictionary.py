"""French and English words, folded, and how common they are, as sorted bytes: 12 MB, a dict takes 70."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import numpy as np

from indexer.passages.analysis import fold

LANGUAGES = ("fr", "en")
"""Languages of the dictionary."""


class Dictionary:
    """Words and how often the dictionary's texts hold them; any thread may use it."""

    def __init__(self, counts: Mapping[str, int]) -> None:
        words = np.array([word.encode() for word in counts], dtype=np.bytes_)
        order = np.argsort(words)
        self._words = words[order]
        self._counts = np.fromiter(counts.values(), np.int64, len(counts))[order]

    def __len__(self) -> int:
        return len(self._words)

    def __contains__(self, word: str) -> bool:
        return self.frequency(word) > 0

    def frequency(self, word: str) -> int:
        """Return how often the texts hold a folded word; 0 when they do not."""
        wanted = np.bytes_(word.encode())
        place = int(self._words.searchsorted(wanted))
        found = place < len(self._words) and self._words[place] == wanted
        return int(self._counts[place]) if found else 0


@cache
def dictionary() -> Dictionary:
    """Return the words of French and English: a question may use them whether the corpus does or not.

    They are loaded once, in about a second.
    """
    from spellchecker import SpellChecker

    # Not by way of what fold remembers: 100 000 words that nobody asks for would stay there, in 45 MB.
    fold_anew = fold.__wrapped__
    counts: dict[str, int] = {}
    for code in LANGUAGES:
        for word, count in SpellChecker(language=code).word_frequency.dictionary.items():
            folded = fold_anew(word)
            counts[folded] = counts.get(folded, 0) + count
    return Dictionary(counts)
