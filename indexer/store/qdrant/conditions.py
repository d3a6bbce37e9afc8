"""Turn filters into Qdrant's conditions: on documents by their numbers, on words by phrases."""

from __future__ import annotations

from collections.abc import Sequence

from qdrant_client import models

from indexer.passages.phrases import STEMMING, phrase_words, stems
from indexer.store.filters import Filters
from indexer.store.qdrant.points import DOCUMENT, LANGUAGE, STEMMED, WRITTEN

NOTHING = models.Filter(must=[models.HasIdCondition(has_id=[])])
"""What no point meets."""


def condition(filters: Filters, meeting: Sequence[int] | None, documents: int) -> models.Filter | None:
    """Return the filter of the passages that meet filters; None: all do.

    meeting: numbers of the documents that meet the conditions on documents; None where there is none.
    documents: how many there are, so that the fewer of those that meet and those that do not are named.
    """
    must: list[models.Condition] = []
    must_not: list[models.Condition] = []
    if meeting is not None:
        if not meeting:
            return NOTHING
        if 2 * len(meeting) <= documents:
            must.append(_any(DOCUMENT, list(meeting)))
        elif others := sorted({*range(documents)} - {*meeting}):
            must_not.append(_any(DOCUMENT, others))
    if filters.languages:
        must.append(_any(LANGUAGE, list(filters.languages)))
    for phrase in filters.phrases:
        words = phrase_words(phrase)
        if not words:
            return NOTHING
        must.append(holding(words))
    for excluded in filters.excluded:
        must_not += _inflected(phrase_words(excluded))
    return models.Filter(must=must or None, must_not=must_not or None) if must or must_not else None


def holding(words: Sequence[str]) -> models.FieldCondition:
    """Return the condition that a passage, its title or a heading holds folded words in a row."""
    return models.FieldCondition(key=WRITTEN, match=models.MatchPhrase(phrase=" ".join(words)))


def _inflected(words: Sequence[str]) -> list[models.Condition]:
    """Return conditions of which one is met by what holds inflections of these folded words in a row."""
    if not words:
        return []
    by_stems: list[models.Condition] = [
        models.FieldCondition(
            key=STEMMED[analysis.name], match=models.MatchPhrase(phrase=" ".join(stems(words, analysis)))
        )
        for analysis in STEMMING
    ]
    return [holding(words), *by_stems]


def _any(key: str, values: list[int] | list[str]) -> models.FieldCondition:
    return models.FieldCondition(key=key, match=models.MatchAny(any=values))
