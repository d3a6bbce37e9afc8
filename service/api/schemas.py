"""What the API takes and gives, with bounds, descriptions and examples."""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    field_validator,
)
from typing_extensions import TypedDict  # of the standard library only where pydantic asks no more of it

from indexer.passages.phrases import phrase_words
from indexer.records import PassageKind
from indexer.store.filters import Filters
from models.engine_choice import EngineChoice
from service.api import examples
from service.errors import MAX_QUERY, MAX_QUOTATION
from service.telemetry.judgements import TOP_GRADE

MAX_PATTERN = 300
"""Characters of a pattern of paths."""
MAX_BATCH_HITS = 1000
"""Hits that the questions of a batch may ask for together, some 3 kB each."""
MAX_SOURCE = 4096
"""Characters of a source: as many as a path may have."""
MAX_LIST = 100
"""Characters of a list of languages or formats."""
MAX_COLLECTIONS = 2000
"""Characters of a list of collections."""
GENERATION = "^g[0-9]{1,18}$"
"""What the name of a generation looks like."""
GENERATIONS = "^g[0-9]{1,18}(,g[0-9]{1,18})*$"
"""What those of several collections look like."""
FIRST_DAY, LAST_DAY = "0000-01-01", "0000-12-31"
"""What a year or a month is made a day with; the 31st of a short month is no day, but sorts as its last."""
Sort = Literal[
    "source",
    "title",
    "date",
    "size",
    "passages",
    "format",
    "-source",
    "-title",
    "-date",
    "-size",
    "-passages",
    "-format",
]
_INVISIBLE = {"Cc", "Cf", "Zs", "Zl", "Zp"}
"""Unicode categories of characters that show nothing: white space, marks of direction, joiners."""


def plain_text(value: str) -> str:
    """Return a text that shows something and holds no control character; raise ValueError for any other."""
    _no_control(value, but="\t\n\r")
    if all(unicodedata.category(character) in _INVISIBLE for character in value):
        raise ValueError("it is blank; ask a question of at least one visible character")
    return value


def _no_control(value: str, *, but: str = "") -> None:
    for character in value:
        if unicodedata.category(character) == "Cc" and character not in but:
            raise ValueError(f"it holds the control character U+{ord(character):04X}; send plain text")


def pattern(value: str) -> str:
    """Return a text in NFC; raise ValueError when it holds a control character."""
    _no_control(value)
    return unicodedata.normalize("NFC", value)


def _words(value: str) -> str:
    _no_control(value)
    if not phrase_words(value):
        raise ValueError("it holds no word")
    return value


def _quotation(value: str) -> str:
    _no_control(value, but="\t\n\r\v\f")
    return value


def _parts(value: str | None) -> tuple[str, ...]:
    """The parts of a list, each once, in a fixed order."""
    return tuple(sorted(set(value.split(",")))) if value else ()


def _languages(value: str) -> str:
    if not re.fullmatch("[A-Za-z]{2}(,[A-Za-z]{2})*", value):
        raise ValueError('it is not made of ISO 639-1 codes, two letters each, joined by ","')
    return value.lower()


def _formats(value: str) -> str:
    if not re.fullmatch("[A-Za-z-]+(,[A-Za-z-]+)*", value):
        raise ValueError('it is not made of names of formats, letters and "-" only, joined by ","')
    return value.lower()


def _date(value: str) -> str:
    try:
        if re.fullmatch(r"[0-9]{4}(-[0-9]{2}){0,2}", value):
            date.fromisoformat(padded(value, FIRST_DAY))
            return value
    except ValueError:
        pass
    raise ValueError('it is not a date; send a year, a month or a day as "2019", "2019-10" or "2019-10-18"')


def padded(value: str, day: str) -> str:
    """A year or a month as a day: the one whose month and day are those of `day`."""
    return value + day[len(value) :]


def no_boolean(value: object) -> object:
    """Return a value that is no boolean, which would be taken for 0 or 1; raise ValueError for one."""
    if isinstance(value, bool):
        raise ValueError("it is true or false; send a whole number")
    return value


