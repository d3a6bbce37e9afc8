"""Blocks under digests: kept whole or not at all, checked when read; a storage that fails ends no build."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fsspec.implementations.memory import MemoryFileSystem

from indexer.building.build_cache import (
    FAILURES,
    UNREAD,
    BuildCache,
    CachePlace,
    _reason,
    block_name,
    opened,
    refuse_within,
)
from indexer.errors import CacheError

NAME, OTHER = block_name("vectors", b"texts"), block_name("vectors", b"other texts")


@pytest.fixture(params=["folder", "file", "memory", "CACHE_URL"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A folder, the address of one, a storage of objects, and the one that CACHE_URL names."""
    addresses = {
        "folder": str(tmp_path),
        "file": tmp_path.as_uri(),
        "memory": "memory://bucket",
        "CACHE_URL": os.environ.get("CACHE_URL", ""),
    }
    if not addresses[request.param]:
        pytest.skip("CACHE_URL names no storage")
    yield addresses[request.param]
    MemoryFileSystem.store.clear()
    MemoryFileSystem.pseudo_dirs[:] = [""]


def silent(told: str) -> None:
    raise AssertionError(told)


def blocks(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir())


def test_what_is_kept_is_found_by_whoever_opens_the_place_later(address: str) -> None:
    with opened(address, Path("lois"), silent) as cache:
        cache.sweep()
        assert cache.find(NAME) is None
    with opened(address, Path("lois"), silent) as cache:
        cache.keep(NAME, b"\n12\n\0")
        assert BuildCache.joined(cache.place, silent).find(NAME) == b"\n12\n\0"
    with opened(address, Path("elsewhere/lois"), silent) as cache:
        assert cache.find(NAME) == b"\n12\n\0"
        assert cache.find(OTHER) is None
        cache.sweep()
    with opened(address, Path("arrêtés"), silent) as cache:
        assert cache.find(NAME) is None


def test_once_published_nothing_of_the_index_is_left(address: str) -> None:
    with opened(address, Path("lois"), silent) as kept, opened(address, Path("other"), silent) as swept:
        for cache in kept, swept:
            cache.keep(NAME, b"1")
            cache.keep(OTHER, b"2")
        swept.sweep()
        assert (swept.find(NAME), swept.find(OTHER)) == (None, None)
        assert (kept.find(NAME), kept.find(OTHER)) == (b"1", b"2")
        kept.sweep()


def test_a_sweep_takes_no_more_than_what_builds_write(tmp_path: Path) -> None:
    with opened(str(tmp_path), Path("lois"), silent) as cache:
        cache.keep(NAME, b"1")
        for name in f"{OTHER}.0123456789abcdef", "mark-0123456789abcdef", "notes.txt", "vectors-mine":
            (tmp_path / "lois" / name).write_bytes(b"")
        cache.sweep()
        assert blocks(tmp_path / "lois") == ["notes.txt", "vectors-mine"]


def test_a_place_is_marked_again_where_another_build_has_swept(address: str) -> None:
    with opened(address, Path("lois"), silent) as cache:
        with opened(address, Path("lois"), silent) as other:
            other.sweep()
        with pytest.raises(CacheError):
            BuildCache.joined(cache.place, silent)
        cache.mark()
        BuildCache.joined(cache.place, silent).keep(NAME, b"1")
        assert cache.find(NAME) == b"1"
        cache.sweep()


@pytest.mark.parametrize(
    "harm",
    [
        lambda data: data[:-1],
        lambda data: data + b"!",
        lambda data: data[:-1] + bytes([data[-1] ^ 1]),
        lambda _: b"",
        lambda data: data.partition(b"\n")[2],
        lambda data: data.replace(b"repere block 1", b"repere block 2"),
        lambda data: data.replace(NAME.encode(), OTHER.encode()),
        lambda _: b"\x80\x04c__builtin__\nexit\n.",
    ],
)
def test_a_damaged_or_foreign_block_counts_as_missing(tmp_path: Path, harm: Callable[[bytes], bytes]) -> None:
    with opened(str(tmp_path), Path("lois"), silent) as cache:
        cache.keep(NAME, b"vectors")
        path = tmp_path / "lois" / NAME
        whole = path.read_bytes()
        path.write_bytes(harm(whole))
        assert cache.find(NAME) is None
        cache.keep(NAME, b"vectors")
        assert path.read_bytes() == whole


def test_a_block_under_another_name_counts_as_missing(tmp_path: Path) -> None:
    with opened(str(tmp_path), Path("lois"), silent) as cache:
        cache.keep(NAME, b"vectors")
        (tmp_path / "lois" / NAME).rename(tmp_path / "lois" / OTHER)
        assert cache.find(OTHER) is None


def test_texts_are_kept_from_other_users(tmp_path: Path) -> None:
    with opened(str(tmp_path / "new"), Path("lois"), silent):
        assert (tmp_path / "new" / "lois").stat().st_mode & 0o77 == 0


