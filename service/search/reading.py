"""Read a question against an index: its variants, their terms with how rare these are, and its language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
import numpy.typing as npt

from indexer.passages.analysis import ANALYSES, PREFIX, numbers, terms, words
from indexer.store.lexical import idf, term_key
from indexer.store.store import Store
from models import languages
from service.search.question import Knowledge, Question, read
from service.search.ranking import Floats

Terms = Mapping[str, Sequence[str]]
"""Name of each analysis → the terms of a text by it, each once."""


@dataclass(frozen=True, slots=True, eq=False)
class VariantTerms:
    """The terms of one variant of a question, as they are looked up and weighed."""

    by_analysis: Terms
    every: tuple[str, ...]
    """Terms of all analyses, one analysis after the other."""
    keys: npt.NDArray[np.uint32]
    """[terms]: key of each in the term lists."""
    idf: Floats
    """[terms]: inverse document frequency of each."""
    figures: Sequence[int]
    """Places of the terms that are figures of the question."""


@dataclass(frozen=True, slots=True, eq=False)
class ReadQuestion:
    """All that a question says before it is encoded."""

    question: Question
    terms: Sequence[VariantTerms]
    """Terms of each variant."""
    language: str | None
    """ISO 639-1 code of the question; None where it is too short to tell."""


def read_question(knowledge: Knowledge, store: Store, text: str) -> ReadQuestion:
    """Read a question with what an index knows of its words."""
    question = read(text, knowledge)
    variants = [variant_terms(variant, store) for variant in question.variants]
    return ReadQuestion(question, variants, languages.of_question(question.variants[0]))


def variant_terms(text: str, store: Store) -> VariantTerms:
    """Return the terms of a text, weighed by the passages of an index."""
    wanted = question_terms(text)
    keys = [term_key(name, term) for name, several in wanted.items() for term in several]
    rarity = idf(store.statistics.passages, store.document_frequencies(keys))
    # What holds a digit is a term of its own by every analysis; those of the last one are counted.
    assert list(wanted)[-1] == PREFIX.name
    figures, begin = numbers(text), len(keys) - len(wanted[PREFIX.name])
    return VariantTerms(
        wanted,
        tuple(chain.from_iterable(wanted.values())),
        np.asarray(keys, dtype=np.uint32),
        rarity,
        [begin + at for at, term in enumerate(wanted[PREFIX.name]) if term in figures],
    )


def question_terms(text: str) -> Terms:
    """Return the terms of a text by each analysis, each once, in order."""
    folded = list(words(text))
    return {analysis.name: list(dict.fromkeys(terms(folded, analysis))) for analysis in ANALYSES}
