"""GET /corpus and GET /report: what a collection holds, for readers; how it was built, for its keeper."""

from __future__ import annotations

import threading
import weakref
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from indexer.store.catalogue import DocumentEntry
from indexer.store.manifest import Manifest
from indexer.store.store import Documents
from service.api.routes.common import CurrentSearcher, json_response, only_parameters, refusals
from service.api.schemas import (
    BuildReport,
    CollectionRequest,
    Corpus,
    CorpusCounts,
    DoctorFinding,
    FacetCount,
    LeftOut,
    ReportRequest,
    SkippedFile,
)
from service.errors import ApiError
from service.settings import Settings

MOST_VALUES = 1000
"""Values of one kind that are sent; a corpus of papers has ten thousands of authors."""
MOST_SKIPPED = 1000
"""Files left out that are named."""

_counted: weakref.WeakKeyDictionary[Documents, CorpusCounts] = weakref.WeakKeyDictionary()
_examining = threading.Lock()

router = APIRouter(tags=["documents"])


@router.get(
    "/corpus",
    summary="Say what the corpus holds, when it was built and what was left out",
    dependencies=[only_parameters(CollectionRequest)],
    responses=refusals(400, 422, 500, 503),
    response_model=Corpus,
)
def corpus(_: Annotated[CollectionRequest, Query()], searcher: CurrentSearcher) -> Response:
    """Documents by folder, year, author, language and format, and why files were left out."""
    index = searcher.index
    manifest = index.manifest
    if index.catalogue not in _counted:
        _counted[index.catalogue] = _counts(index.catalogue.documents())
    return json_response(
        Corpus(
            generation=manifest.generation,
            built=manifest.created,
            version=manifest.version,
            model=manifest.model.name,
            documents=manifest.documents,
            passages=manifest.passages,
            sentences=manifest.sentences,
            counts=_counted[index.catalogue],
            left_out=_left_out(manifest),
            skipped=len(manifest.skipped),
        )
    )


def _counts(documents: Iterable[DocumentEntry]) -> CorpusCounts:
    """Return the numbers of documents of each kind; a folder counts all that stands below it."""
    kinds: dict[str, Counter[str]] = {
        name: Counter() for name in ("folders", "years", "authors", "languages", "formats")
    }
    undated = 0
    for document in documents:
        kinds["folders"].update(_folders(document.source))
        kinds["authors"].update({name.spoken for name in document.metadata.authors})
        kinds["languages"][document.language or ""] += 1
        kinds["formats"][document.format] += 1
        if document.date:
            kinds["years"][document.date.iso[:4]] += 1
        else:
            undated += 1
    by_name = {name: _sent(sorted(kinds[name].items())) for name in ("folders", "years")}
    by_number = {
        name: _sent(sorted(kinds[name].items(), key=lambda each: (-each[1], each[0])))
        for name in ("authors", "languages", "formats")
    }
    return CorpusCounts(**by_name, **by_number, undated=undated, all_authors=len(kinds["authors"]))


def _folders(source: str) -> Iterator[str]:
    """Yield the folders around a document, the corpus itself, "", left out."""
    parts = source.split("/")[:-1]
    for depth in range(1, len(parts) + 1):
        yield "/".join(parts[:depth])


def _sent(counts: Iterable[tuple[str, int]]) -> list[FacetCount]:
    return [FacetCount(value=value, count=count) for value, count in list(counts)[:MOST_VALUES]]


def _left_out(manifest: Manifest) -> list[LeftOut]:
    """Return the reasons why files were left out, most first, without their names."""
    reasons = Counter(each["reason"] for each in manifest.skipped)
    return [LeftOut(reason=reason, files=count) for reason, count in reasons.most_common(MOST_VALUES)]


@router.get(
    "/report",
    summary="Report how the build went, and what the doctor finds",
    dependencies=[only_parameters(ReportRequest)],
    responses=refusals(400, 422, 500, 503),
    response_model=BuildReport,
)
def report(asked: Annotated[ReportRequest, Query()], request: Request, searcher: CurrentSearcher) -> Response:
    """For who keeps the service: the same as `repere status` and, when asked, `repere doctor`.

    The doctor reads every file of the index and of the model, which takes seconds or minutes; one at a time.
    """
    manifest = searcher.index.manifest
    findings = _findings(request.app.state.settings, searcher) if asked.doctor else None
    return json_response(
        BuildReport(
            generation=manifest.generation,
            built=manifest.created,
            version=manifest.version,
            corpus=manifest.corpus,
            engine=manifest.engine,
            seconds=manifest.seconds,
            stages=manifest.stages,
            carried=manifest.carried,
            documents=manifest.documents,
            passages=manifest.passages,
            skipped=[SkippedFile(**each) for each in manifest.skipped[:MOST_SKIPPED]],
            all_skipped=len(manifest.skipped),
            healthy=None if findings is None else all(each.condition != "fault" for each in findings),
            findings=findings,
        )
    )


def _findings(settings: Settings, searcher: CurrentSearcher) -> list[DoctorFinding]:
    """Return what the doctor finds, who changes nothing. Raises a 503 while one is at work."""
    from indexer.upkeep import doctor  # brings what a terminal is written to with, and few ask

    if not _examining.acquire(blocking=False):
        raise ApiError(503, "overloaded", "The doctor is at work.", "Ask again in a minute.")
    try:
        found = doctor.examine(searcher.index.folder, settings.choice)
    finally:
        _examining.release()
    return [
        DoctorFinding(check=each.check, condition=each.condition, found=each.found, advice=each.advice)
        for each in found
    ]
