"""The language a text is written in."""

from __future__ import annotations

from functools import cache

from py3langid.langid import MODEL_FILE, LanguageIdentifier  # type: ignore[import-untyped]

LANGUAGES = "ar da de el en es fi fr hu it nl no pt ro ru sv ta tr"
"""Languages told apart: those for which the index has stems. More would only draw short questions astray."""

EXPECTED = {"fr": 2.0, "en": 2.0}
"""How much likelier a language is than the others before a word is read; it decides for two-word questions,
where "chirurgie" is nearly Italian, and weighs nothing in a sentence."""

OWN = 16.0
"""How much likelier a passage is in its document's language: a list of names alone does not change it."""

LEAST_SURE = 0.25
"""Probability below which no language is named."""

SAMPLE = 4000
"""Characters read: more changes nothing but the time."""


@cache
def _identifier() -> LanguageIdentifier:
    """Loaded once, in about a second, when first asked for; afterwards only read, so any thread may ask."""
    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages(LANGUAGES.split())
    return identifier


def detect(text: str, around: str | None = None) -> str | None:
    """ISO 639-1 code of a text's language; None when it has no letter or is too short or odd to tell.

    around: the language of what it is a part of.
    """
    sample = text[:SAMPLE]
    if not any(char.isalpha() for char in sample):
        return None
    weights = {code: chance * EXPECTED.get(code, 1.0) for code, chance in _identifier().rank(sample)}
    if around in weights:
        weights[around] *= OWN
    best = max(weights, key=lambda code: (weights[code], code))
    return best if weights[best] >= LEAST_SURE * sum(weights.values()) else None
