"""Searcher: a question → ranked passages of one open index."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import chain, compress, islice

import numpy as np
import numpy.typing as npt

from indexer.passages.analysis import ANALYSES, PREFIX, terms, words
from indexer.records import Sentence
from indexer.store.catalogue import PassageEntry
from indexer.store.filters import EVERYTHING, Allowed, Filters
from indexer.store.lexical import idf, term_key
from indexer.store.open_index import OpenIndex
from models.encoder import Encoder
from service.search import ranking, relevance
from service.search.observer import SILENT, Observer
from service.search.question import Knowledge, Question, both_ways, read
from service.search.ranking import Floats
from service.search.relevance import Calibration, Relevance, RelevanceClass
from service.search.stages import stage

CANDIDATES = 100
"""Passages taken from each half, vectors and words, for each variant; more when more hits are asked for."""
WIDEST = 16
"""So many times as many are taken at the most where twins leave too few that differ."""
ALSO = 20
"""Twins named with a hit at the most."""

LOOKED_AT = 200
"""The same where documents that matter are counted, shared by as many searches as that takes."""
REMEMBERED = 32
"""Filters whose passages are remembered: a byte and a bit a passage each."""

Rows = npt.NDArray[np.int64]
Reading = Mapping[str, Sequence[str]]
"""Name of each analysis → the terms of a text by it, each once."""


@dataclass(frozen=True, slots=True)
class Features:
    """What a hit's score is made of, for the variant of the question it fits best."""

    variant: str
    passage: float
    """Inner product of the centred question with the passage."""
    sentence: float
    """The same with the best sentence, or part of one."""
    lexical: float
    """BM25 over its upper bound for this question, mean over the analyses: 0 … 1."""
    coverage: float
    """Share of the question's terms, by what they tell, that it holds, in the best analysis: 0 … 1."""
    closeness: float
    """Standard deviations above unrelated texts."""
    matched: tuple[str, ...]
    """Terms of the question that the passage holds."""


@dataclass(frozen=True, slots=True)
class Found:
    """A passage found."""

    entry: PassageEntry
    score: float
    highlight: Sentence
    """The sentence that answers best."""
    relevance: Relevance
    features: Features
    also: tuple[PassageEntry, ...]
    """Its twins in other documents, one a document, in the order of the index."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What was found for a question."""

    question: Question
    hits: tuple[Found, ...]
    """Best first."""
    relevance: Relevance
    """Whether the corpus answers the question at all."""


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """A question, read and encoded."""

    question: Question
    queries: Floats
    """[variants, dim]"""
    centred: Floats
    """[variants, dim]: without what questions have in common."""
    readings: Sequence[Reading]
    """Of each variant."""


NOTHING = Relevance(0.0, RelevanceClass.NONE)


@dataclass(frozen=True, slots=True)
class _Scored:
    """Candidates of one variant of a question: arrays [n], one place a candidate."""

    passage: Floats
    unit: Floats
    sentence: Rows
    lexical: Floats
    coverage: Floats
    closeness: Floats
    held: npt.NDArray[np.bool_]
    """[n, terms]"""
    terms: tuple[str, ...]

    @property
    def scores(self) -> Floats:
        return ranking.combined(ranking.dense(self.passage, self.unit), self.lexical)


@dataclass(frozen=True, slots=True)
class _Ranked:
    """Candidates of a question: arrays [n], one place a candidate; at least one."""

    rows: Rows
    scored: Sequence[_Scored]
    """By each variant."""
    scores: Floats
    """By the variant that fits best."""
    variants: Rows
    """Which one that is."""
    order: Rows
    """Places, best first."""

    def fits(self, at: int) -> _Scored:
        """What is known by the variant that fits a candidate best."""
        return self.scored[int(self.variants[at])]


