"""Questions to begin with: what a title becomes, which come first, and where they are asked for."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from service.app import build_app
from service.search.index_watcher import IndexWatcher
from service.search.suggestions import LONGEST, questions
from tests.conftest import client_of
from tests.service.contract import assert_refusal
from tests.standin import StandInEncoder

LONG = "Plus de quarante hauts responsables du secteur de la santé, directeurs d’hôpitaux et cadres régionaux"


@pytest.mark.parametrize(
    ("titles", "made"),
    [
        ([], []),
        (["Oncologie", "2019-10-18 12:00"], []),
        (["Un cours  d’été\nà Rabat"], ["Un cours d’été à Rabat"]),
        (["Le même titre", "Le même titre"], ["Le même titre"]),
        ([LONG], ["Plus de quarante hauts responsables du secteur de la santé"]),
        (["mot " * 40], [("mot " * 22)[:-1]]),
        (["x" * 200], []),
        (["Un titre coupé ici…", "Un titre entier"], ["Un titre entier", "Un titre coupé ici"]),
        (["Un titre entier", "Pourquoi respirer ?"], ["Pourquoi respirer ?", "Un titre entier"]),
        (["أمراض القلب والشرايين"], ["أمراض القلب والشرايين"]),
    ],
)
def test_questions_are_made_of_titles(titles: list[str], made: list[str]) -> None:
    assert questions(titles, 3) == made
    assert all(len(question) <= LONGEST for question in made)


def test_no_more_than_are_asked_for() -> None:
    assert len(questions([f"Le titre numéro {n}" for n in range(9)], 3)) == 3


def test_the_service_says_what_the_corpus_holds(client: TestClient) -> None:
    answer = client.get("/suggestions")
    assert answer.status_code == 200
    assert answer.json() == {
        "questions": ["La formation continue en oncologie", "Robot-assisted surgery", "La télémédecine"],
        "documents": 3,
        "passages": 3,
        "model": "stand-in",
    }
    assert_refusal(client.get("/suggestions?q=1"), 422, "unknown_parameter")


def test_without_an_index_it_says_so(tmp_path_factory: pytest.TempPathFactory) -> None:
    live = IndexWatcher(tmp_path_factory.mktemp("none") / "index", StandInEncoder)
    with client_of(build_app(live)) as client:
        assert client.get("/suggestions").status_code == 503