def _no_number(value: object) -> object:
    """Numbers of 0 and 1 would otherwise be taken as booleans."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        raise ValueError("it is neither true nor false")
    return value


def _one_sentence(value: object, take: ValidatorFunctionWrapHandler) -> object:
    """The value as it is taken; refused in one sentence, where pydantic has one for each kind."""
    try:
        if not isinstance(value, bool):
            return take(value)
    except ValidationError:
        pass
    raise ValueError("it is neither a probability from 0 to 1 nor one of the classes weak and strong")


class CollectionsRequest(BaseModel):
    """Which collections are asked."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    collection: Annotated[str, AfterValidator(pattern)] | None = Field(
        None,
        max_length=MAX_COLLECTIONS,
        description='Only these collections, by their names, joined by ","; all, or left out: every one that'
        " the key opens. To be left out where the service has one index without a name.",
        examples=["archives"],
    )


class CollectionRequest(BaseModel):
    """Which collection is asked."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    collection: Annotated[str, AfterValidator(pattern)] | None = Field(
        None,
        max_length=MAX_COLLECTIONS,
        description="Name of the one collection that is meant; left out where the key opens but one.",
        examples=["archives"],
    )


class QuestionRequest(BaseModel):
    """A question."""

    q: Annotated[str, AfterValidator(plain_text)] = Field(
        min_length=1,
        max_length=MAX_QUERY,
        description="The question, in French or English.",
        examples=[examples.QUESTION["q"]],
    )


class FilterRequest(BaseModel):
    """What documents and passages are asked for."""

    model_config = ConfigDict(extra="forbid", frozen=True, serialize_by_alias=True)

    source: Annotated[str, AfterValidator(pattern)] | None = Field(
        None,
        min_length=1,
        max_length=MAX_PATTERN,
        description="Only documents of which a path matches: * stands for any characters, / among them,"
        " ? for one, [abc] for one of these.",
        examples=[examples.QUESTION["source"]],
    )
    language: Annotated[str, AfterValidator(_languages)] | None = Field(
        None,
        min_length=1,
        max_length=MAX_LIST,
        description='Only passages in this language, or in one of these: ISO 639-1 codes, joined by ",".',
        examples=[examples.QUESTION["language"]],
    )
    format: Annotated[str, AfterValidator(_formats)] | None = Field(
        None,
        min_length=1,
        max_length=MAX_LIST,
        description='Only documents of this format, or of one of these, joined by ",".',
        examples=[examples.QUESTION["format"]],
    )
    first: Annotated[str, AfterValidator(_date)] | None = Field(
        None,
        alias="from",
        description='Only documents that may be of this year, month or day, or later: "2019-10".',
        examples=[examples.QUESTION["from"]],
    )
    last: Annotated[str, AfterValidator(_date)] | None = Field(
        None,
        alias="to",
        description="Only documents that may be of this year, month or day, or earlier.",
        examples=[examples.QUESTION["to"]],
    )

    title: Annotated[str, AfterValidator(_words)] | None = Field(
        None,
        min_length=1,
        max_length=MAX_PATTERN,
        description="Only documents whose title holds these words, in any order, case and accents.",
        examples=[examples.QUESTION["title"]],
    )
    author: Annotated[str, AfterValidator(_words)] | None = Field(
        None,
        min_length=1,
        max_length=MAX_PATTERN,
        description="Only documents of which an author's name holds these words, in any order, case and"
        " accents.",
        examples=[examples.QUESTION["author"]],
    )
    tag: Annotated[str, AfterValidator(pattern)] | None = Field(
        None,
        min_length=1,
        max_length=MAX_PATTERN,
        description="Only documents that bear this tag, in any case and accents.",
        examples=[examples.QUESTION["tag"]],
    )
    undated: Annotated[bool, BeforeValidator(_no_number)] = Field(
        False, description="Only documents whose date is not known.", examples=[True]
    )

    @field_validator("last")
    @classmethod
    def _in_order(cls, last: str | None, info: ValidationInfo) -> str | None:
        first = info.data.get("first")
        if first and last and padded(first, FIRST_DAY) > padded(last, LAST_DAY):
            raise ValueError(f"{last} is before from, which is {first}")
        return last

    def filters(self) -> Filters:
        """The same for a search."""
        return Filters(
            source=self.source,
            languages=_parts(self.language),
            formats=_parts(self.format),
            first=self.first and padded(self.first, FIRST_DAY),
            last=self.last and padded(self.last, LAST_DAY),
            titles=(self.title,) if self.title else (),
            authors=(self.author,) if self.author else (),
            tag=self.tag,
            undated=self.undated,
        )


class SearchRequest(CollectionsRequest, FilterRequest, QuestionRequest):
    """A question, and how much of what is wanted."""

    k: Annotated[int, BeforeValidator(no_boolean)] = Field(
        10, ge=1, le=100, description="How many passages (or documents) to return at the most.", examples=[10]
    )
    per_source: Annotated[int, BeforeValidator(no_boolean)] = Field(
        3,
        ge=1,
        le=100,
        description="How many passages of one document to return at the most.",
        examples=[3],
    )
    group: Literal["passage", "document"] = Field(
        "passage",
        description="document: one hit a document, its other passages under `more`.",
        examples=["document"],
    )
    sort: Literal["relevance", "date"] = Field(
        "relevance",
        description="date: newest first, undated last; a date known to the year alone comes after those"
        " within the year.",
        examples=["date"],
    )
    min_relevance: Annotated[
        Annotated[float, Field(ge=0, le=1)] | Literal["weak", "strong"], WrapValidator(_one_sentence)
    ] = Field(
        0.0,
        description="Leave out hits of a lower probability, or of a lower class.",
        examples=["weak", 0.5],
    )
    offset: Annotated[int, BeforeValidator(no_boolean)] = Field(
        0,
        ge=0,
        le=2**53,
        description="How many passages (or documents) to pass over. Pages of one k and one generation neither"
        " overlap nor leave any out.",
        examples=[10],
    )
    generation: str | None = Field(
        None,
        pattern=GENERATIONS,
        description="Generation that the first page came from, or those of several collections: refused with"
        " 409 once another one serves.",
        examples=["g000012"],
    )
    explain: Annotated[bool, BeforeValidator(_no_number)] = Field(
        False, description="Show what each score is made of.", examples=[True]
    )


class BatchRequest(BaseModel):
    """Several questions, each with what is wanted of it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    questions: list[SearchRequest] = Field(
        min_length=1, max_length=100, description="Each as /search takes it.", examples=[[examples.QUESTION]]
    )

    @field_validator("questions")
    @classmethod
    def _bounded(cls, questions: list[SearchRequest]) -> list[SearchRequest]:
        if (wanted := sum(each.k for each in questions)) > MAX_BATCH_HITS:
            raise ValueError(f"their k add up to {wanted}; together they may be {MAX_BATCH_HITS}")
        return questions


