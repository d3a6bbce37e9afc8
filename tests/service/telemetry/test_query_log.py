"""The query log: what is noted, when files are changed, and that nothing fails with it."""

from __future__ import annotations

import json
import multiprocessing
import stat
import threading
from pathlib import Path

import pytest

from service.app import build_app
from service.search.index_watcher import IndexWatcher
from service.telemetry import query_log
from service.telemetry.metrics import QUERY_LOG_LOST
from service.telemetry.query_log import KEPT, Asked, QuestionLog, numbered, written
from tests.conftest import client_of, wait_until_ready
from tests.limits import files_up_to
from tests.serving import wait_until


def asked(number: int, question: str = "Où ?") -> Asked:
    return Asked("2026-01-31T10:00:00+00:00", f"{question} {number}", "fr", "weak", "a.txt", number, 1.5)


def lost() -> float:
    return sum(sample.value for family in QUERY_LOG_LOST.collect() for sample in family.samples)


def test_what_is_noted_is_written_by_the_end(tmp_path: Path) -> None:
    path = tmp_path / "query_log.jsonl"
    with QuestionLog(path) as log:
        for number in range(1200):
            log.note(asked(number))
    assert list(written(path)) == [asked(number) for number in range(1200)]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_search_is_noted_and_nothing_of_who_asked(index: Path, live: IndexWatcher, tmp_path: Path) -> None:
    path = tmp_path / "query_log.jsonl"
    with client_of(build_app(live, questions=QuestionLog(path))) as client:
        wait_until_ready(live)
        headers = {"Authorization": "Bearer geheim", "X-Forwarded-For": "192.0.2.7"}
        answer = client.get("/search", params={"q": "La formation"}, headers=headers).json()
        client.post("/search", json={"q": "formation"}, headers=headers)
        client.get("/search", params={"q": ""})
    first, second = written(path)
    assert (first.question, second.question) == ("La formation", "formation")
    assert (first.language, first.relevance) == (answer["language"], answer["relevance"]["class"])
    assert (first.source, first.hits) == (answer["hits"][0]["source"], len(answer["hits"]))
    assert first.ms == answer["took_ms"]
    text = path.read_text(encoding="utf-8")
    assert set(json.loads(text.splitlines()[0])) == {
        "time",
        "question",
        "language",
        "relevance",
        "source",
        "hits",
        "ms",
    }
    assert "geheim" not in text and "192.0.2.7" not in text and "testclient" not in text


def test_files_are_changed_by_size_and_the_oldest_is_let_go(tmp_path: Path) -> None:
    path = tmp_path / "query_log.jsonl"
    for number in range(40):
        with QuestionLog(path, largest=500) as log:
            log.note(asked(number))
    files = [numbered(path, number) for number in range(KEPT + 2)]
    assert [file.exists() for file in files] == [True] * (KEPT + 1) + [False]
    assert all(file.stat().st_size <= 500 for file in files[:-1])
    numbers = [each.hits for each in written(path)]
    assert numbers == list(range(40))[-len(numbers) :] and len(numbers) > 10


def write(path: Path, own: int) -> None:
    with QuestionLog(path, largest=20_000) as log:
        for number in range(200):
            log.note(asked(number, str(own)))
            if number % 10 == 0:
                wait_until(log._waiting.empty)


@pytest.mark.slow
def test_several_processes_share_a_file_and_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "query_log.jsonl"
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=write, args=(path, own)) for own in range(3)]
    for each in processes:
        each.start()
    for each in processes:
        each.join(60)
    assert numbered(path, 1).exists()
    found = [each.question for each in written(path)]
    for own in range(3):
        assert [each for each in found if each.startswith(f"{own} ")] == [
            f"{own} {number}" for number in range(200)
        ]


def test_a_full_disk_is_counted_warned_of_once_and_leaves_no_half_line(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "query_log.jsonl"
    log = QuestionLog(path)
    log._written([asked(0)])
    before, size = lost(), path.stat().st_size
    with files_up_to(size + 20):
        log._written([asked(1), asked(2)])
        log._written([asked(3)])
    assert path.stat().st_size == size
    assert lost() - before == 3
    log._written([asked(4)])
    assert [each.hits for each in written(path)] == [0, 4]
    assert [each.getMessage().partition(": ")[0] for each in caplog.records] == [
        f"The query log {path} cannot be written"
    ]


def test_a_place_that_cannot_be_written_keeps_no_search_from_its_answer(
    live: IndexWatcher, tmp_path: Path
) -> None:
    before = lost()
    (tmp_path / "no").write_text("a file where a folder would have to be", encoding="utf-8")
    with client_of(build_app(live, questions=QuestionLog(tmp_path / "no" / "where"))) as client:
        wait_until_ready(live)
        assert client.get("/search", params={"q": "formation"}).status_code == 200
        wait_until(lambda: lost() == before + 1)


def test_noting_never_waits_for_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(query_log, "WAITING", 5)
    released = threading.Event()
    monkeypatch.setattr(QuestionLog, "_append", lambda *_: released.wait(30))
    before = lost()
    with QuestionLog(tmp_path / "slow") as log:
        log.note(asked(0))
        wait_until(log._waiting.empty)
        for number in range(8):
            log.note(asked(number))
        assert lost() - before == 3
        released.set()


def test_lines_that_are_broken_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "query_log.jsonl"
    with QuestionLog(path) as log:
        log.note(asked(1))
    with path.open("ab") as file:
        file.write(b'{"time": "2026"}\n{"ti\xff\n\n[]\n')
    with QuestionLog(path) as log:
        log.note(asked(2))
    assert [each.hits for each in written(path)] == [1, 2]
