"""CURRENT names the generation that serves, or is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from indexer.errors import IndexMissing, IndexRefused
from indexer.store import generation as store


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


def test_a_pointer_that_is_a_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "CURRENT").mkdir()
    with pytest.raises(IndexRefused):
        store.read_pointer(tmp_path)


@pytest.mark.parametrize("where", ["", "missing", "file.txt"])
def test_no_index(tmp_path: Path, where: str) -> None:
    (tmp_path / "file.txt").touch()
    with pytest.raises(IndexMissing, match="There is no index"):
        store.read_pointer(tmp_path / where)