def test_a_storage_that_fails_is_told_once_and_then_let_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    with opened(str(tmp_path), Path("lois"), told.append) as cache:

        def full(*_: object) -> None:
            raise OSError(28, os.strerror(28))

        monkeypatch.setattr(Path, "replace", full)
        for tried in range(1, FAILURES + 3):
            assert cache.find(NAME) is None
            cache.keep(NAME, b"vectors")
            assert len(told) == (tried >= FAILURES)
        assert blocks(tmp_path / "lois") == [cache.place.mark]  # nothing half-written is left
    assert told == [
        f"The cache {tmp_path}/lois fails: No space left on device. What is computed from here on is not kept"
        " there; the build goes on."
    ]


def test_a_storage_that_cannot_be_read_is_told_once_and_still_written_to(tmp_path: Path) -> None:
    told: list[str] = []
    with opened(str(tmp_path), Path("lois"), told.append) as cache:
        (tmp_path / "lois" / OTHER).mkdir()
        for tried in range(1, FAILURES + 3):
            assert cache.find(OTHER) is None
            cache.keep(NAME, b"vectors")
            assert len(told) == (tried >= FAILURES)
    assert told == [f"The cache {tmp_path}/lois fails: Is a directory. {UNREAD}; the build goes on."]


def test_a_block_that_cannot_be_read_is_missing_and_the_next_is_tried(tmp_path: Path) -> None:
    with opened(str(tmp_path), Path("lois"), silent) as cache:
        (tmp_path / "lois" / OTHER).mkdir()
        cache.keep(NAME, b"vectors")
        for _ in range(2 * FAILURES):
            assert cache.find(OTHER) is None
            assert cache.find(NAME) == b"vectors"


def test_a_place_that_another_process_does_not_see_is_told(address: str) -> None:
    with opened(address, Path("lois"), silent) as cache:
        elsewhere = CachePlace(cache.place.url, "mark-0123456789abcdef")
    with pytest.raises(CacheError, match=r"is not the one that the builder writes to\. Mount the same"):
        BuildCache.joined(elsewhere, silent)
    with pytest.raises(CacheError, match="is not the one that the builder writes to"):
        BuildCache.joined(cache.place, silent)  # the build has ended


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("{folder}/file/in", "Not a directory. Give a folder or storage that can be written to"),
        ("s3://", "s3:// names no storage. Write s3://bucket/folder"),
        ("s3:///", "names no storage"),
        ("gs:bucket/x", "gs:bucket/x names no storage. Write gs://bucket/folder, or the path of a folder"),
        ("nowhere://bucket", "Protocol not known: nowhere. Give a folder"),
        ("s3://key:se/cret@bucket/x", "The address of the cache holds a password"),
        ("sftp://someone:secret@host/x", "The address of the cache holds a password"),
    ],
)
def test_a_place_that_cannot_be_used_is_told_in_a_sentence(tmp_path: Path, address: str, said: str) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(CacheError) as told, opened(address.format(folder=tmp_path), Path("lois"), silent):
        pass
    assert said in str(told.value)
    assert "cret" not in str(told.value)
    assert "\n" not in str(told.value)


def test_keys_in_an_address_are_not_shown(tmp_path: Path) -> None:
    with pytest.raises(CacheError) as told, opened("nowhere://bucket/x?sig=secret", Path("lois"), silent):
        pass
    assert "secret" not in str(told.value)


def test_a_storage_whose_library_is_missing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "s3fs", None)
    monkeypatch.setitem(sys.modules, "obstore.fsspec", None)
    told = r"cannot be used without another library: run pip install 'repere\[objects\]' here and on every"
    with pytest.raises(CacheError, match=told), opened("s3://bucket", Path("lois"), silent):
        pass


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (PermissionError(13, "Permission denied"), "Permission denied"),
        (FileNotFoundError("The specified bucket does not exist."), "The specified bucket does not exist"),
        (ValueError(), "ValueError"),
        (
            RuntimeError("GET http://host/bucket/a?X-Amz-Signature=5ecret failed\nDebug: 5ecret"),
            "GET http://host/bucket/a failed",
        ),
        (
            RuntimeError("PUT http://host/bucket/x%3Fsecret%3D5ecret/mark failed"),
            "PUT http://host/bucket/x failed",
        ),
        (RuntimeError("status 403: <?xml?><AWSAccessKeyId>5ecret</AWSAccessKeyId>"), "status 403"),
    ],
)
def test_an_error_is_told_without_keys(error: Exception, told: str) -> None:
    assert _reason(error) == told


def test_no_cache_lies_in_the_corpus_that_it_is_a_cache_of(tmp_path: Path) -> None:
    corpus, index = tmp_path / "corpus", tmp_path / "corpus" / "index"
    for address in str(corpus), f"{corpus}/cache", f"file://{corpus}/cache":
        with pytest.raises(CacheError, match=r"lies in the corpus .* Give a folder outside"):
            refuse_within(address, [tmp_path / "other", corpus], index)
    for address in f"{tmp_path}/cache", f"{index}/cache", "s3://bucket/corpus":
        refuse_within(address, [corpus], index)
