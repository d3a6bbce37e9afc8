"""What the API takes and gives, with bounds, descriptions and examples."""

from __future__ import annotations

import unicodedata
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

MAX_QUERY = 1000
"""Characters of a question."""


def _plain_text(value: str) -> str:
    for character in value:
        if unicodedata.category(character) == "Cc" and character not in "\t\n\r":
            raise ValueError(f"it holds the control character U+{ord(character):04X}; send plain text")
    if not value.strip():
        raise ValueError("it is blank; ask a question of at least one letter or digit")
    return value


class SearchRequest(BaseModel):
    """A question."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        json_schema_extra={"examples": [{"q": "formations continues en oncologie", "k": 10}]},
    )

    q: Annotated[str, AfterValidator(_plain_text)] = Field(
        min_length=1,
        max_length=MAX_QUERY,
        description="The question, in French or English.",
        examples=["formations continues en oncologie"],
    )
    k: int = Field(10, ge=1, le=100, description="How many passages to return at the most.")


class Highlight(BaseModel):
    """The sentence of a passage that best answers the question."""

    start: int = Field(description="Offset of its first character in the document's source text.")
    end: int = Field(description="Offset one past its last character.")
    text: str


class Hit(BaseModel):
    """One passage found."""

    rank: int = Field(description="1 is the best.")
    score: float = Field(description="Higher is better; only to be compared within one answer.")
    source: str = Field(description="Path of the document within the corpus.")
    title: str
    date: str | None = Field(description='ISO 8601, as precise as is known: "2019-10-18", "2019-10", "2019".')
    language: str | None = Field(description="Language of the passage, ISO 639-1.")
    section: list[str] = Field(description="Headings the passage stands under, outermost first.")
    page: int | None
    passage_id: str = Field(description="Stays the same as long as the passage's source and text do.")
    start: int = Field(description="Offset of the passage in the document's source text, in characters.")
    end: int
    text: str = Field(description="The passage, without markup.")
    highlight: Highlight


class IndexInfo(BaseModel):
    """The index an answer came from."""

    generation: str
    model: str
    documents: int
    passages: int


class SearchResponse(BaseModel):
    """Ranked passages."""

    query: str
    language: str | None = Field(description="Language the question seems to be in, ISO 639-1.")
    took_ms: float
    hits: list[Hit]
    index: IndexInfo


class DocumentSummary(BaseModel):
    """A document of the corpus."""

    source: str
    title: str
    date: str | None
    date_precision: str | None = Field(description='"day", "month" or "year".')
    language: str | None
    format: str
    size: int = Field(description="Bytes.")
    passages: int


class DocumentList(BaseModel):
    """Every document of the index, by source."""

    documents: list[DocumentSummary]
    count: int
    passages: int


class DocumentPassage(BaseModel):
    """A passage of a document, by its place."""

    passage_id: str
    start: int
    end: int
    section: list[str]
    page: int | None
    language: str | None
    text: str


class DocumentDetail(DocumentSummary):
    """A document with its text and passages."""

    text: str = Field(description="The decoded source, which every offset counts in.")
    content: list[DocumentPassage]


class Health(BaseModel):
    """Whether the service can answer."""

    status: str = Field(description='"ok"; "degraded": it answers, but not from the newest index; "unavailable".')
    live: bool
    ready: bool
    reason: str | None = Field(description="Why it is not ready or not up to date, and what to do.")
    index: IndexInfo | None


class ErrorBody(BaseModel):
    code: str
    message: str
    hint: str


class ErrorResponse(BaseModel):
    """Every refusal has this shape."""

    error: ErrorBody
