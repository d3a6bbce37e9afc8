"""A build: what it reports, when it has nothing to do, and that nothing it meets harms the old index."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from indexer import build as builder
from indexer import chunking
from indexer.documents import Passage
from indexer.errors import BuildUnderWay
from indexer.store import generation as store
from indexer.store.generation import ModelRecord, Pointer
from indexer.store.index import open_index
from models.encoder import ModelChoice
from tests.indexer.documents import document
from tests.standin import StandInEncoder


def build(corpus: Path, index: Path, *, force: bool = False) -> builder.Report:
    return builder.build(corpus, index, ModelChoice(), force=force)


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
    assert (report.files, report.up_to_date) == (4, False)
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


def test_each_row_holds_the_vectors_of_its_passage(index: Path, encoder: StandInEncoder) -> None:
    opened = open_index(index, encoder.fingerprint)
    for entry in opened.catalogue.passages(range(len(opened.vectors))):
        text = entry.passage.text
        titled = text if text.startswith(entry.document.title) else f"{entry.document.title}\n{text}"
        (row,), (cosine,) = opened.vectors.nearest(encoder.passages([titled])[0], 1)
        assert (row, cosine) == (entry.row, pytest.approx(1, abs=1e-5))
        for place, sentence in enumerate(entry.passage.sentences):
            cosines = opened.vectors.sentence_cosines(encoder.passages([sentence.text])[0], entry.row)
            assert cosines[place] == pytest.approx(1, abs=0.02)
    opened.catalogue.close()


def test_a_buffer_changes_nothing(
    corpus: Path, tmp_path: Path, stand_in: StandInEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    built = [tmp_path / "a", tmp_path / "b"]
    build(corpus, built[0])
    monkeypatch.setattr(builder, "BUFFER", 1)
    build(corpus, built[1])
    sums = [store.verify(index / "generations" / "g000001").files for index in built]
    assert sums[0] == sums[1]


@pytest.mark.usefixtures("stand_in")
def test_nothing_is_built_when_nothing_changed(corpus: Path, index: Path) -> None:
    report = build(corpus, index)
    assert (report.up_to_date, report.files, report.manifest.generation) == (True, 3, "g000001")
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


@pytest.mark.parametrize("what", ["fingerprint", "settings", "version", "damage"])
def test_what_else_calls_for_a_build(
    corpus: Path, index: Path, stand_in: StandInEncoder, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    if what == "fingerprint":
        stand_in.fingerprint = "f" * 16
    elif what == "settings":
        monkeypatch.setattr(builder, "ChunkSettings", lambda: chunking.ChunkSettings(100, 20, 200))
    elif what == "version":
        monkeypatch.setattr(builder, "VERSION", "99")
    else:
        (index / "generations" / "g000001" / "catalogue.sqlite").write_bytes(b"")
    assert build(corpus, index).manifest.generation == "g000002"
    assert sources(index, stand_in) == ALL


@pytest.mark.usefixtures("stand_in")
def test_a_second_build_is_told(corpus: Path, index: Path) -> None:
    with store.build_lock(index), pytest.raises(BuildUnderWay):
        build(corpus, index)


@pytest.mark.parametrize(
    ("title", "max_tokens", "expected"),
    [
        ("Titre", 512, "Titre\ntexte"),
        ("texte", 512, "texte"),
        ("T" * 500, 512, "T" * 200 + "\ntexte"),
        ("T" * 500, 128, "T" * 96 + "\ntexte"),
    ],
)
def test_what_is_embedded(title: str, max_tokens: int, expected: str) -> None:
    passage = Passage("texte", 0, 5, (), None, None, ())
    assert builder.embedded_text(document("texte", title=title), passage, max_tokens) == expected


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