class DocumentRequest(CollectionRequest):
    """What the document is to be compared with."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    generation: str | None = Field(
        None,
        pattern=GENERATION,
        description="Generation of the hit that led here; the answer's since_hit compares them.",
        examples=["g000011"],
    )
    content_hash: str | None = Field(
        None,
        pattern="^[0-9a-f]{64}$",
        description="Its content_hash.",
        examples=[examples.DOCUMENT["content_hash"]],
    )


class FeedRequest(CollectionRequest, FilterRequest, QuestionRequest):
    """A question whose documents are followed."""

    min_relevance: Literal["weak", "strong"] = Field(
        "weak", description="Class that a document's relevance is to reach."
    )


class FacetsRequest(CollectionsRequest, FilterRequest, QuestionRequest):
    """A question whose documents are counted."""


class DocumentsRequest(CollectionRequest, FilterRequest):
    """Which documents, in which order."""

    offset: Annotated[int, BeforeValidator(no_boolean)] = Field(
        0, ge=0, le=2**53, description="How many to pass over.", examples=[100]
    )
    limit: Annotated[int, BeforeValidator(no_boolean)] = Field(
        100, ge=1, le=1000, description="How many to return at the most.", examples=[20]
    )
    sort: Sort = Field(
        "source",
        description="What they are sorted by, - before it to turn the order round. Titles are sorted without"
        " regard to capitals and accents; documents without a date come last either way.",
        examples=["-date"],
    )


class RelevanceInfo(BaseModel):
    """How sure it is that something answers the question."""

    model_config = ConfigDict(populate_by_name=True, serialize_by_alias=True)

    probability: float | None = Field(
        description="Calibrated, 0 … 1; null where the model is not calibrated."
    )
    label: Literal["strong", "weak", "none", "uncalibrated"] = Field(
        alias="class", description="The same in a word: none means that nothing relevant was found."
    )


class Explanation(TypedDict):
    """How a score came about: score = passage + sentence + lexical + kind."""

    variant: Annotated[str, Field(description="The question as it fits this passage best.")]
    passage: Annotated[float, Field(description="What the passage's vector adds.")]
    sentence: Annotated[float, Field(description="What the vector of its best sentence adds.")]
    lexical: Annotated[float, Field(description="What its words add.")]
    kind: Annotated[
        float, Field(description="What being a list of references or contents takes from it; else 0.")
    ]
    coverage: Annotated[
        float, Field(description="Share of the question's words it holds, by what they tell: 0 … 1.")
    ]
    closeness: Annotated[
        float,
        Field(description="Hundredths of a cosine nearer to the question than the nearest unrelated texts."),
    ]
    matched: Annotated[
        list[str], Field(description="Terms of the question that it holds, as they are indexed.")
    ]


class Highlight(TypedDict):
    """The sentence of a passage that best answers the question."""

    start: Annotated[int, Field(description="Offset of its first character in the document's source text.")]
    end: Annotated[int, Field(description="Offset one past its last character.")]
    text: str
    page: Annotated[
        int | None, Field(description="Page it begins on, from 1; null where the format has none.")
    ]
    page_label: Annotated[
        str | None, Field(description="What is printed as that page's number, if that differs.")
    ]


class AlsoIn(TypedDict):
    """Another place where a passage stands."""

    source: str
    title: str
    date: str | None
    passage_id: str


class MatchedSpan(TypedDict):
    """A piece of a hit's text that holds a word of the question."""

    start: Annotated[int, Field(description="Offset in the hit's text, in characters.")]
    end: int


