"""What does not agree within a generation is told, though every checksum is right."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import faiss
import numpy as np
import numpy.typing as npt
import pytest

from indexer.building import build as builder
from indexer.store.lexical import LexicalWriter
from indexer.store.manifest import Layout, Manifest, read_manifest
from models.load import ModelChoice
from tests.indexer.building.test_build import in_cells
from tests.indexer.consistency import disagreements

Array = npt.NDArray[Any]


@pytest.fixture
def generation(corpus: Path, index: Path) -> Path:
    """Of six documents, two of which are twins."""
    said = (corpus / "oncologie.txt").read_text(encoding="utf-8")
    for name in ("copie.txt", "a.txt", "b.txt"):
        (corpus / name).write_text(f"{name}\n\n{said.partition('12/03/2021')[2]}", encoding="utf-8")
    made = builder.build(corpus, index, ModelChoice()).manifest
    assert np.load(index / "generations" / "g000002" / Layout.NEAR_DUPLICATES).size
    return index / "generations" / made.generation


def told(folder: Path, manifest: Manifest | None = None) -> list[str]:
    return list(disagreements(folder, manifest or read_manifest(folder)))


def test_a_sound_generation_agrees(generation: Path) -> None:
    assert told(generation) == []


def test_a_generation_of_cells_agrees(corpus: Path, generation: Path) -> None:
    index = generation.parent.parent
    manifest = builder.build(corpus, index, ModelChoice(), force=True, settings=in_cells(2)).manifest
    folder = generation.with_name(manifest.generation)
    assert told(folder) == []
    cells = faiss.read_index(str(folder / Layout.CELLS))
    cells.remove_ids(np.array([1]))  # type: ignore[arg-type]  # its stubs lag behind
    faiss.write_index(cells, str(folder / Layout.CELLS))
    assert told(folder) == [
        f"the {manifest.passages - 1} passages of passages.ivf are not numbered 0 to"
        f" {manifest.passages - 1}, each once"
    ]


def scaled(rows: Array) -> Array:
    rows[1] *= 1.01
    return rows


def with_nan(rows: Array) -> Array:
    rows[2, 3] = np.nan
    return rows


def put(place: Any, value: Any) -> Callable[[Array], Array]:
    def change(rows: Array) -> Array:
        rows[place] = value
        return rows

    return change


@pytest.mark.parametrize(
    ("name", "change", "said"),
    [
        (Layout.PASSAGES, scaled, "1 passages have vectors not of unit length; the first is 1"),
        (Layout.PASSAGES, with_nan, "1 passages have vectors not of unit length; the first is 2"),
        (Layout.PASSAGES, lambda rows: rows[:-1], "passages.npy has shape (5, 64), not (6, 64)"),
        (Layout.PASSAGE_KEYS, lambda rows: rows[:-1], "passage_keys.npy has shape (5,), not (6,)"),
        (Layout.PASSAGE_DOCUMENTS, put(3, 0), "1 passages are of another document than in the catalogue"),
        (Layout.PASSAGE_LANGUAGES, put(3, 7), "1 passages are of another language than in the catalogue"),
        (Layout.UNITS, lambda rows: rows // 2, "units have vectors not of unit length"),
        (Layout.UNIT_SCALES, put(0, np.inf), "1 units have vectors not of unit length; the first is 0"),
        (Layout.UNIT_SENTENCES, put(0, 60_000), "1 units are of sentences that do not exist"),
        (Layout.UNIT_OFFSETS, put(2, 0), "unit_offsets.npy has a run of fewer than 1 at 1"),
        (Layout.UNIT_OFFSETS, put(-1, 9), "unit_offsets.npy goes from 0 to 9, and not from 0 to"),
        (Layout.BACKGROUND, put((0, 0), np.nan), "background.npy holds what is no number"),
        (Layout.SIGNATURES, lambda rows: rows[:, :9], "twin_signatures.npy has shape (6, 9), not (6, 65)"),
        (
            Layout.NEAR_DUPLICATES,
            put((1, 0), 6),
            "twins.npy is not in order, or names passages twice or such as",
        ),
        (Layout.NEAR_DUPLICATES, lambda rows: rows[:, :1], "twins.npy: group 0 is of one document"),
        (Layout.VERSIONS, put((0, 0), 9), "versions.npy is not in order"),
        (Layout.VERSIONS, lambda rows: rows[:, :0], "3 passages of twins.npy are not in versions.npy"),
        (Layout.TERM_OFFSETS, put(0, 1), "term_offsets.npy goes from 1 to "),
        (Layout.TERM_HELD, lambda rows: rows[:, ::-1], "term_held.npy is not in order"),
        (Layout.TERM_HELD, put((1, 4), 7), "1 terms are in no passage, or in more than all; the first is 4"),
        (Layout.TERM_LENGTHS, put((0, 0), np.nan), "term_lengths.npy holds what is no length"),
        (Layout.TERM_WEIGHTS, lambda rows: rows[:-1], "term_keys.npy has shape "),
    ],
)
def test_arrays(generation: Path, name: str, change: Callable[[Array], Array], said: str) -> None:
    np.save(generation / name, change(np.load(generation / name)))
    (problem,) = told(generation)
    assert said in problem


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE passages SET text = text || '.' WHERE id = 2", "its passages have ids of other texts"),
        ("UPDATE passages SET passage_id = 'x' WHERE id = 2", "its passages have ids of other texts"),
        ("DELETE FROM passages WHERE id = 2", "it has 0 passages, and 1 are counted"),
        ("UPDATE passages SET id = 9 WHERE id = 5", "passages are in no document of the catalogue"),
        ('UPDATE passages SET "end" = 100000 WHERE id = 2', "passage 2 or a sentence of it stands outside"),
        ("UPDATE passages SET document = 0 WHERE id = 2", "passages are of another document than in the"),
        ("UPDATE passages SET language = 'ar' WHERE id = 2", "passages are of another language than in"),
        ("UPDATE documents SET id = 9 WHERE id = 5", "documents of the catalogue are not numbered 0 to 5"),
        ("UPDATE sources SET document = 0 WHERE document = 2", "does not lead to its document"),
        ("UPDATE files SET documents = 9 WHERE first = 2", "is said to hold documents range(2, 11), of 6"),
    ],
)
def test_the_catalogue(generation: Path, statement: str, said: str) -> None:
    with sqlite3.connect(generation / Layout.CATALOGUE) as connection:
        connection.execute("PRAGMA foreign_keys = OFF")
        assert connection.execute(statement).rowcount == 1
    connection.close()
    assert any(said in problem for problem in told(generation)), told(generation)


def test_the_manifest(generation: Path) -> None:
    manifest = read_manifest(generation)
    assert told(generation, replace(manifest, generation="g000009")) == ["its manifest is that of g000009"]
    assert "sentences, its manifest says 1" in told(generation, replace(manifest, sentences=1))[0]


@pytest.mark.parametrize(
    ("documents", "said"),
    [
        ([0, 1, 2, 3, 4], ["the 5 passages of lexical/ are not numbered 0 to 5, each once", "document 5"]),
        ([0, 1, 2, 3, 5, 4], ["document 4", "document 5"]),
    ],
)
def test_the_index_of_words(generation: Path, tmp_path: Path, documents: list[int], said: list[str]) -> None:
    (tmp_path / "other").mkdir()
    with LexicalWriter(tmp_path / "other") as writer:
        for number in documents:
            writer.add("un texte", "un titre", number, "fr")
    (generation / Layout.LEXICAL).rename(tmp_path / "put aside")
    (tmp_path / "other" / Layout.LEXICAL).rename(generation / Layout.LEXICAL)
    problems = told(generation)
    assert len(problems) == len(said)
    assert all(expected in problem for problem, expected in zip(problems, said, strict=True)), problems
