"""Loading a corpus file: its documents, or one reason; what may pass by itself is tried again."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import NoReturn

import pytest

from indexer import readers
from indexer.corpus.loading import MOST_BYTES, Read, digest, load
from indexer.corpus.walk import walk
from indexer.records import CorpusFile
from models.files import sha256


def only(folder: Path) -> CorpusFile:
    (item,) = walk(folder)
    assert isinstance(item, CorpusFile)
    return item


def why(file: CorpusFile, read: Read = readers.read, most_bytes: int = MOST_BYTES) -> str:
    """Why there is no document in a file."""
    loaded = load(file, read, most_bytes)
    (skipped,) = loaded.skipped
    assert (loaded.documents, skipped.source) == ((), file.source)
    return skipped.reason


def test_load_reads_a_document(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("# Titre\n\nTexte.", encoding="utf-8")
    loaded = load(only(tmp_path))
    (document,) = loaded.documents
    assert loaded.digest == document.content_hash == sha256(tmp_path / "a.md")
    assert (document.source, document.title, document.size) == ("a.md", "Titre", 15)


def raising(error: Exception) -> Read:
    """A reader that fails."""

    def read(*_: object) -> NoReturn:
        raise error

    return read


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (PermissionError(13, "Permission denied"), "it cannot be opened: Permission denied"),
        (MemoryError(), "reading it takes more memory than a file may"),
        (ZeroDivisionError(), "the reader failed: ZeroDivisionError"),
    ],
)
def test_a_reader_that_fails_skips_one_file(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, error: Exception, reason: str
) -> None:
    (tmp_path / "a.txt").write_text("texte")
    with caplog.at_level(logging.DEBUG):
        assert why(only(tmp_path), raising(error)) == reason
    assert [record.exc_info is not None for record in caplog.records] == [True] * ("failed" in reason)


def test_load_after_the_file_changed(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("texte")
    file = only(tmp_path)
    path.unlink()
    assert why(file) == "it vanished while the corpus was being read"
    os.mkfifo(path)
    assert why(file) == "it is no longer a file"
    path.unlink()
    path.write_bytes(b"x" * 2**21)
    assert why(file, most_bytes=2**20) == "too large: 2.0 MB where 1 MB are read at most"


def test_blank_files_are_skipped(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(" \n\t\n")
    assert why(only(tmp_path)) == "it holds no text"


def test_a_file_that_changes_while_it_is_read_is_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.txt"
    path.write_text("Une moitié")
    file = only(tmp_path)
    fstat, looks = os.fstat, list[int]()

    def changing(descriptor: int) -> os.stat_result:
        if looks:
            with path.open("a") as more:
                more.write(" et une autre.")
        looks.append(descriptor)
        return fstat(descriptor)

    with monkeypatch.context() as patch:
        patch.setattr(os, "fstat", changing)
        assert why(file) == "it changed while it was being read; the next build reads it again"
        assert load(file).digest == ""
    assert load(only(tmp_path)).documents[0].text == path.read_text()


def test_only_what_fails_for_good_is_remembered(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"\x00\x01\x02" * 100)
    file = only(tmp_path)
    assert load(file).digest == sha256(path)
    path.unlink()
    assert load(file).digest == ""


def test_a_sidecar_has_its_say(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Un texte sans titre.")
    plain = digest(only(tmp_path))
    (tmp_path / "a.txt.meta.toml").write_text('title = "Son titre"')
    loaded = load(only(tmp_path))
    assert [each.title for each in loaded.documents] == ["Son titre"]
    assert loaded.documents[0].content_hash == plain
    assert loaded.digest == digest(only(tmp_path)) != plain


def test_a_faulty_sidecar_costs_only_itself(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Un texte.")
    (tmp_path / "a.txt.meta.toml").write_text("title = ")
    loaded = load(only(tmp_path))
    assert [each.text for each in loaded.documents] == ["Un texte."]
    (skipped,) = loaded.skipped
    assert skipped.source == "a.txt.meta.toml"
    assert loaded.digest == digest(only(tmp_path))


def test_a_digest_tells_bytes_apart_and_no_names(tmp_path: Path) -> None:
    for name, text in {"a": "un", "b": "un", "c": "deux"}.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "x.txt").write_text(text)
    first, same, other = (digest(only(tmp_path / name)) for name in "abc")
    assert first == same != other