class Author(TypedDict):
    """A person by family and given name, or an organisation, or a name not taken apart, as a literal."""

    family: str | None
    given: str | None
    literal: str | None


class Work(TypedDict):
    """What a document says of itself, in the terms of CSL-JSON."""

    title: str
    date: Annotated[
        str | None, Field(description='ISO 8601, as precise as is known: "2019-10-18", "2019-10", "2019".')
    ]
    author: Annotated[str | None, Field(description="Names of the authors, joined.")]
    authors: list[Author]
    type: Annotated[
        str | None, Field(description='Kind of work, as CSL names it: "article-journal", "report" …')
    ]
    container: Annotated[str | None, Field(description="Journal, book or site in which it appeared.")]
    publisher: str | None
    volume: str | None
    issue: str | None
    pages: Annotated[str | None, Field(description="Its pages in the container.")]
    identifiers: Annotated[
        dict[str, str], Field(description="Identifier by scheme: doi, isbn, issn, pmid, pmcid, hal, arxiv.")
    ]
    url: Annotated[
        str | None, Field(description="Where it stands on the web: its own address, or its DOI's.")
    ]
    licence: str | None
    tags: list[str]


class Hit(Work):
    """One passage found."""

    rank: Annotated[int, Field(description="1 is the best.")]
    score: Annotated[float, Field(description="Higher is better; only to be compared within one answer.")]
    source: Annotated[str, Field(description="Path of the document within the corpus.")]
    collection: Annotated[
        str | None,
        Field(
            description="The collection that holds it; null where the service has one index without a name."
        ),
    ]
    generation: Annotated[str, Field(description="Generation of the index that it was found in.")]
    content_hash: Annotated[str, Field(description="sha256 of the bytes of the document's file.")]
    format: Annotated[str, Field(description='Which reader read it: "text", "markdown", "html", "pdf", …')]
    language: Annotated[str | None, Field(description="Language of the passage, ISO 639-1.")]
    section: Annotated[list[str], Field(description="Headings the passage stands under, outermost first.")]
    page: Annotated[
        int | None, Field(description="Page the highlight begins on, from 1; null where the format has none.")
    ]
    page_label: Annotated[
        str | None,
        Field(description='What is printed as that page\'s number, as "iv"; null where that is its place.'),
    ]
    first_page: Annotated[int | None, Field(description="Page the passage begins on.")]
    last_page: Annotated[int | None, Field(description="Page the passage ends on.")]
    ocr: Annotated[
        bool,
        Field(
            description="Whether the highlight's page is a picture, whose text was read by a program (OCR)."
        ),
    ]
    kind: Annotated[PassageKind, Field(description="What the passage is to its document.")]
    passage_id: Annotated[
        str, Field(description="Stays the same as long as the passage's source and text do.")
    ]
    start: Annotated[
        int, Field(description="Offset of the passage in the document's source text, in characters.")
    ]
    end: int
    text: Annotated[str, Field(description="The passage, without markup.")]
    highlight: Annotated[Highlight, Field(description="The sentence that answers best.")]
    highlights: Annotated[
        list[Highlight], Field(description="Up to three sentences that answer, best first.")
    ]
    matches: Annotated[
        list[MatchedSpan],
        Field(description="Where the text holds words of the question, in any form and spelling."),
    ]
    relevance: RelevanceInfo
    also_in: Annotated[
        list[AlsoIn], Field(description="Where else the same, or nearly the same, text stands.")
    ]
    versions: Annotated[
        list[AlsoIn],
        Field(description="Where texts stand that differ from this one in figures and dates alone."),
    ]
    more: Annotated[list[Hit], Field(description="With group=document: its other passages.")]
    explain: Annotated[Explanation | None, Field(description="With explain=true.")]


