"""Facets against counting every passage; and GET /facets, what it answers and what it refuses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from starlette.testclient import TestClient

from indexer.building.settings import DEFAULT, BuildSettings
from indexer.store.catalogue import PassageEntry
from indexer.store.filters import EVERYTHING, Filters
from service.search import facets
from service.search.relevance import Calibration
from service.search.searcher import Searcher
from tests.service.contract import assert_refusal
from tests.service.filtered import filters, lets_through
from tests.service.search.test_filters import QUESTIONS, searcher_over

COEFFICIENTS = dict.fromkeys(Calibration.__dataclass_fields__, 0.0)
COEFFICIENTS |= {"hit_coverage": 8.0, "hit_gap": -30.0, "hit_constant": -1.0, "weak": 0.3, "strong": 0.8}


@pytest.fixture(params=[False, True], ids=["uncalibrated", "calibrated"])
def settings(request: pytest.FixtureRequest) -> BuildSettings:
    coefficients = COEFFICIENTS if request.param else None
    return replace(DEFAULT, find_calibration=lambda _: coefficients)


def mattering(searcher: Searcher, question: str, asked: Filters) -> list[PassageEntry]:
    """Passages that a search under these filters shows, or folds under those, and that matter."""
    found = searcher.search(question, 100, per_source=100, filters=asked).hits
    kept = [each for each in found if each.relevance.label != "none"]
    assert all(lets_through(asked, each.entry) for each in kept)
    return [entry for each in kept for entry in (each.entry, *each.also) if lets_through(asked, entry)]


def counted(entries: Iterable[PassageEntry], kind: str) -> list[tuple[str, int]]:
    having: dict[str, set[str]] = {}
    for entry in entries:
        document = entry.document
        values: dict[str, set[str | None]] = {
            "languages": {entry.passage.language} - {None},
            "years": {document.date.iso[:4]} if document.date else set(),
            "formats": {document.format},
            "folders": {source.rpartition("/")[0] for source in (document.source, *document.copies)},
        }
        for value in values[kind]:
            having.setdefault(str(value), set()).add(document.source)
    counts = Counter({value: len(sources) for value, sources in having.items()})
    order = (lambda each: each[0]) if kind == "years" else (lambda each: (-each[1], each[0]))
    return sorted(counts.items(), key=order)


@pytest.mark.parametrize("question", QUESTIONS)
def test_each_count_is_what_counting_hits_without_its_own_filter_says(
    tmp_path: Path, question: str, settings: BuildSettings
) -> None:
    searcher, dice = searcher_over(tmp_path, 9, settings), Random(9)
    assert searcher.index.manifest.passages < 100
    for asked in [EVERYTHING, *(filters(dice) for _ in range(25))]:
        found = facets.count(searcher, question, asked)
        whole = mattering(searcher, question, asked)
        assert found.documents == len({each.document.source for each in whole})
        for kind, wider in {
            "languages": replace(asked, languages=()),
            "years": replace(asked, first=None, last=None),
            "formats": replace(asked, formats=()),
            "folders": replace(asked, source=None),
        }.items():
            assert getattr(found, kind) == counted(mattering(searcher, question, wider), kind), (kind, asked)


def test_a_filter_takes_nothing_from_its_own_counts(tmp_path: Path) -> None:
    searcher = searcher_over(tmp_path, 4)
    everything = facets.count(searcher, "formation", EVERYTHING)
    for value, number in everything.formats:
        found = facets.count(searcher, "formation", Filters(formats=(value,)))
        assert (found.formats, found.documents) == (everything.formats, number)
    for value, number in everything.years:
        found = facets.count(searcher, "formation", Filters(first=f"{value}-01-01", last=f"{value}-12-31"))
        assert (found.years, found.documents) == (everything.years, number)


def test_the_answer_has_exactly_the_documented_keys(client: TestClient) -> None:
    answer = client.get("/facets", params={"q": "formation"}).json()
    assert list(answer) == ["query", "documents", "languages", "years", "formats", "folders", "index"]
    assert answer["query"] == "formation" and answer["documents"] == 3
    assert answer["languages"] == [{"value": "fr", "count": 2}, {"value": "en", "count": 1}]
    assert answer["years"] == [{"value": "2021", "count": 1}]
    assert answer["formats"] == [{"value": "text", "count": 2}, {"value": "markdown", "count": 1}]
    assert answer["folders"] == [{"value": "", "count": 2}, {"value": "santé", "count": 1}]
    assert answer["index"]["documents"] == 3


def test_a_folder_that_is_counted_can_be_filtered_by(client: TestClient) -> None:
    answer = client.get(
        "/facets", params={"q": "formation", "source": "santé/*", "format": "markdown"}
    ).json()
    assert answer["documents"] == 1
    assert answer["folders"] == [{"value": "santé", "count": 1}]
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
