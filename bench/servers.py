"""Start a service as a process, wait for its first answer, and stop it."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from bench.processes import BenchError

ROOT = Path(__file__).parent.parent
PATIENCE = 1800
"""Seconds a service is given until its first answer: the baseline encodes its whole corpus first."""
POLL = 0.02
"""Seconds between two attempts to get that answer."""
GRACE = 20
"""Seconds a service is given to end after SIGTERM."""
HOST = "127.0.0.1"
SERVICE: Sequence[str] = ("-m", "service")
BASELINE: Sequence[str] = ("-m", "bench.baseline")
"""What Python runs to start the two services."""


@dataclass(frozen=True, slots=True)
class Server:
    """A service that answers."""

    port: int
    pid: int
    ready: float
    """Seconds from the start of its process to its first answer."""


def ours(index: Path, command: Sequence[str] = SERVICE, **settings: str) -> AbstractContextManager[Server]:
    """Start a command that serves an index, as users start it, with these REPERE_ variables."""
    port = free_port()
    return _running(command, port, {"REPERE_INDEX": str(index), "REPERE_PORT": str(port)} | settings)


def baseline(passages: Path, command: Sequence[str] = BASELINE) -> AbstractContextManager[Server]:
    """Start the plain baseline over a file of passages."""
    port = free_port()
    return _running([*command, str(passages), str(port)], port, {})


def environment(settings: dict[str, str]) -> dict[str, str]:
    """Return this process's environment, with no setting of Repère but those given."""
    return {name: value for name, value in os.environ.items() if not name.startswith("REPERE_")} | settings


def free_port() -> int:
    """Return a port that nobody listened at a moment ago."""
    with socket.create_server((HOST, 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


@contextmanager
def _running(arguments: Sequence[str], port: int, settings: dict[str, str]) -> Iterator[Server]:
    with tempfile.TemporaryFile() as log:
        begun = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, *arguments], cwd=ROOT, env=environment(settings), stdout=log, stderr=log
        )
        try:
            _wait(process, port, log, begun)
            yield Server(port, process.pid, time.perf_counter() - begun)
        finally:
            process.terminate()
            try:
                process.wait(GRACE)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait(process: subprocess.Popen[bytes], port: int, log: IO[bytes], begun: float) -> None:
    while not _answers(port):
        if process.poll() is not None or time.perf_counter() - begun > PATIENCE:
            log.seek(0)
            last = log.read().decode(errors="replace").strip().splitlines()[-1:] or ["it said nothing"]
            state = "gave no answer in time" if process.returncode is None else "ended"
            raise BenchError(f"A service that was to be measured {state}: {last[0]}")
        time.sleep(POLL)


def _answers(port: int) -> bool:
    # By hand: what fetches addresses for people goes through a proxy where one is set.
    connection = http.client.HTTPConnection(HOST, port, timeout=60)
    try:
        connection.request("GET", "/search?q=ready&k=1")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