class IndexInfo(TypedDict):
    """The index an answer came from, or those of several collections together."""

    generation: Annotated[str, Field(description='Of several collections theirs, joined by ",".')]
    model: str
    documents: int
    passages: int


class UnderstoodPart(TypedDict):
    """A part of a question that was understood as query syntax."""

    kind: Literal["phrase", "excluded", "without", "title", "author", "source"]
    value: str
    passages: Annotated[
        int | None,
        Field(description="How many passages meet this condition by itself; null for what only demotes."),
    ]


class CollectionAnswer(TypedDict):
    """What one of the collections that were asked says by itself."""

    name: str
    generation: Annotated[str | None, Field(description="null where it does not answer.")]
    relevance: Annotated[
        RelevanceInfo | None, Field(description="Whether this collection answers the question.")
    ]
    total: Annotated[int, Field(description="How many hits of all pages are its own.")]
    reason: Annotated[str | None, Field(description="Why it does not answer; null where it does.")]


class SearchResponse(TypedDict):
    """Ranked passages."""

    query: str
    language: Annotated[str | None, Field(description="Language the question seems to be in, ISO 639-1.")]
    took_ms: Annotated[
        float, Field(description="Milliseconds from reading the question to having the passages.")
    ]
    relevance: Annotated[RelevanceInfo, Field(description="Whether the corpus answers the question at all.")]
    corrected: Annotated[
        dict[str, str],
        Field(
            description="Words as typed that the corpus does not know → corpus words they were also tried as."
        ),
    ]
    missing: Annotated[
        list[str], Field(description="Words as typed that no passage holds, in no form of them.")
    ]
    expanded: Annotated[
        dict[str, str], Field(description="Acronyms → what they were also tried as, and the reverse.")
    ]
    understood: Annotated[
        list[UnderstoodPart],
        Field(description="Query syntax found in the question: phrases, exclusions and fields."),
    ]
    total: Annotated[
        int,
        Field(
            description="How many hits all pages of this k hold together: of the candidates, which are the"
            " passages nearest by vector and by words, max(100, 4·k) of each, those that reach"
            " min_relevance; of near-duplicates one, at most per_source of a document; with group=document,"
            " their documents. Where filters leave no more passages than that, all of these are candidates."
        ),
    ]
    offset: Annotated[int, Field(description="How many hits stand before these.")]
    hits: list[Hit]
    index: IndexInfo
    collections: Annotated[
        list[CollectionAnswer],
        Field(
            description="What each collection that was asked says by itself; empty where the service has one"
            " index without a name."
        ),
    ]


class BatchResponse(BaseModel):
    """The answers to several questions."""

    answers: list[SearchResponse] = Field(description="In the order of the questions.")
    took_ms: float


class FacetCount(BaseModel):
    """A value, and how many documents have it."""

    value: str
    count: int


