"""make torture: its table and command line, what each part counts as wrong, and a short form of each part."""

from __future__ import annotations

import json
import random
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.responses import JSONResponse, PlainTextResponse
from rich.console import Console

from bench.errors import BenchError
from bench.times import Latency
from service.app import build_app
from service.search.index_watcher import IndexWatcher
from tests.conftest import wait_until_ready
from tests.serving import serving
from tests.torture import authorisation, contract, fuzz, torture, trials
from tests.torture.faults import Record, record
from tests.torture.fuzz import OURS, Answer, Request
from tests.torture.soak import Soaked
from tests.torture.trials import QUICK, Plan, Row

GOOD = record("killed", ["right", "refused"], note="in 2 s")
BAD = record("flipped", ["right", "wrong"])


@pytest.fixture
def port(live: IndexWatcher) -> Iterator[int]:
    """The service over three articles."""
    with serving(build_app(live)) as each:
        wait_until_ready(live)
        yield each


@contextmanager
def faulty() -> Iterator[int]:
    """A service that breaks its own description in several ways."""
    app = FastAPI()

    @app.get("/search")
    async def search(k: int = 1) -> dict[str, int]:
        return {"found": 1 // max(k, 0)}

    @app.get("/text")
    async def text() -> PlainTextResponse:
        return PlainTextResponse("no", status_code=404)

    @app.exception_handler(ZeroDivisionError)
    async def broken(_: object, __: Exception) -> JSONResponse:
        return JSONResponse({"error": {}}, status_code=500)

    with serving(app) as each:
        yield each


def test_the_service_keeps_to_its_description(port: int) -> None:
    found = contract.conforming(port, 60, seed=1)
    assert found.tried >= 60 and found.right and found.refused
    assert found.wrong == 0, found.note


def test_what_breaks_a_description_is_seen() -> None:
    with faulty() as port:
        found = contract.conforming(port, 60, seed=1)
    assert found.wrong > 0
    assert "not_a_server_error" in found.note


@pytest.mark.parametrize("target", fuzz.TARGETS)
def test_harmed_bytes_are_answered_in_the_one_shape(port: int, target: fuzz.Target) -> None:
    found = fuzz.fuzzed(port, OURS, target, 60, random.Random(target), "error")
    assert (found.tried, found.wrong) == (60, 0), found.note
    assert found.refused


@pytest.mark.parametrize(
    "request_",
    [
        Request(b"/sea rch"),
        Request(b"/search", b"q=a\x00"),
        Request(b"/health", headers=b"Host: a\r\nno colon"),
        Request(b"/health", headers=b"Accept: application/json"),
    ],
)
def test_what_is_not_http_is_refused_in_the_one_shape_too(port: int, request_: Request) -> None:
    answer = fuzz.send(port, request_.wire())
    assert answer.status == 400
    error = json.loads(answer.body)["error"]
    assert sorted(error) == ["code", "hint", "message"] and error["code"] == "invalid_http"


def test_a_refusal_in_another_shape_and_a_failure_are_seen() -> None:
    with faulty() as port:
        harmed = [
            fuzz.send(port, Request(b"/search", b"k=0").wire()),
            fuzz.send(port, Request(b"/text").wire()),
        ]
    assert [each.status for each in harmed] == [500, 404]
    assert [fuzz.judged(each, "error") for each in harmed] == ["wrong", "wrong"]


def test_no_answer_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fuzz, "PATIENCE", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        assert fuzz.send(silent.getsockname()[1], OURS[0].wire()).status == 0
    with socket.create_server(("127.0.0.1", 0)) as rude:
        monkeypatch.setattr(fuzz, "PATIENCE", 20)

        def hang_up() -> None:
            rude.accept()[0].close()

        hanging_up = threading.Thread(target=hang_up)
        hanging_up.start()
        assert fuzz.send(rude.getsockname()[1], OURS[0].wire()).status == -1
        hanging_up.join()


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (Answer(200, b"<html>"), "right"),
        (Answer(422, b'{"error": {}}'), "refused"),
        (Answer(422, b'{"detail": []}'), "wrong"),
        (Answer(400, b"Invalid HTTP request received."), "wrong"),
        (Answer(400, b'["error"]'), "wrong"),
        (Answer(503, b'{"error": {}}'), "wrong"),
        (Answer(0), "wrong"),
        (Answer(-1), "wrong"),
    ],
)
def test_what_an_answer_to_harmed_bytes_comes_to(answer: Answer, outcome: str) -> None:
    assert fuzz.judged(answer, "error") == outcome


