"""Score the candidates of a question: their features by every variant of the question, and their order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, compress

import numpy as np
import numpy.typing as npt

from indexer.passages.analysis import ANALYSES, PREFIX, numbers, terms, words
from indexer.store.lexical import idf, term_key
from indexer.store.open_index import OpenIndex
from indexer.store.passage_table import language_code
from models import background_texts
from service.search import ranking, relevance
from service.search.answers import Features
from service.search.question import Question
from service.search.ranking import Floats, RankingSettings
from service.search.relevance import Calibration, Doubles, Mask

Rows = npt.NDArray[np.int64]
Terms = Mapping[str, Sequence[str]]
"""Name of each analysis → the terms of a text by it, each once."""


@dataclass(frozen=True, slots=True, eq=False)
class EncodedQuestion:
    """A question, read and encoded."""

    question: Question
    centred: Floats
    """[variants, dim]: without what questions have in common."""
    terms: Sequence[Terms]
    """Terms of each variant."""
    language: str | None
    """ISO 639-1 code of the question; None where it is too short to tell."""


@dataclass(frozen=True, slots=True)
class VariantFeatures:
    """Features of the candidates by one variant of a question: arrays [n], one place a candidate."""

    passage: Floats
    unit: Floats
    sentence: Rows
    lexical: Floats
    coverage: Floats
    closeness: Floats
    holds: Mask
    """[n, terms]"""
    terms: tuple[str, ...]
    figures: Rows
    """How many of the question's figures the passage holds."""
    lacks_figure: Mask
    """Whether the passage lacks a figure of the question."""
    scores: Floats
    """Score of each candidate, combined of passage, unit and lexical."""


@dataclass(frozen=True, slots=True)
class Candidates:
    """Candidates of a question, scored: arrays [n], one place a candidate; at least one."""

    rows: Rows
    variants: Sequence[VariantFeatures]
    """Features by each variant of the question."""
    scores: Floats
    """Score by the variant that fits best."""
    fitting: Rows
    """Which variant that is."""
    order: Rows
    """Places, best first."""
    crosses: Mask
    """Whether the passage is in another language than the question; False where one is unknown."""

    def of(self, place: int) -> VariantFeatures:
        """Return the features by the variant that fits a candidate best."""
        return self.variants[int(self.fitting[place])]

    def feature(self, name: str) -> npt.NDArray[np.float64]:
        """Return a feature of each candidate by the variant that fits it best: [n]."""
        stacked = np.stack([getattr(variant, name) for variant in self.variants])
        return stacked[self.fitting, np.arange(len(self.rows))].astype(np.float64)

    def evidence(self, calibration: Calibration) -> Doubles:
        """Return the logit of each candidate as if it were the best one: [n]."""
        return relevance.evidence(
            calibration, self.feature("closeness"), self.feature("coverage"), self.crosses
        )

    def features(self, place: int, text: str) -> Features:
        """Return the features of one candidate, for the variant of this text."""
        fits = self.of(place)
        return Features(
            text,
            float(fits.passage[place]),
            float(fits.unit[place]),
            float(fits.lexical[place]),
            float(fits.coverage[place]),
            float(fits.closeness[place]),
            bool(self.crosses[place]),
            tuple(dict.fromkeys(compress(fits.terms, fits.holds[place].tolist()))),
        )


def question_terms(text: str) -> Terms:
    """Return the terms of a text by each analysis, each once, in order."""
    folded = list(words(text))
    return {analysis.name: list(dict.fromkeys(terms(folded, analysis))) for analysis in ANALYSES}