class FacetsResponse(BaseModel):
    """What the documents that matter for a question are like."""

    query: str
    documents: int = Field(description="How many matter, under all filters.")
    languages: list[FacetCount] = Field(
        description="ISO 639-1, of their passages that matter; most first. Counted without language."
    )
    years: list[FacetCount] = Field(description="In order. Counted without from, to and undated.")
    months: list[FacetCount] = Field(
        description="In order, where from and to span two years at the most; else none. A document dated to"
        " the year counts for each of its months. Counted without from, to and undated."
    )
    undated: int = Field(description="How many have no date. Counted without from, to and undated.")
    formats: list[FacetCount] = Field(description="Most first. Counted without format.")
    authors: list[FacetCount] = Field(
        description="Most first, a hundred at the most. Counted without author."
    )
    tags: list[FacetCount] = Field(description="Most first, a hundred at the most. Counted without tag.")
    folders: list[FacetCount] = Field(
        description='Paths of the folders they stand in, "" the corpus itself; most first. Counted without'
        " source, for which folder/* stands for a folder."
    )
    index: IndexInfo


class SimilarRequest(CollectionRequest):
    """How many similar passages."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    k: int = Field(10, ge=1, le=100, description="How many passages to return at the most.", examples=[10])
    per_source: int = Field(
        3, ge=1, le=100, description="How many passages of one document to return at the most.", examples=[3]
    )


class SimilarResponse(BaseModel):
    """Passages like one of the corpus."""

    passage_id: str
    took_ms: float
    hits: list[Hit]
    index: IndexInfo


class VerifyRequest(CollectionsRequest):
    """A quotation, and where it is said to stand."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    quotation: Annotated[str, AfterValidator(_quotation)] = Field(
        min_length=1,
        max_length=MAX_QUOTATION,
        description="The words as they are quoted; […] stands for words left out.",
        examples=[examples.VERIFY["quotation"]],
    )
    source: Annotated[str, AfterValidator(pattern)] | None = Field(
        None,
        min_length=1,
        max_length=MAX_SOURCE,
        description="Path of the document it is to stand in; null: any document of the corpus.",
        examples=[examples.VERIFY["source"]],
    )
    limit: Annotated[int, BeforeValidator(no_boolean)] = Field(
        5, ge=1, le=20, description="How many places to return at the most.", examples=[5]
    )


class QuotationDifference(BaseModel):
    """A piece in which a quotation and a document differ."""

    kind: Literal["replaced", "added", "omitted"] = Field(
        description="added: only the quotation holds it; omitted: only the document does."
    )
    quoted: str = Field(description="As the quotation has it; empty where it is omitted.")
    found: str = Field(description="As the document has it; empty where it is added.")


class QuotationPlace(BaseModel):
    """A place at which a quotation stands."""

    source: str = Field(description="Path of the document within the corpus.")
    collection: str | None = Field(description="The collection that holds it, as in a hit.")
    title: str
    date: str | None
    author: str | None
    generation: str = Field(description="Generation of the index that it was found in.")
    content_hash: str = Field(description="sha256 of the bytes of the document's file.")
    passage_id: str = Field(description="The passage in which it begins.")
    page: int | None = Field(description="Page of its first sentence; null where the format has none.")
    page_label: str | None = Field(description="What is printed as that page's number, if that differs.")
    start: int = Field(description="Offset of its first character in the document's source text.")
    end: int
    text: str = Field(description="What stands there, without markup.")
    similarity: float = Field(
        description="1 where it stands there word for word; else the share of characters in common, below 1."
    )
    differences: list[QuotationDifference] = Field(description="What differs, in order.")


class VerifyResponse(BaseModel):
    """Whether a quotation stands in the corpus."""

    verdict: Literal["exact", "near", "none"] = Field(
        description="exact: word for word, whatever the typography; near: with differences; none: not at all."
    )
    message: str = Field(description="The same in a sentence, for people.")
    places: list[QuotationPlace] = Field(description="Where, most alike first.")
    took_ms: float
    index: IndexInfo


class JudgementRequest(CollectionRequest):
    """How well a document answers a question."""

    q: Annotated[str, AfterValidator(plain_text)] = Field(
        min_length=1,
        max_length=MAX_QUERY,
        description="The question as it was asked.",
        examples=[examples.JUDGEMENT["q"]],
    )
    source: Annotated[str, AfterValidator(pattern)] = Field(
        min_length=1,
        max_length=MAX_SOURCE,
        description="Source of the document that was found.",
        examples=[examples.JUDGEMENT["source"]],
    )
    grade: Annotated[int, BeforeValidator(no_boolean)] = Field(
        ge=0,
        le=TOP_GRADE,
        description="0: it does not answer; 1 to 3: it does, the better the more.",
        examples=[examples.JUDGEMENT["grade"]],
    )


