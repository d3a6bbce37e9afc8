"""The records of an answer: ranked passages, what their scores are made of, and how relevant they are."""

from __future__ import annotations

from dataclasses import dataclass

from indexer.records import Sentence
from indexer.store.catalogue import PassageEntry
from service.search.query_syntax import Understood
from service.search.question import Question
from service.search.ranking import SETTINGS, RankingSettings
from service.search.relevance import Relevance, RelevanceClass

Span = tuple[int, int]
"""(start, end) of a piece of text, end excluded."""

NOTHING = Relevance(0.0, RelevanceClass.NONE)
"""The relevance of an answer without hits."""


@dataclass(frozen=True, slots=True)
class Features:
    """What a hit's score and relevance are made of, for the variant of the question it fits best."""

    variant: str
    passage: float
    """Inner product of the centred question with the passage."""
    sentence: float
    """Inner product of the centred question with the best sentence."""
    lexical: float
    """BM25 over its upper bound for this question, mean over the analyses: 0 … 1."""
    coverage: float
    """Share of the question's terms, by idf, that the passage holds, in the best analysis: 0 … 1."""
    closeness: float
    """Standard deviations above unrelated texts in the passage's language."""
    crosses: bool
    """Whether the passage is in another language than the question."""
    matched: tuple[str, ...]
    """Terms of the question that the passage holds."""
    settings: RankingSettings = SETTINGS
    """What the score was combined with."""


@dataclass(frozen=True, slots=True)
class RankedPassage:
    """A hit: a passage, its place in other documents, and what in it answers."""

    entry: PassageEntry
    score: float
    highlights: tuple[Sentence, ...]
    """Sentences that answer, best first; at least one."""
    relevance: Relevance
    features: Features
    twins: tuple[PassageEntry, ...]
    """Passages of other documents that say the same, one a document, in the order of the index."""
    versions: tuple[PassageEntry, ...] = ()
    """Passages of other documents that differ in figures alone, one a document, in the order of the index."""
    matches: tuple[Span, ...] = ()
    """Spans of the passage's clean text that hold words of the question."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The hits of a question, and how the question was read."""

    question: Question
    hits: tuple[RankedPassage, ...]
    """Best first."""
    relevance: Relevance
    """Whether the corpus answers the question at all: the relevance of the best hit."""
    understood: tuple[Understood, ...] = ()
    """The query syntax in the question, with the number of passages that meet each condition."""
    total: int = 0
    """Passages, or documents, that all pages hold together."""