@dataclass(frozen=True, slots=True, eq=False)
class Pool:
    """Candidates of a question, best first, in which searches under several filters can be told apart."""

    rows: Rows
    """[n]: rows of the passages."""
    scores: relevance.Doubles
    closeness: relevance.Doubles
    coverage: relevance.Doubles
    calibration: Calibration | None

    def mattering(self, places: Rows, groups: Rows) -> npt.NDArray[np.bool_]:
        """Return which of the candidates at places [m] matter in a search of their groups [m] alone: [m].

        They do when they are of at least weak relevance, judged beside the best of their group, which a
        search confined to the group would show first; without calibration, the first CANDIDATES of each
        group do. A candidate may stand in several groups; in each, places rise.
        """
        if not len(places):
            return np.empty(0, np.bool_)
        if self.calibration is None:
            order = np.argsort(groups, kind="stable")
            first = np.searchsorted(groups[order], groups[order])
            matter = np.empty(len(groups), np.bool_)
            matter[order] = np.arange(len(groups)) - first < CANDIDATES
            return matter
        scores = self.scores[places]
        best = np.full(int(groups.max()) + 1, -np.inf)
        np.maximum.at(best, groups, scores)
        gap = best[groups] - scores
        return relevance.matter(self.calibration, self.closeness[places], self.coverage[places], gap)


