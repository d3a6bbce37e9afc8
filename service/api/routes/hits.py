"""Hits of the searcher as the API sends them."""

from __future__ import annotations

from collections.abc import Iterable

from indexer.records import PassageKind, Sentence
from indexer.store.catalogue import DocumentEntry, PassageEntry
from service.api.routes.works import work_fields
from service.api.schemas import AlsoIn, Explanation, Highlight, Hit, MatchedSpan, RelevanceInfo
from service.search import ranking
from service.search.answers import Features, RankedPassage
from service.search.relevance import Relevance


def relevance_info(relevance: Relevance) -> RelevanceInfo:
    """Return a relevance as the API sends it."""
    probability = relevance.probability
    return RelevanceInfo(
        probability=None if probability is None else round(probability, 4), label=relevance.label.value
    )


def hits(
    ranked: Iterable[RankedPassage], generation: str, *, explain: bool = False, before: int = 0
) -> list[Hit]:
    """Return one hit a passage, found in a generation of the index; `before` hits rank before the first."""
    return [
        _hit(rank, passage, generation, explain=explain)
        for rank, passage in enumerate(ranked, start=before + 1)
    ]


def hits_by_document(
    ranked: Iterable[RankedPassage], generation: str, *, explain: bool = False, before: int = 0
) -> list[Hit]:
    """Return one hit a document, ranked by its best passage; its other passages stand under `more`."""
    groups: dict[str, list[RankedPassage]] = {}
    for passage in ranked:
        groups.setdefault(passage.entry.document.source, []).append(passage)
    return [
        _hit(rank, first, generation, explain=explain, more=hits(others, generation, explain=explain))
        for rank, (first, *others) in enumerate(groups.values(), start=before + 1)
    ]


def _hit(
    rank: int, ranked: RankedPassage, generation: str, *, explain: bool, more: list[Hit] | None = None
) -> Hit:
    passage, document = ranked.entry.passage, ranked.entry.document
    page = ranked.highlights[0].page
    return Hit(
        rank=rank,
        score=round(ranked.score, 6),
        source=document.source,
        **work_fields(document.metadata),
        generation=generation,
        content_hash=document.content_hash,
        format=document.format,
        language=passage.language,
        section=list(passage.section),
        page=page,
        page_label=document.page_label(page),
        first_page=passage.page,
        last_page=passage.last_page,
        ocr=page in document.ocr_pages,
        kind=passage.kind,
        passage_id=ranked.entry.passage_id,
        start=passage.start,
        end=passage.end,
        text=passage.text,
        highlight=_highlight(ranked.highlights[0], document),
        highlights=[_highlight(sentence, document) for sentence in ranked.highlights],
        matches=[MatchedSpan(start=start, end=end) for start, end in ranked.matches],
        relevance=relevance_info(ranked.relevance),
        also_in=_places((ranked.entry, *ranked.twins), document.source),
        versions=_places(ranked.versions, document.source),
        more=more or [],
        explain=_explanation(ranked.features, passage.kind) if explain else None,
    )


def _highlight(sentence: Sentence, document: DocumentEntry) -> Highlight:
    return Highlight(
        start=sentence.start,
        end=sentence.end,
        text=sentence.text,
        page=sentence.page,
        page_label=document.page_label(sentence.page),
    )


def _places(entries: Iterable[PassageEntry], shown: str) -> list[AlsoIn]:
    """Return where passages stand, copies of their documents included, beside the source that is shown."""
    return [
        AlsoIn(
            source=source,
            title=entry.document.title,
            date=entry.document.date.iso if entry.document.date else None,
            passage_id=entry.passage_id,
        )
        for entry in entries
        for source in (entry.document.source, *entry.document.copies)
        if source != shown
    ]


def _explanation(features: Features, kind: PassageKind) -> Explanation:
    passage, sentence, lexical = ranking.shares(features.passage, features.sentence, features.lexical)
    return Explanation(
        variant=features.variant,
        passage=round(passage, 6),
        sentence=round(sentence, 6),
        lexical=round(lexical, 6),
        kind=-ranking.KIND_COST if kind in ranking.COSTLY_KINDS else 0.0,
        coverage=round(features.coverage, 4),
        closeness=round(features.closeness, 4),
        matched=list(features.matched),
    )
