"""The sandbox gives the same documents, and a file that hangs or crashes its reader costs only itself."""

from __future__ import annotations

import errno
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Thread, Timer
from typing import Any

import pytest

from indexer.building.build import build
from indexer.building.child import Child
from indexer.building.sandbox import TRUSTED_SIZE, ReaderSandbox
from indexer.corpus import loading, walk
from indexer.corpus.loading import Loaded
from indexer.errors import StoreError
from indexer.records import CorpusFile, Document, Skipped
from models.load import ModelChoice
from tests.indexer.pdfs import At, pdf

pytestmark = pytest.mark.slow


@pytest.fixture
def sandbox() -> Iterator[ReaderSandbox]:
    with ReaderSandbox() as sandbox:
        yield sandbox


def html(folder: Path, name: str, body: str = "<h1>Titre</h1><p>Un paragraphe assez long.</p>") -> CorpusFile:
    (folder / name).write_text(f"<html><body>{body}</body></html>", encoding="utf-8")
    return next(each for each in walk.walk(folder) if each.source == name and isinstance(each, CorpusFile))


def pid(sandbox: ReaderSandbox) -> int:
    assert sandbox.pid is not None
    return sandbox.pid


def read(sandbox: ReaderSandbox, file: CorpusFile) -> Document:
    (found,) = sandbox.load(file).documents
    return found


def reasons(sandbox: ReaderSandbox, file: CorpusFile) -> list[str]:
    """Why a file is not read; its bytes are remembered, so that it is not tried again in vain."""
    loaded = sandbox.load(file)
    assert loaded.documents == ()
    assert loaded.digest == loading.digest(file)
    return [each.reason for each in loaded.skipped]


def stopped(file: CorpusFile) -> Loaded:
    """Return what a sandbox that was ended says of a file, which is to be read the next time."""
    return Loaded(skipped=(Skipped(file.source, "reading has been stopped"),))


def test_a_document_is_the_same_from_the_sandbox(tmp_path: Path, sandbox: ReaderSandbox) -> None:
    (tmp_path / "a.pdf").write_bytes(pdf([At(100, 700, ["Un texte sur", "deux lignes."])]))
    html(tmp_path, "b.html")
    files = [each for each in walk.walk(tmp_path) if isinstance(each, CorpusFile)]
    assert len(files) == 2
    for file in files:
        assert read(sandbox, file) == loading.load(file).documents[0]
        assert read(sandbox, file).blocks


