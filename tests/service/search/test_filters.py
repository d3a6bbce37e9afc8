"""Searches under filters, against plain comparison: nothing else comes, and as much as there is comes."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest

from indexer.building import build as builder
from indexer.building.settings import DEFAULT, BuildSettings
from indexer.store import local_store
from indexer.store.filters import EVERYTHING, Allowed, Filters
from indexer.store.open_index import open_index
from service.search import searcher as search_core
from service.search.answers import NOTHING
from service.search.searcher import Searcher
from tests.conftest import local
from tests.indexer.building.test_build import in_cells
from tests.service.filtered import corpus, filters, lets_through
from tests.service.search.test_searcher import everything
from tests.standin import StandInEncoder

QUESTIONS = [
    "formation des infirmiers mot3",
    "surgical robots simulator",
    "تكوينية للممرضين",
    "zyx",
    "mot7 mot8",
]


@pytest.fixture(params=["exact", "cells"])
def mode(request: pytest.FixtureRequest) -> BuildSettings:
    return in_cells(6) if request.param == "cells" else DEFAULT


def searcher_over(folder: Path, seed: int, settings: BuildSettings = DEFAULT) -> Searcher:
    encoder = StandInEncoder()
    builder.publish_documents(corpus(seed), "made up", folder, encoder, settings)
    return Searcher(encoder, open_index(folder, encoder.fingerprint))


@pytest.mark.slow
@pytest.mark.parametrize("few", [False, True], ids=["all are candidates", "few are candidates"])
@pytest.mark.parametrize("seed", range(6))
def test_every_hit_meets_the_filters_and_there_are_as_many_as_can_be(
    mode: BuildSettings, seed: int, few: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    searcher = searcher_over(tmp_path, seed, mode)
    if few:
        monkeypatch.setattr(search_core, "CANDIDATES", 1)
    entries, dice = everything(searcher), Random(seed)

    def said(row: int) -> int:
        """What a passage shares with its twins, of which one is shown."""
        group = int(local(searcher).near_duplicates.versions.of(np.array([row]))[0])
        return row if group < 0 else group

    for _ in range(60):
        asked, k = filters(dice), dice.choice([1, 2, 5] if few else [1, 5, 100])
        meeting = {each.row for each in entries if lets_through(asked, each)}
        hits = searcher.search(dice.choice(QUESTIONS), k, per_source=100, filters=asked).hits
        found = {each.entry.row for each in hits}
        assert len(found) == len(hits)
        assert found <= meeting
        assert len(found) == min(k, len({said(row) for row in meeting})), asked


@pytest.mark.parametrize("question", QUESTIONS)
def test_hits_under_filters_stand_as_they_do_without(
    question: str, mode: BuildSettings, tmp_path: Path
) -> None:
    searcher, dice = searcher_over(tmp_path, 7, mode), Random(7)
    whole = searcher.search(question, 100, per_source=100).hits
    assert len(whole) == searcher.index.manifest.passages
    for _ in range(30):
        asked = filters(dice)
        found = searcher.search(question, 100, per_source=100, filters=asked).hits
        expected = [each for each in whole if lets_through(asked, each.entry)]
        assert [each.entry.passage_id for each in found] == [each.entry.passage_id for each in expected]
        assert [each.score for each in found] == pytest.approx([each.score for each in expected], abs=1e-5)


def test_words_bring_up_what_the_filters_let_through(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    searcher, dice = searcher_over(tmp_path, 3), Random(3)
    for _ in range(100):
        asked = filters(dice)
        allowed = local(searcher).allowed(asked)
        meeting = {each.row for each in everything(searcher) if lets_through(asked, each)}
        assert set(allowed.rows.tolist()) == meeting and allowed.count == len(meeting)
        for wanted in ["infir"], ["robot", "mot3"], ["titre"]:
            without = local(searcher).lexical.find(wanted, 1000).tolist()
            found = local(searcher).lexical.find(wanted, 1000, allowed).tolist()
            assert found == [row for row in without if row in meeting]


def test_no_filter_is_the_same_as_none(mode: BuildSettings, tmp_path: Path) -> None:
    searcher = searcher_over(tmp_path, 1, mode)
    plain = searcher.search(QUESTIONS[0], 10, per_source=3)
    assert searcher.search(QUESTIONS[0], 10, per_source=3, filters=Filters(source="*")) == plain
    assert searcher.search(QUESTIONS[0], 10, per_source=3, filters=EVERYTHING) == plain


def test_where_nothing_is_let_through_nothing_is_relevant(mode: BuildSettings, tmp_path: Path) -> None:
    searcher = searcher_over(tmp_path, 1, mode)
    found = searcher.search(QUESTIONS[0], 10, per_source=3, filters=Filters(source="no such"))
    assert (found.hits, found.relevance) == ((), NOTHING)


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("[[]x]/*", {"[x]/"}),
        ("[^a-z]*/*", {"[x]/", "50%/"}),
        ("50%/*", {"50%/"}),
        ("a_b/*", {"a_b/"}),
        ("a/*", {"a/", "a/b/"}),
        ("a/???.txt", {"a/"}),
        ("%", set()),
        ("_", set()),
        ("\\", set()),
        ("[", set()),
        ("]", set()),
        ("[]", set()),
        ("a\\*", set()),
        ("'; DROP TABLE documents; --", set()),
        ("' OR 1=1 --", set()),
        ("A/*", set()),
    ],
)
def test_a_pattern_is_a_glob_and_nothing_else(tmp_path: Path, pattern: str, expected: set[str]) -> None:
    searcher = searcher_over(tmp_path, 5)
    allowed = local(searcher).allowed(Filters(source=pattern))
    found = [each for each in everything(searcher) if allowed.passages[each.row]]
    folders = [
        {source.rpartition("/")[0] + "/" for source in (each.document.source, *each.document.copies)}
        for each in found
    ]
    assert all(each & expected for each in folders)
    assert bool(found) == bool(expected)
    assert len(searcher.index.catalogue.documents()) == searcher.index.manifest.documents


def test_masks_are_made_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Filters] = []
    worked_out = local_store._allowed

    def recorded(*given: Any) -> Allowed:
        made.append(given[-1])
        return worked_out(*given)

    monkeypatch.setattr(local_store, "_allowed", recorded)
    searcher = searcher_over(tmp_path, 1)
    for _ in range(3):
        searcher.search("mot", 3, per_source=3, filters=Filters(formats=("pdf",)))
    assert made == [Filters(formats=("pdf",))]


def test_a_mask_is_the_same_as_its_bits(tmp_path: Path) -> None:
    allowed = local(searcher_over(tmp_path, 4)).allowed(Filters(languages=("fr",)))
    unpacked = np.unpackbits(allowed.bits, count=len(allowed.passages), bitorder="little").astype(bool)
    np.testing.assert_array_equal(unpacked, allowed.passages)
    assert allowed.rows.tolist() == np.flatnonzero(allowed.passages).tolist()
