"""Searcher over the stand-in, against an oracle that scores every passage by the formula."""

from __future__ import annotations

from pathlib import Path

import faiss
import numpy as np
import pytest

from indexer import build as builder
from indexer.store.catalogue import PassageEntry
from indexer.store.generation import Layout
from indexer.store.index import open_index
from indexer.store.vectors import Floats, Rows, Vectors, quantise
from models.encoder import ModelChoice
from service import search
from service.search import Searcher
from tests.standin import StandInEncoder

QUESTIONS = [
    "formation continue en oncologie pour les infirmiers",
    "soigner à distance",
    "surgical robots",
    "where do surgeons train first?",
    "un mot que rien ne contient : zyx",
    "séances mardi Rabat certificat caméras réseau simulator",
]


@pytest.fixture
def searcher(index: Path, encoder: StandInEncoder) -> Searcher:
    return Searcher(encoder, open_index(index, encoder.fingerprint))


def oracle(searcher: Searcher, index: Path, question: str) -> list[tuple[float, str, str]]:
    """(score, passage_id, best sentence) of every passage, best first, by plain matrix products."""
    encoder = searcher.encoder
    stored = faiss.read_index(str(index / "generations" / "g000001" / Layout.PASSAGES)).reconstruct_n()
    query = encoder.queries([question])[0]
    scored = []
    for row, entry in enumerate(everything(searcher)):
        levels, scales = quantise(encoder.passages([each.text for each in entry.passage.sentences]))
        cosines = (levels.astype(np.float32) @ query) * scales
        points = 0.5 * float(stored[row] @ query) + 0.5 * float(cosines.max())
        scored.append((-points, row, entry.passage_id, entry.passage.sentences[int(np.argmax(cosines))].text))
    return [(-points, name, best) for points, _, name, best in sorted(scored)]


def everything(searcher: Searcher) -> list[PassageEntry]:
    return searcher.index.catalogue.passages(range(searcher.index.manifest.passages))


@pytest.mark.parametrize("question", QUESTIONS)
def test_the_hits_are_those_of_scoring_every_passage(searcher: Searcher, index: Path, question: str) -> None:
    expected = oracle(searcher, index, question)
    found = searcher.search(question, len(expected))
    assert [each.entry.passage_id for each in found] == [name for _, name, _ in expected]
    assert [each.score for each in found] == pytest.approx([points for points, _, _ in expected], abs=1e-5)
    assert [each.highlight.text for each in found] == [best for _, _, best in expected]


@pytest.mark.parametrize("count", [1, 2, 3])
def test_a_smaller_count_is_a_prefix(searcher: Searcher, count: int) -> None:
    everyone = searcher.search(QUESTIONS[0], 100)
    assert searcher.search(QUESTIONS[0], count) == everyone[:count]


def test_more_than_the_index_holds_gives_all_of_it(searcher: Searcher) -> None:
    found = searcher.search(QUESTIONS[0], 100)
    assert len(found) == searcher.index.manifest.passages < 100
    assert len({each.entry.row for each in found}) == len(found)


def test_the_highlight_is_the_sentence_that_answers(searcher: Searcher) -> None:
    best = searcher.search("Surgeons train on a simulator first", 1)[0]
    assert best.highlight.text == "Surgeons train on a simulator first."
    assert best.highlight in best.entry.passage.sentences


def test_a_best_sentence_lifts_a_passage_over_a_nearer_one(
    searcher: Searcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    question = QUESTIONS[1]
    by_passage, _ = searcher.index.vectors.nearest(searcher.encoder.queries([question])[0], 3)
    runner_up = int(by_passage[1])
    monkeypatch.setattr(
        Vectors,
        "sentence_cosines",
        lambda _, __, row: np.array([1.0 if row == runner_up else -1.0], dtype=np.float32),
    )
    assert searcher.search(question, 1)[0].entry.row == runner_up


@pytest.mark.parametrize(("count", "expected"), [(1, 3), (2, 4), (50, 100)])
def test_as_many_candidates_are_scored_as_can_still_rise(
    searcher: Searcher, monkeypatch: pytest.MonkeyPatch, count: int, expected: int
) -> None:
    asked = []

    def nearest(vectors: Vectors, query: Floats, number: int) -> tuple[Rows, Floats]:
        asked.append(number)
        return unpatched(vectors, query, number)

    unpatched = Vectors.nearest
    monkeypatch.setattr(search, "CANDIDATES", 3)
    monkeypatch.setattr(Vectors, "nearest", nearest)
    searcher.search(QUESTIONS[0], count)
    assert asked == [expected]


def test_a_passage_is_found_among_more_than_can_be_candidates(
    corpus: Path, tmp_path: Path, stand_in: StandInEncoder
) -> None:
    for number in range(search.CANDIDATES + 50):
        (corpus / f"{number:03}.txt").write_text(
            f"Titre {number}\n\nLe paragraphe parle du sujet mot{number}.\n", encoding="utf-8"
        )
    builder.build(corpus, tmp_path / "many", ModelChoice())
    searcher = Searcher(stand_in, open_index(tmp_path / "many", stand_in.fingerprint))
    assert searcher.index.manifest.passages > search.CANDIDATES
    for number in (0, 123, search.CANDIDATES + 49):
        best = searcher.search(f"le sujet mot{number} titre {number}", 1)[0]
        assert best.entry.document.source == f"{number:03}.txt"
