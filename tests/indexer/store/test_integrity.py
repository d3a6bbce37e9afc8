"""A file that is written to is told, once; one that is gone, touched or replaced by its like is not."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from indexer.store.integrity import IntegrityMonitor
from models.files import sha256
from tests.limits import no_descriptors


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "g000001"
    (made / "inner").mkdir(parents=True)
    for name in ("a.npy", "inner/b.idx"):
        (made / name).write_text(name, encoding="utf-8")
    return made


def sums(folder: Path) -> dict[str, str]:
    return {name: sha256(folder / name) for name in ("a.npy", "inner/b.idx")}


def test_what_is_written_to_is_told_once(folder: Path) -> None:
    monitor, expected = IntegrityMonitor(folder), sums(folder)
    assert monitor.altered(expected) == []
    (folder / "inner" / "b.idx").write_text("x", encoding="utf-8")
    assert monitor.altered(expected) == ["inner/b.idx"]
    assert monitor.altered(expected) == []
    (folder / "a.npy").write_text("x", encoding="utf-8")
    assert monitor.altered(expected) == ["a.npy"]


def test_an_old_date_hides_nothing(folder: Path) -> None:
    monitor, expected, path = IntegrityMonitor(folder), sums(folder), folder / "a.npy"
    status = path.stat()
    path.write_text("A.npy", encoding="utf-8")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert monitor.altered(expected) == ["a.npy"]


def test_a_lock_beside_the_files_and_a_touch_are_nothing(folder: Path) -> None:
    monitor, expected = IntegrityMonitor(folder), sums(folder)
    (folder / "inner" / ".lock").touch()
    os.utime(folder / "a.npy", (0, 0))
    (folder / "inner" / "b.idx").replace(folder / "inner" / "c")
    shutil.copy(folder / "inner" / "c", folder / "inner" / "b.idx")
    assert monitor.altered(expected) == []


def test_what_cannot_be_read_for_a_moment_is_looked_at_again(folder: Path) -> None:
    monitor, expected = IntegrityMonitor(folder), sums(folder)
    os.utime(folder / "a.npy", (0, 0))
    (folder / "inner" / "b.idx").write_text("x", encoding="utf-8")
    with no_descriptors():
        assert monitor.altered(expected) == []
    assert monitor.altered(expected) == ["inner/b.idx"]


def test_another_folder_of_the_same_name_is_another(folder: Path) -> None:
    monitor, expected = IntegrityMonitor(folder), sums(folder)
    shutil.rmtree(folder)
    assert monitor.altered(expected) == []
    folder.mkdir()
    (folder / "a.npy").write_text("of another index", encoding="utf-8")
    assert monitor.altered(expected) == []
