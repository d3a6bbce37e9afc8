"""Generations: one pointer, the last two kept, one builder at a time."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from indexer.errors import BuildUnderWay, IndexMissing, IndexRefused, StoreError
from indexer.store import generation as store
from indexer.store.generation import Pointer
from tests.indexer.store.test_manifest import manifest
from tests.limits import no_descriptors


def publish(index: Path, content: str = "x") -> Path:
    """One more generation, of two files."""
    with store.build_lock(index):
        folder = store.start(index)
        (folder / "data.bin").write_text(content, encoding="utf-8")
        (folder / "inner").mkdir()
        (folder / "inner" / "more.bin").write_bytes(b"")
        store.publish(index, folder, manifest(folder.name))
    return folder


def kept(index: Path) -> list[str]:
    return sorted(path.name for path in (index / "generations").iterdir())


def test_publishing_keeps_the_last_two(tmp_path: Path) -> None:
    seen = []
    for _ in range(4):
        publish(tmp_path)
        seen.append((store.read_pointer(tmp_path), kept(tmp_path)))
    assert seen == [
        (Pointer("g000001", None), ["g000001"]),
        (Pointer("g000002", "g000001"), ["g000001", "g000002"]),
        (Pointer("g000003", "g000002"), ["g000002", "g000003"]),
        (Pointer("g000004", "g000003"), ["g000003", "g000004"]),
    ]


def test_rollback_and_back(tmp_path: Path) -> None:
    publish(tmp_path)
    publish(tmp_path)
    assert store.rollback(tmp_path) == Pointer("g000001", "g000002")
    assert store.read_pointer(tmp_path) == Pointer("g000001", "g000002")
    assert store.rollback(tmp_path) == Pointer("g000002", "g000001")
    assert kept(tmp_path) == ["g000001", "g000002"]


def test_a_build_after_a_rollback_keeps_what_serves(tmp_path: Path) -> None:
    publish(tmp_path)
    publish(tmp_path)
    store.rollback(tmp_path)
    assert publish(tmp_path).name == "g000003"
    assert store.read_pointer(tmp_path) == Pointer("g000003", "g000001")
    assert kept(tmp_path) == ["g000001", "g000003"]


def test_rollback_without_anything_to_go_back_to(tmp_path: Path) -> None:
    missing = tmp_path / "missing"
    with pytest.raises(IndexMissing, match=r"There is no index in .* Build one with 'make index'"):
        store.rollback(missing)
    assert not missing.exists()
    publish(tmp_path)
    with pytest.raises(IndexMissing, match="no generation before g000001"):
        store.rollback(tmp_path)


def test_rollback_to_a_damaged_generation_is_refused(tmp_path: Path) -> None:
    damaged = publish(tmp_path)
    publish(tmp_path)
    (damaged / "data.bin").write_text("y", encoding="utf-8")
    with pytest.raises(IndexRefused, match=r"g000001 is damaged: .*\. g000002 goes on serving\."):
        store.rollback(tmp_path)
    assert store.read_pointer(tmp_path) == Pointer("g000002", "g000001")


def test_published_tells_every_replacement(tmp_path: Path) -> None:
    signs = [store.published(tmp_path)]
    for act in (publish, publish, store.rollback):
        act(tmp_path)
        signs.append(store.published(tmp_path))
    assert signs[0] is None
    assert len(set(signs)) == 4


def test_start_sweeps_what_no_pointer_names(tmp_path: Path) -> None:
    publish(tmp_path)
    half_made = store.start(tmp_path)
    (half_made / "part").touch()
    assert store.start(tmp_path) == half_made  # the name is free again
    assert list(half_made.iterdir()) == []
    assert kept(tmp_path) == ["g000001", "g000002"]


def test_nothing_is_swept_while_the_pointer_is_unreadable(tmp_path: Path) -> None:
    publish(tmp_path)
    (tmp_path / "CURRENT").write_text("{", encoding="utf-8")
    assert store.start(tmp_path).name == "g000002"
    assert kept(tmp_path) == ["g000001", "g000002"]


def test_nothing_is_swept_while_the_pointer_names_what_is_not_there(tmp_path: Path) -> None:
    publish(tmp_path)
    publish(tmp_path)
    pointer = json.dumps({"current": "g000007", "previous": "g000003"})
    (tmp_path / "CURRENT").write_text(pointer, encoding="utf-8")
    store.start(tmp_path)
    assert kept(tmp_path) == ["g000001", "g000002", "g000003"]


def test_a_stray_file_harms_nothing(tmp_path: Path) -> None:
    publish(tmp_path)
    (tmp_path / "generations" / "notes.txt").touch()
    assert publish(tmp_path).name == "g000002"


HOLD = """
import sys
from pathlib import Path
from indexer.store.generation import build_lock
with build_lock(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_second_process_is_told_and_a_killed_one_holds_nothing(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLD, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        with pytest.raises(BuildUnderWay, match="Another build is under way in"), store.build_lock(tmp_path):
            pass
        other.kill()
    with store.build_lock(tmp_path):
        pass


def test_an_index_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for where in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(StoreError, match="cannot hold an index: "), store.build_lock(where):
            pass


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"[]",
        b"null",
        b'"g000001"',
        b'{"current": "g000001"}',
        b'{"current": null, "previous": null}',
        b'{"current": 1, "previous": null}',
        b'{"current": "../g000001", "previous": null}',
        b'{"current": "g000001\\n", "previous": null}',
        b'{"current": "g000001", "previous": "x"}',
        b'{"current": "g000001", "previous": "g000001"}',
        b'{"current": "g000001", "previous": null, "next": null}',
    ],
    ids=repr,
)
def test_a_pointer_that_cannot_be_read_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "CURRENT").write_bytes(content)
    with pytest.raises(
        IndexRefused, match=r"CURRENT cannot be read as the name of a generation .*'make index'"
    ):
        store.read_pointer(tmp_path)


def test_a_pointer_that_cannot_be_read_for_a_moment_is_not_called_damaged(tmp_path: Path) -> None:
    (tmp_path / "CURRENT").write_text('{"current": "g000001", "previous": null}', encoding="utf-8")
    with no_descriptors(), pytest.raises(IndexRefused, match=r"just now: Too many open files\. Try again\.$"):
        store.read_pointer(tmp_path)
    assert store.read_pointer(tmp_path).current == "g000001"


def test_a_pointer_that_is_a_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "CURRENT").mkdir()
    with pytest.raises(IndexRefused):
        store.read_pointer(tmp_path)


@pytest.mark.parametrize("where", ["", "missing", "file.txt"])
def test_no_index(tmp_path: Path, where: str) -> None:
    (tmp_path / "file.txt").touch()
    with pytest.raises(IndexMissing, match="There is no index"):
        store.read_pointer(tmp_path / where)
