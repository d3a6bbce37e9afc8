"""Whatever stops a build, the index that served goes on serving and nothing half-made is left."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from indexer.building import build as builder
from indexer.building.settings import BatchSettings, BuildSettings
from indexer.corpus.loading import Loaded, load
from indexer.corpus.walk import Corpus
from indexer.errors import CorpusError, StoreError
from indexer.records import CorpusFile
from indexer.store import generation as store
from indexer.store.generation import Pointer
from models.encoder import Vectors
from models.load import ModelChoice
from tests.indexer.building.test_build import ALL, build, sources
from tests.limits import files_up_to
from tests.standin import StandInChoice, StandInEncoder


class Faulty(StandInEncoder):
    """Fails after a few calls."""

    calls = 0

    def passages(self, texts: Sequence[str]) -> Vectors:
        self.calls += 1
        if self.calls > 2:
            raise ArithmeticError("out of numbers")
        return super().passages(texts)


def serves_as_before(index: Path, encoder: StandInEncoder) -> bool:
    folders = [path.name for path in (index / "generations").iterdir()]
    return (store.read_pointer(index), folders, sources(index, encoder)) == (
        Pointer("g000001", None),
        ["g000001"],
        ALL,
    )


def test_a_model_that_fails_midway_harms_nothing(corpus: Path, index: Path, encoder: StandInEncoder) -> None:
    settings = BuildSettings(batches=BatchSettings(texts=1))
    with pytest.raises(ArithmeticError):
        builder.build(corpus, index, StandInChoice(encoder=Faulty()), force=True, settings=settings)
    assert serves_as_before(index, encoder)


@pytest.mark.usefixtures("stand_in")
def test_a_corpus_of_which_nothing_can_be_read(corpus: Path, index: Path, encoder: StandInEncoder) -> None:
    for path in corpus.rglob("*.*"):
        path.write_bytes(b"\x00\x01\x02\x03 binary")
    with pytest.raises(CorpusError, match=r"None of the 3 files in .* could be read: oncologie\.txt: "):
        build(corpus, index)
    assert serves_as_before(index, encoder)


@pytest.mark.usefixtures("stand_in")
@pytest.mark.parametrize("limit", [1, 500, 4096, 20_000])
def test_a_full_disk_is_told_in_one_line(
    corpus: Path, index: Path, encoder: StandInEncoder, limit: int
) -> None:
    # Every file is refused more than so many bytes, at whichever step it is written.
    with files_up_to(limit), pytest.raises(StoreError) as raised:
        build(corpus, index, force=True)
    said = str(raised.value)
    assert said.startswith(f"The index could not be written to {index}: ") and "\n" not in said
    assert "what was indexed before still serves" in said
    assert serves_as_before(index, encoder)


def test_a_disk_full_at_the_seal(
    corpus: Path, index: Path, encoder: StandInEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreError, match="No space left on device"):
        build(corpus, index, force=True)
    assert serves_as_before(index, encoder)


@pytest.mark.usefixtures("stand_in")
@pytest.mark.parametrize("remains", ["nothing", "an empty folder"])
def test_a_corpus_that_disappears_midway_is_not_forgotten(
    corpus: Path, index: Path, encoder: StandInEncoder, remains: str
) -> None:
    (corpus / "oncologie.txt").write_text("Un autre texte.", encoding="utf-8")

    def unmounted(file: CorpusFile) -> Loaded:
        found = load(file)
        if corpus.is_dir():
            corpus.rename(corpus.with_name("elsewhere"))
        if remains != "nothing":
            corpus.mkdir(exist_ok=True)
        return found

    with pytest.raises(CorpusError, match=r"corpus disappeared while it was being indexed\. What was"):
        build(corpus, index, BuildSettings(load=unmounted))
    assert serves_as_before(index, encoder)


@pytest.mark.usefixtures("stand_in")
def test_one_of_several_folders_that_disappears(corpus: Path, index: Path, tmp_path: Path) -> None:
    for name in ("b", "empty"):
        (tmp_path / name).mkdir()
    (tmp_path / "b" / "note.txt").write_text("Une note.", encoding="utf-8")
    folders = Corpus((corpus, tmp_path / "b", tmp_path / "empty"))
    assert builder.build(folders, index, ModelChoice()).manifest.documents == 4

    def unmounted(file: CorpusFile) -> Loaded:
        shutil.rmtree(tmp_path / "b", ignore_errors=True)
        return load(file)

    with pytest.raises(CorpusError, match=r"b disappeared while it was being indexed"):
        builder.build(folders, index, ModelChoice(), force=True, settings=BuildSettings(load=unmounted))
    assert store.read_pointer(index).current == "g000002"
