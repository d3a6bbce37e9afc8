"""The journal: what it holds comes back bit for bit; what is torn, damaged or another model's does not."""

from __future__ import annotations

import os
from pathlib import Path
from threading import Thread

import numpy as np
import pytest

from indexer.store import journal as module
from indexer.store.arrays import Floats
from indexer.store.journal import MISSING, Journal, text_key, texts_in
from tests.limits import files_up_to

DIM = 8
RECORD = 16 + 4 * DIM + 4
HEADER = 40
MODEL = "0123456789abcdef"


def keys(*numbers: int) -> list[bytes]:
    return [text_key(f"texte {number}") for number in numbers]


def vectors(*numbers: int) -> Floats:
    rows = [np.random.default_rng(number).standard_normal(DIM, dtype=np.float32) for number in numbers]
    return np.array(rows, np.float32).reshape(-1, DIM)


def opened(path: Path, most_bytes: int | None = None) -> Journal:
    return Journal(path, MODEL, DIM, most_bytes)


def written(path: Path, count: int) -> Path:
    """A journal of so many texts, left as by a build that was killed."""
    with opened(path) as journal:
        for number in range(count):
            journal.append(keys(number), vectors(number))
    return path


def held(journal: Journal, among: int = 100) -> list[int]:
    """The numbers of the texts that it holds, whose vectors are found to be right."""
    records = journal.find(keys(*range(among)))
    numbers = np.flatnonzero(records != MISSING)
    np.testing.assert_array_equal(journal.vectors(records[numbers]), vectors(*numbers))
    return [int(number) for number in numbers]


