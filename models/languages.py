"""Detect the language that a text is written in."""

from __future__ import annotations

import mmap
import tempfile
from array import array
from collections.abc import Sequence
from functools import cache, lru_cache

import numpy as np
from py3langid.langid import MODEL_FILE, LanguageIdentifier  # type: ignore[import-untyped]

LANGUAGES = "ar da de el en es fi fr hu it nl no pt ro ru sv ta tr"
"""ISO 639-1 codes of the languages detected: those with a stemmer. More of them mislead short queries."""

PRIOR = {"fr": 2.0, "en": 2.0}
"""Factor on a language's probability before a word is read; 1 for other languages.

It decides for queries of two words, where "chirurgie" is nearly Italian, and weighs nothing in a sentence.
"""

CONTEXT_PRIOR = 16.0
"""Factor on the probability of the surrounding text's language: a list of names alone does not change it."""

LEAST_PROBABILITY = 0.25
"""Probability below which no language is named."""

SAMPLE = 4000
"""Characters of a text that are read; more take longer and change nothing."""


@cache
def _identifier() -> LanguageIdentifier:
    """Return the identifier, loaded once in about a second; any thread may use it, as it is only read."""
    every = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    every.set_languages(LANGUAGES.split())
    # Made anew of what is left: the first one keeps the tables of a hundred languages.
    return LanguageIdentifier(
        every.nb_ptc,
        every.nb_pc,
        every.nb_classes,
        _on_disk(every.tk_nextmove),
        every.tk_output,
        norm_probs=True,
        tk_row=every.tk_row,
    )


def _on_disk(table: array[int]) -> Sequence[int]:
    """Return a table as pages of a file without a name: of its 40 MB, what is read takes a few."""
    try:
        with tempfile.TemporaryFile() as file:
            table.tofile(file)
            file.flush()
            return np.frombuffer(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ), table.typecode).data
    except OSError:  # no room there: it stays in memory
        return table


def detect(text: str, around: str | None = None) -> str | None:
    """Return the ISO 639-1 code of a text's language; None when it has no letter or no language is likely.

    `around` is the language of the document that the text is a part of.
    """
    sample = text[:SAMPLE]
    if not any(char.isalpha() for char in sample):
        return None
    weights = {code: chance * PRIOR.get(code, 1.0) for code, chance in _identifier().rank(sample)}
    if around in weights:
        weights[around] *= CONTEXT_PRIOR
    best = max(weights, key=lambda code: (weights[code], code))
    return best if weights[best] >= LEAST_PROBABILITY * sum(weights.values()) else None


@lru_cache(maxsize=4096)
def of_question(question: str) -> str | None:
    """Return what detect does for a question, which is asked more than once: as it is read, by each page."""
    return detect(question)
