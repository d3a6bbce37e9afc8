"""Walking a corpus folder and loading what stands in it."""

import logging
import os
import socket
from pathlib import Path
from typing import NoReturn

import pytest

from indexer import corpus
from indexer.corpus import load, walk
from indexer.documents import CorpusFile, Document, Skipped
from indexer.errors import CorpusError


def reasons(folder: Path) -> dict[str, str | None]:
    """Reason for each source, None where it is a file to read."""
    return {item.source: item.reason if isinstance(item, Skipped) else None for item in walk(folder)}


def only(folder: Path) -> CorpusFile:
    (item,) = walk(folder)
    assert isinstance(item, CorpusFile)
    return item


def test_files_are_sorted_by_source(tmp_path: Path) -> None:
    for name in ("b.txt", "a/z.md", "a.txt", "a/b/c.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("texte")
    assert list(reasons(tmp_path)) == ["a.txt", "a/b/c.txt", "a/z.md", "b.txt"]
    assert set(reasons(tmp_path).values()) == {None}


def test_a_file_is_described(tmp_path: Path) -> None:
    path = tmp_path / "e\u0301te\u0301.txt"
    path.write_text("texte")
    assert only(tmp_path) == CorpusFile("été.txt", path, 5, path.stat().st_mtime_ns, path.stat().st_ctime_ns)


def test_an_empty_folder_holds_nothing(tmp_path: Path) -> None:
    assert reasons(tmp_path) == {}


def test_what_is_passed_over_has_a_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(corpus, "MOST_BYTES", 2**20)
    (tmp_path / ".cache").write_text("x")
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "a.txt").write_text("x")
    (tmp_path / "vide.txt").write_text("")
    (tmp_path / "a.xyz").write_text("x")
    (tmp_path / "gros.txt").write_bytes(b"x" * (2**20 + 2**19))
    os.mkfifo(tmp_path / "pipe.txt")
    (tmp_path / "été.txt").write_text("un")
    (tmp_path / "e\u0301te\u0301.txt").write_text("deux")
    assert reasons(tmp_path) == {
        ".cache": "hidden file",
        ".git": "hidden folder",
        "a.xyz": ".xyz files are not read; .txt, .md, .markdown, .html, .htm, .xhtml, .epub, .eml, .pdf,"
        " .docx, .odt are",
        "gros.txt": "too large: 1.5 MB where 1 MB are read at most",
        "pipe.txt": "neither a file nor a folder (a pipe, a socket or a device)",
        "vide.txt": "empty file",
        "été.txt": "its name is that of another file, spelt with other Unicode characters",
    }
    first, second = (item for item in walk(tmp_path) if item.source == "été.txt")
    assert (type(first), type(second)) == (CorpusFile, Skipped)


def test_a_socket_is_not_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("s.txt")
        assert reasons(tmp_path) == {"s.txt": "neither a file nor a folder (a pipe, a socket or a device)"}


def test_links(tmp_path: Path) -> None:
    (tmp_path / "outside.txt").write_text("dehors")
    inside = tmp_path / "corpus"
    (inside / "sub").mkdir(parents=True)
    (inside / "sub" / "a.txt").write_text("texte")
    (inside / "good.txt").symlink_to("sub/a.txt")
    (inside / "bad.txt").symlink_to("../outside.txt")
    (inside / "dead.txt").symlink_to("nowhere.txt")
    (inside / "loop.txt").symlink_to("loop.txt")
    (inside / "sub" / "up").symlink_to("..")
    (inside / "out").symlink_to(tmp_path)
    assert reasons(inside) == {
        "bad.txt": "a link that leads outside the corpus",
        "dead.txt": "a link that leads nowhere",
        "good.txt": None,
        "loop.txt": "a link that leads nowhere",
        "out": "a link that leads outside the corpus",
        "sub/a.txt": None,
        "sub/up": "a link to a folder of the corpus",
    }


def test_the_corpus_itself_may_be_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "a.txt").write_text("texte")
    (tmp_path / "link").symlink_to("real")
    assert reasons(tmp_path / "link") == {"a.txt": None}


def test_a_name_that_is_not_utf8_is_printable(tmp_path: Path) -> None:
    with open(os.fsencode(tmp_path) + b"/caf\xe9.txt", "w") as file:
        file.write("texte")
    assert reasons(tmp_path) == {"caf\\xe9.txt": "its name is not valid UTF-8: rename it"}


def test_a_folder_that_cannot_be_listed_is_skipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sub").mkdir()
    scandir = os.scandir

    def guarded(path: Path) -> object:
        if Path(path).name == "sub":
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", guarded)
    assert reasons(tmp_path) == {"sub": "a folder that cannot be listed"}


@pytest.mark.parametrize(("name", "says"), [("absent", "There is no folder"), ("file", "is a file")])
def test_a_corpus_must_be_a_folder(tmp_path: Path, name: str, says: str) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(CorpusError, match=says):
        list(walk(tmp_path / name))


def test_load_reads_a_document(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("# Titre\n\nTexte.", encoding="utf-8")
    document = load(only(tmp_path))
    assert isinstance(document, Document)
    assert (document.source, document.title, document.size) == ("a.md", "Titre", 15)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (PermissionError(13, "Permission denied"), "it cannot be opened: Permission denied"),
        (FileNotFoundError(2, "No such file"), "it vanished while the corpus was being read"),
    ],
)
def test_load_tells_why_a_file_cannot_be_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: OSError, reason: str
) -> None:
    (tmp_path / "a.txt").write_text("texte")
    file = only(tmp_path)

    def refuse(*_: object) -> NoReturn:
        raise error

    monkeypatch.setattr(os, "open", refuse)
    assert load(file) == Skipped("a.txt", reason)


def test_load_after_the_file_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.txt"
    path.write_text("texte")
    file = only(tmp_path)
    path.unlink()
    assert load(file) == Skipped("a.txt", "it vanished while the corpus was being read")
    os.mkfifo(path)
    assert load(file) == Skipped("a.txt", "it is no longer a file")
    path.unlink()
    path.write_bytes(b"x" * 2**21)
    monkeypatch.setattr(corpus, "MOST_BYTES", 2**20)
    assert load(file) == Skipped("a.txt", "too large: 2.0 MB where 1 MB are read at most")


def test_blank_files_are_skipped(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(" \n\t\n")
    assert load(only(tmp_path)) == Skipped("a.txt", "it holds no text")


def test_a_fault_in_a_reader_skips_one_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "a.txt").write_text("texte")

    def faulty(*_: object) -> NoReturn:
        raise ZeroDivisionError

    monkeypatch.setattr(corpus, "read", faulty)
    with caplog.at_level(logging.DEBUG):
        assert load(only(tmp_path)) == Skipped("a.txt", "the reader failed: ZeroDivisionError")
    assert caplog.records[0].exc_info is not None
