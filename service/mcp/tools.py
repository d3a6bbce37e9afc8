"""The tools: what each is called, takes and gives, and the function that answers it from the index."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlencode

from indexer.store.catalogue import DocumentEntry, PassageEntry
from service.api.opened import Answering, Opened
from service.api.routes.documents import documents_response, unknown_source
from service.api.routes.facets import facets_response
from service.api.routes.search import note, search_response
from service.api.routes.similar import similar_response
from service.api.routes.verify import verify_response
from service.api.schemas import (
    DocumentsRequest,
    FacetsRequest,
    FacetsResponse,
    Hit,
    SimilarRequest,
    VerifyRequest,
    VerifyResponse,
)
from service.errors import ApiError, echo
from service.mcp.schemas import (
    MESSAGES,
    FetchArguments,
    Fetched,
    FetchedMetadata,
    FoundPassage,
    ListedDocument,
    ListedDocuments,
    SearchArguments,
    SearchResults,
    SimilarArguments,
    SimilarResults,
)
from service.search.searcher import Searcher
from service.telemetry.query_log import QueryLog

PART = 20_000
"""Characters from which on a document is fetched in parts, cut between passages."""
URI = "repere://documents/"
"""What the address of a document's resource begins with; its source follows, percent-encoded."""
IN = "collection"
"""What names the collection of a document in the address of its resource, where it has a name."""


