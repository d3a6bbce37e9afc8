"""Facets against counting every passage; and GET /facets, what it answers and what it refuses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest
from starlette.testclient import TestClient

from indexer.building.build import publish_documents
from indexer.building.settings import DEFAULT, BuildSettings
from indexer.store.filters import EVERYTHING, Filters
from indexer.store.open_index import open_index
from service.search import facets
from service.search.relevance import Calibration
from service.search.searcher import Searcher
from tests.indexer.documents import document
from tests.service.contract import assert_refusal
from tests.service.filtered import AUTHORS, FOLDERS, FORMATS, TAGS, TEXTS, filters, lets_through
from tests.service.search.test_filters import QUESTIONS, searcher_over
from tests.standin import StandInEncoder

COEFFICIENTS = dict.fromkeys(Calibration.__dataclass_fields__, 0.0)
COEFFICIENTS |= {"coverage": 8.0, "gap": -30.0, "constant": -1.0, "weak": 0.3, "strong": 0.8}


@pytest.fixture(params=[False, True], ids=["uncalibrated", "calibrated"])
def settings(request: pytest.FixtureRequest) -> BuildSettings:
    coefficients = COEFFICIENTS if request.param else None
    return replace(DEFAULT, find_calibration=lambda _: coefficients)


def opened(searcher: Searcher, question: str, asked: Filters) -> int:
    """Count the documents of passages that a search under these filters shows, or folds under those."""
    found = searcher.search(question, 100, per_source=100, filters=asked).hits
    kept = [each for each in found if each.relevance.label != "none"]
    entries = [
        entry
        for each in kept
        for entry in (each.entry, *each.twins, *each.versions)
        if lets_through(asked, entry)
    ]
    return len({entry.document.source for entry in entries})


VALUES = {
    "languages": [*TEXTS],
    "years": ["2018", "2019", "2020", "2021"],
    "formats": FORMATS,
    "authors": [name.spoken for name in AUTHORS],
    "tags": TAGS,
    "folders": ["", *(folder.rstrip("/") for folder in FOLDERS if folder)],
}
"""Kind of facet → every value that a document of the corpora may have."""
ALONE: dict[str, Callable[[str], dict[str, Any]]] = {
    "languages": lambda value: {"languages": (value,)},
    "years": lambda value: {"first": f"{value}-01-01", "last": f"{value}-12-31", "undated": False},
    "formats": lambda value: {"formats": (value,)},
    "authors": lambda value: {"authors": (value,)},
    "tags": lambda value: {"tag": value},
    "folders": lambda value: {"source": f"{value}/*".lstrip("/").replace("[", "[[]")},
}
"""Kind of facet → the filter that choosing a value sets."""


@pytest.mark.slow
@pytest.mark.parametrize("question", [*QUESTIONS, "formation sans santé", "surgical robots -mot3"])
def test_each_count_is_how_many_documents_choosing_the_value_opens(
    tmp_path: Path, question: str, settings: BuildSettings
) -> None:
    searcher, dice = searcher_over(tmp_path, 9, settings), Random(9)
    assert searcher.index.manifest.passages < 100
    for asked in [EVERYTHING, *(filters(dice) for _ in range(10))]:
        found = facets.count(searcher, question, asked)
        assert found.documents == opened(searcher, question, asked)
        for kind, alone in ALONE.items():
            counts = getattr(found, kind)
            # A name is listed where a document under the other filters bears it, not for those that hold it.
            for value in dict(counts) if kind == "authors" else VALUES[kind]:
                expected = opened(searcher, question, replace(asked, **alone(value)))
                assert dict(counts).get(value, 0) == expected, (kind, value, asked)
            assert {value for value, _ in counts} <= set(VALUES[kind])
            order = (lambda each: each[0]) if kind == "years" else (lambda each: (-each[1], each[0]))
            assert counts == sorted(counts, key=order)


def test_months_of_a_short_span_and_the_undated_open_as_many_as_they_count(
    tmp_path: Path, settings: BuildSettings
) -> None:
    """A document dated to the year counts for each of its months, in which a filter by month finds it."""
    searcher = searcher_over(tmp_path, 9, settings)
    undated = 0
    for question in QUESTIONS:
        asked = Filters(first="2019-02-01", last="2020-01-31")
        found = facets.count(searcher, question, asked)
        months = [f"2019-{month:02}" for month in range(2, 13)] + ["2020-01"]
        for month in months:
            within = Filters(first=f"{month}-01", last=f"{month}-31")
            assert dict(found.months).get(month, 0) == opened(searcher, question, within), month
        assert [month for month, _ in found.months] == sorted({month for month, _ in found.months})
        assert found.undated == opened(searcher, question, Filters(undated=True))
        assert facets.count(searcher, question, Filters(undated=True)).undated == found.undated
        undated += found.undated
    assert undated, "no document of the corpus is undated"


@pytest.mark.parametrize(
    ("first", "last", "months"),
    [
        ("2019-01-01", "2020-12-31", 24),
        ("2019-02-01", "2021-01-31", 24),
        ("2019-10-05", "2019-10-05", 1),
        ("2019-01-01", "2021-12-31", 0),
        ("0000-01-01", "9999-12-31", 0),
        (None, "2020-12-31", 0),
        ("2019-01-01", None, 0),
    ],
)
def test_months_are_counted_where_two_years_are_asked_for_at_the_most(
    first: str | None, last: str | None, months: int
) -> None:
    assert len(facets.months_between(first, last)) == months


def test_a_filter_takes_nothing_from_its_own_counts(tmp_path: Path, settings: BuildSettings) -> None:
    searcher = searcher_over(tmp_path, 4, settings)
    everything = facets.count(searcher, "formation", EVERYTHING)
    for kind, alone in ALONE.items():
        for value, number in getattr(everything, kind):
            found = facets.count(searcher, "formation", Filters(**alone(value)))
            assert (getattr(found, kind), found.documents) == (getattr(everything, kind), number)


def test_query_syntax_confines_every_count(articles: TestClient) -> None:
    answer = articles.get("/facets", params={"q": "formation -robot", "language": "en"}).json()
    assert answer["documents"] == 0 and answer["languages"] == [{"value": "fr", "count": 2}]
    assert articles.get("/facets", params={"q": "title:robots"}).json()["documents"] == 0


def test_the_answer_has_exactly_the_documented_keys(client: TestClient) -> None:
    answer = client.get("/facets", params={"q": "formation"}).json()
    assert list(answer) == [
        "query",
        "documents",
        "languages",
        "years",
        "months",
        "undated",
        "formats",
        "authors",
        "tags",
        "folders",
        "index",
    ]
    assert answer["query"] == "formation" and answer["documents"] == 3
    assert answer["languages"] == [{"value": "fr", "count": 2}, {"value": "en", "count": 1}]
    assert answer["years"] == [{"value": "2021", "count": 1}]
    assert (answer["months"], answer["undated"]) == ([], 2)
    assert answer["formats"] == [{"value": "text", "count": 2}, {"value": "markdown", "count": 1}]
    assert answer["folders"] == [{"value": "", "count": 3}, {"value": "santé", "count": 1}]
    assert answer["index"]["documents"] == 3


def test_a_tag_is_shown_as_most_documents_write_it(tmp_path: Path) -> None:
    spellings = ["Santé", "santé", "santé", "SANTE"]
    made = [document(TEXTS["fr"], source=f"{at}.md") for at in range(len(spellings))]
    tagged = [
        replace(each, metadata=replace(each.metadata, tags=(tag,)), copies=(), content_hash=f"{at:064x}")
        for at, (each, tag) in enumerate(zip(made, spellings, strict=True))
    ]
    encoder = StandInEncoder()
    publish_documents(tagged, "made up", tmp_path, encoder)
    searcher = Searcher(encoder, open_index(tmp_path, encoder.fingerprint))
    assert facets.count(searcher, "formation", EVERYTHING).tags == [("santé", 4)]


def test_a_folder_that_is_counted_can_be_filtered_by(client: TestClient) -> None:
    answer = client.get(
        "/facets", params={"q": "formation", "source": "santé/*", "format": "markdown"}
    ).json()
    assert answer["documents"] == 1
    assert answer["folders"] == [{"value": "", "count": 1}, {"value": "santé", "count": 1}]
    assert answer["languages"] == [{"value": "fr", "count": 1}]


def test_where_nothing_matters_every_list_is_empty(client: TestClient) -> None:
    answer = client.get("/facets", params={"q": "a", "source": "no such", "language": "xx"}).json()
    assert (answer["documents"], answer["languages"], answer["years"]) == (0, [], [])
    assert (answer["formats"], answer["folders"]) == ([], [])


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({}, "missing_parameter"),
        ({"q": " "}, "invalid_parameter"),
        ({"q": "a", "k": 3}, "unknown_parameter"),
        ({"q": "a", "format": "1"}, "invalid_parameter"),
        ({"q": "a", "from": "2020", "to": "2019"}, "invalid_parameter"),
    ],
)
def test_what_cannot_be_meant_is_refused(shared: TestClient, given: dict[str, str], code: str) -> None:
    assert_refusal(shared.get("/facets", params=given), 422, code)