def score(
    index: OpenIndex, asked: EncodedQuestion, rows: Rows, settings: RankingSettings = ranking.SETTINGS
) -> Candidates:
    """Score the passages of rows, at least one, and put them in order."""
    passages = asked.centred @ index.vectors.passages(rows).T
    units = index.vectors.best_units(asked.centred, rows)
    variants = []
    for v, wanted in enumerate(asked.terms):
        dense = ranking.dense(passages[v], units.products[v], settings.unit_weight)
        lexical, coverage, holds = _words(index, wanted, rows, settings)
        in_question = tuple(chain.from_iterable(wanted.values()))
        figures = numbers(asked.question.variants[v])
        held, lacks = _figures(wanted, holds, figures)
        variants.append(
            VariantFeatures(
                passage=passages[v],
                unit=units.products[v],
                sentence=units.sentences[v],
                lexical=lexical,
                coverage=coverage,
                closeness=_closeness(index, asked, v, dense, rows),
                holds=holds,
                terms=in_question,
                figures=held,
                lacks_figure=lacks,
                scores=ranking.combined(dense, lexical, settings.lexical_weight),
            )
        )
    scores = np.stack([variant.scores for variant in variants])
    best = scores.max(axis=0)
    order = ranking.order(best, rows)
    crosses = _crosses(asked.language, index.passage_table.languages[rows])
    return Candidates(rows, variants, best, scores.argmax(axis=0), order, crosses)


def _crosses(language: str | None, passages: npt.NDArray[np.uint16]) -> Mask:
    """Return whether each passage is in another language than the question; languages as codes [n]."""
    if language is None:
        return np.zeros(len(passages), np.bool_)
    unknown, spoken = language_code(None), language_code(language)
    crosses: Mask = (passages != unknown) & (passages != spoken)
    return crosses


def _closeness(index: OpenIndex, asked: EncodedQuestion, variant: int, dense: Floats, rows: Rows) -> Floats:
    """Return the closeness of each candidate, measured by unrelated texts in its passage's language.

    Vectors of two languages lie apart: to a French question all English texts are farther than French ones,
    so that both together would measure neither. A language without texts of its own is measured by those
    that are farther.
    """
    products = asked.centred[variant] @ index.vectors.background.T
    spoken = index.passage_table.languages[rows]
    several = len(background_texts.LANGUAGES)
    by_language = np.stack([relevance.closeness(dense, products[at::several]) for at in range(several)])
    close: Floats = by_language.max(axis=0)
    for language, own in zip(background_texts.LANGUAGES, by_language, strict=True):
        close = np.where(spoken == language_code(language), own, close)
    return close


def _words(
    index: OpenIndex, wanted: Terms, rows: Rows, settings: RankingSettings
) -> tuple[Floats, Floats, Mask]:
    """Return (BM25 over its bound, coverage, terms that each passage holds [n, terms]) of one variant."""
    lexical = index.lexical
    keys = [term_key(name, term) for name, several in wanted.items() for term in several]
    matches = lexical.matches(rows, keys)
    begin, bm25, shares = 0, [], []
    for column, (name, several) in enumerate(wanted.items()):
        weights = matches.weights[:, begin : begin + len(several)]
        rarity = idf(len(lexical), [lexical.document_frequency(name, term) for term in several])
        mean = float(lexical.mean_lengths[column])
        bm25.append(ranking.bm25(weights, matches.lengths[:, column], mean, rarity))
        shares.append(ranking.coverage(weights, rarity))
        begin += len(several)
    if not settings.prefix:
        at = list(wanted).index(PREFIX.name)
        del bm25[at], shares[at]
    # The prefix analysis leaves out the stop words of every language. Where nothing is left, the question
    # says nothing that could be covered, whatever another language takes its words for.
    says_something = bool(wanted[PREFIX.name])
    return (
        np.mean(bm25, axis=0, dtype=np.float32),
        np.max(shares, axis=0) * np.float32(says_something),
        matches.weights > 0,
    )


def _figures(wanted: Terms, holds: Mask, figures: frozenset[str]) -> tuple[Rows, Mask]:
    """Return (figures of the question that each passage holds, whether it lacks one): [n] each.

    What holds a digit is a term of its own by every analysis.
    """
    assert list(wanted)[-1] == PREFIX.name
    begin = sum(map(len, wanted.values())) - len(wanted[PREFIX.name])
    columns = [begin + at for at, term in enumerate(wanted[PREFIX.name]) if term in figures]
    held = holds[:, columns].sum(axis=1)
    return held.astype(np.int64), held < len(columns)
