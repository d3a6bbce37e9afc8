"""Features of candidates beside their scores: figures of the question, and whether languages differ."""

from __future__ import annotations

from pathlib import Path

import pytest

from indexer.building import build as builder
from indexer.store.filters import EVERYTHING
from indexer.store.open_index import open_index
from models.load import ModelChoice
from service.search.candidates import Candidates, score
from service.search.searcher import Searcher
from tests.standin import StandInEncoder

TEXTS = {
    "avis.txt": "Le 12 mars 2019, le service versera 1 500 euros à 40 infirmiers au 05 22 48 65 00.",
    "chat.txt": "The hospital paid 1,500 euros to the surgeons of the COVID-19 ward in 2021, they say.",
    "mot.txt": "Les horaires du guichet sont affichés à l’entrée de la mairie, chaque matin.",
}


def scored(searcher: Searcher, question: str) -> Candidates:
    """The three passages as candidates of a question."""
    asked = searcher.read(question)
    found = searcher.index.candidates(asked.wanted, [EVERYTHING], 3)
    assert found is not None and found.rows.tolist() == [0, 1, 2]
    return score(searcher.index.statistics, asked, found)


@pytest.fixture
def searcher(tmp_path: Path, stand_in: StandInEncoder) -> Searcher:
    (tmp_path / "corpus").mkdir()
    for name, text in TEXTS.items():
        (tmp_path / "corpus" / name).write_text(f"{text}\n", encoding="utf-8")
    builder.build(tmp_path / "corpus", tmp_path / "index", ModelChoice())
    return Searcher(stand_in, open_index(tmp_path / "index", stand_in.fingerprint))


@pytest.mark.parametrize(
    ("question", "held", "lacking"),
    [
        pytest.param("les infirmiers", [0, 0, 0], [False, False, False], id="no figure"),
        pytest.param("1500 euros", [1, 1, 0], [False, False, True], id="a number, however written"),
        pytest.param("1500 euros en 2019", [2, 1, 0], [False, True, True], id="one of two"),
        pytest.param("le 12/03/2019", [3, 0, 0], [False, True, True], id="a date, in parts and whole"),
        pytest.param("appeler le 0522486500", [1, 0, 0], [False, True, True], id="a phone number"),
        pytest.param("1700 euros", [0, 0, 0], [True, True, True], id="another number"),
        pytest.param("la salle de covid-19", [0, 0, 0], [False, False, False], id="a figure of a name"),
        pytest.param("les 3 infirmiers", [0, 0, 0], [False, False, False], id="a single digit"),
    ],
)
def test_the_figures_of_a_question(
    searcher: Searcher, question: str, held: list[int], lacking: list[bool]
) -> None:
    candidates = scored(searcher, question)
    assert candidates.feature("figures").tolist() == held
    assert candidates.feature("lacks_figure").astype(bool).tolist() == lacking


@pytest.mark.parametrize(
    ("question", "crosses"),
    [
        ("Quels sont les horaires du guichet de la mairie ?", [False, True, False]),
        ("What did the hospital pay to the surgeons of the ward?", [True, False, True]),
        ("2019", [False, False, False]),
    ],
)
def test_whether_a_question_and_a_passage_are_in_two_languages(
    searcher: Searcher, question: str, crosses: list[bool]
) -> None:
    candidates = scored(searcher, question)
    assert candidates.crosses.tolist() == crosses
