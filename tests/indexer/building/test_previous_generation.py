"""Documents taken over from the previous generation equal those read again, and none of them has changed."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from indexer.building import build as builder
from indexer.building.previous_generation import PreviousGeneration, open_previous
from indexer.building.settings import DEFAULT, BuildSettings
from indexer.corpus import loading
from indexer.corpus.loading import Loaded
from indexer.passages.chunking import ChunkSettings, chunk
from indexer.records import CorpusFile, Skipped
from indexer.store import generation as store
from indexer.store.catalogue import Catalogue
from models import background_texts
from models.files import sha256
from models.load import ModelChoice
from tests.conftest import SEEDS
from tests.indexer.building.test_build import ALL, build, sources
from tests.indexer.recording import Recording, documents_in, embedded, flat, texts_of


@pytest.fixture
def encoder() -> Recording:
    return Recording()


@pytest.fixture
def before(index: Path, encoder: Recording) -> Iterator[PreviousGeneration]:
    """The index of the corpus, as the next build finds it."""
    found = open_previous(index, encoder.fingerprint, DEFAULT)
    assert found is not None
    yield found
    found.close()


def copies(index: Path) -> dict[str, tuple[str, ...]]:
    """The other paths of every document."""
    catalogue = Catalogue(index / "generations" / store.read_pointer(index).current / "catalogue.sqlite")
    try:
        return {entry.source: entry.copies for entry in catalogue.documents()}
    finally:
        catalogue.close()


def shown(index: Path) -> str:
    """All text of the index's documents."""
    pointer = store.read_pointer(index)
    catalogue = Catalogue(index / "generations" / pointer.current / "catalogue.sqlite")
    try:
        found = [catalogue.document(entry.source) for entry in catalogue.documents()]
    finally:
        catalogue.close()
    return "\n".join(each[1] for each in found if each)


@pytest.mark.parametrize("folder", ["corpus", SEEDS], ids=["small", "seeds"])
@pytest.mark.usefixtures("stand_in")
def test_what_is_kept_is_what_reading_gives(
    corpus: Path, tmp_path: Path, encoder: Recording, folder: str | Path
) -> None:
    corpus = tmp_path / folder
    build(corpus, tmp_path / "i")
    before = open_previous(tmp_path / "i", encoder.fingerprint, DEFAULT)
    assert before is not None
    at = 0
    for document in documents_in(corpus):
        (kept,) = before.documents(document.source, document.content_hash, None)
        assert kept.document == replace(document, blocks=())
        passages = chunk(document, encoder.count_tokens, ChunkSettings())
        assert list(kept.passages) == passages
        assert kept.rows == range(at, at + len(passages))
        at = kept.rows.stop
    assert at == len(before.vectors) > 0
    before.close()


def test_another_content_or_source_is_not_kept(corpus: Path, before: PreviousGeneration) -> None:
    own = sha256(corpus / "robots.txt")
    assert before.documents("robots.txt", own, None)
    assert not before.documents("robots.txt", "0" * 64, None)
    assert not before.documents("oncologie.txt", own, None)
    assert not before.documents("chirurgie.txt", own, None)


def test_a_time_set_back_hides_nothing(corpus: Path, index: Path, encoder: Recording) -> None:
    path = corpus / "robots.txt"
    old, status = path.read_text(encoding="utf-8"), path.stat()
    new = old.replace("2020", "2021")
    path.write_text(new, encoding="utf-8")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert (path.stat().st_size, path.stat().st_mtime_ns) == (status.st_size, status.st_mtime_ns)
    assert not build(corpus, index).up_to_date
    assert "2021" in shown(index) and "2020" not in shown(index)


def test_a_file_replaced_by_another_of_its_size_and_time_is_read(corpus: Path, index: Path) -> None:
    path = corpus / "robots.txt"
    status = path.stat()
    other = corpus.parent / "other.txt"
    other.write_text(path.read_text(encoding="utf-8").replace("2020", "2021"), encoding="utf-8")
    os.utime(other, ns=(status.st_atime_ns, status.st_mtime_ns))
    other.rename(path)
    assert not build(corpus, index).up_to_date
    assert "2021" in shown(index)


def test_a_touched_file_is_no_change(corpus: Path, index: Path) -> None:
    os.utime(corpus / "robots.txt")
    assert build(corpus, index).up_to_date


def test_only_what_changed_is_read(corpus: Path, index: Path) -> None:
    read: list[str] = []
    hashed: list[str] = []

    def load(file: CorpusFile) -> Loaded:
        read.append(file.source)
        return loading.load(file)

    def digest(file: CorpusFile) -> str:
        hashed.append(file.source)
        return loading.digest(file)

    settings = BuildSettings(load=load, digest=digest)
    assert build(corpus, index, settings).up_to_date
    assert (read, hashed) == ([], [])
    (corpus / "robots.txt").write_text("Robots\n\nThere are three of them now.", encoding="utf-8")
    os.utime(corpus / "oncologie.txt")
    assert not build(corpus, index, settings).up_to_date
    assert read == ["robots.txt"]
    assert hashed == ["oncologie.txt", "robots.txt"]


