"""Answer questions from one store: candidates, their scores, and the hits that are shown."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import chain

import numpy as np
import numpy.typing as npt

from indexer.passages.analysis import ANALYSES, terms
from indexer.store.filters import EVERYTHING, Filters
from indexer.store.lexical import term_key
from indexer.store.store import Store
from models.encoder import Encoder
from service.search import marking, negation, query_syntax, ranking, relevance
from service.search.answers import NOTHING, Answer, Features, RankedPassage
from service.search.batching import MOST, Vector
from service.search.candidates import Candidates, EncodedQuestion, Rows, score
from service.search.observer import SILENT, Observer
from service.search.query_syntax import ParsedQuery
from service.search.question import Knowledge, Question, both_ways
from service.search.ranking import Floats, RankingSettings
from service.search.reading import ReadQuestion, read_question
from service.search.relevance import Calibration, Doubles, Mask, Relevance
from service.search.stages import stage

CANDIDATES = 100
"""Passages taken from each half, vectors and words, for each variant; more when more hits are asked for."""
FACET_CANDIDATES = 200
"""Passages scored for one request of facets, divided among its filters."""
READ_FOR_NEGATION = 50
"""Hits whose texts are read to see whether they assert what the question wants to do without."""
KNOWN_WORDS = 4096
"""Words of questions of which is remembered whether a passage holds them: questions repeat their words."""
READ_QUESTIONS = 1024
"""Questions of which is remembered how they were read, some 5 kB each: a page asks for hits, then facets."""


@dataclass(frozen=True, slots=True, eq=False)
class Pool:
    """Candidates of a question, best first, in which searches under several filters can be told apart."""

    rows: Rows
    """[n]: rows of the passages."""
    documents: npt.NDArray[np.int32]
    """[n]: numbers of their documents."""
    languages: npt.NDArray[np.uint16]
    """[n]: codes of their languages."""
    scores: Doubles
    evidence: Doubles
    """[n]: see relevance.evidence; zeros without calibration."""
    calibration: Calibration | None

    def mattering(self, places: Rows, groups: Rows) -> Mask:
        """Return which of the candidates at places [m] matter in a search of their groups [m] alone: [m].

        They do when they are of at least weak relevance, judged beside the best of their group, which a
        search confined to the group would show first; without calibration, the first CANDIDATES of each
        group do. A candidate may stand in several groups; in each, places rise.
        """
        if not len(places):
            return np.empty(0, np.bool_)
        order = np.argsort(groups, kind="stable")
        first = np.searchsorted(groups[order], groups[order])
        if self.calibration is None:
            matter = np.empty(len(groups), np.bool_)
            matter[order] = np.arange(len(groups)) - first < CANDIDATES
            return matter
        best = np.empty(len(groups), np.int64)
        best[order] = places[order][first]
        gap = np.maximum(self.scores[best] - self.scores[places], 0)
        # A doubt keeps a hit from the class strong, and from no other.
        undoubted = np.zeros(len(places), np.bool_)
        probable = relevance.probabilities(self.calibration, self.evidence[places], gap, undoubted)
        most = relevance.logistic(self.evidence[best])
        reaching: Mask = np.minimum(probable, most) >= self.calibration.weak
        return reaching


class Searcher:
    """Answers questions from one index; safe to call from several threads."""

    def __init__(
        self,
        encoder: Encoder,
        index: Store,
        observer: Observer = SILENT,
        settings: RankingSettings = ranking.SETTINGS,
    ) -> None:
        self.encoder = encoder
        self.index = index
        self._observer = observer
        self._settings = settings
        self._calibration = relevance.with_weak(
            relevance.calibration_of(index.manifest.calibration), settings.weak
        )
        # Bound to the index and not to the searcher: see knowledge.
        reading = partial(read_question, knowledge(index, settings), index)
        self._read = lru_cache(maxsize=READ_QUESTIONS)(reading)

    @property
    def calibration(self) -> Calibration | None:
        """How features become probabilities and classes; None where the model was not calibrated."""
        return self._calibration

    @property
    def calibrated(self) -> bool:
        """Whether relevance comes with a probability."""
        return self._calibration is not None

    def search(
        self,
        text: str,
        count: int,
        *,
        per_source: int,
        least: float | str = 0.0,
        by_document: bool = False,
        filters: Filters = EVERYTHING,
        offset: int = 0,
        with_passed_over: bool = False,
        newest_first: bool = False,
        encoded: Mapping[str, EncodedQuestion] | None = None,
    ) -> Answer:
        """Return the `count` best passages for a question, best first; fewer when there are fewer.

        Query syntax in the text confines the search as filters do. At most per_source passages of one
        document are returned, and none below `least`, a probability or a class. By document: the passages of
        the `count` best documents, side by side. The first `offset` passages, or documents, are passed over;
        candidates depend on the count alone, so that pages of one count neither overlap nor leave any out.
        with_passed_over: they are returned as well, for a page of several indexes together.
        newest_first: those are sorted by date before they are counted, undated ones last.
        `encoded`: what read_together has returned, if it was asked.
        """
        parsed = query_syntax.parse(text)
        filters = self.conditions(parsed, filters)
        understood = query_syntax.counted(parsed.understood, self.index.count)
        if not parsed.text:  # a question of nothing but conditions names no subject
            return Answer(self._read("").question, (), NOTHING, understood)
        asked = (encoded or {}).get(parsed.text) or self.read(parsed.text)
        question = asked.read.question
        with stage("candidates", self._observer):
            most = max(CANDIDATES, 4 * count)
            found = self.index.candidates(asked.wanted, [filters], most, different=_quarter(most))
        if found is None:
            return Answer(question, (), NOTHING, understood)
        with self.index.in_turn():
            with stage("score", self._observer):
                candidates = score(self.index.statistics, asked, found, self._settings)
            order = self._folded(candidates)
            if parsed.without:
                order = self._without(parsed.without, candidates, order)
            sure = self._relevances(question, candidates, int(order[0]))
            best = int(order[0])
            if least:
                reaching = [place for place in order.tolist() if sure(place).reaches(least)]
                order = np.asarray(reaching, dtype=np.int64)
            documents = found.documents[order].tolist()
            if by_document:
                groups = ranking.grouped(documents, per_source)
            else:
                groups = [[place] for place in ranking.diverse(documents, per_source, len(documents))]
            if newest_first:
                groups = self._newest_first(groups, documents)
            places = list(chain.from_iterable(groups[0 if with_passed_over else offset : offset + count]))
            with stage("fetch", self._observer):
                hits = self._hits(asked, candidates, order[places].tolist(), sure)
            return Answer(question, hits, sure(best), understood, len(groups))

    def read(self, text: str) -> EncodedQuestion:
        """Read and encode a question; encoding it is what takes most of a search's time."""
        with stage("read", self._observer):
            question = self._read(text)
        with stage("encode", self._observer):
            queries = self.encoder.queries(question.question.variants)
        return self._encoded(question, queries)

    def read_together(self, texts: Iterable[str]) -> dict[str, EncodedQuestion]:
        """Return text without query syntax → the question, read and encoded, of several questions.

        Their variants are encoded in batches of MOST, so that questions of others can go between.
        """
        plain = {parsed.text for text in texts if (parsed := query_syntax.parse(text)).text}
        questions = {text: self._read(text) for text in sorted(plain, key=len)}  # like lengths together
        variants = list(dict.fromkeys(chain.from_iterable(q.question.variants for q in questions.values())))
        vectors: dict[str, Vector] = {}
        for start in range(0, len(variants), MOST):
            batch = variants[start : start + MOST]
            with stage("encode", self._observer):
                vectors.update(zip(batch, self.encoder.queries(batch), strict=True))
        return {
            text: self._encoded(question, np.stack([vectors[v] for v in question.question.variants]))
            for text, question in questions.items()
        }

    def _encoded(self, question: ReadQuestion, queries: Floats) -> EncodedQuestion:
        """Return a question with the vectors of its variants, queries [variants, dim]."""
        mean, share = self.index.statistics.mean_question, self._settings.common_share
        return EncodedQuestion(question, ranking.centred(queries, mean, share))

    def pool(self, asked: EncodedQuestion, several: Sequence[Filters], without: Sequence[str] = ()) -> Pool:
        """Return the candidates of a question under several filters, some hundred, each scored once.

        Those that assert one of the things to do without stand after the others, as in a search.
        """
        count = max(CANDIDATES, FACET_CANDIDATES // len(several))
        found = self.index.candidates(asked.wanted, several, count)
        calibration = self._calibration
        if found is None:
            rows, nothing = np.empty(0, np.int64), np.empty(0, np.float64)
            unknown = np.empty(0, np.uint16)
            return Pool(rows, np.empty(0, np.int32), unknown, nothing, nothing, calibration)
        with self.index.in_turn(), stage("score", self._observer):
            candidates = score(self.index.statistics, asked, found, self._settings)
        order = self._without(without, candidates, candidates.order) if without else candidates.order
        evidence = candidates.evidence(calibration) if calibration else np.zeros(len(found.rows))
        return Pool(
            found.rows[order],
            found.documents[order],
            found.languages[order],
            candidates.scores[order].astype(np.float64),
            evidence[order],
            calibration,
        )

    def similar(self, row: int, count: int, *, per_source: int) -> list[RankedPassage]:
        """Return the passages most like the one at row, itself left out, best first."""
        most = max(CANDIDATES, 4 * count)
        found = self.index.similar(row, most, different=_quarter(most))
        if found is None:
            return []
        cosines, units = found.passages[0], found.units
        order = ranking.folded(ranking.order(cosines, found.rows), found.versions)
        places = [order[at] for at in ranking.diverse(found.documents[order].tolist(), per_source, count)]
        return [
            RankedPassage(
                shown.entry,
                float(cosines[place]),
                (shown.entry.passage.sentences[units.ranked(0, place)[0][1]],),
                relevance.UNKNOWN,
                Features("", float(cosines[place]), float(units.best[0, place]), 0.0, 0.0, 0.0, False, ()),
                tuple(twin for twin in shown.twins if twin.row != row),
                tuple(version for version in shown.versions if version.row != row),
            )
            for shown, place in zip(self.index.shown(found.rows[places]), places, strict=True)
        ]

    def conditions(self, parsed: ParsedQuery, filters: Filters) -> Filters:
        """Return the filters with the conditions of a question added, as far as the index can meet them."""
        return query_syntax.conditions(parsed, filters, self.index.count)

    def _folded(self, candidates: Candidates) -> Rows:
        """Return the order of the candidates, one of each group of near-duplicates.

        Of passages that differ in figures alone, the one that holds most figures of the question stands.
        """
        versions = candidates.found.versions
        if versions.max() < 0:  # every group of twins lies within one of versions
            return candidates.order
        order = ranking.folded(candidates.order, candidates.found.twins)
        figures = candidates.feature("figures").astype(np.int64)
        return ranking.folded(order, versions, figures)

    def _newest_first(self, groups: list[list[int]], documents: Sequence[int]) -> list[list[int]]:
        """Sort groups of places in `documents`, one document each, by its date; equals keep their order."""
        entries = self.index.catalogue.documents([documents[group[0]] for group in groups])
        dates = [entry.date.iso if entry.date else "" for entry in entries]
        places = sorted(range(len(groups)), key=dates.__getitem__, reverse=True)
        return [groups[place] for place in places]

    def _without(self, without: Sequence[str], candidates: Candidates, order: Rows) -> Rows:
        """Put candidates that assert what the question wants to do without after those that do not."""
        read_first = order[:READ_FOR_NEGATION]
        entries = self.index.catalogue.passages(candidates.found.rows[read_first].tolist())
        asserting = np.array([negation.violates(without, entry.passage.text) for entry in entries])
        return np.concatenate([read_first[~asserting], read_first[asserting], order[READ_FOR_NEGATION:]])

    def _relevances(
        self, question: Question, candidates: Candidates, best: int
    ) -> Callable[[int], Relevance]:
        """Return a function that tells how relevant the candidate at a place is, beside the best.

        A hit that rests on an uncertain correction, or lacks a name or a figure that was asked for, is not
        strong; and none is more relevant than the best, so that answer and hits agree.
        """
        calibration = self._calibration
        if calibration is None:
            return lambda _: relevance.UNKNOWN
        doubtful = candidates.feature("lacks_figure").astype(np.bool_)
        doubtful |= bool(question.uncertain or question.missing_names)
        gap = np.maximum(float(candidates.scores[best]) - candidates.scores, 0).astype(np.float64)
        probable = relevance.probabilities(calibration, candidates.evidence(calibration), gap, doubtful)
        probable = np.minimum(probable, probable[best])
        return lambda place: relevance.relevance(calibration, float(probable[place]))

    def _hits(
        self,
        asked: EncodedQuestion,
        candidates: Candidates,
        places: Sequence[int],
        sure: Callable[[int], Relevance],
    ) -> tuple[RankedPassage, ...]:
        """Return the hits at these places, with all that is shown of them."""
        hits, marker = [], marking.WordMarker([variant.by_analysis for variant in asked.read.terms])
        several = self.index.shown(candidates.found.rows[list(places)])
        passages = [shown.entry.passage for shown in several]
        spans = marker.spans([(passage.text, passage.language) for passage in passages])
        for shown, place, matches in zip(several, places, spans, strict=True):
            entry, fitting = shown.entry, int(candidates.fitting[place])
            ranked = candidates.found.units.ranked(fitting, place)
            hits.append(
                RankedPassage(
                    entry,
                    float(candidates.scores[place]),
                    tuple(entry.passage.sentences[at] for at in marking.best_sentences(ranked)),
                    sure(place),
                    candidates.features(place, asked.read.question.variants[fitting]),
                    shown.twins,
                    shown.versions,
                    matches,
                )
            )
        return tuple(hits)


def _quarter(count: int) -> int:
    """Return how many of so many candidates have to differ: a quarter of them."""
    return -(-count // 4)


def knowledge(index: Store, settings: RankingSettings = ranking.SETTINGS) -> Knowledge:
    """Return what an index knows that helps to read a question."""
    long_forms, short_forms = both_ways(index.catalogue.acronyms() if settings.acronyms else ())
    neighbours = index.catalogue.neighbours if settings.corrections else lambda _: ()
    # Bound to the index and not to a searcher: a circle would keep an old generation open until the
    # collector of garbage happens to pass.
    knows = lru_cache(maxsize=KNOWN_WORDS)(partial(_knows, index))
    return Knowledge(knows, neighbours, long_forms, short_forms)


def _knows(index: Store, word: str) -> bool:
    """Return whether a passage holds the folded word in one of its forms, or it says nothing anyway."""
    stemming = [analysis for analysis in ANALYSES if analysis.stemmer]
    stems = [term_key(analysis.name, term) for analysis in stemming for term in terms([word], analysis)]
    return len(stems) < len(stemming) or bool(index.document_frequencies(stems).any())
