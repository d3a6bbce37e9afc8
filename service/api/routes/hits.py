"""Hits of the searcher as the API sends them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from indexer.records import PassageKind, Sentence
from indexer.store.catalogue import DocumentEntry, PassageEntry
from service.api.opened import Answering
from service.api.routes.works import work
from service.api.schemas import AlsoIn, Explanation, Highlight, Hit, MatchedSpan, RelevanceInfo
from service.search import ranking
from service.search.answers import Features, RankedPassage
from service.search.merging import MergedHit
from service.search.relevance import Relevance


def relevance_info(relevance: Relevance) -> RelevanceInfo:
    """Return a relevance as the API sends it."""
    probability = relevance.probability
    return RelevanceInfo(
        probability=None if probability is None else round(probability, 4), label=relevance.label.value
    )


def hits(ranked: Iterable[RankedPassage], found_in: Answering, *, explain: bool = False) -> list[Hit]:
    """Return one hit a passage, found in a collection, ranked from 1."""
    return [_hit(rank, passage, found_in, explain=explain) for rank, passage in enumerate(ranked, start=1)]


def merged_hits(
    merged: Iterable[MergedHit], answering: Sequence[Answering], *, explain: bool, before: int
) -> list[Hit]:
    """Return hits of several collections, the other passages of a document under `more`.

    `before` hits rank before the first.
    """
    return [
        _hit(
            rank,
            each.passages[0],
            answering[each.collection],
            explain=explain,
            more=hits(each.passages[1:], answering[each.collection], explain=explain),
        )
        for rank, each in enumerate(merged, start=before + 1)
    ]


def _hit(
    rank: int, ranked: RankedPassage, found_in: Answering, *, explain: bool, more: list[Hit] | None = None
) -> Hit:
    passage, document = ranked.entry.passage, ranked.entry.document
    page = ranked.highlights[0].page
    return Hit(
        **work(document.metadata),
        rank=rank,
        score=round(ranked.score, 6),
        source=document.source,
        collection=found_in.name,
        generation=found_in.generation,
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
    passage, sentence, lexical = ranking.shares(
        features.passage, features.sentence, features.lexical, features.settings
    )
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
