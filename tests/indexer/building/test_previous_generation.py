"""The generation before: what is taken over from it is what reading would give, and nothing that changed."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from indexer.building import build as builder
from indexer.building.previous_generation import Before, open_before
from indexer.corpus import loading
from indexer.corpus.loading import Loaded
from indexer.passages.chunking import ChunkSettings, chunk
from indexer.records import CorpusFile, Skipped
from indexer.store import generation as store
from indexer.store.catalogue import Catalogue
from models import background_texts
from models.encoder import ModelChoice
from models.files import sha256
from tests.conftest import SEEDS
from tests.indexer.building.test_build import ALL, build, sources
from tests.indexer.recording import Recording, documents_in, flat, texts_of


@pytest.fixture
def encoder() -> Recording:
    return Recording()


@pytest.fixture
def before(index: Path, encoder: Recording) -> Iterator[Before]:
    """The index of the corpus, as the next build finds it."""
    found = open_before(index, encoder.fingerprint, ChunkSettings())
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
    before = open_before(tmp_path / "i", encoder.fingerprint, ChunkSettings())
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


def test_another_content_or_source_is_not_kept(corpus: Path, before: Before) -> None:
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


def test_only_what_changed_is_read(corpus: Path, index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    hashed: list[str] = []

    def load(file: CorpusFile, load: Callable[[CorpusFile], object] = loading.load) -> object:
        read.append(file.source)
        return load(file)

    def digest(path: Path) -> str:
        hashed.append(path.name)
        return sha256(path)

    monkeypatch.setattr("indexer.corpus.loading.load", load)
    monkeypatch.setattr("indexer.corpus.loading.sha256", digest)
    assert build(corpus, index).up_to_date
    assert (read, hashed) == ([], [])
    (corpus / "robots.txt").write_text("Robots\n\nThere are three of them now.", encoding="utf-8")
    os.utime(corpus / "oncologie.txt")
    assert not build(corpus, index).up_to_date
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


def _another_model(_: Path, encoder: Recording, __: pytest.MonkeyPatch) -> None:
    encoder.fingerprint = "f" * 16


def _other_settings(_: Path, __: Recording, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(builder, "ChunkSettings", lambda: ChunkSettings(target=201))


def _another_version(_: Path, __: Recording, patch: pytest.MonkeyPatch) -> None:
    patch.setattr("indexer.building.previous_generation.VERSION", "99")


def _damage(index: Path, _: Recording, __: pytest.MonkeyPatch) -> None:
    path = index / "generations" / "g000001" / "units.npy"
    path.write_bytes(path.read_bytes()[:-1] + b"\x00")


def _missing(index: Path, _: Recording, __: pytest.MonkeyPatch) -> None:
    (index / "generations" / "g000001" / "term_keys.npy").unlink()


def _unreadable_pointer(index: Path, _: Recording, __: pytest.MonkeyPatch) -> None:
    (index / "CURRENT").write_text("{", encoding="utf-8")


Act = Callable[[Path, Recording, pytest.MonkeyPatch], None]
UNFIT: dict[str, Act] = {
    "another model": _another_model,
    "other settings": _other_settings,
    "another version": _another_version,
    "damaged": _damage,
    "a file missing": _missing,
    "no pointer": _unreadable_pointer,
}


@pytest.mark.parametrize("act", UNFIT.values(), ids=UNFIT)
@pytest.mark.usefixtures("stand_in")
def test_from_what_does_not_fit_nothing_is_taken_over(
    corpus: Path, index: Path, encoder: Recording, monkeypatch: pytest.MonkeyPatch, act: Act
) -> None:
    act(index, encoder, monkeypatch)
    encoder.forget()
    report = build(corpus, index)
    assert (report.up_to_date, report.manifest.carried, report.manifest.documents) == (False, 0, 3)
    assert encoder.texts == [*flat(texts_of(corpus, encoder)), *background_texts.TEXTS]
    assert encoder.questions == list(background_texts.QUESTIONS)
    assert sources(index, encoder) == ALL


@pytest.mark.usefixtures("stand_in")
def test_force_takes_nothing_over(corpus: Path, index: Path, encoder: Recording) -> None:
    encoder.forget()
    assert build(corpus, index, force=True).manifest.carried == 0
    assert encoder.texts == [*flat(texts_of(corpus, encoder)), *background_texts.TEXTS]


def test_there_is_none_before_the_first(tmp_path: Path) -> None:
    assert open_before(tmp_path / "none", "f" * 16, ChunkSettings()) is None


@pytest.mark.usefixtures("stand_in")
def test_documents_that_no_folder_held_are_nothing_to_keep(
    corpus: Path, tmp_path: Path, encoder: Recording
) -> None:
    documents = [replace(each, content_hash="") for each in documents_in(corpus)]
    builder.build_documents(documents, "elsewhere", tmp_path / "i", ModelChoice())
    report = build(corpus, tmp_path / "i")
    assert (report.up_to_date, report.manifest.documents) == (False, 3)
    assert report.manifest.carried == report.manifest.passages  # the texts are the same


@pytest.mark.usefixtures("stand_in")
def test_a_file_that_could_not_be_read_is_tried_again(
    corpus: Path, tmp_path: Path, encoder: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    # By another user, or from a share that did not answer: nothing of the file itself changes.
    def refused(path: Path) -> str:
        if path.name == "robots.txt":
            raise PermissionError(13, "Permission denied")
        return sha256(path)

    def unloaded(file: CorpusFile, load: Callable[[CorpusFile], object] = loading.load) -> object:
        if file.source == "robots.txt":
            return Loaded(skipped=(Skipped(file.source, "it cannot be opened: Permission denied"),))
        return load(file)

    with monkeypatch.context() as patch:
        patch.setattr("indexer.corpus.loading.sha256", refused)
        patch.setattr("indexer.corpus.loading.load", unloaded)
        assert build(corpus, tmp_path / "i").manifest.documents == 2
    assert build(corpus, tmp_path / "i").manifest.documents == 3
    assert sources(tmp_path / "i", encoder) == ALL
