"""Bytes are given out only while the file is the one whose checksum was taken."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from service.originals.verified import Checksums, Original, OriginalChanged, state_of, verified

OLD = 1_600_000_000


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "a.bin"
    path.write_bytes(bytes(range(256)) * 8192)
    return path


@pytest.fixture
def opened(path: Path) -> Iterator[int]:
    descriptor = os.open(path, os.O_RDONLY)
    yield descriptor
    os.close(descriptor)


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def proved(path: Path, checksums: Checksums | None = None) -> Original:
    expected = sha256(path)
    descriptor = os.open(path, os.O_RDONLY)
    return verified(descriptor, lambda _, found: found == expected, checksums or Checksums())


@pytest.mark.parametrize(("start", "count"), [(0, 5), (1000, 2 << 20), (2_097_151, 1), (0, 0)])
def test_a_proved_file_gives_its_bytes(path: Path, start: int, count: int) -> None:
    count = min(count, path.stat().st_size - start)
    with proved(path) as original:
        assert original.read(start, count) == path.read_bytes()[start : start + count]


def test_other_bytes_are_refused_and_the_file_is_closed(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    with pytest.raises(OriginalChanged):
        verified(descriptor, lambda _, __: False, Checksums())
    with pytest.raises(OSError, match="Bad file"):
        os.fstat(descriptor)


@pytest.mark.parametrize("change", ["write", "truncate", "append"])
def test_a_file_that_changes_in_place_while_it_is_sent_gives_no_more(path: Path, change: str) -> None:
    with proved(path) as original:
        assert original.read(0, 10)
        os.utime(path, (OLD, OLD))  # as a program would that hides its change
        with path.open("r+b") as file:
            if change == "write":
                file.write(b"other")
            elif change == "truncate":
                file.truncate(5)
            else:
                file.seek(0, 2)
                file.write(b"more")
        os.utime(path, ns=(original.state.modified_ns, original.state.modified_ns))
        with pytest.raises(OriginalChanged):
            original.read(0, 10)


def test_a_file_put_in_its_place_does_not_matter_to_who_reads_the_old_one(path: Path) -> None:
    content = path.read_bytes()
    with proved(path) as original:
        other = path.with_name("other")
        other.write_bytes(b"x" * len(content))
        other.replace(path)
        with suppress(OriginalChanged):  # a file without a name any more has another time of change
            assert original.read(0, len(content)) == content


def test_a_checksum_is_taken_once_and_anew_after_a_change(path: Path, opened: int) -> None:
    later = lambda: OLD * 2.0  # noqa: E731
    checksums = Checksums(clock=later)
    state = state_of(opened)
    first = checksums.of(opened, state)
    reading = os.open(os.devnull, os.O_RDONLY)
    try:
        assert checksums.of(reading, state) == first == sha256(path)  # nothing was read
    finally:
        os.close(reading)
    path.write_bytes(b"other")
    assert checksums.of(opened, state_of(opened)) == hashlib.sha256(b"other").hexdigest()


def test_what_has_only_just_changed_is_not_remembered(path: Path, opened: int) -> None:
    state = state_of(opened)
    checksums = Checksums(clock=lambda: state.changed_ns / 1e9 + 1)
    assert checksums.of(opened, state) == sha256(path)
    empty = os.open(os.devnull, os.O_RDONLY)
    try:
        with pytest.raises(OriginalChanged):
            checksums.of(empty, state)
    finally:
        os.close(empty)


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    descriptor = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    with pytest.raises(OriginalChanged, match="no longer a file"):
        verified(descriptor, lambda _, __: True, Checksums())


def test_no_more_is_remembered_than_there_is_room_for(tmp_path: Path) -> None:
    checksums = Checksums(capacity=2, clock=lambda: OLD * 2.0)
    for name in "abc":
        (tmp_path / name).write_text(name)
        with proved(tmp_path / name, checksums):
            pass
    assert len(checksums._known) == 2