@pytest.mark.parametrize(("copy", "listed"), [("a.txt", "a.txt"), ("z.txt", "robots.txt")])
@pytest.mark.usefixtures("stand_in")
def test_of_a_kept_document_and_its_copy_the_first_is_listed(
    corpus: Path, index: Path, encoder: Recording, copy: str, listed: str
) -> None:
    (corpus / copy).write_bytes((corpus / "robots.txt").read_bytes())
    made = build(corpus, index).manifest
    assert made.skipped == []
    assert sources(index, encoder) == sorted({*ALL, listed} - ({"robots.txt"} - {listed}))
    (other,) = {copy, "robots.txt"} - {listed}
    assert copies(index)[listed] == (other,)
    (corpus / listed).unlink()
    report = build(corpus, index)
    assert report.manifest.carried == report.manifest.passages
    assert sources(index, encoder) == sorted({*ALL, other} - {listed})
    assert not any(copies(index).values())


def _damage(index: Path) -> None:
    path = index / "generations" / "g000001" / "units.npy"
    path.write_bytes(path.read_bytes()[:-1] + b"\x00")


UNFIT: dict[str, tuple[Callable[[Path], object], BuildSettings]] = {
    "another model": (lambda _: None, DEFAULT),
    "other settings": (lambda _: None, BuildSettings(ChunkSettings(target=201))),
    "another version": (lambda _: None, BuildSettings(version="99")),
    "damaged": (_damage, DEFAULT),
    "a file missing": (lambda index: (index / "generations/g000001/term_keys.npy").unlink(), DEFAULT),
    "no catalogue": (
        lambda index: (index / "generations/g000001/catalogue.sqlite").write_bytes(b""),
        DEFAULT,
    ),
    "no pointer": (lambda index: (index / "CURRENT").write_text("{", encoding="utf-8"), DEFAULT),
}


@pytest.mark.parametrize("case", UNFIT)
@pytest.mark.usefixtures("stand_in")
def test_from_what_does_not_fit_nothing_is_taken_over(
    corpus: Path, index: Path, encoder: Recording, case: str
) -> None:
    spoil, settings = UNFIT[case]
    spoil(index)
    if case == "another model":
        encoder.fingerprint = "f" * 16
    encoder.forget()
    report = build(corpus, index, settings)
    assert (report.up_to_date, report.manifest.carried, report.manifest.documents) == (False, 0, 3)
    assert report.manifest.generation == "g000002"
    assert encoder.texts[-len(background_texts.TEXTS) :] == list(background_texts.TEXTS)
    assert embedded(encoder) == {*flat(texts_of(corpus, encoder)), *background_texts.TEXTS}
    assert encoder.questions == list(background_texts.QUESTIONS)
    assert sources(index, encoder) == ALL


@pytest.mark.usefixtures("stand_in")
def test_force_takes_nothing_over(corpus: Path, index: Path, encoder: Recording) -> None:
    encoder.forget()
    assert build(corpus, index, force=True).manifest.carried == 0
    assert encoder.texts[-len(background_texts.TEXTS) :] == list(background_texts.TEXTS)
    assert embedded(encoder) == {*flat(texts_of(corpus, encoder)), *background_texts.TEXTS}


def test_there_is_none_before_the_first(tmp_path: Path) -> None:
    assert open_previous(tmp_path / "none", "f" * 16, DEFAULT) is None


@pytest.mark.usefixtures("stand_in")
def test_documents_that_no_folder_held_are_nothing_to_keep(
    corpus: Path, tmp_path: Path, encoder: Recording
) -> None:
    documents = [replace(each, content_hash="") for each in documents_in(corpus)]
    builder.publish_documents(documents, "elsewhere", tmp_path / "i", ModelChoice().load())
    report = build(corpus, tmp_path / "i")
    assert (report.up_to_date, report.manifest.documents) == (False, 3)
    assert report.manifest.carried == report.manifest.passages  # the texts are the same


@pytest.mark.usefixtures("stand_in")
def test_a_file_that_could_not_be_read_is_tried_again(
    corpus: Path, tmp_path: Path, encoder: Recording
) -> None:
    # Another user's file, or a share that does not answer: nothing of the file itself changes.
    def digest(file: CorpusFile) -> str:
        if file.source == "robots.txt":
            raise PermissionError(13, "Permission denied")
        return loading.digest(file)

    def load(file: CorpusFile) -> Loaded:
        if file.source == "robots.txt":
            return Loaded(skipped=(Skipped(file.source, "it cannot be opened: Permission denied"),))
        return loading.load(file)

    refused = BuildSettings(load=load, digest=digest)
    assert build(corpus, tmp_path / "i", refused).manifest.documents == 2
    assert build(corpus, tmp_path / "i").manifest.documents == 3
    assert sources(tmp_path / "i", encoder) == ALL
