"""The service as processes: how it stops while it works, and what several workers do together."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import httpx2
import pytest

from indexer.building import build as builder
from models.load import ModelChoice
from service.cli.serve import listen
from service.server import GRACE
from tests.conftest import ROOT
from tests.end_to_end.serve_process import ENDLESS
from tests.serving import get, wait_until

pytestmark = pytest.mark.slow

HANG = f"/search?q={quote(ENDLESS)}"


@contextmanager
def running(index: Path, *, log: bool = True, **settings: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The process and its address, once it is ready; its log goes to a pipe, or nowhere."""
    with listen("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
    clean = {name: value for name, value in os.environ.items() if not name.startswith("REPERE_")}
    given = {"REPERE_INDEX": str(index), "REPERE_PORT": str(port), "REPERE_LOG_FORMAT": "json"} | settings
    process = subprocess.Popen(
        [sys.executable, "-W", "error", "-m", "tests.end_to_end.serve_process"],
        cwd=ROOT,
        env=clean | given,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE if log else subprocess.DEVNULL,
        text=True,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        wait_until(lambda: status(f"{address}/health/ready") == 200)
        yield process, address
    finally:
        process.terminate()
        try:
            process.communicate(timeout=20)
        except (subprocess.TimeoutExpired, ValueError):
            process.kill()


def status(address: str) -> int:
    """0 where nobody answers."""
    try:
        return get(address).status_code
    except httpx2.TransportError:
        return 0


def ended(process: subprocess.Popen[str]) -> tuple[int, list[dict[str, object]], float]:
    """Exit code, log and seconds of a process that was told to stop just now."""
    begun = time.monotonic()
    _, log = process.communicate(timeout=30)
    return process.returncode, [json.loads(line) for line in log.splitlines()], time.monotonic() - begun


def working(address: str) -> float:
    figures = get(f"{address}/metrics").text
    found = re.search(r"^repere_requests_working (\S+)$", figures, re.MULTILINE)
    assert found
    return float(found[1])


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_request_that_hangs_does_not_keep_it_from_stopping(index: Path, workers: str) -> None:
    with running(index, REPERE_WORKERS=workers, REPERE_TIMEOUT="60") as (process, address):
        with ThreadPoolExecutor(1) as pool:
            asked = pool.submit(get, address + HANG, timeout=60)
            wait_until(lambda: working(address) == 1)
            process.send_signal(signal.SIGTERM)
            code, log, seconds = ended(process)
            answer = asked.result()
        assert code == 0
        assert GRACE - 1 < seconds < 10
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "overloaded")
        assert answer.headers["connection"] == "close"
        assert not any("exception" in line for line in log), log


def test_what_is_under_way_is_finished_and_nothing_new_is_taken(index: Path) -> None:
    with running(index) as (process, address):
        port = int(address.rpartition(":")[2])
        kept = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        kept.request("GET", "/health/live")
        kept.getresponse().read()
        assert kept.sock is not None
        slow = socket.create_connection(("127.0.0.1", port))
        body = json.dumps({"q": "formation"}).encode()
        head = ["POST /search HTTP/1.1", "Host: localhost", "Content-Type: application/json"]
        slow.sendall("\r\n".join([*head, f"Content-Length: {len(body)}", "", ""]).encode() + body[:5])
        time.sleep(0.3)  # it has begun, as far as the service is concerned
        process.send_signal(signal.SIGTERM)
        wait_until(lambda: status(f"{address}/health/live") == 0)
        assert kept.sock.recv(1) == b""  # an idle connection is closed
        kept.close()
        slow.sendall(body[5:])
        with slow, slow.makefile("rb") as answer:
            said = answer.read().decode()  # to the end: the service closes it
        assert said.startswith("HTTP/1.1 200") and "\r\nconnection: close\r\n" in said.lower()
        code, _, seconds = ended(process)
        assert code == 0 and seconds < GRACE


def test_a_worker_that_dies_is_replaced_and_all_follow_the_index_and_end_together(
    index: Path, corpus: Path, stand_in: object
) -> None:
    with running(index, REPERE_WORKERS="2") as (process, address):
        wait_until(lambda: len(workers_of(address)) == 2)
        before = workers_of(address)
        os.kill(before[0], signal.SIGKILL)
        wait_until(lambda: before[0] not in workers_of(address) and len(workers_of(address)) == 2)
        after = workers_of(address)
        assert before[1] in after
        builder.build(corpus, index, ModelChoice(), force=True)
        wait_until(lambda: {generation(address) for _ in range(20)} == {"g000002"})
        process.send_signal(signal.SIGTERM)
        code, log, seconds = ended(process)
    assert code == 0 and seconds < 10
    assert any(f"worker {before[0]} ended with -9" in str(line["message"]) for line in log)
    assert not [pid for pid in after if Path(f"/proc/{pid}").exists()]


def test_workers_whose_parent_is_killed_end_by_themselves(index: Path) -> None:
    with running(index, REPERE_WORKERS="2") as (process, address):
        wait_until(lambda: len(workers_of(address)) == 2)
        process.kill()
        process.wait(10)
        wait_until(lambda: status(f"{address}/health/live") == 0)


def workers_of(address: str) -> list[int]:
    """Numbers of the processes that answer at an address, as its figures tell."""
    try:
        figures = get(f"{address}/metrics").text
    except httpx2.TransportError:
        return []  # it went to the one that was killed
    return sorted(int(pid) for pid in re.findall(r'repere_start_time_seconds\{pid="(\d+)"\}', figures))


def generation(address: str) -> str:
    name: str = get(f"{address}/health").json()["index"]["generation"]
    return name