class JudgementsKept(BaseModel):
    """Whether judgements are kept."""

    kept: bool


class JudgementResponse(BaseModel):
    """A judgement as it is kept."""

    question_id: str = Field(description="The same for spellings that differ in case and spaces.")
    source: str = Field(description="The name that the document has in answers.")
    grade: int


class AcronymEntry(BaseModel):
    """A short form and a long form that the corpus gives for one another."""

    short: str
    long: str
    count: int = Field(description="How often the corpus says so.")


class AcronymList(BaseModel):
    """Every acronym the corpus explains, most often explained first."""

    acronyms: list[AcronymEntry]
    count: int


class DocumentSummary(Work):
    """A document of the corpus."""

    source: str
    date_precision: Annotated[str | None, Field(description='"day", "month" or "year".')]
    abstract: str | None
    language: str | None
    format: str
    size: Annotated[int, Field(description="Bytes.")]
    content_hash: Annotated[str, Field(description="sha256 of the file's bytes.")]
    passages: Annotated[int, Field(description="How many.")]
    copies: Annotated[
        list[str], Field(description="Sources of the other files that hold the very same bytes.")
    ]


class DocumentList(BaseModel):
    """Some of the documents that meet the filters."""

    documents: list[DocumentSummary]
    count: int = Field(description="How many of them are in this answer.")
    total: int = Field(description="How many meet the filters.")
    offset: int = Field(description="How many of those stand before these.")
    passages: int = Field(description="Of all documents that meet the filters.")
    generation: str = Field(description="Generation of the index that they were listed from.")


class DocumentPassage(BaseModel):
    """A passage of a document, by its place."""

    passage_id: str
    start: int
    end: int
    section: list[str]
    page: int | None = Field(description="Page it begins on, from 1; null where the format has none.")
    page_label: str | None = Field(description="What is printed as that page's number, if that differs.")
    last_page: int | None = Field(description="Page it ends on.")
    language: str | None
    kind: PassageKind
    text: str


class DocumentDetail(DocumentSummary):
    """A document with its text and passages."""

    generation: Annotated[str, Field(description="Generation of the index that it was read from.")]
    since_hit: Annotated[
        Literal["same", "reindexed", "changed", "unknown"] | None,
        Field(
            description="Against the generation and content_hash asked with: same generation; reindexed from"
            " the same bytes, so that passages may be cut anew; changed bytes, so that offsets may be others;"
            " unknown where only another generation was given. null: nothing was."
        ),
    ]
    text: Annotated[str, Field(description="The decoded source, which every offset counts in.")]
    content: list[DocumentPassage]


class CorpusCounts(BaseModel):
    """Numbers of documents."""

    folders: list[FacetCount] = Field(
        description="Paths of folders, in order; each counts all that is below it."
    )
    years: list[FacetCount] = Field(description="In order.")
    undated: int
    authors: list[FacetCount] = Field(description="Most first, a thousand at the most.")
    all_authors: int = Field(description="How many authors there are.")
    languages: list[FacetCount] = Field(description='Most first; "" where none could be told.')
    formats: list[FacetCount] = Field(description="Most first.")


class LeftOut(BaseModel):
    """Why files were left out."""

    reason: str
    files: int = Field(description="How many, for this reason.")


class Corpus(BaseModel):
    """What a collection holds."""

    generation: str
    built: str = Field(description="When it was built, ISO 8601.")
    version: str = Field(description="Version of Repère that built it.")
    model: str
    documents: int
    passages: int
    sentences: int
    counts: CorpusCounts
    left_out: list[LeftOut] = Field(description="Most first.")
    skipped: int = Field(description="How many files were left out.")


class ReportRequest(CollectionRequest):
    """What is to be reported."""

    doctor: Annotated[bool, BeforeValidator(_no_number)] = Field(
        False, description="Have the doctor look, which reads every file.", examples=[True]
    )


class SkippedFile(BaseModel):
    """A file that was left out."""

    source: str
    reason: str


class DoctorFinding(BaseModel):
    """The result of one of the doctor's checks."""

    check: str
    condition: Literal["ok", "warning", "fault"]
    found: str
    advice: str