@dataclass(frozen=True, slots=True)
class Asking:
    """What a tool answers from."""

    collections: Opened
    log: QueryLog | None
    page: str | None
    """Address of the search page, for links; None where there is none: links are then resources."""

    def link(self, collection: str | None, source: str, passage: str | None = None) -> str:
        """Return the address that opens a document, at a passage if one is given."""
        if self.page is None:
            return uri(source, collection)
        place = {"doc": source} | ({"passage": passage} if passage else {})
        place |= {"collection": collection} if collection else {}
        return f"{self.page}?{urlencode(place)}"


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool of the protocol; all of them only read."""

    name: str
    title: str
    description: str
    arguments: Any
    """The pydantic model of what it takes."""
    result: Any
    """The pydantic model of what it gives."""
    run: Callable[[Any, Asking], Any]


def uri(source: str, collection: str | None = None) -> str:
    """Return the address of a document as a resource."""
    return URI + quote(source, safe="/") + (f"?{urlencode({IN: collection})}" if collection else "")


def parse_uri(address: str) -> tuple[str, str | None]:
    """Return the source and the collection that the address of a resource names."""
    path, _, query = address.removeprefix(URI).partition("?")
    return unquote(path), dict(parse_qsl(query)).get(IN)


def search(arguments: SearchArguments, asking: Asking) -> SearchResults:
    """Answer a question."""
    answer = search_response(arguments, asking.collections.several(arguments.collection))
    note(asking.log, answer)
    return SearchResults(
        message=MESSAGES[answer["relevance"].label],
        relevance=answer["relevance"],
        missing=answer["missing"],
        total=answer["total"],
        results=[_found(each, asking) for hit in answer["hits"] for each in (hit, *hit["more"])],
    )


def similar(arguments: SimilarArguments, asking: Asking) -> SimilarResults:
    """Find passages like one."""
    collection = asking.collections.one(arguments.collection)
    answer = similar_response(arguments.passage_id, SimilarRequest(k=arguments.k), collection)
    return SimilarResults(results=[_found(hit, asking) for hit in answer.hits])


def fetch(arguments: FetchArguments, asking: Asking) -> Fetched:
    """Read a passage or a document. Raises ApiError when there is none of that id, or no such part."""
    collection = asking.collections.one(arguments.collection)
    catalogue = collection.searcher.index.catalogue
    row = catalogue.row_of(arguments.id)
    if row is not None:
        (entry,) = catalogue.passages([row])
        return _fetched(entry.document, [entry.passage.text], arguments.part, asking, collection, entry)
    found = catalogue.document(arguments.id)  # of the index: no id can reach the file system
    if found is None:
        raise unknown_source(arguments.id)
    document, _, passages = found
    return _fetched(document, list(_parts(passages)), arguments.part, asking, collection, None)


def document_text(source: str, searcher: Searcher) -> str:
    """Return the text of a whole document without markup. Raises ApiError when there is none."""
    found = searcher.index.catalogue.document(source)
    if found is None:
        raise unknown_source(source)
    return "\n\n".join(entry.passage.text for entry in found[2])


def list_documents(arguments: DocumentsRequest, asking: Asking) -> ListedDocuments:
    """List documents."""
    collection = asking.collections.one(arguments.collection)
    answer = documents_response(arguments, collection.searcher)
    return ListedDocuments(
        documents=[
            ListedDocument(
                id=each["source"],
                title=each["title"],
                url=asking.link(collection.name, each["source"]),
                author=each["author"],
                date=each["date"],
                language=each["language"],
                format=each["format"],
                passages=each["passages"],
                content_hash=each["content_hash"],
            )
            for each in answer.documents
        ],
        total=answer.total,
        offset=answer.offset,
        generation=answer.generation,
    )


TOOLS = (
    Tool(
        "search",
        "Search the corpus",
        "Find the passages of the corpus that answer a question, best first, with where they stand."
        " `relevance` and `message` say whether the corpus answers at all: when it is none, say so, and"
        " do not answer from the passages.",
        SearchArguments,
        SearchResults,
        search,
    ),
    Tool(
        "fetch",
        "Read a passage or a document",
        "Return the whole text of a passage by its id, or of a document by its source, a long one in parts.",
        FetchArguments,
        Fetched,
        fetch,
    ),
    Tool(
        "similar",
        "Find similar passages",
        "Find the passages nearest in meaning to one that search has found.",
        SimilarArguments,
        SimilarResults,
        similar,
    ),
    Tool(
        "list_documents",
        "List documents",
        "List the documents of the corpus, filtered, sorted and by pages.",
        DocumentsRequest,
        ListedDocuments,
        list_documents,
    ),
    Tool(
        "facets",
        "Count documents",
        "Count the documents that matter for a question, by language, year, format, author, tag and folder.",
        FacetsRequest,
        FacetsResponse,
        lambda arguments, asking: facets_response(
            arguments, asking.collections.several(arguments.collection)
        ),
    ),
    Tool(
        "check_quote",
        "Check a quotation",
        "Tell whether words stand in a document, or in any: word for word, nearly, with what differs, or not"
        " at all. Check every quotation before you give it.",
        VerifyRequest,
        VerifyResponse,
        lambda arguments, asking: verify_response(
            arguments, asking.collections.several(arguments.collection)
        ),
    ),
)
"""Every tool there is."""
BY_NAME = {tool.name: tool for tool in TOOLS}


def _found(hit: Hit, asking: Asking) -> FoundPassage:
    return FoundPassage(
        id=hit["passage_id"],
        title=hit["title"],
        url=asking.link(hit["collection"], hit["source"], hit["passage_id"]),
        text=hit["text"],
        highlight=hit["highlight"]["text"],
        source=hit["source"],
        collection=hit["collection"],
        author=hit["author"],
        date=hit["date"],
        page=hit["page"],
        page_label=hit["page_label"],
        section=hit["section"],
        language=hit["language"],
        relevance=hit["relevance"],
        generation=hit["generation"],
        content_hash=hit["content_hash"],
        start=hit["start"],
        end=hit["end"],
    )


def _parts(passages: list[PassageEntry]) -> Iterator[str]:
    """Yield the text of a document in parts of whole passages, about PART characters each."""
    part: list[str] = []
    for entry in passages:
        if part and sum(map(len, part)) + len(entry.passage.text) > PART:
            yield "\n\n".join(part)
            part = []
        part.append(entry.passage.text)
    yield "\n\n".join(part)


def _fetched(
    document: DocumentEntry,
    parts: list[str],
    part: int,
    asking: Asking,
    collection: Answering,
    passage: PassageEntry | None,
) -> Fetched:
    if part > len(parts):
        count = f"{len(parts)} part{'s' if len(parts) > 1 else ''}"
        message = f"{echo(document.source)} has {count}, and no part {part}."
        raise ApiError(404, "unknown_part", message, f"Send a part from 1 to {len(parts)}.")
    name = passage.passage_id if passage else None
    return Fetched(
        id=name or document.source,
        title=document.title,
        text=parts[part - 1],
        url=asking.link(collection.name, document.source, name),
        metadata=FetchedMetadata(
            source=document.source,
            collection=collection.name,
            author=document.metadata.author,
            date=document.date.iso if document.date else None,
            language=passage.passage.language if passage else document.language,
            format=document.format,
            page=passage.passage.page if passage else None,
            generation=collection.generation,
            content_hash=document.content_hash,
            part=part,
            parts=len(parts),
        ),
    )