class Searcher:
    """Answers questions from one index; safe to call from several threads."""

    def __init__(self, encoder: Encoder, index: OpenIndex, observer: Observer = SILENT) -> None:
        self.encoder = encoder
        self.index = index
        self._observer = observer
        self._knowledge = knowledge(index)
        fitted = index.manifest.calibration
        self._calibration = Calibration(**fitted) if fitted else None
        # Bound to the index and not to the searcher: see knowledge.
        self._allowed = lru_cache(maxsize=REMEMBERED)(index.allowed)

    @property
    def calibrated(self) -> bool:
        """Whether relevance comes with a probability."""
        return self._calibration is not None

    def search(
        self,
        asked: str,
        count: int,
        *,
        per_source: int,
        least: float | str = 0.0,
        by_document: bool = False,
        filters: Filters = EVERYTHING,
    ) -> Answer:
        """The `count` best passages for the question, best first; fewer when there are fewer.

        Only of passages that the filters let through. At most per_source of one document, and none below
        `least`, a probability or a class. By document: the passages of the `count` best documents, side by
        side.
        """
        read_as = self.read(asked)
        question = read_as.question
        find = partial(self._candidates, read_as, filters)
        with stage("candidates", self._observer):
            rows = self._different(find, max(CANDIDATES, 4 * count))
        if not len(rows):
            return Answer(question, (), NOTHING)
        ranked = self._ranked(read_as, rows)
        order = ranked.order
        top = int(order[0])
        if least:
            reaching = [at for at in order.tolist() if self._sure(ranked, at, top).reaches(least)]
            order = np.asarray(reaching, dtype=np.int64)
        order = ranking.folded(order, self.index.near_duplicates.of(ranked.rows))
        pick = ranking.grouped if by_document else ranking.diverse
        documents = self.index.passage_table.documents[ranked.rows[order]].tolist()
        chosen = order[pick(documents, per_source, count)].tolist()
        with stage("fetch", self._observer):
            entries = self._with_twins(ranked.rows[chosen])
        hits = tuple(
            Found(
                entry,
                float(ranked.scores[at]),
                entry.passage.sentences[ranked.fits(at).sentence[at]],
                self._sure(ranked, at, top),
                _features(question.variants[ranked.variants[at]], ranked.fits(at), at),
                also,
            )
            for (entry, also), at in zip(entries, chosen, strict=True)
        )
        first = ranked.fits(top)
        answer = relevance.of_answer(
            self._calibration, float(first.closeness[top]), float(first.coverage[top])
        )
        return Answer(question, hits, answer)

    def read(self, asked: str) -> Asked:
        """A question as searches need it; encoding it is what takes most of their time."""
        with stage("read", self._observer):
            question = read(asked, self._knowledge)
        with stage("encode", self._observer):
            queries = self.encoder.queries(question.variants)
        centred = ranking.centred(queries, self.index.vectors.mean_question)
        return Asked(question, queries, centred, [_reading(variant) for variant in question.variants])

    def pool(self, asked: Asked, several: Sequence[Filters]) -> Pool:
        """Return the candidates of a question under several filters, some hundred, each scored once."""
        count = max(CANDIDATES, LOOKED_AT // len(several))
        rows = np.unique(np.concatenate([self._candidates(asked, each, count) for each in several]))
        if not len(rows):
            nothing = np.empty(0, np.float64)
            return Pool(rows, nothing, nothing, nothing, self._calibration)
        ranked = self._ranked(asked, rows)
        fitting = ranked.variants[ranked.order], ranked.order
        return Pool(
            rows[ranked.order],
            ranked.scores[ranked.order].astype(np.float64),
            np.stack([each.closeness for each in ranked.scored])[fitting].astype(np.float64),
            np.stack([each.coverage for each in ranked.scored])[fitting].astype(np.float64),
            self._calibration,
        )

    def similar(self, row: int, count: int, *, per_source: int) -> list[Found]:
        """The passages most like the one at row, itself left out, best first."""
        vectors = self.index.vectors
        own = vectors.passages(np.asarray([row]))

        def others(most: int) -> Rows:
            near = vectors.nearest(own, most + 1)[0]
            kept: Rows = near[near != row]
            return kept

        rows = self._different(others, max(CANDIDATES, 4 * count))
        cosines = vectors.passages(rows) @ own[0]
        units, sentences = vectors.best_units(own, rows) if len(rows) else (cosines[None], rows[None])
        order = ranking.folded(ranking.order(cosines, rows), self.index.near_duplicates.of(rows))
        documents = self.index.passage_table.documents[rows[order]].tolist()
        places = [order[place] for place in ranking.diverse(documents, per_source, count)]
        entries = self._with_twins(rows[places])
        return [
            Found(
                entry,
                float(cosines[at]),
                entry.passage.sentences[sentences[0, at]],
                relevance.UNKNOWN,
                Features("", float(cosines[at]), float(units[0, at]), 0.0, 0.0, 0.0, ()),
                tuple(each for each in also if each.row != row),
            )
            for (entry, also), at in zip(entries, places, strict=True)
        ]

    def _ranked(self, asked: Asked, rows: Rows) -> _Ranked:
        """Candidates, at least one, scored and put in order."""
        with stage("score", self._observer):
            scored = self._score(asked, rows)
        scores = np.stack([each.scores for each in scored])
        best = scores.max(axis=0)
        return _Ranked(rows, scored, best, scores.argmax(axis=0), ranking.order(best, rows))

    def _sure(self, ranked: _Ranked, at: int, top: int) -> Relevance:
        """How sure the candidate at a place is a right one, beside the best, which is at top."""
        fits = ranked.fits(at)
        gap = float(ranked.scores[top] - ranked.scores[at])
        return relevance.of_hit(self._calibration, float(fits.closeness[at]), float(fits.coverage[at]), gap)

    def _different(self, find: Callable[[int], Rows], count: int) -> Rows:
        """What find brings up when asked for count rows, or for more where not a quarter of that differ."""
        most = count
        while True:
            rows = find(most)
            kept = ranking.folded(np.arange(len(rows)), self.index.near_duplicates.of(rows))
            if 4 * len(kept) >= count or len(rows) < most or most >= WIDEST * count:
                return rows
            most *= 4

    def _with_twins(self, rows: Rows) -> list[tuple[PassageEntry, tuple[PassageEntry, ...]]]:
        """The passages of rows, in order, each with twins of it in other documents."""
        twins = [self._twins(row) for row in rows.tolist()]
        entries = iter(self.index.catalogue.passages([*rows.tolist(), *chain.from_iterable(twins)]))
        passages = list(islice(entries, len(rows)))
        return [(each, tuple(islice(entries, len(also)))) for each, also in zip(passages, twins, strict=True)]

    def _twins(self, row: int) -> list[int]:
        """The first twin of the passage at row in each other document, in order, at most ALSO."""
        documents = self.index.passage_table.documents
        members = self.index.near_duplicates.members(int(self.index.near_duplicates.of(np.array([row]))[0]))
        held, first = np.unique(documents[members], return_index=True)
        found: list[int] = members[first[held != documents[row]]].tolist()
        return found[:ALSO]

    def _candidates(self, asked: Asked, filters: Filters, count: int) -> Rows:
        """Rows that some variant's vector or words bring up, each once."""
        allowed = self.allowed(filters)
        if allowed is not None and allowed.count <= count:
            return allowed.rows
        near = self.index.vectors.nearest(asked.centred, count, allowed).ravel()
        worded = [self.index.lexical.find(reading[PREFIX.name], count, allowed) for reading in asked.readings]
        return np.unique(np.concatenate([near, *worded]))

    def allowed(self, filters: Filters) -> Allowed | None:
        """Return the passages that filters allow; None: all."""
        return None if filters == EVERYTHING else self._allowed(filters)

    def _score(self, asked: Asked, rows: Rows) -> list[_Scored]:
        """Every candidate's features, variant by variant."""
        vectors, centred = self.index.vectors, asked.centred
        passages = centred @ vectors.passages(rows).T
        units, sentences = vectors.best_units(centred, rows)
        scored = []
        for v, reading in enumerate(asked.readings):
            unrelated = centred[v] @ vectors.background.T
            spread = float((asked.queries[v] @ vectors.background.T).std())
            dense = ranking.dense(passages[v], units[v])
            closeness = (dense - np.float32(unrelated.mean())) / np.float32(max(spread, 1e-6))
            lexical, coverage, held, known = self._words(reading, rows)
            scored.append(
                _Scored(passages[v], units[v], sentences[v], lexical, coverage, closeness, held, known)
            )
        return scored

    def _words(
        self, reading: Reading, rows: Rows
    ) -> tuple[Floats, Floats, npt.NDArray[np.bool_], tuple[str, ...]]:
        """(BM25 over its bound, coverage, terms held [n, terms], those terms) of one variant."""
        lexical = self.index.lexical
        keys = [term_key(name, term) for name, wanted in reading.items() for term in wanted]
        matches = lexical.matches(rows, keys)
        at, bm25, shares = 0, [], []
        for column, (name, wanted) in enumerate(reading.items()):
            weights = matches.weights[:, at : at + len(wanted)]
            told = idf(len(lexical), [lexical.document_frequency(name, term) for term in wanted])
            mean = float(lexical.mean_lengths[column])
            bm25.append(ranking.bm25(weights, matches.lengths[:, column], mean, told))
            shares.append(ranking.coverage(weights, told))
            at += len(wanted)
        # The prefix reading leaves out the stop words of every language. Where nothing is left, the question
        # says nothing that could be covered, whatever another language takes its words for.
        says_something = bool(reading[PREFIX.name])
        return (
            np.mean(bm25, axis=0, dtype=np.float32),
            np.max(shares, axis=0) * np.float32(says_something),
            matches.weights > 0,
            tuple(chain.from_iterable(reading.values())),
        )


def knowledge(index: OpenIndex) -> Knowledge:
    """What an index knows that helps to read a question."""
    long_forms, short_forms = both_ways(index.catalogue.acronyms())
    # Bound to the index and not to a searcher: a circle would keep an old generation open until the
    # collector of garbage happens to pass.
    return Knowledge(partial(_knows, index), index.catalogue.neighbours, long_forms, short_forms)


def _knows(index: OpenIndex, word: str) -> bool:
    """Whether a passage holds the folded word in one of its forms, or it says nothing anyway."""
    stemming = [analysis for analysis in ANALYSES if analysis.stemmer]
    found = [(analysis.name, term) for analysis in stemming for term in terms([word], analysis)]
    return len(found) < len(stemming) or any(index.lexical.document_frequency(*each) for each in found)


def _reading(text: str) -> Reading:
    """The terms of a text by each analysis, each once, in order."""
    folded = list(words(text))
    return {each.name: list(dict.fromkeys(terms(folded, each))) for each in ANALYSES}


def _features(variant: str, scored: _Scored, at: int) -> Features:
    matched = dict.fromkeys(compress(scored.terms, scored.held[at].tolist()))
    return Features(
        variant,
        float(scored.passage[at]),
        float(scored.unit[at]),
        float(scored.lexical[at]),
        float(scored.coverage[at]),
        float(scored.closeness[at]),
        tuple(matched),
    )
