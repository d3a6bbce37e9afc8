"""Checksums and when a remembered one is believed; atomic writes; where the cache folder is."""

from __future__ import annotations

import hashlib
import json
import os
from functools import partial
from pathlib import Path

import pytest

from models import files

remembered = partial(files.remembered_sha256, large=5)


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    """A file whose checksum is worth remembering."""
    path = tmp_path / "weights"
    path.write_bytes(b"weights")
    return path


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


def test_large_files_are_read_once(weights: Path, tmp_path: Path) -> None:
    other, memory = tmp_path / "words", tmp_path / "sums"
    other.write_bytes(b"other words")
    first = [remembered(path, memory) for path in (weights, other)]
    assert first == [hashlib.sha256(path.read_bytes()).hexdigest() for path in (weights, other)]
    entries = json.loads(memory.read_text(encoding="utf-8"))
    for entry in entries.values():
        entry["sha256"] = "remembered"
    memory.write_text(json.dumps(entries), encoding="utf-8")
    assert [remembered(path, memory) for path in (weights, other)] == ["remembered"] * 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["sums", "weights", "words"]


def test_a_file_that_has_changed_is_read_again(weights: Path, tmp_path: Path) -> None:
    memory = tmp_path / "sums"
    remembered(weights, memory)
    weights.write_bytes(b"weights of another size")
    assert remembered(weights, memory) == files.sha256(weights)


def test_a_file_of_the_old_size_and_date_is_read_again(weights: Path, tmp_path: Path) -> None:
    memory, before = tmp_path / "sums", weights.stat()
    remembered(weights, memory)
    other = tmp_path / "other"
    other.write_bytes(b"Weights")
    os.utime(other, ns=(before.st_atime_ns, before.st_mtime_ns))
    other.replace(weights)
    assert (weights.stat().st_size, weights.stat().st_mtime_ns) == (before.st_size, before.st_mtime_ns)
    assert remembered(weights, memory) == hashlib.sha256(b"Weights").hexdigest()


@pytest.mark.parametrize("damage", ["{half", "[]", '{"weights": 1}', '{"weights": {"stamp": null}}', ""])
def test_a_damaged_memory_counts_as_empty(weights: Path, tmp_path: Path, damage: str) -> None:
    memory = tmp_path / "sums"
    memory.write_text(damage, encoding="utf-8")
    assert remembered(weights, memory) == files.sha256(weights)


def test_a_memory_that_cannot_be_written_is_done_without(weights: Path, tmp_path: Path) -> None:
    for memory in (tmp_path / "missing" / "sums", tmp_path):
        assert remembered(weights, memory) == files.sha256(weights)
    assert [path.name for path in tmp_path.iterdir()] == ["weights"]


def test_a_small_file_is_always_read(weights: Path, tmp_path: Path) -> None:
    files.remembered_sha256(weights, tmp_path / "sums")
    assert not (tmp_path / "sums").exists()


def test_a_file_is_written_whole_and_with_its_mode(tmp_path: Path) -> None:
    for text, mode in (("été", 0o644), ("clé", 0o600)):
        files.write_atomically(tmp_path / "file", text, mode)
        assert (tmp_path / "file").read_text(encoding="utf-8") == text
        assert (tmp_path / "file").stat().st_mode & 0o777 == mode
    with pytest.raises(UnicodeEncodeError):
        files.write_atomically(tmp_path / "file", "\ud800")
    assert [(path.name, path.read_text(encoding="utf-8")) for path in tmp_path.iterdir()] == [("file", "clé")]


@pytest.mark.parametrize(
    ("variable", "expected"),
    [("/var/cache", "/var/cache/repere"), ("", "/home/a/.cache/repere"), ("a", "/home/a/.cache/repere")],
    ids=["set", "empty", "relative"],
)
def test_an_installed_package_caches_in_the_users_cache_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str, expected: str
) -> None:
    monkeypatch.setenv("HOME", "/home/a")
    monkeypatch.setenv("XDG_CACHE_HOME", variable)
    assert files.cache_folder(tmp_path / "site-packages" / "models") == Path(expected)
    (tmp_path / "pyproject.toml").touch()
    assert files.cache_folder(tmp_path / "models") == tmp_path / "models" / "cache"
