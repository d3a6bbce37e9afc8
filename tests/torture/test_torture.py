"""make torture: its table and command line, what each part counts as wrong, and a short form of each part."""

from __future__ import annotations

import json
import random
import socket
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.responses import JSONResponse, PlainTextResponse
from rich.console import Console

from bench.figures import Latency
from bench.processes import BenchError
from indexer.errors import IndexRefused
from service.app import build_app
from service.search.index_watcher import IndexWatcher
from tests.serving import serving
from tests.torture import authorisation, contract, fuzz, soak, torture, trials
from tests.torture.faults import NEW, OLD, Outcome, Record, WrongAnswer, flip, outcome, record
from tests.torture.fuzz import OURS, Answer, Request
from tests.torture.soak import Soaked
from tests.torture.trials import PARTS, QUICK, Part, Plan, Row

SHORT = replace(QUICK, contract=60, fuzzed=40, flips=2, flips_serving=1, seconds=6)
"""The plan of make test: little of everything, with fixed seeds."""
GOOD = record("killed", ["right", "refused"], note="in 2 s")
BAD = record("flipped", ["right", "wrong"])


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


@pytest.mark.slow
def test_what_breaks_a_description_is_seen() -> None:
    with faulty() as port:
        found = contract.conforming(port, 60, seed=1)
    assert found.wrong > 0
    assert "not_a_server_error" in found.note


@pytest.mark.parametrize(
    "request_",
    [
        Request(b"/sea rch"),
        Request(b"/search", b"q=a\x00"),
        Request(b"/health", headers=b"Host: a\r\nno colon"),
        Request(b"/health", headers=b"Accept: application/json"),
    ],
)
def test_what_is_not_http_is_refused_in_the_one_shape_too(live: IndexWatcher, request_: Request) -> None:
    with serving(build_app(live)) as port:
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


def test_no_answer_is_seen() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        assert fuzz.send(silent.getsockname()[1], OURS[0].wire(), patience=0.05).status == 0
    with socket.create_server(("127.0.0.1", 0)) as rude, ThreadPoolExecutor(1) as pool:
        answer = pool.submit(fuzz.send, rude.getsockname()[1], OURS[0].wire())
        rude.accept()[0].close()
        assert answer.result().status == -1


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


def part(*rows: Row, error: Exception | None = None) -> Part:
    """A part that yields these rows, and then fails where it is given an error."""

    def run(plan: Plan, scratch: Path, _: random.Random) -> Iterator[Row]:
        assert scratch.is_dir() and plan == QUICK
        yield from rows
        if error is not None:
            raise error

    return run


@pytest.mark.parametrize(
    ("row", "code"), [(Row(GOOD, BAD), 0), (Row(BAD), 1), (Row(record("nothing", [])), 1)]
)
def test_only_what_the_service_does_wrong_fails_the_run(
    row: Row, code: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "kept" / "torture.json"
    given = ["--quick", "--only", "kills", "--seed", "5", "--out", str(out)]
    assert torture.main(given, {"kills": part(row)}) == code
    saved = json.loads(out.read_text(encoding="utf-8"))
    assert saved["seed"] == 5 and saved["rows"]["kills"][0]["ours"]["case"] == row.ours.case
    assert row.ours.case in capsys.readouterr().out


def test_a_part_that_cannot_be_done_leaves_the_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "torture.json"
    parts = {"flips": part(Row(GOOD), error=BenchError("its victim ended")), "kills": part(Row(GOOD))}
    assert torture.main(["--quick", "--out", str(out)], parts) == 1
    saved = json.loads(out.read_text(encoding="utf-8"))
    assert [len(rows) for rows in saved["rows"].values()] == [1, 1]
    assert capsys.readouterr().err.endswith("flips could not be done to its end: its victim ended\n")


def test_an_unknown_part_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        torture.main(["--only", "kills,spills"])
    assert (
        "'spills' is not one of contract, bytes, kills, qdrant, flips, access, soak"
        in capsys.readouterr().err
    )


def raising(error: Exception) -> str:
    raise error


@pytest.mark.parametrize(
    ("look", "expected", "result"),
    [
        (lambda: NEW, (OLD, NEW), "right"),
        (lambda: NEW, (OLD,), "wrong"),
        (lambda: raising(IndexRefused("It is damaged.")), (OLD,), "refused"),
        (lambda: raising(WrongAnswer()), (OLD,), "wrong"),
        (lambda: raising(MemoryError()), (OLD,), "wrong"),
    ],
)
def test_what_a_look_at_an_index_comes_to(
    look: Callable[[], str], expected: Sequence[str], result: Outcome
) -> None:
    assert outcome(look, *expected) == result


def test_a_bit_flipped_twice_is_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abc")
    flip(tmp_path / "a", 1, 4)
    assert (tmp_path / "a").read_bytes() == b"afc"
    flip(tmp_path / "a", 1, 4)
    assert (tmp_path / "a").read_bytes() == b"abc"


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The one folder of all parts, as in make torture: what several are done to is made once."""
    return tmp_path_factory.mktemp("torture")


# The short form of "kills" is tests/end_to_end/test_kills.py.
@pytest.mark.slow
@pytest.mark.parametrize("name", ["contract", "bytes", "flips", "access", "soak"])
def test_every_part_in_its_short_form(name: str, scratch: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(soak, "RELOAD", 2.0)  # so that the index changes within the few seconds
    monkeypatch.setattr(soak, "EVERY", 1.0)
    monkeypatch.setattr(soak, "ASKED", 60)
    rows = list(PARTS[name](SHORT, scratch, random.Random(f"test {name}")))
    for row in rows:
        print(row.ours)
    assert rows and [row for row in rows if row.failed] == []
    if name == "flips":
        assert rows[0].ours.refused > rows[0].ours.right and rows[1].ours.refused == rows[1].ours.tried
    if name == "soak":
        assert rows[0].ours.right > 100 and " 0 reloads" not in rows[0].ours.note
