"""GET /feed: the documents that matter for a question, as an Atom feed (RFC 4287), newest first."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Annotated
from uuid import NAMESPACE_URL, uuid5
from xml.etree import ElementTree

from fastapi import APIRouter, Query, Request, Response

from service.api import addresses
from service.api.conditional import has_already
from service.api.routes.common import CurrentSearcher, only_parameters
from service.api.schemas import FeedRequest
from service.errors import ApiError
from service.originals.finding import file_of
from service.search.answers import RankedPassage
from service.search.searcher import Searcher

ATOM = "http://www.w3.org/2005/Atom"
MEDIA_TYPE = "application/atom+xml; charset=utf-8"
RELEVANT = 200
"""Documents that are looked at, the most relevant."""
ENTRIES = 50
"""Documents that a feed holds, those that came or changed last."""
CACHE = "private, no-cache"
_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that no XML document may hold."""

ElementTree.register_namespace("", ATOM)

router = APIRouter(include_in_schema=False)


@router.head("/feed", dependencies=[only_parameters(FeedRequest)])
@router.get("/feed", dependencies=[only_parameters(FeedRequest)])
def feed(asked: Annotated[FeedRequest, Query()], request: Request, searcher: CurrentSearcher) -> Response:
    """Documents whose relevance reaches a class; each is dated by when its file came or was last changed.

    Its ETag changes with the generation alone, so that a reader which has the feed costs no search.
    """
    if not searcher.calibrated:
        message = "This index is not calibrated: its model cannot tell which documents matter."
        raise ApiError(422, "uncalibrated", message, "Run 'make calibrate', then build the index anew.")
    etag = _etag(asked, request, searcher)
    headers = {"ETag": etag, "Cache-Control": CACHE}
    if has_already(request, etag):
        return Response(status_code=304, headers=headers)
    answer = searcher.search(
        asked.q,
        RELEVANT,
        per_source=1,
        least=asked.min_relevance,
        by_document=True,
        filters=asked.filters(),
    )
    dated = [(_arrived(hit, searcher), hit) for hit in answer.hits]
    dated.sort(key=lambda each: each[0], reverse=True)
    content = ElementTree.tostring(
        _feed(dated[:ENTRIES], asked, request, searcher), encoding="utf-8", xml_declaration=True
    )
    return Response(content, media_type=MEDIA_TYPE, headers=headers)


def _etag(asked: FeedRequest, request: Request, searcher: Searcher) -> str:
    manifest = searcher.index.manifest
    parts = [manifest.generation, manifest.created, addresses.base(request), asked.model_dump_json()]
    return f'"{blake2b(json.dumps(parts).encode(), digest_size=16).hexdigest()}"'


def _arrived(hit: RankedPassage, searcher: Searcher) -> str:
    """Return when a document's file came into the corpus or was last changed there, as RFC 3339 has it.

    It is the time that no program can set back, as the build saw it, and never later than the build.
    """
    built = searcher.index.manifest.created
    record = file_of(searcher.index.catalogue, hit.entry.document.source)
    if record is None:
        return built
    changed_ns = int(record.stamp.split()[2])
    return min(built, datetime.fromtimestamp(changed_ns // 10**9, UTC).isoformat(timespec="seconds"))


def _feed(
    dated: Iterable[tuple[str, RankedPassage]], asked: FeedRequest, request: Request, searcher: Searcher
) -> ElementTree.Element:
    dated = list(dated)
    parameters = asked.model_dump(mode="json", exclude_defaults=True)
    given = {name: str(value) for name, value in parameters.items()}
    own = str(request.url.query)
    feed = ElementTree.Element(f"{{{ATOM}}}feed")
    _add(feed, "id", _urn("feed", json.dumps(given, sort_keys=True)))
    _add(feed, "title", f"{asked.q} · Repère")
    _add(feed, "updated", dated[0][0] if dated else searcher.index.manifest.created)
    _link(feed, "self", f"{addresses.base(request)}feed?{own}", "application/atom+xml")
    _link(feed, "alternate", addresses.page(request, collection=asked.collection, q=asked.q), "text/html")
    author = ElementTree.SubElement(feed, f"{{{ATOM}}}author")
    _add(author, "name", "Repère")
    for updated, hit in dated:
        feed.append(_entry(updated, hit, asked, request))
    return feed


def _entry(updated: str, hit: RankedPassage, asked: FeedRequest, request: Request) -> ElementTree.Element:
    document = hit.entry.document
    entry = ElementTree.Element(f"{{{ATOM}}}entry")
    _add(entry, "id", _urn("document", "/".join(filter(None, (asked.collection, document.source)))))
    _add(entry, "title", document.title)
    _add(entry, "updated", updated)
    if document.date and document.date.precision == "day":
        _add(entry, "published", f"{document.date.iso}T00:00:00Z")
    for name in document.metadata.authors[:20]:
        _add(ElementTree.SubElement(entry, f"{{{ATOM}}}author"), "name", name.spoken)
    for tag in document.metadata.tags[:20]:
        ElementTree.SubElement(entry, f"{{{ATOM}}}category", term=_xml(tag))
    place = {"collection": asked.collection, "passage": hit.entry.passage_id}
    address = addresses.of(request, "read", document.source, **place)
    _link(entry, "alternate", address, "text/html")
    _add(entry, "summary", hit.highlights[0].text)
    return entry


def _add(parent: ElementTree.Element, name: str, text: str) -> None:
    ElementTree.SubElement(parent, f"{{{ATOM}}}{name}").text = _xml(text)


def _link(parent: ElementTree.Element, rel: str, address: str, kind: str) -> None:
    ElementTree.SubElement(parent, f"{{{ATOM}}}link", rel=rel, type=kind, href=_xml(address))


def _xml(text: str) -> str:
    return _NO_XML.sub("", text)


def _urn(kind: str, name: str) -> str:
    """Return an id that stays the same as long as the name does, whatever the service is called."""
    return uuid5(NAMESPACE_URL, f"urn:repere:{kind}:{name}").urn
