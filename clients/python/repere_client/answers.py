"""What the service answers, as typed dictionaries; keys that it adds later are there as well."""

from __future__ import annotations

from typing import Any, Literal, TypedDict

Relevance = TypedDict(
    "Relevance",
    {"probability": float | None, "class": Literal["strong", "weak", "none", "uncalibrated"]},
)
"""How sure it is that something answers the question; `none`: nothing relevant was found."""


class Highlight(TypedDict):
    """A sentence, by its offsets in the document's source text."""

    start: int
    end: int
    text: str
    page: int | None


class Work(TypedDict):
    """What a document says of itself, in the terms of CSL-JSON."""

    title: str
    date: str | None
    author: str | None
    authors: list[dict[str, str | None]]
    type: str | None
    container: str | None
    identifiers: dict[str, str]
    url: str | None
    tags: list[str]


class Hit(Work):
    """A passage that was found."""

    rank: int
    score: float
    source: str
    collection: str | None
    generation: str
    content_hash: str
    format: str
    language: str | None
    section: list[str]
    page: int | None
    page_label: str | None
    passage_id: str
    start: int
    end: int
    text: str
    highlight: Highlight
    highlights: list[Highlight]
    relevance: Relevance
    also_in: list[dict[str, Any]]
    more: list[Hit]


class IndexInfo(TypedDict):
    """The index that an answer comes from."""

    generation: str
    model: str
    documents: int
    passages: int


class Similar(TypedDict):
    """Passages like one."""

    passage_id: str
    hits: list[Hit]
    index: IndexInfo


class Answer(TypedDict):
    """The answer to a question."""

    query: str
    language: str | None
    relevance: Relevance
    corrected: dict[str, str]
    missing: list[str]
    total: int
    offset: int
    hits: list[Hit]
    index: IndexInfo


class DocumentSummary(Work):
    """A document as it is listed."""

    source: str
    language: str | None
    format: str
    size: int
    content_hash: str
    passages: int
    copies: list[str]


class Document(DocumentSummary):
    """A document with its text and passages."""

    generation: str
    since_hit: Literal["same", "reindexed", "changed", "unknown"] | None
    text: str
    content: list[dict[str, Any]]


class Place(TypedDict):
    """A place at which a quotation stands."""

    source: str
    title: str
    passage_id: str
    page: int | None
    start: int
    end: int
    text: str
    similarity: float
    differences: list[dict[str, str]]


class Verification(TypedDict):
    """Whether a quotation stands in the corpus."""

    verdict: Literal["exact", "near", "none"]
    message: str
    places: list[Place]