def test_bytes_are_harmed_the_same_way_again() -> None:
    made = [[fuzz.mutated(b"q=la%20formation", random.Random(n)) for n in range(50)] for _ in range(2)]
    assert made[0] == made[1]
    assert len(set(made[0])) > 40


def test_a_caller_who_is_let_in_and_should_not_be_is_counted() -> None:
    rows = [
        authorisation.Row("GET", "/search", "read", {"no key": 401, "revoked key": 200}),
        authorisation.Row("GET", "/health", "open", {"no key": 200, "revoked key": 200}),
    ]
    assert trials.let_in("no key", rows) == record("every route, no key", ["refused", "right"])
    found = trials.let_in("revoked key", rows)
    assert (found.right, found.refused, found.wrong) == (1, 0, 1)
    assert found.note == "GET /search: 200"


def test_a_soak_as_a_record() -> None:
    sent = {"accepted": 90, "refused": 20, "hung up": 100, "failed": 2, "not sent": 7}
    found = trials.soaked(Soaked(15, 40.0, sent, 3, 5, 1, 12.4, Latency(10.0, 20.0, 30.0)))
    assert (found.tried, found.right, found.refused, found.wrong) == (113, 87, 20, 6)
    assert "p99 30 ms" in found.note and "+12 MB/h" in found.note


def test_several_records_are_one() -> None:
    assert trials.summed("all", [GOOD, BAD]) == Record(
        "all", 4, 4, 2, 1, 1, "flipped: 1 wrong, killed: 1 right, flipped: 1 right"
    )


def test_the_table_has_both_side_by_side(capsys: pytest.CaptureFixture[str]) -> None:
    early = record("early", ["right", "right"], 1)
    torture.show({"kills": [Row(GOOD, BAD), Row(GOOD), Row(early)]}, Console(width=150))
    lines = [line.split() for line in capsys.readouterr().out.splitlines() if line.split()]
    assert ["killed", "2", "1", "1", "0", "2", "1", "0", "1", "in", "2", "s"] in lines
    assert ["killed", "2", "1", "1", "0", "in", "2", "s"] in lines
    assert ["early", "2", "2", "0", "0", "1", "met", "at", "work"] in lines


def parts(**rows: Row) -> Mapping[str, Any]:
    """Parts that find these rows."""

    def part(row: Row) -> Any:
        def found(plan: Plan, scratch: Path, _: random.Random) -> Iterator[Row]:
            assert scratch.is_dir() and plan == QUICK
            yield row

        return found

    return {name: part(row) for name, row in rows.items()}


@pytest.mark.parametrize(
    ("row", "code"), [(Row(GOOD, BAD), 0), (Row(BAD), 1), (Row(record("nothing", [])), 1)]
)
def test_only_what_the_service_does_wrong_fails_the_run(
    row: Row, code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(torture, "PARTS", parts(kills=row))
    out = tmp_path / "kept" / "torture.json"
    assert torture.main(["--quick", "--only", "kills", "--seed", "5", "--out", str(out)]) == code
    kept = json.loads(out.read_text(encoding="utf-8"))
    assert kept["seed"] == 5 and kept["rows"]["kills"][0]["ours"]["case"] == row.ours.case
    assert row.ours.case in capsys.readouterr().out


def test_a_part_that_cannot_be_done_leaves_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def failing(*_: object) -> Iterator[Row]:
        yield Row(GOOD)
        raise BenchError("its victim ended")

    monkeypatch.setattr(torture, "PARTS", {"flips": failing, **parts(kills=Row(GOOD))})
    out = tmp_path / "torture.json"
    assert torture.main(["--quick", "--only", "flips,kills", "--out", str(out)]) == 1
    kept = json.loads(out.read_text(encoding="utf-8"))
    assert [len(each) for each in kept["rows"].values()] == [1, 1]
    assert capsys.readouterr().err.endswith("flips could not be done to its end: its victim ended\n")


def test_an_unknown_part_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        torture.main(["--only", "kills,spills"])
    assert "'spills' is not one of contract, bytes, kills, flips, access, soak" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.parametrize("part", ["access", "flips", "kills"])
def test_a_short_form_of_what_needs_processes(part: str, tmp_path: Path) -> None:
    rows = list(trials.PARTS[part](QUICK, tmp_path, random.Random(part)))
    assert rows and [row for row in rows if row.failed] == []