def test_what_was_kept_is_there_again(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    with opened(path) as journal:
        assert (journal.recovered, len(journal), path.exists()) == (0, 0, False)
        journal.append(keys(1, 2), vectors(1, 2))
        journal.append(keys(7), vectors(7))
        assert held(journal) == [1, 2, 7] and journal.recovered == 0
    with opened(path) as journal:
        assert (journal.recovered, held(journal)) == (3, [1, 2, 7])
        journal.append(keys(3), vectors(3))
        assert held(journal) == [1, 2, 3, 7]
        assert texts_in(path) == texts_in(path, MODEL) == 4
        journal.discard()
    assert not path.exists() and texts_in(path) is None


@pytest.mark.parametrize("cut", [*range(1, RECORD), RECORD, RECORD + 1, 3 * RECORD])
def test_a_torn_tail_is_dropped(tmp_path: Path, cut: int) -> None:
    path = written(tmp_path / "journal", 5)
    os.truncate(path, path.stat().st_size - cut)
    whole = 5 - -(-cut // RECORD)
    with opened(path) as journal:
        assert held(journal) == list(range(whole))
        journal.append(keys(50), vectors(50))  # stands where the torn one stood
        assert held(journal) == [*range(whole), 50]
    with opened(path) as journal:
        assert held(journal) == [*range(whole), 50]


def test_garbage_after_the_last_record_is_no_record(tmp_path: Path) -> None:
    path = written(tmp_path / "journal", 3)
    with path.open("ab") as file:
        file.write(b"\0" * (2 * RECORD + 5))  # as a file system leaves it when the power goes
    with opened(path) as journal:
        assert (held(journal), journal.recovered) == ([0, 1, 2], 3)
        journal.append(keys(9), vectors(9))
    with opened(path) as journal:
        assert held(journal) == [0, 1, 2, 9]


@pytest.mark.parametrize("place", range(RECORD))
def test_a_damaged_record_counts_as_missing(tmp_path: Path, place: int) -> None:
    path = written(tmp_path / "journal", 4)
    data = bytearray(path.read_bytes())
    data[HEADER + RECORD + place] ^= 4
    path.write_bytes(data)
    with opened(path) as journal:
        assert held(journal) == [0, 2, 3]


@pytest.mark.parametrize("place", range(HEADER))
def test_a_damaged_header_makes_it_of_no_use(tmp_path: Path, place: int) -> None:
    path = written(tmp_path / "journal", 4)
    data = bytearray(path.read_bytes())
    data[place] ^= 4
    path.write_bytes(data)
    assert texts_in(path) == 0
    with opened(path) as journal:
        assert held(journal) == [] and not path.exists()
        journal.append(keys(1), vectors(1))
        assert held(journal) == [1]


@pytest.mark.parametrize("content", [b"", b"x", b"x" * 500], ids=["empty", "short", "long"])
def test_what_is_no_journal_goes(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "journal"
    path.write_bytes(content)
    assert texts_in(path) == 0
    with opened(path) as journal:
        assert (len(journal), path.exists()) == (0, False)


@pytest.mark.parametrize(("model", "dim"), [("f" * 16, DIM), (MODEL, DIM + 1)])
def test_that_of_another_model_goes(tmp_path: Path, model: str, dim: int) -> None:
    path = written(tmp_path / "journal", 4)
    assert (texts_in(path), texts_in(path, MODEL), texts_in(path, "f" * 16)) == (4, 4, 0)
    with Journal(path, model, dim) as journal:
        assert (len(journal), path.exists()) == (0, False)


@pytest.mark.parametrize(("room", "expected"), [(0, 0), (RECORD - 1, 0), (RECORD, 1), (3 * RECORD + 5, 3)])
def test_it_is_bounded(tmp_path: Path, room: int, expected: int) -> None:
    path = tmp_path / "journal"
    for _ in range(2):  # a bound holds for what is taken up, too
        with opened(path, HEADER + room) as journal:
            for number in range(0, 10, 2):
                journal.append(keys(number, number + 1), vectors(number, number + 1))
            assert held(journal) == list(range(expected))
        assert (path.stat().st_size if expected else HEADER) == HEADER + expected * RECORD


def test_it_leaves_room_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = type("usage", (), {"free": 4 * RECORD})
    monkeypatch.setattr("shutil.disk_usage", lambda _: usage)
    with opened(tmp_path / "journal") as journal:
        journal.append(keys(*range(9)), vectors(*range(9)))
        assert held(journal) == [0, 1]


@pytest.mark.parametrize("limit", [0, HEADER - 1, HEADER + 1, HEADER + RECORD + 7])
def test_a_full_disk_ends_the_keeping_only(tmp_path: Path, limit: int) -> None:
    path = tmp_path / "journal"
    with opened(path) as journal:
        with files_up_to(limit):
            for number in range(4):
                journal.append(keys(number), vectors(number))
        fitting = [0] if limit > HEADER + RECORD else []
        assert held(journal) == fitting
        journal.append(keys(8), vectors(8))  # even where there is room again: the file may be anything
    with opened(path) as journal:
        assert held(journal) == fitting


def test_a_file_cut_short_under_it_is_told(tmp_path: Path) -> None:
    with opened(written(tmp_path / "journal", 3)) as journal:
        records = journal.find(keys(0, 1, 2))
        os.truncate(tmp_path / "journal", HEADER + 10)
        with pytest.raises(OSError, match="cut short"):
            journal.vectors(records)


def test_many_keys_from_many_threads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_RECENT", 64)
    count, path = 2000, tmp_path / "journal"

    def append(numbers: range) -> None:
        for number in numbers:
            journal.append(keys(number), vectors(number))
            assert journal.find(keys(number))[0] != MISSING

    with opened(path) as journal:
        threads = [Thread(target=append, args=(range(part, count, 4),)) for part in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert held(journal, count + 50) == list(range(count))
    with opened(path) as journal:
        assert held(journal, count + 50) == list(range(count)) and len(journal) == count


def test_nothing_is_found_of_nothing(tmp_path: Path) -> None:
    with opened(tmp_path / "journal") as journal:
        assert journal.find([]).tolist() == []
        journal.append([], vectors())
        assert held(journal) == []
