"""Searcher over the stand-in, against an oracle that scores every passage by the formula."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

import numpy as np
import pytest

from indexer.building import build as builder
from indexer.passages.analysis import ANALYSES, PREFIX, Analysis, terms, words
from indexer.store.catalogue import PassageEntry
from indexer.store.local_store import LocalStore
from indexer.store.manifest import Layout
from indexer.store.open_index import open_index
from models.load import ModelChoice
from service.search import searcher as search_core
from service.search.answers import NOTHING, Answer
from service.search.ranking import Floats
from service.search.relevance import RelevanceClass
from service.search.searcher import Searcher
from tests.conftest import local
from tests.standin import StandInEncoder

QUESTIONS = [
    "formation continue en oncologie pour les infirmiers",
    "soigner à distance",
    "surgical robots",
    "where do surgeons train first?",
    "un mot que rien ne contient : zyx",
    "séances mardi Rabat certificat caméras réseau simulator",
    "formasion en oncolgie",
]


@pytest.fixture
def searcher(index: Path, encoder: StandInEncoder) -> Searcher:
    return Searcher(encoder, open_index(index, encoder.fingerprint))


@dataclass(frozen=True)
class Scored:
    """What one passage is worth."""

    row: int
    score: float
    closeness: float
    sentence: str


@dataclass
class Oracle:
    """Scores every passage of a small index by plain loops over its texts and its stored vectors."""

    searcher: Searcher
    folder: Path

    def __post_init__(self) -> None:
        self.entries = everything(self.searcher)
        self.passages = np.load(self.folder / Layout.PASSAGES)
        self.units = np.load(self.folder / Layout.UNITS) * np.load(self.folder / Layout.UNIT_SCALES)[:, None]
        self.offsets = np.load(self.folder / Layout.UNIT_OFFSETS)
        self.sentences = np.load(self.folder / Layout.UNIT_SENTENCES)
        self.mean_question, *self.background = np.load(self.folder / Layout.BACKGROUND)

    def best(self, variants: tuple[str, ...]) -> list[Scored]:
        """Return every passage by the variant that fits it best, best first."""
        scored = [
            max((self.score(row, variant) for variant in variants), key=lambda one: one.score)
            for row in range(len(self.entries))
        ]
        return sorted(scored, key=lambda one: (-one.score, one.row))

    def score(self, row: int, variant: str) -> Scored:
        query = self.searcher.encoder.queries([variant])[0] - 0.4 * self.mean_question
        units = self.units[self.offsets[row] : self.offsets[row + 1]] @ query
        at = int(np.argmax(units))
        dense = 0.5 * float(self.passages[row] @ query) + 0.5 * float(units[at])
        lexical = sum(self.bm25(row, variant, analysis) for analysis in ANALYSES) / len(ANALYSES)
        passage = self.entries[row].passage
        products = [float(text @ query) for text in self.background]
        levels = {
            "fr": fmean(sorted(products[0::2])[-4:]),
            "en": fmean(sorted(products[1::2])[-4:]),
        }
        return Scored(
            row,
            score=dense + 0.05 * lexical,
            closeness=100 * (dense - levels.get(passage.language or "", min(levels.values())))
            - 0.35 * math.log(max(len(self.entries), 10) / 100),
            sentence=passage.sentences[int(self.sentences[self.offsets[row] + at])].text,
        )

    def bm25(self, row: int, variant: str, analysis: Analysis) -> float:
        counted = [self.count(entry, analysis) for entry in self.entries]
        mean = sum(each.total() for each in counted) / len(counted)
        bodies = [set(terms(words(entry.passage.text), analysis)) for entry in self.entries]
        points = bound = 0.0
        for term in set(terms(words(variant), analysis)):
            holding = sum(term in body for body in bodies)
            idf = math.log(1 + (len(bodies) - holding + 0.5) / (holding + 0.5))
            weight = counted[row][term] / 2
            points += idf * weight / (weight + 0.4 * (0.25 + 0.75 * counted[row].total() / mean))
            bound += idf
        return points / bound if bound else 0.0

    def count(self, entry: PassageEntry, analysis: Analysis) -> Counter[str]:
        """Halves of an occurrence: two in the passage, one in its title or section."""
        heading = " ".join([entry.document.title, *entry.passage.section])
        body = Counter(terms(words(entry.passage.text), analysis))
        return body + body + Counter(terms(words(heading), analysis))


def everything(searcher: Searcher) -> list[PassageEntry]:
    return searcher.index.catalogue.passages(range(searcher.index.manifest.passages))


@pytest.mark.parametrize("question", QUESTIONS)
def test_the_hits_are_those_of_scoring_every_passage(searcher: Searcher, index: Path, question: str) -> None:
    answer = searcher.search(question, 100, per_source=100)
    expected = Oracle(searcher, index / "generations" / "g000001").best(answer.question.variants)
    assert [hit.entry.row for hit in answer.hits] == [one.row for one in expected]
    assert [hit.highlights[0].text for hit in answer.hits] == [one.sentence for one in expected]
    for hit, one in zip(answer.hits, expected, strict=True):
        assert hit.score == pytest.approx(one.score, abs=1e-5)
        assert hit.features.closeness == pytest.approx(one.closeness, abs=1e-3)


def test_a_question_is_answered_by_the_variant_that_fits(searcher: Searcher) -> None:
    found = searcher.search("formasion en oncolgie", 1, per_source=1)
    assert found.question.variants == ("formasion en oncolgie", "formation en oncologie")
    assert found.hits[0].features.variant == "formation en oncologie"
    assert found.hits[0].entry.document.source == "oncologie.txt"


@pytest.mark.parametrize("count", [1, 2, 3])
def test_a_smaller_count_is_a_prefix(searcher: Searcher, count: int) -> None:
    everyone = searcher.search(QUESTIONS[0], 100, per_source=100).hits
    assert searcher.search(QUESTIONS[0], count, per_source=100).hits == everyone[:count]


def test_more_than_the_index_holds_gives_all_of_it(searcher: Searcher) -> None:
    found = searcher.search(QUESTIONS[0], 100, per_source=100).hits
    assert len(found) == searcher.index.manifest.passages < 100
    assert len({each.entry.row for each in found}) == len(found)


def test_the_highlight_is_the_sentence_that_answers(searcher: Searcher) -> None:
    best = searcher.search("Surgeons train on a simulator first", 1, per_source=1).hits[0]
    assert [sentence.text for sentence in best.highlights] == ["Surgeons train on a simulator first."]
    assert best.highlights[0] in best.entry.passage.sentences
    marked = [best.entry.passage.text[start:end] for start, end in best.matches]
    assert marked == ["surgery", "Surgeons", "train", "simulator", "first"]


def test_the_features_say_what_the_hit_holds(searcher: Searcher) -> None:
    features = searcher.search("formation en cardiologie", 1, per_source=1).hits[0].features
    assert "format" in features.matched and not any(each.startswith("cardi") for each in features.matched)
    assert 0 < features.coverage < 1 and 0 < features.lexical < 1


def test_without_a_calibration_nothing_is_left_out(searcher: Searcher) -> None:
    assert not searcher.calibrated
    found = searcher.search(QUESTIONS[0], 100, per_source=100, least="strong")
    assert len(found.hits) == searcher.index.manifest.passages
    assert {each.relevance.label for each in found.hits} == {RelevanceClass.UNCALIBRATED}


def test_nothing_found_is_an_answer_of_no_relevance(
    searcher: Searcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(LocalStore, "candidates", lambda *_, **__: None)
    found = searcher.search("formation", 10, per_source=3)
    assert found == Answer(found.question, (), NOTHING)


@pytest.fixture
def many(corpus: Path, tmp_path: Path, stand_in: StandInEncoder) -> Searcher:
    """Over more passages than can be candidates, 40 of them in one document."""
    for number in range(search_core.CANDIDATES + 50):
        (corpus / f"{number:03}.txt").write_text(
            f"Titre {number}\n\nLe paragraphe parle du sujet mot{number}.\n", encoding="utf-8"
        )
    pages = "".join(f"## Partie {n}\n\n{'Un chapitre du rapport annuel. ' * 6}\n\n" for n in range(40))
    (corpus / "rapport.md").write_text(f"# Rapport annuel\n\n{pages}", encoding="utf-8")
    builder.build(corpus, tmp_path / "many", ModelChoice())
    searcher = Searcher(stand_in, open_index(tmp_path / "many", stand_in.fingerprint))
    assert searcher.index.manifest.passages > search_core.CANDIDATES
    return searcher


def test_a_passage_is_found_among_more_than_can_be_candidates(many: Searcher) -> None:
    for number in (0, 123, search_core.CANDIDATES + 49):
        best = many.search(f"le sujet mot{number} titre {number}", 1, per_source=1).hits[0]
        assert best.entry.document.source == f"{number:03}.txt"


def test_a_passage_that_only_its_words_bring_up_is_found(
    many: Searcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search_core, "CANDIDATES", 4)
    vectors, far = local(many).vectors, list[int]()

    def farthest(queries: Floats, _: int, __: None) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
        rows = vectors.passages(np.arange(len(vectors))) @ queries.T
        far[:] = np.argsort(rows[:, 0])[:1].tolist()
        return np.asarray([far] * len(queries))

    monkeypatch.setattr(type(vectors), "nearest", lambda _, *given: farthest(*given))
    found = many.search("mot77", 2, per_source=1).hits
    assert found[0].entry.document.source == "077.txt"
    assert found[0].entry.row not in far


def test_a_passage_that_only_its_vector_brings_up_is_found(many: Searcher) -> None:
    class Synonyms(StandInEncoder):
        def queries(self, texts: object) -> Floats:
            return super().queries([str(text).replace("vocable", "mot") for text in texts])  # type: ignore[attr-defined]

    question = "vocable77 ?"
    assert not len(local(many).lexical.find(terms(words(question), PREFIX), 9))
    searcher = Searcher(Synonyms(), many.index)
    best = searcher.search(question, 1, per_source=1).hits[0]
    assert (best.entry.document.source, best.features.lexical, best.features.matched) == ("077.txt", 0.0, ())


@pytest.mark.parametrize("per_source", [1, 2, 5])
def test_a_document_gives_at_most_so_many_passages(many: Searcher, per_source: int) -> None:
    found = many.search("chapitre du rapport annuel", 20, per_source=per_source).hits
    counts = Counter(each.entry.document.source for each in found)
    assert len(found) == 20
    assert max(counts.values()) == counts["rapport.md"] == per_source
    scores = [each.score for each in found]
    assert scores == sorted(scores, reverse=True)


def test_by_document_the_passages_stand_side_by_side(many: Searcher) -> None:
    found = many.search("chapitre du rapport annuel", 3, per_source=4, by_document=True).hits
    sources = [each.entry.document.source for each in found]
    assert sources[:4] == ["rapport.md"] * 4
    assert len(set(sources)) == 3
    first = [each for place, each in enumerate(found) if sources.index(sources[place]) == place]
    assert [each.score for each in first] == sorted((each.score for each in first), reverse=True)


def test_similar_passages_are_the_nearest_others(searcher: Searcher, index: Path) -> None:
    stored = np.load(index / "generations" / "g000001" / Layout.PASSAGES)
    for row in range(len(stored)):
        cosines = stored @ stored[row]
        expected = [other for other in np.argsort(-cosines, kind="stable").tolist() if other != row]
        found = searcher.similar(row, 100, per_source=100)
        assert [each.entry.row for each in found] == expected
        assert [each.score for each in found] == pytest.approx(cosines[expected].tolist(), abs=1e-5)
        assert all(each.highlights[0] in each.entry.passage.sentences for each in found)


def test_a_passage_that_stands_alone_has_no_similar_ones(
    tmp_path: Path, corpus: Path, stand_in: StandInEncoder
) -> None:
    alone = tmp_path / "alone"
    alone.mkdir()
    (alone / "a.txt").write_text("Un titre\n\nUne seule phrase.\n", encoding="utf-8")
    builder.build(alone, tmp_path / "one", ModelChoice())
    searcher = Searcher(stand_in, open_index(tmp_path / "one", stand_in.fingerprint))
    assert searcher.index.manifest.passages == 1
    assert searcher.similar(0, 10, per_source=3) == []


def test_passages_shown_lately_are_not_read_again(
    searcher: Searcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[int] = []
    passages = searcher.index.catalogue.passages

    def noted(rows: list[int]) -> list[PassageEntry]:
        read.append(len(rows))
        return passages(rows)

    monkeypatch.setattr(searcher.index.catalogue, "passages", noted)
    answers = [searcher.search(QUESTIONS[0], 5, per_source=3) for _ in range(2)]
    assert answers[0] == answers[1] and answers[0].hits
    assert len(read) == 1