class BuildReport(BaseModel):
    """How the generation that serves was built, and its health."""

    generation: str
    built: str = Field(description="When, ISO 8601.")
    version: str
    corpus: str = Field(description="Folders that were indexed, as the build named them.")
    engine: str = Field(description="What computed the vectors.")
    seconds: float
    stages: dict[str, float] = Field(description="Seconds by stage.")
    carried: int = Field(description="Passages taken over from the generation before.")
    documents: int
    passages: int
    skipped: list[SkippedFile] = Field(description="Files left out, by name; a thousand at the most.")
    all_skipped: int = Field(description="How many files were left out.")
    healthy: bool | None = Field(description="Whether the doctor finds no fault; null: it was not asked.")
    findings: list[DoctorFinding] | None = Field(description="What each check found.")


class ReadRequest(CollectionRequest):
    """Which passage of the document is cited."""

    passage: str | None = Field(None, max_length=100, description="Its passage_id; null: none is.")


class PictureRequest(CollectionRequest):
    """Which page, and how large."""

    page: int = Field(1, ge=1, le=10_000, description="Its place in the file, from 1.", examples=[1])
    width: int = Field(1000, ge=50, le=2000, description="Width of the picture in pixels.", examples=[1000])


class BoxesRequest(CollectionRequest):
    """Which page, and which piece of the document's text."""

    page: int = Field(1, ge=1, le=10_000, description="Its place in the file, from 1.", examples=[1])
    start: int = Field(
        0, ge=0, le=2**53, description="Offset of the first character in the document's text.", examples=[0]
    )
    end: int = Field(
        0,
        ge=0,
        le=2**53,
        description="Offset one past the last one; as start: no piece, only what is known of the page.",
        examples=[77],
    )


class PageBox(BaseModel):
    """A rectangle on a page, in shares of its width and height, from its top left corner."""

    left: float
    top: float
    width: float
    height: float


class PageBoxes(BaseModel):
    """Where a piece of a document's text stands on one of its pages."""

    source: str
    page: int
    page_label: str | None = Field(description="What is printed as the page's number, if that differs.")
    pages: int = Field(description="Number of pages of the file.")
    width: float = Field(description="Of the page, in points; in pixels where the file is a picture.")
    height: float
    boxes: list[PageBox] = Field(
        description="One a line, in reading order; none where the piece is not found there. Of a piece that"
        " goes on over the page's end, the part on this page."
    )


class Alive(BaseModel):
    """That the process runs; whether it can answer is another question."""

    live: bool


class CollectionHealth(BaseModel):
    """Whether a collection can answer."""

    name: str
    status: Literal["ok", "degraded", "unavailable"]
    reason: str | None = Field(description="Why it is not ready or not up to date, and what to do.")
    index: IndexInfo | None
    layout: str | None = Field(
        description="How Qdrant holds the index: shards, replicas, what of the vectors is in memory; null"
        " where a folder is searched."
    )


class CollectionList(BaseModel):
    """The collections that may be asked."""

    collections: list[CollectionHealth] = Field(
        description="Those that the key opens, in the order of the settings; none where the service has one"
        " index without a name."
    )


class Health(BaseModel):
    """Whether the service can answer."""

    status: Literal["ok", "degraded", "unavailable"] = Field(
        description="degraded: it answers, but not from the newest index, or not of each collection;"
        " unavailable: it does not answer."
    )
    live: bool
    ready: bool
    reason: str | None = Field(description="Why it is not ready or not up to date, and what to do.")
    engine: str | None = Field(description="What the model runs on; null while there is none.")
    engines: EngineChoice | None = Field(
        description="What was measured on this processor to choose the engine; null where there is no choice."
    )
    index: IndexInfo | None
    layout: str | None = Field(
        description="How Qdrant holds the index: shards, replicas, what of the vectors is in memory; null"
        " where a folder is searched, and where there are collections, each of which tells its own."
    )
    collections: list[CollectionHealth] = Field(
        description="The collections that the key sent with the request opens, every one where no key is"
        " needed; empty where the service has one index without a name."
    )


class ErrorBody(BaseModel):
    """What went wrong, and what to do."""

    code: str = Field(description="For programs; stays the same.")
    message: str = Field(description="For people: what was found.")
    hint: str = Field(description="For people: what to do next.")


class ErrorResponse(BaseModel):
    """Every refusal has this shape."""

    error: ErrorBody
