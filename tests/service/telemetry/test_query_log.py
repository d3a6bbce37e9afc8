"""The query log: what is written, when files are rotated, and that no search fails or waits because of it."""

from __future__ import annotations

import json
import multiprocessing
import stat
from dataclasses import fields
from pathlib import Path

import pytest
from filelock import FileLock

from service.app import build_app
from service.search.index_watcher import IndexWatcher
from service.telemetry import query_log
from service.telemetry.metrics import QUERY_LOG_LOST
from service.telemetry.query_log import OLD_FILES, QueryLog, QueryRecord, read_records, rotated
from tests.conftest import client_of, wait_until_ready
from tests.limits import files_up_to
from tests.serving import wait_until


def record(number: int, question: str = "Où ?") -> QueryRecord:
    return QueryRecord("2026-01-31T10:00:00+00:00", f"{question} {number}", "fr", "weak", "a", number, 1.5)


def lost() -> float:
    return sum(sample.value for family in QUERY_LOG_LOST.collect() for sample in family.samples)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "query_log.jsonl"


def test_what_is_added_is_written_by_the_end(path: Path) -> None:
    records = [record(number) for number in range(1200)]
    with QueryLog(path) as log:
        for each in records:
            log.add(each)
    assert list(read_records(path)) == records
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_search_is_logged_and_nothing_of_who_asked(live: IndexWatcher, path: Path) -> None:
    with client_of(build_app(live, query_log=QueryLog(path))) as client:
        wait_until_ready(live)
        headers = {"Authorization": "Bearer geheim", "X-Forwarded-For": "192.0.2.7"}
        answer = client.get("/search", params={"q": "La formation"}, headers=headers).json()
        client.post("/search", json={"q": "formation"}, headers=headers)
        client.get("/search", params={"q": ""})
    first, second = read_records(path)
    assert (first.question, second.question) == ("La formation", "formation")
    assert (first.language, first.relevance) == (answer["language"], answer["relevance"]["class"])
    assert (first.source, first.hits) == (answer["hits"][0]["source"], len(answer["hits"]))
    assert first.ms == answer["took_ms"]
    text = path.read_text(encoding="utf-8")
    assert list(json.loads(text.splitlines()[0])) == [field.name for field in fields(QueryRecord)]
    assert not any(secret in text for secret in ("geheim", "192.0.2.7", "testclient"))


def test_files_are_rotated_by_size_and_the_oldest_is_dropped(path: Path) -> None:
    log = QueryLog(path, max_bytes=500)
    for number in range(40):
        log.write([record(number)])
    files = [rotated(path, age) for age in range(OLD_FILES + 2)]
    assert [file.exists() for file in files] == [True] * (OLD_FILES + 1) + [False]
    assert all(file.stat().st_size <= 500 for file in files[:-1])
    numbers = [each.hits for each in read_records(path)]
    assert numbers == list(range(40))[-len(numbers) :] and len(numbers) > 10


def write_200(path: Path, process: int) -> None:
    log = QueryLog(path, max_bytes=20_000)
    for number in range(0, 200, 10):
        log.write([record(each, str(process)) for each in range(number, number + 10)])


@pytest.mark.slow
def test_several_processes_share_a_file_and_lose_nothing(path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=write_200, args=(path, number)) for number in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert rotated(path, 1).exists()
    questions = [each.question for each in read_records(path)]
    for number in range(3):
        assert [each for each in questions if each.startswith(f"{number} ")] == [
            f"{number} {each}" for each in range(200)
        ]


def test_a_full_disk_is_counted_warned_of_once_and_leaves_no_half_line(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    log = QueryLog(path)
    log.write([record(0)])
    before, size = lost(), path.stat().st_size
    with files_up_to(size + 20):
        log.write([record(1), record(2)])
        log.write([record(3)])
    assert path.stat().st_size == size
    assert lost() - before == 3
    log.write([record(4)])
    assert [each.hits for each in read_records(path)] == [0, 4]
    assert [each.getMessage().partition(": ")[0] for each in caplog.records] == [
        f"The query log {path} cannot be written"
    ]


def test_a_place_that_cannot_be_written_keeps_no_search_from_its_answer(
    live: IndexWatcher, tmp_path: Path
) -> None:
    before = lost()
    (tmp_path / "no").write_text("a file where a folder would have to be", encoding="utf-8")
    with client_of(build_app(live, query_log=QueryLog(tmp_path / "no" / "where"))) as client:
        wait_until_ready(live)
        assert client.get("/search", params={"q": "formation"}).status_code == 200
        wait_until(lambda: lost() == before + 1)
        health = client.get("/health")
        assert (health.status_code, health.json()["status"]) == (200, "degraded")
        assert health.json()["reason"] == "The query log cannot be written: File exists. Answers go on."


@pytest.mark.parametrize("error", [NotImplementedError, MemoryError, OSError, ValueError])
def test_nothing_that_writing_raises_ends_the_thread(
    path: Path, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    """A disk of the network may know no locks, which is no OSError."""
    turns = iter([error("no locks here")])
    append = QueryLog._append

    def failing(log: QueryLog, text: bytes) -> None:
        for raised in turns:
            raise raised
        append(log, text)

    monkeypatch.setattr(QueryLog, "_append", failing)
    before = lost()
    with QueryLog(path) as log:
        log.add(record(0))
        wait_until(lambda: log.problem is not None)
        assert "cannot be written" in str(log.problem) and str(path) not in str(log.problem)
        log.add(record(1))
        wait_until(lambda: log.problem is None)
    assert [each.hits for each in read_records(path)] == [1]
    assert lost() == before + 1


def test_writing_that_hangs_is_a_problem_until_it_ends(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(query_log, "STALLED", 0.01)
    with QueryLog(path) as log:
        with FileLock(f"{path}.lock"):
            log.add(record(0))
            wait_until(lambda: log.problem is not None)
            assert "takes more than" in str(log.problem)
        wait_until(lambda: log.problem is None)
    assert len(list(read_records(path))) == 1


def test_adding_never_waits_for_the_disk(path: Path) -> None:
    before = lost()
    disk = FileLock(f"{path}.lock")
    with QueryLog(path, max_waiting=5) as log, disk:
        log.add(record(0))
        wait_until(log._waiting.empty)  # the writer holds this one, and waits
        for number in range(8):
            log.add(record(number))
        assert lost() - before == 3
    assert len(list(read_records(path))) == 6


def test_closing_does_not_wait_for_a_disk_that_does_not_answer(path: Path) -> None:
    disk = FileLock(f"{path}.lock")
    with disk, QueryLog(path, max_waiting=1, close_seconds=0.05) as log:
        log.add(record(0))
        wait_until(log._waiting.empty)
        log.add(record(1))


def test_lines_that_are_broken_are_left_out(path: Path) -> None:
    log = QueryLog(path)
    log.write([record(1)])
    with path.open("ab") as file:
        file.write(b'{"time": "2026"}\n{"ti\xff\n\n[]\n')
    log.write([record(2)])
    assert [each.hits for each in read_records(path)] == [1, 2]
