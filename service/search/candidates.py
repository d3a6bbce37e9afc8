"""Score the candidates of a question: their features by every variant of the question, and their order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import compress

import numpy as np
import numpy.typing as npt

from indexer.passages.analysis import PREFIX
from indexer.store.lexical import TermMatches
from indexer.store.passage_table import language_code
from indexer.store.store import Found, Statistics, Wanted
from models import background_texts
from service.search import ranking, relevance
from service.search.answers import Features
from service.search.ranking import Floats, RankingSettings
from service.search.reading import ReadQuestion, VariantTerms
from service.search.relevance import Calibration, Doubles, Mask

Rows = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class EncodedQuestion:
    """A question, read and encoded."""

    read: ReadQuestion
    centred: Floats
    """[variants, dim]: without what questions have in common."""

    @property
    def wanted(self) -> Wanted:
        """The question as a store looks for it."""
        terms = self.read.terms
        prefixes = [variant.by_analysis[PREFIX.name] for variant in terms]
        return Wanted(self.centred, prefixes, [variant.keys for variant in terms])


@dataclass(frozen=True, slots=True)
class VariantFeatures:
    """Features of the candidates by one variant of a question: arrays [n], one place a candidate."""

    passage: Floats
    unit: Floats
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
    """Score of each candidate, combined of passage, unit and lexical, less what its kind costs."""


@dataclass(frozen=True, slots=True)
class Candidates:
    """Candidates of a question, scored: arrays [n], one place a candidate; at least one."""

    found: Found
    """What the store knows of them."""
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
    settings: RankingSettings
    """What the scores were combined with."""

    def of(self, place: int) -> VariantFeatures:
        """Return the features by the variant that fits a candidate best."""
        return self.variants[int(self.fitting[place])]

    def feature(self, name: str) -> npt.NDArray[np.float64]:
        """Return a feature of each candidate by the variant that fits it best: [n]."""
        by_variant = [getattr(variant, name) for variant in self.variants]
        if len(by_variant) == 1:
            return np.asarray(by_variant[0], dtype=np.float64)
        return np.stack(by_variant)[self.fitting, np.arange(len(self.scores))].astype(np.float64)

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
            self.settings,
        )


def score(
    statistics: Statistics, asked: EncodedQuestion, found: Found, settings: RankingSettings = ranking.SETTINGS
) -> Candidates:
    """Score what a store has found for a question, by the statistics of its generation, and order it."""
    passages, units = found.passages, found.units.best
    costs = ranking.kind_costs(found.kinds, settings.kind_cost)
    variants = []
    for v, (wanted, matches) in enumerate(zip(asked.read.terms, found.matches, strict=True)):
        dense = ranking.dense(passages[v], units[v], settings.unit_weight)
        lexical, coverage, holds = _words(statistics, wanted, matches, settings)
        held = holds[:, wanted.figures].sum(axis=1)
        variants.append(
            VariantFeatures(
                passage=passages[v],
                unit=units[v],
                lexical=lexical,
                coverage=coverage,
                closeness=_closeness(statistics, asked.centred[v], dense, found.languages),
                holds=holds,
                terms=wanted.every,
                figures=held.astype(np.int64),
                lacks_figure=held < len(wanted.figures),
                scores=ranking.combined(dense, lexical, settings.lexical_weight) - costs,
            )
        )
    scores = np.stack([variant.scores for variant in variants])
    best = scores.max(axis=0)
    order = ranking.order(best, found.rows)
    crosses = _crosses(asked.read.language, found.languages)
    return Candidates(found, variants, best, scores.argmax(axis=0), order, crosses, settings)


def _crosses(language: str | None, passages: npt.NDArray[np.uint16]) -> Mask:
    """Return whether each passage is in another language than the question; languages as codes [n]."""
    if language is None:
        return np.zeros(len(passages), np.bool_)
    unknown, spoken = language_code(None), language_code(language)
    crosses: Mask = (passages != unknown) & (passages != spoken)
    return crosses


def _closeness(
    statistics: Statistics, question: Floats, dense: Floats, spoken: npt.NDArray[np.uint16]
) -> Floats:
    """Return the closeness of each candidate, measured by unrelated texts in its passage's language.

    question [dim]: a variant of the question. spoken [n]: codes of the languages of the passages. Vectors of
    two languages lie apart: to a French question all English texts are farther than French ones, so that both
    together would measure neither. A language without texts of its own is measured by those that are farther.
    """
    products = question @ statistics.background.T
    by_language = relevance.nearest(_by_language(products))
    nearest = np.full(len(spoken), by_language.min())
    for code, own in zip(_BACKGROUND, by_language, strict=True):
        nearest[spoken == code] = own
    return relevance.closeness(dense, nearest, statistics.passages)


_BACKGROUND = [language_code(language) for language in background_texts.LANGUAGES]
"""Codes of the languages of the unrelated texts, which stand by turns."""


def _by_language(products: Floats) -> Floats:
    """Return products with the unrelated texts [texts] by their languages: [languages, texts of each]."""
    return np.ascontiguousarray(products.reshape(-1, len(_BACKGROUND)).T)


def _words(
    statistics: Statistics, wanted: VariantTerms, matches: TermMatches, settings: RankingSettings
) -> tuple[Floats, Floats, Mask]:
    """Return (BM25 over its bound, coverage, terms that each passage holds [n, terms]) of one variant."""
    begin, bm25, shares = 0, [], []
    for column, several in enumerate(wanted.by_analysis.values()):
        own = slice(begin, begin := begin + len(several))
        weights, rarity = matches.weights[:, own], wanted.idf[own]
        mean = float(statistics.mean_lengths[column])
        bm25.append(ranking.bm25(weights, matches.lengths[:, column], mean, rarity))
        shares.append(ranking.coverage(weights, rarity))
    if not settings.prefix:
        at = list(wanted.by_analysis).index(PREFIX.name)
        del bm25[at], shares[at]
    # The prefix analysis leaves out the stop words of every language. Where nothing is left, the question
    # says nothing that could be covered, whatever another language takes its words for.
    says_something = bool(wanted.by_analysis[PREFIX.name])
    return (
        np.mean(bm25, axis=0, dtype=np.float32),
        np.max(shares, axis=0) * np.float32(says_something),
        matches.weights > 0,
    )
