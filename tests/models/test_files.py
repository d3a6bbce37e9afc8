"""Checksums, and when a remembered one is believed."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from models import files


@pytest.fixture
def great(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file whose checksum is worth remembering."""
    monkeypatch.setattr(files, "GREAT", 5)
    path = tmp_path / "weights"
    path.write_bytes(b"weights")
    return path


def unread(_: Path) -> str:
    raise AssertionError("the file was read again")


def test_a_checksum(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"content")
    assert files.sha256(tmp_path / "file") == hashlib.sha256(b"content").hexdigest()


def test_files_and_folders_are_put_on_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[int] = []
    monkeypatch.setattr(os, "fsync", lambda descriptor: synced.append(os.fstat(descriptor).st_ino))
    (tmp_path / "file").touch()
    for path in (tmp_path / "file", tmp_path):
        files.sync(path)
    assert synced == [(tmp_path / "file").stat().st_ino, tmp_path.stat().st_ino]


def test_a_great_file_is_read_once(great: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    memory = tmp_path / "sums"
    first = files.remembered_sha256(great, memory)
    assert first == hashlib.sha256(b"weights").hexdigest()
    monkeypatch.setattr(files, "sha256", unread)
    assert files.remembered_sha256(great, memory) == first
    assert sorted(path.name for path in tmp_path.iterdir()) == ["sums", "weights"]


def test_several_files_share_a_memory(great: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other, memory = tmp_path / "words", tmp_path / "sums"
    other.write_bytes(b"other words")
    sums = [files.remembered_sha256(path, memory) for path in (great, other)]
    monkeypatch.setattr(files, "sha256", unread)
    assert [files.remembered_sha256(path, memory) for path in (great, other)] == sums
    assert sums[0] != sums[1]


def test_a_file_that_has_changed_is_read_again(great: Path, tmp_path: Path) -> None:
    memory = tmp_path / "sums"
    files.remembered_sha256(great, memory)
    great.write_bytes(b"weights of another size")
    assert files.remembered_sha256(great, memory) == files.sha256(great)


def test_a_file_of_the_old_size_and_date_is_read_again(great: Path, tmp_path: Path) -> None:
    memory, before = tmp_path / "sums", great.stat()
    files.remembered_sha256(great, memory)
    other = tmp_path / "other"
    other.write_bytes(b"Weights")
    os.utime(other, ns=(before.st_atime_ns, before.st_mtime_ns))
    other.replace(great)
    assert (great.stat().st_size, great.stat().st_mtime_ns) == (before.st_size, before.st_mtime_ns)
    assert files.remembered_sha256(great, memory) == hashlib.sha256(b"Weights").hexdigest()


@pytest.mark.parametrize("damage", ["{half", "[]", '{"weights": 1}', '{"weights": {"stamp": null}}', ""])
def test_a_damaged_memory_counts_as_empty(great: Path, tmp_path: Path, damage: str) -> None:
    memory = tmp_path / "sums"
    memory.write_text(damage, encoding="utf-8")
    assert files.remembered_sha256(great, memory) == files.sha256(great)


def test_a_memory_that_cannot_be_written_is_done_without(great: Path, tmp_path: Path) -> None:
    for memory in (tmp_path / "missing" / "sums", tmp_path):
        assert files.remembered_sha256(great, memory) == files.sha256(great)
    assert [path.name for path in tmp_path.iterdir()] == ["weights"]


def test_a_small_file_is_always_read(tmp_path: Path) -> None:
    (tmp_path / "small").write_bytes(b"small")
    files.remembered_sha256(tmp_path / "small", tmp_path / "sums")
    assert not (tmp_path / "sums").exists()
