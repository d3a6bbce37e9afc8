"""A build: what it reports, when it has nothing to do, and that nothing it meets harms the old index."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from indexer.building import build as builder
from indexer.building.build import BuildReport
from indexer.building.settings import DEFAULT, BatchSettings, BuildSettings
from indexer.errors import BuildUnderWay
from indexer.passages import chunking
from indexer.passages.analysis import ANALYSES, terms, words
from indexer.records import Document, Passage
from indexer.store import generation as store
from indexer.store.generation import Pointer
from indexer.store.lexical import term_key
from indexer.store.manifest import Layout, ModelRecord, verify
from indexer.store.open_index import open_index
from models.load import ModelChoice
from tests.indexer.documents import document
from tests.indexer.store.test_cells import cells_of
from tests.standin import StandInEncoder


def build(
    corpus: Path, index: Path, settings: BuildSettings = DEFAULT, *, force: bool = False
) -> BuildReport:
    return builder.build(corpus, index, ModelChoice(), force=force, settings=settings)


def in_cells(count: int) -> BuildSettings:
    """Settings that cluster the passages in so many cells."""
    return BuildSettings(cells=cells_of(count))


def sources(index: Path, encoder: StandInEncoder) -> list[str]:
    opened = open_index(index, encoder.fingerprint)
    try:
        return [entry.source for entry in opened.catalogue.documents()]
    finally:
        opened.catalogue.close()


ALL = ["oncologie.txt", "robots.txt", "santé/télémédecine.md"]


def test_what_a_build_reports(corpus: Path, tmp_path: Path, stand_in: StandInEncoder) -> None:
    (corpus / "photo.jpg").write_bytes(b"\xff\xd8\xff")
    report = build(corpus, tmp_path / "index")
    made = report.manifest
    assert (report.plan.files, report.up_to_date) == (4, False)
    assert (made.generation, made.documents) == ("g000001", 3)
    assert made.model == ModelRecord("stand-in", "0123456789abcdef", 64)
    assert made.settings == {"target": 200, "least": 48, "most": 360}
    assert made.corpus == str(corpus)
    assert [each["source"] for each in made.skipped] == ["photo.jpg"]
    assert 0 <= made.seconds < 30
    opened = open_index(tmp_path / "index", stand_in.fingerprint)
    assert opened.manifest == made
    entries = opened.catalogue.passages(range(made.passages))
    assert len(opened.vectors) == len(entries) == made.passages
    assert sum(len(entry.passage.sentences) for entry in entries) == made.sentences
    opened.catalogue.close()


UNITS = {
    "Les séances ont lieu le mardi à Rabat.": "La formation continue en oncologie : {}",
    "Soigner à distance les régions sans médecin.": "La télémédecine : Objectifs : {}",
    "Un réseau sûr.": "La télémédecine : Moyens : {}",
    "Surgeons train on a simulator first.": "Robot-assisted surgery : {}",
}
"""Sentence → the title and the heading under which it is embedded."""


def test_each_row_holds_the_vectors_of_its_passage(index: Path, encoder: StandInEncoder) -> None:
    opened = open_index(index, encoder.fingerprint)
    entries = opened.catalogue.passages(range(len(opened.vectors)))
    for entry in entries:
        title, text = entry.document.title, entry.passage.text
        row = np.array([entry.row])
        expected = encoder.passages([text if text.startswith(title) else f"{title}\n{text}"])
        np.testing.assert_allclose(opened.vectors.passages(row), expected, atol=1e-6)
        assert opened.vectors.nearest(expected, 1).tolist() == [[entry.row]]
    found = {
        sentence.text: (entry.row, place)
        for entry in entries
        for place, sentence in enumerate(entry.passage.sentences)
    }
    for sentence, under in UNITS.items():
        number, place = found[sentence]
        scored = opened.vectors.units(encoder.passages([under.format(sentence)]), np.array([number]))
        product, best = scored.ranked(0, 0)[0]
        assert product == pytest.approx(1, abs=0.02)
        assert best == place
    numbers = opened.passage_table.documents.tolist()
    assert [ALL.index(entry.document.source) for entry in entries] == numbers == sorted(numbers)
    opened.catalogue.close()


def test_each_row_holds_the_words_of_its_passage(index: Path, encoder: StandInEncoder) -> None:
    opened = open_index(index, encoder.fingerprint)
    entries = opened.catalogue.passages(range(len(opened.vectors)))
    for entry in entries:
        heading = " ".join([entry.document.title, *entry.passage.section])
        for analysis in ANALYSES:
            for term in terms(words(entry.passage.text), analysis):
                matches = opened.lexical.matches(np.array([entry.row]), [term_key(analysis.name, term)])
                in_head = terms(words(heading), analysis).count(term)
                in_body = terms(words(entry.passage.text), analysis).count(term)
                assert matches.weights.tolist() == [[in_body + 0.5 * in_head]]
    opened.catalogue.close()


def test_a_heading_is_a_unit_that_is_shown_as_the_sentence_after_it(
    corpus: Path, tmp_path: Path, stand_in: StandInEncoder
) -> None:
    for path in corpus.rglob("*.*"):
        path.unlink()
    (corpus / "a.md").write_text(
        "# Les cours\n\n12/03/2021\n\n## Prix\n\nIls sont gratuits. Le repas est payant.\n", encoding="utf-8"
    )
    build(corpus, tmp_path / "index")
    opened = open_index(tmp_path / "index", stand_in.fingerprint)
    (entry,) = opened.catalogue.passages([0])
    texts = [sentence.text for sentence in entry.passage.sentences]
    assert texts == ["Les cours", "12/03/2021", "Prix", "Ils sont gratuits.", "Le repas est payant."]
    folder = tmp_path / "index" / "generations" / "g000001"
    assert np.load(folder / Layout.UNIT_OFFSETS).tolist() == [0, 3]
    assert np.load(folder / Layout.UNIT_SENTENCES).tolist() == [3, 3, 4]
    asked = stand_in.passages(["Les cours : Prix", "Les cours : Prix : Le repas est payant."])
    scored = opened.vectors.units(asked, np.array([0]))
    assert [scored.ranked(query, 0)[0][1] for query in (0, 1)] == [3, 4]
    np.testing.assert_allclose(scored.best, 1, atol=0.02)
    opened.catalogue.close()


BATCHES = {
    "one by one": BatchSettings(texts=1),
    "one by one, nothing beside anything": BatchSettings(
        texts=1, passages=1, characters=1, windows=0, read_ahead=1
    ),
    "nothing beside the encoder": BatchSettings(windows=0),
    "slices of two": BatchSettings(slices=range(2, 2), windows=1, read_ahead=1),
}


@pytest.mark.usefixtures("stand_in")
@pytest.mark.parametrize("batches", BATCHES.values(), ids=BATCHES)
def test_what_is_done_side_by_side_changes_nothing(
    corpus: Path, tmp_path: Path, batches: BatchSettings
) -> None:
    built = [tmp_path / "a", tmp_path / "b"]
    build(corpus, built[0])
    build(corpus, built[1], BuildSettings(batches=batches))
    # tantivy names its segments at random; what they hold is compared in test_lexical.
    sums = [
        {
            name: each
            for name, each in verify(index / "generations" / "g000001").files.items()
            if "/" not in name
        }
        for index in built
    ]
    assert sums[0] == sums[1]
    assert len(sums[0]) == 19


@pytest.mark.usefixtures("stand_in")
def test_nothing_is_built_when_nothing_changed(corpus: Path, index: Path) -> None:
    report = build(corpus, index)
    assert (report.up_to_date, report.plan.files, report.manifest.generation) == (True, 3, "g000001")
    assert store.read_pointer(index) == Pointer("g000001", None)
    assert build(corpus, index, force=True).manifest.generation == "g000002"


def _change(corpus: Path) -> None:
    (corpus / "robots.txt").write_text("Robots\n\nThere are three of them now.", encoding="utf-8")


def _rename(corpus: Path) -> None:
    (corpus / "robots.txt").rename(corpus / "chirurgie.txt")


CHANGES: dict[str, tuple[Callable[[Path], object], list[str]]] = {
    "changed": (_change, ALL),
    "removed": (lambda corpus: (corpus / "robots.txt").unlink(), [ALL[0], ALL[2]]),
    "renamed": (_rename, ["chirurgie.txt", ALL[0], ALL[2]]),
    "added": (lambda corpus: (corpus / "neuf.md").write_text("# Neuf\n\nUn texte."), ["neuf.md", *ALL]),
}


@pytest.mark.parametrize(("change", "expected"), CHANGES.values(), ids=CHANGES)
def test_a_changed_corpus_is_built_anew(
    corpus: Path, index: Path, encoder: StandInEncoder, change: Callable[[Path], object], expected: list[str]
) -> None:
    change(corpus)
    report = build(corpus, index)
    assert (report.up_to_date, report.manifest.generation) == (False, "g000002")
    assert sources(index, encoder) == expected
    assert build(corpus, index).up_to_date


@pytest.mark.usefixtures("stand_in")
def test_a_second_build_is_told(corpus: Path, index: Path) -> None:
    with store.build_lock(index), pytest.raises(BuildUnderWay):
        build(corpus, index)


def test_a_model_that_reads_little_gets_short_passages(
    corpus: Path, tmp_path: Path, stand_in: StandInEncoder
) -> None:
    stand_in.max_tokens = 64
    (corpus / "long.txt").write_text("Un long texte sans fin. " * 100, encoding="utf-8")
    build(corpus, tmp_path / "index")
    opened = open_index(tmp_path / "index", stand_in.fingerprint)
    texts = [entry.passage.text for entry in opened.catalogue.passages(range(len(opened.vectors)))]
    assert np.max(stand_in.count_tokens(texts)) <= 48
    opened.catalogue.close()


@pytest.mark.parametrize("empty", [["robots.txt"], ["oncologie.txt"], ["santé/télémédecine.md"], ALL])
@pytest.mark.parametrize("again", [False, True], ids=["first", "next"])
def test_a_document_of_no_passages(
    corpus: Path,
    tmp_path: Path,
    stand_in: StandInEncoder,
    empty: list[str],
    again: bool,
) -> None:
    def cut(document: Document, *given: Any) -> list[Passage]:
        return [] if document.source in empty else chunking.chunk(document, *given)

    settings = BuildSettings(chunk=cut)
    made = build(corpus, tmp_path / "index", settings).manifest
    if again:
        (corpus / "zéro.txt").write_text("Un autre texte.", encoding="utf-8")
        made = build(corpus, tmp_path / "index", settings).manifest
    assert made.documents == 3 + again
    opened = open_index(tmp_path / "index", stand_in.fingerprint)
    held = {entry.source: entry.passages for entry in opened.catalogue.documents()}
    assert sum(held.values()) == made.passages == len(opened.vectors) == len(opened.lexical)
    assert sorted(source for source, count in held.items() if not count) == sorted(empty)
    rows = opened.vectors.nearest(stand_in.queries(["robots"]), 10)
    assert rows.shape == (1, made.passages)
    assert opened.lexical.find(["centr", "robot"], 10).size <= made.passages
    opened.catalogue.close()


def test_a_document_without_a_block_has_no_passages(tmp_path: Path, encoder: StandInEncoder) -> None:
    some, none = document("Un texte.", source="a.md"), replace(document(source="b.md"), blocks=())
    made = builder.publish_documents([some, none], "two", tmp_path / "i", encoder)
    assert (made.documents, made.passages) == (2, 1)


@pytest.mark.usefixtures("stand_in")
@pytest.mark.parametrize(("mask", "mode"), [(0o022, 0o644), (0o027, 0o640), (0o077, 0o600)])
def test_who_may_read_one_file_may_read_them_all(corpus: Path, tmp_path: Path, mask: int, mode: int) -> None:
    before = os.umask(mask)
    try:
        build(corpus, tmp_path / "i")
    finally:
        os.umask(before)
    files = [path for path in (tmp_path / "i" / "generations").rglob("*") if path.is_file()]
    assert {path.stat().st_mode & 0o777 for path in files} == {mode}
