"""Files read in a process apart: the same documents, and a file that hangs or crashes costs only itself."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from threading import Timer

import pytest

from indexer.building import sandbox
from indexer.building.sandbox import Reading
from indexer.corpus import loading, walk
from indexer.records import CorpusFile, Document
from tests.indexer.pdfs import At, pdf


@pytest.fixture
def reading() -> Iterator[Reading]:
    with Reading() as each:
        yield each


def html(folder: Path, name: str, body: str = "<h1>Titre</h1><p>Un paragraphe assez long.</p>") -> CorpusFile:
    (folder / name).write_text(f"<html><body>{body}</body></html>", encoding="utf-8")
    return next(each for each in walk.walk(folder) if each.source == name and isinstance(each, CorpusFile))


def pid(reading: Reading) -> int:
    assert reading._process is not None
    return reading._process.pid


def read(reading: Reading, file: CorpusFile) -> Document:
    (found,) = reading.load(file).documents
    return found


def reasons(reading: Reading, file: CorpusFile) -> list[str]:
    """Why a file is not read; its bytes are remembered, so that it is not tried again in vain."""
    loaded = reading.load(file)
    assert loaded.documents == ()
    assert loaded.digest == loading.digest(file)
    return [each.reason for each in loaded.skipped]


def test_a_document_is_the_same_read_apart(tmp_path: Path, reading: Reading) -> None:
    (tmp_path / "a.pdf").write_bytes(pdf([At(100, 700, ["Un texte sur", "deux lignes."])]))
    html(tmp_path, "b.html")
    files = [each for each in walk.walk(tmp_path) if isinstance(each, CorpusFile)]
    assert len(files) == 2
    for file in files:
        assert read(reading, file) == loading.load(file).documents[0]
        assert read(reading, file).blocks


def test_text_needs_no_process(tmp_path: Path, reading: Reading) -> None:
    (tmp_path / "a.txt").write_text("Un texte.", encoding="utf-8")
    (file,) = walk.walk(tmp_path)
    assert isinstance(file, CorpusFile)
    assert read(reading, file).text == "Un texte."
    assert reading._process is None


def test_a_reader_that_hangs_costs_its_file(
    tmp_path: Path, reading: Reading, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = html(tmp_path, "a.html")
    read(reading, file)
    os.kill(pid(reading), signal.SIGSTOP)
    monkeypatch.setattr(sandbox, "SECONDS", 0.5)
    assert reasons(reading, file) == ["reading it takes more than 0 seconds"]
    monkeypatch.setattr(sandbox, "SECONDS", 60.0)
    assert read(reading, file).title == "Titre"


def test_a_reader_that_crashes_costs_its_file(tmp_path: Path, reading: Reading) -> None:
    file = html(tmp_path, "a.html")
    read(reading, file)
    os.kill(pid(reading), signal.SIGSTOP)
    Timer(0.3, os.kill, (pid(reading), signal.SIGKILL)).start()
    assert reasons(reading, file) == ["its reader crashes on it"]
    assert read(reading, file).title == "Titre"


def test_a_process_that_ended_between_files_costs_nothing(tmp_path: Path, reading: Reading) -> None:
    file = html(tmp_path, "a.html")
    read(reading, file)
    assert reading._process is not None
    reading._process.kill()
    reading._process.wait()
    assert read(reading, file).title == "Titre"


def test_a_file_of_no_text_keeps_its_reason(tmp_path: Path, reading: Reading) -> None:
    file = html(tmp_path, "a.html", "<script>menu()</script>")
    found = reading.load(file)
    assert found == loading.load(file)
    assert found.skipped and not found.documents
