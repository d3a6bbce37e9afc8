"""One suite over every store: the same questions get the same hits, scores, facets, twins and documents."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import get_args
from uuid import uuid4

import numpy as np
import pytest

from bench.qdrant_engine import EdgeClient
from indexer.building import build as builder
from indexer.store.catalogue import SortKey
from indexer.store.filters import EVERYTHING, Filters
from indexer.store.local_store import LocalStore
from indexer.store.open_index import open_index
from indexer.store.qdrant.collections import Generations
from indexer.store.qdrant.copies import Copies
from indexer.store.qdrant.engine import WRITE_TIMEOUT, Engine, connect
from indexer.store.qdrant.publishing import publish
from indexer.store.qdrant.qdrant_store import open_generation
from indexer.store.store import Store
from service.search import facets, quotations, verification
from service.search.answers import Answer
from service.search.searcher import Searcher
from tests.conftest import SEEDS, write_articles
from tests.service.search.test_near_duplicates import NOTICES, RELEASE, SITES, page
from tests.standin import CALIBRATED, StandInChoice, StandInEncoder

QUESTIONS = [
    "formation continue en oncologie",
    "robot-assisted surgery",
    "centre d'oncologie de Rabat 12 mars 2016",
    "Quels simulateurs pour les chirurgiens ?",
    "oncolgie",
    "sans rapport avec le corpus zyx",
    '"quarante heures de cours"',
    "infirmiers -simulateur",
    "formation sans certificat",
    "source:santé médecin",
]
FILTERS = [
    EVERYTHING,
    Filters(languages=("fr",)),
    Filters(languages=("en", "fr"), formats=("text",)),
    Filters(formats=("markdown",)),
    Filters(source="santé/*"),
    Filters(source="*.txt", first="2021-01-01", last="2021-12-31"),
    Filters(undated=True),
    Filters(phrases=("formation continue",)),
    Filters(phrases=("les séances ont lieu", "rabat")),
    Filters(excluded=("infirmier",)),
    Filters(excluded=("formations continues",), languages=("fr",)),
    Filters(excluded=("12",)),
    Filters(titles=("ville rabat",)),
    Filters(paths=("avis",)),
    Filters(source="no such"),
    Filters(phrases=("",)),
]


def filters_id(filters: Filters) -> str:
    """What is set of some filters, in a word."""
    return ",".join(f"{name}={value}" for name, value in asdict(filters).items() if value) or "everything"


@dataclass(frozen=True)
class Opened:
    """The same generation in a store, and in the folder that the expectations come from."""

    searcher: Searcher
    expected: Searcher


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of the seeds, three articles, a release on five sites and its yearly versions."""
    home = tmp_path_factory.mktemp("stores")
    corpus = write_articles(home / "corpus")
    for path in SEEDS.glob("*.txt"):
        (corpus / path.name).write_bytes(path.read_bytes())
    for name, (title, menu) in SITES.items():
        (corpus / name).write_text(page(title, menu), encoding="utf-8")
    for year, text in NOTICES.items():
        (corpus / f"avis-{year}.txt").write_text(page(f"Avis {year}", "Accueil", text), encoding="utf-8")
    (corpus / "santé" / "copie.txt").write_bytes((corpus / "robots.txt").read_bytes())
    builder.build(corpus, home / "index", StandInChoice(), settings=CALIBRATED)
    return home / "index"


@pytest.fixture(scope="module")
def local(folder: Path) -> LocalStore:
    return open_index(folder, StandInEncoder().fingerprint)


@pytest.fixture(scope="module", params=["local", "qdrant-client", "qdrant-edge", "qdrant-server"])
def opened(
    request: pytest.FixtureRequest, local: LocalStore, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Opened]:
    """A searcher over each store; Qdrant is what qdrant-client brings, then the server's own engine.

    A server itself takes part where QDRANT_URL holds its address.
    """
    expected = Searcher(StandInEncoder(), local)
    if request.param == "local":
        yield Opened(Searcher(StandInEncoder(), local), expected)
        return
    if request.param == "qdrant-client":
        engine = connect("qdrant://:memory:")
    elif request.param == "qdrant-server":
        if not (address := os.environ.get("QDRANT_URL")):
            pytest.skip("QDRANT_URL names no Qdrant")
        engine = connect(address, WRITE_TIMEOUT)
    else:
        engine = Engine([EdgeClient(tmp_path_factory.mktemp("edge"))], "this process")
    generations = Generations(engine, f"test-{uuid4().hex}")
    publish(generations, local)
    yield Opened(Searcher(StandInEncoder(), open_generation(Copies(generations), local.folder)), expected)
    generations.sweep()
    engine.close()


@pytest.fixture
def store(opened: Opened) -> Store:
    return opened.searcher.index


def told(answer: Answer) -> list[object]:
    """What an answer says, its scores and probabilities aside."""
    hits = [
        (
            hit.entry,
            hit.highlights,
            hit.matches,
            hit.relevance.label,
            hit.features.matched,
            hit.twins,
            hit.versions,
        )
        for hit in answer.hits
    ]
    return [answer.question, answer.relevance.label, answer.understood, answer.total, *hits]


