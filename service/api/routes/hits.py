"""Hits of the searcher as the API sends them."""

from __future__ import annotations

from collections.abc import Iterable

from service.api.schemas import AlsoIn, Explanation, Highlight, Hit, RelevanceInfo
from service.search import ranking
from service.search.relevance import Relevance
from service.search.searcher import Features, Found


def relevance_info(relevance: Relevance) -> RelevanceInfo:
    """Return a relevance as the API sends it."""
    probability = relevance.probability
    return RelevanceInfo(
        probability=None if probability is None else round(probability, 4), label=relevance.label.value
    )


def hits(ranked: Iterable[Found], *, explain: bool = False) -> list[Hit]:
    """Return one hit a passage, ranked from 1."""
    return [_hit(rank, passage, explain=explain) for rank, passage in enumerate(ranked, start=1)]


def hits_by_document(ranked: Iterable[Found], *, explain: bool = False) -> list[Hit]:
    """Return one hit a document, ranked by its best passage; its other passages stand under `more`."""
    groups: dict[str, list[Found]] = {}
    for passage in ranked:
        groups.setdefault(passage.entry.document.source, []).append(passage)
    return [
        _hit(rank, first, explain=explain, more=hits(others, explain=explain))
        for rank, (first, *others) in enumerate(groups.values(), start=1)
    ]


def _hit(rank: int, ranked: Found, *, explain: bool, more: list[Hit] | None = None) -> Hit:
    passage, document = ranked.entry.passage, ranked.entry.document
    return Hit(
        rank=rank,
        score=round(ranked.score, 6),
        source=document.source,
        title=document.title,
        date=document.date.iso if document.date else None,
        author=document.author,
        format=document.format,
        language=passage.language,
        section=list(passage.section),
        page=passage.page,
        passage_id=ranked.entry.passage_id,
        start=passage.start,
        end=passage.end,
        text=passage.text,
        highlight=Highlight(
            start=ranked.highlight.start, end=ranked.highlight.end, text=ranked.highlight.text
        ),
        relevance=relevance_info(ranked.relevance),
        also_in=_also_in(ranked),
        more=more or [],
        explain=_explanation(ranked.features) if explain else None,
    )


def _also_in(ranked: Found) -> list[AlsoIn]:
    """Return the other places of a passage: copies of its document, then its near-duplicates and theirs."""
    shown = ranked.entry.document.source
    return [
        AlsoIn(
            source=source,
            title=entry.document.title,
            date=entry.document.date.iso if entry.document.date else None,
            passage_id=entry.passage_id,
        )
        for entry in (ranked.entry, *ranked.also)
        for source in (entry.document.source, *entry.document.copies)
        if source != shown
    ]


def _explanation(features: Features) -> Explanation:
    passage, sentence, lexical = ranking.shares(features.passage, features.sentence, features.lexical)
    return Explanation(
        variant=features.variant,
        passage=round(passage, 6),
        sentence=round(sentence, 6),
        lexical=round(lexical, 6),
        coverage=round(features.coverage, 4),
        closeness=round(features.closeness, 4),
        matched=list(features.matched),
    )
