"""What the tools take and give, beside what they share with the API."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, AliasChoices, BaseModel, BeforeValidator, Field

from service.api.schemas import (
    MAX_SOURCE,
    CollectionRequest,
    RelevanceInfo,
    SearchRequest,
    no_boolean,
    pattern,
    plain_text,
)
from service.errors import MAX_QUERY


class SearchArguments(SearchRequest):
    """A question, and how much of what is wanted; `q` is the same as `query`."""

    q: Annotated[str, AfterValidator(plain_text)] = Field(
        min_length=1,
        max_length=MAX_QUERY,
        validation_alias=AliasChoices("query", "q"),
        description="The question, in French or English; a sentence finds more than keywords.",
    )


class SimilarArguments(CollectionRequest):
    """A passage, and how many like it."""

    passage_id: str = Field(min_length=1, max_length=100, description="The id of a result of search.")
    k: Annotated[int, BeforeValidator(no_boolean)] = Field(
        10, ge=1, le=100, description="How many passages to return at the most."
    )


class FetchArguments(CollectionRequest):
    """What to read."""

    id: Annotated[str, AfterValidator(pattern)] = Field(
        min_length=1,
        max_length=MAX_SOURCE,
        description="The id of a result of search, for that passage; or the source of a document.",
    )
    part: Annotated[int, BeforeValidator(no_boolean)] = Field(
        1, ge=1, le=100_000, description="Which part of a long document; `parts` says how many there are."
    )


class FoundPassage(BaseModel):
    """A passage that was found, with what a citation of it needs."""

    id: str = Field(description="For fetch and similar.")
    title: str
    url: str = Field(description="Opens the passage in its document.")
    text: str
    highlight: str = Field(description="The sentence that answers best.")
    source: str = Field(description="Path of the document within the corpus; for fetch and check_quote.")
    collection: str | None = Field(
        description="The collection that holds it, for the same; null where there is one without a name."
    )
    author: str | None
    date: str | None
    page: int | None = Field(description="Page of the highlight.")
    page_label: str | None = Field(description="What is printed as that page's number, if that differs.")
    section: list[str]
    language: str | None
    relevance: RelevanceInfo
    generation: str
    content_hash: str
    start: int = Field(description="Offset of the passage in the document's source text.")
    end: int


class SearchResults(BaseModel):
    """Passages, best first."""

    message: str = Field(description="Whether the corpus answers, in a sentence.")
    relevance: RelevanceInfo = Field(description="Whether the corpus answers the question at all.")
    missing: list[str] = Field(description="Words of the question that no passage holds.")
    total: int = Field(description="How many hits there are, beside which `offset` passes over the first.")
    results: list[FoundPassage]


class SimilarResults(BaseModel):
    """Passages, most like the one first."""

    results: list[FoundPassage]


class FetchedMetadata(BaseModel):
    """Where a fetched text comes from."""

    source: str
    collection: str | None
    author: str | None
    date: str | None
    language: str | None
    format: str
    page: int | None = Field(description="Page that the passage begins on; null for a document.")
    generation: str
    content_hash: str
    part: int
    parts: int = Field(description="How many parts there are; fetch them by `part`.")


class Fetched(BaseModel):
    """A passage, or a document or a part of it, as text without markup."""

    id: str
    title: str
    text: str
    url: str
    metadata: FetchedMetadata


class ListedDocument(BaseModel):
    """A document of the corpus."""

    id: str = Field(description="Its source, for fetch.")
    title: str
    url: str
    author: str | None
    date: str | None
    language: str | None
    format: str
    passages: int
    content_hash: str


class ListedDocuments(BaseModel):
    """Some of the documents that meet the filters."""

    documents: list[ListedDocument]
    total: int = Field(description="How many meet the filters.")
    offset: int = Field(description="How many of those stand before these.")
    generation: str


RelevanceLabel = Literal["strong", "weak", "none", "uncalibrated"]
MESSAGES: dict[RelevanceLabel, str] = {
    "strong": "The corpus holds what answers this.",
    "weak": "The corpus holds what may answer this; read before you rely on it.",
    "none": "The corpus holds nothing relevant to this. The nearest passages follow; they are no answer.",
    "uncalibrated": "How relevant these passages are is not known: the model is not calibrated.",
}
"""What is said of an answer of each class."""
