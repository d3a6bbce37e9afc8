"""A build whose passages are too many to look at each: parted into cells, found, told and learnt once."""

from __future__ import annotations

import resource
from pathlib import Path
from random import Random

import numpy as np
import pytest

from indexer.__main__ import main
from indexer.building import build as builder
from indexer.building.settings import BuildSettings
from indexer.errors import StoreError
from indexer.store import generation as store
from indexer.store.arrays import Floats
from indexer.store.cells import CellSettings
from indexer.store.manifest import Layout, Manifest, NearestRecord, verify
from indexer.store.open_index import open_index
from tests.indexer.building.test_build import build, in_cells
from tests.indexer.building.test_incremental import add, change
from tests.indexer.recording import Recording, documents_in
from tests.limits import files_up_to

CELLS = 5


@pytest.fixture
def encoder() -> Recording:
    return Recording()


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """Eight articles, of some thirty passages."""
    rng, folder = Random(3), tmp_path / "corpus"
    folder.mkdir()
    for _ in range(8):
        add(rng, folder)
    return folder


@pytest.fixture
def index(corpus: Path, tmp_path: Path, stand_in: Recording) -> Path:
    """An index of the articles, in cells."""
    build(corpus, tmp_path / "index", in_cells(CELLS))
    return tmp_path / "index"


def exact_up_to(passages: int) -> BuildSettings:
    """Settings that cluster more than so many passages in cells."""
    return BuildSettings(cells=CellSettings(exact_up_to=passages, cells_for=lambda _: CELLS))


def centroids(index: Path, encoder: Recording) -> Floats:
    opened = open_index(index, encoder.fingerprint)
    opened.catalogue.close()
    assert opened.vectors.centroids is not None
    return opened.vectors.centroids


def test_every_passage_is_found_by_its_vector(index: Path, encoder: Recording) -> None:
    opened = open_index(index, encoder.fingerprint)
    assert opened.manifest.nearest.cells == CELLS
    everything = np.arange(opened.manifest.passages)
    rows = opened.vectors.nearest(opened.vectors.passages(everything), 2)
    assert (rows == everything[:, None]).any(axis=1).all()
    assert sorted(opened.vectors.nearest(encoder.queries(["robot"]), 10_000)[0]) == everything.tolist()
    opened.catalogue.close()


def test_recall_is_measured_with_sentences_of_the_corpus(
    corpus: Path, index: Path, encoder: Recording
) -> None:
    record = store_manifest(index).nearest
    assert (record.cells, record.probes) == (CELLS, CELLS)
    assert 0.9 < record.recall <= 1
    sources = [document.text for document in documents_in(corpus)]
    made = store_manifest(index)
    asked = encoder.questions[-made.passages :]  # one of each passage, while there are no more than 256
    assert all(any(question in source for source in sources) for question in asked)


def store_manifest(index: Path) -> Manifest:
    pointer = store.read_pointer(index)
    return verify(store.generation_folder(index, pointer.current))


def test_status_tells_of_the_cells(index: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status", "--index", str(index)]) == 0
    recall = store_manifest(index).nearest.recall
    line = f"search      {CELLS} of {CELLS} cells are looked into, recall@10 {recall:.3f}"
    assert line in capsys.readouterr().out.splitlines()


@pytest.mark.usefixtures("stand_in")
@pytest.mark.parametrize("beyond", [False, True])
def test_few_passages_are_all_looked_at(corpus: Path, tmp_path: Path, beyond: bool) -> None:
    count = build(corpus, tmp_path / "a").manifest.passages
    made = build(corpus, tmp_path / "b", exact_up_to(count - beyond)).manifest
    assert (Layout.CELLS in made.files) is (made.nearest.cells > 0) is beyond
    if not beyond:
        assert made.nearest == NearestRecord(cells=0, probes=0, recall=1.0)


def test_the_next_build_learns_no_cells(corpus: Path, index: Path, encoder: Recording) -> None:
    learnt = centroids(index, encoder)
    change(Random(1), corpus)
    add(Random(2), corpus)
    made = build(corpus, index, in_cells(CELLS)).manifest
    assert made.carried > 0 and made.nearest.cells == CELLS
    np.testing.assert_array_equal(centroids(index, encoder), learnt)
    rows = np.arange(made.passages)
    opened = open_index(index, encoder.fingerprint)
    assert sorted(opened.vectors.nearest(opened.vectors.passages(rows[:1]), len(rows))[0]) == rows.tolist()
    opened.catalogue.close()
    build(corpus, index, in_cells(CELLS), force=True)
    assert not np.isin(centroids(index, encoder), learnt).all()


def test_cells_come_and_go_with_the_number_of_passages(corpus: Path, index: Path, encoder: Recording) -> None:
    for most, expected in (10_000, 0), (1, CELLS):
        add(Random(most), corpus)
        made = build(corpus, index, exact_up_to(most)).manifest
        assert made.carried > 0 and made.nearest.cells == expected
        opened = open_index(index, encoder.fingerprint)
        assert opened.vectors.nearest(opened.vectors.passages(np.array([3])), 1).tolist() == [[3]]
        opened.catalogue.close()


@pytest.mark.usefixtures("stand_in")
def test_a_disk_full_while_cells_are_written_is_told_in_one_line(corpus: Path, index: Path) -> None:
    generation = index / "generations" / "g000001"
    sizes = {path.name: path.stat().st_size for path in generation.rglob("*") if path.is_file()}
    limit = sizes[Layout.CELLS] - 1

    def filling(_: int) -> int:
        _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
        return CELLS

    filled = BuildSettings(cells=CellSettings(exact_up_to=1, cells_for=filling))
    with files_up_to(max(sizes.values())), pytest.raises(StoreError, match=r"written to .*: File too large"):
        build(corpus, index, filled, force=True)
    assert store.read_pointer(index).current == "g000001"
    assert [path.name for path in (index / "generations").iterdir()] == ["g000001"]


def test_documents_that_no_folder_holds_are_clustered_too(
    corpus: Path, tmp_path: Path, encoder: Recording
) -> None:
    documents = documents_in(corpus)
    made = builder.publish_documents(documents, "some", tmp_path / "i", encoder, in_cells(CELLS))
    assert made.nearest.cells == CELLS