def figures(answer: Answer) -> list[tuple[float, float]]:
    """The score and the probability of each hit."""
    return [(hit.score, hit.relevance.probability or 0.0) for hit in answer.hits]


@pytest.mark.slow
@pytest.mark.parametrize("filters", FILTERS, ids=filters_id)
def test_the_same_hits(opened: Opened, filters: Filters) -> None:
    for question in QUESTIONS:
        for options in {"least": "weak"}, {"by_document": True}:
            found, expected = (
                searcher.search(question, 10, per_source=3, filters=filters, **options)
                for searcher in (opened.searcher, opened.expected)
            )
            assert told(found) == told(expected)
            np.testing.assert_allclose(figures(found), figures(expected), atol=1e-3)


@pytest.mark.parametrize("filters", FILTERS, ids=filters_id)
def test_the_same_facets_and_counts(
    opened: Opened, local: LocalStore, store: Store, filters: Filters
) -> None:
    for question in QUESTIONS[:4]:
        assert facets.count(opened.searcher, question, filters) == facets.count(
            opened.expected, question, filters
        )
    assert store.count(filters) == local.count(filters)
    assert store.documents_meeting(filters) == local.documents_meeting(filters)
    rows = np.arange(local.statistics.passages)[::-2]
    assert store.meeting(filters, rows).tolist() == local.meeting(filters, rows).tolist()


def test_the_same_passages_are_similar(opened: Opened) -> None:
    for row in range(opened.expected.index.statistics.passages):
        found, expected = (
            searcher.similar(row, 10, per_source=3) for searcher in (opened.searcher, opened.expected)
        )
        assert [(hit.entry, hit.highlights, hit.twins, hit.versions) for hit in found] == [
            (hit.entry, hit.highlights, hit.twins, hit.versions) for hit in expected
        ]
        np.testing.assert_allclose([hit.score for hit in found], [hit.score for hit in expected], atol=1e-3)


def test_a_release_on_five_sites_names_the_other_four(opened: Opened) -> None:
    found = opened.searcher.search("formation continue pour 40 infirmiers 2021", 10, per_source=3).hits
    (hit,) = [each for each in found if "Les séances ont lieu chaque mardi" in each.entry.passage.text]
    assert {hit.entry.document.source, *(twin.document.source for twin in hit.twins)} == set(SITES)
    assert {each.document.source for each in hit.versions} == {f"avis-{year}.txt" for year in NOTICES}


def test_the_same_documents(store: Store, local: LocalStore) -> None:
    for entry in local.catalogue.documents():
        for source in entry.source, *entry.copies:
            assert store.catalogue.document(source) == local.catalogue.document(source)
            assert store.catalogue.entry(source) == entry
        assert store.catalogue.file(entry.source) == local.catalogue.file(entry.source)
    assert store.catalogue.documents() == local.catalogue.documents()
    for by in get_args(SortKey):
        assert store.catalogue.ordered(by, descending=True) == local.catalogue.ordered(by, descending=True)
    assert store.catalogue.count_passages() == local.statistics.passages
    assert store.catalogue.titles(3) == local.catalogue.titles(3)
    assert store.catalogue.document("no such") is None and store.catalogue.entry("no such") is None


def test_the_same_rows(store: Store, local: LocalStore) -> None:
    rows = range(local.statistics.passages)
    entries = local.catalogue.passages(rows)
    assert store.catalogue.passages(rows) == entries
    assert [store.catalogue.row_of(each.passage_id) for each in entries] == [*rows]
    assert store.catalogue.row_of("no such") is None
    assert store.documents_of([*rows]) == local.documents_of([*rows])


def test_the_same_manifest_words_and_statistics(store: Store, local: LocalStore) -> None:
    assert store.manifest == local.manifest
    assert store.catalogue.acronyms() == local.catalogue.acronyms()
    assert store.catalogue.neighbours("oncolgie") == local.catalogue.neighbours("oncolgie")
    keys = [*local.lexical.held(0).keys.tolist(), 7]
    assert store.document_frequencies(keys).tolist() == local.document_frequencies(keys).tolist()
    for name in "mean_lengths", "mean_question", "background":
        np.testing.assert_array_equal(getattr(store.statistics, name), getattr(local.statistics, name))


def place(found: verification.Place) -> tuple[float, str, int]:
    """What places are told apart by; those as alike come in any order."""
    return found.match.similarity, found.entry.document.source, found.start


@pytest.mark.parametrize("quotation", [RELEASE[:90], RELEASE[40:200], "quarante heures de cours", "zyx zyx"])
def test_the_same_places_of_a_quotation(store: Store, local: LocalStore, quotation: str) -> None:
    wanted = quotations.quotation(quotation)
    found, expected = (verification.places(each, wanted, 100) for each in (store, local))
    assert sorted(found, key=place) == sorted(expected, key=place)