def test_a_large_text_is_read_in_the_process(tmp_path: Path, sandbox: ReaderSandbox) -> None:
    (tmp_path / "a.md").write_text("Un texte. " * (TRUSTED_SIZE // 10 + 1), encoding="utf-8")
    (file,) = walk.walk(tmp_path)
    assert isinstance(file, CorpusFile)
    assert read(sandbox, file) == loading.load(file).documents[0]
    assert sandbox.pid is not None


def test_an_article_needs_no_process(tmp_path: Path, sandbox: ReaderSandbox) -> None:
    (tmp_path / "a.txt").write_text("Un texte.", encoding="utf-8")
    (file,) = walk.walk(tmp_path)
    assert isinstance(file, CorpusFile)
    assert read(sandbox, file).text == "Un texte."
    assert sandbox.pid is None


def test_a_reader_that_hangs_costs_its_file(tmp_path: Path, sandbox: ReaderSandbox) -> None:
    file = html(tmp_path, "a.html")
    read(sandbox, file)
    os.kill(pid(sandbox), signal.SIGSTOP)
    sandbox.seconds = 0.5
    assert reasons(sandbox, file) == ["reading it takes more than 0 seconds"]
    sandbox.seconds = 60.0
    assert read(sandbox, file).title == "Titre"


def test_a_reader_that_crashes_costs_its_file(tmp_path: Path, sandbox: ReaderSandbox) -> None:
    file = html(tmp_path, "a.html")
    read(sandbox, file)
    os.kill(pid(sandbox), signal.SIGSTOP)
    Timer(0.3, os.kill, (pid(sandbox), signal.SIGKILL)).start()
    assert reasons(sandbox, file) == ["its reader crashes on it"]
    assert read(sandbox, file).title == "Titre"


def test_a_file_that_is_being_read_when_reading_ends_says_so(tmp_path: Path, sandbox: ReaderSandbox) -> None:
    file = html(tmp_path, "a.html")
    read(sandbox, file)
    os.kill(pid(sandbox), signal.SIGSTOP)
    Timer(0.3, sandbox.close).start()
    assert sandbox.load(file) == stopped(file)


@pytest.mark.parametrize("ended", ["before", "while the process starts"])
def test_no_process_outlives_the_sandbox(
    tmp_path: Path, sandbox: ReaderSandbox, monkeypatch: pytest.MonkeyPatch, ended: str
) -> None:
    started, start = [], Child.start
    closing = Thread(target=sandbox.close)

    def starts(*arguments: Any) -> Child:
        closing.start()
        while not sandbox._ended:
            time.sleep(0.001)
        started.append(start(*arguments))
        return started[-1]

    monkeypatch.setattr("indexer.building.sandbox.Child.start", starts)
    if ended == "before":
        sandbox.close()
    file = html(tmp_path, "a.html")
    assert sandbox.load(file) == stopped(file)
    assert [child.process.wait(60) for child in started] == [-signal.SIGKILL] * (ended != "before")


def test_the_connection_of_a_reader_is_closed_once(
    tmp_path: Path, sandbox: ReaderSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its descriptor may be that of another file by the second time."""
    file = html(tmp_path, "a.html")
    read(sandbox, file)
    child, stops, stop = sandbox._running, [], Child.stop
    assert child is not None

    def stopping(self: Child) -> None:
        stops.append(self)
        time.sleep(0.2)  # while the other thread comes to the same place
        stop(self)

    monkeypatch.setattr(Child, "stop", stopping)
    os.kill(child.process.pid, signal.SIGSTOP)
    Timer(0.3, sandbox.close).start()
    assert sandbox.load(file) == stopped(file)
    sandbox.close()
    assert stops == [child]


def test_a_process_that_ended_between_files_costs_nothing(tmp_path: Path, sandbox: ReaderSandbox) -> None:
    file = html(tmp_path, "a.html")
    read(sandbox, file)
    os.kill(pid(sandbox), signal.SIGKILL)
    os.waitid(os.P_PID, pid(sandbox), os.WEXITED | os.WNOWAIT)
    assert read(sandbox, file).title == "Titre"


def test_a_file_of_no_text_keeps_its_reason(tmp_path: Path, sandbox: ReaderSandbox) -> None:
    file = html(tmp_path, "a.html", "<script>menu()</script>")
    found = sandbox.load(file)
    assert found == loading.load(file)
    assert found.skipped and not found.documents


def test_a_reader_that_takes_too_much_memory_costs_its_file(tmp_path: Path) -> None:
    large = html(tmp_path, "a.html", "<p>Un mot de plus.</p>" * 1_000_000)
    with ReaderSandbox(memory=450 * 2**20) as sandbox:
        assert reasons(sandbox, large)
        assert read(sandbox, html(tmp_path, "b.html")).title == "Titre"


@pytest.mark.usefixtures("stand_in")
@pytest.mark.parametrize("of", ["the folder", "the process"])
def test_no_index_loses_its_files_because_the_process_cannot_be_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, of: str
) -> None:
    """A full temporary folder, or no descriptor left, is no fault of the files."""

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    if of == "the folder":
        monkeypatch.setattr("indexer.building.sandbox.tempfile.TemporaryDirectory", full)
    else:
        monkeypatch.setattr("indexer.building.child.subprocess.Popen", full)
        monkeypatch.setenv("TMPDIR", str(tmp_path))
    (tmp_path / "corpus").mkdir()
    html(tmp_path / "corpus", "a.html")
    (tmp_path / "corpus" / "b.txt").write_text("Un texte.", encoding="utf-8")
    with pytest.raises(StoreError, match=r"cannot be started: No space left on device\. Mend that, .*TMPDIR"):
        build(tmp_path / "corpus", tmp_path / "index", ModelChoice())
    assert not (tmp_path / "index" / "CURRENT").exists()
    assert not list(tmp_path.glob("repere-reading-*"))
