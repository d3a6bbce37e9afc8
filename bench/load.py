"""Ask a service many questions over HTTP: N clients that keep their connections, in one process.

The client shares the machine with what it measures, so it does little: requests are made beforehand, an
answer is read to its end and not understood. It takes about a tenth of a millisecond a request.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from bench.figures import Latency, latency
from bench.processes import BenchError

HOST = "127.0.0.1"
PATIENCE = 900
"""Seconds after which a run that has not ended is given up."""
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)\r\n", re.IGNORECASE)
BROKEN = (OSError, EOFError, ValueError, asyncio.LimitOverrunError)
"""Errors of a connection that did not bring an answer."""


@dataclass(frozen=True, slots=True)
class Load:
    """The result of one run."""

    clients: int
    answers: int
    errors: int
    """Requests that were not answered with status 200."""
    seconds: float
    latency: Latency
    """Latency of the others."""

    @property
    def rate(self) -> float:
        """Return the answers per second."""
        return self.answers / self.seconds


def ask(port: int, questions: Sequence[str], clients: int) -> Load:
    """Ask each question once, by the next free client. Raises BenchError when none is answered."""
    return by_turns({"": port}, questions, clients, turns=1)[""]


def by_turns(ports: Mapping[str, int], questions: Sequence[str], clients: int, turns: int) -> dict[str, Load]:
    """Ask several services a share of the questions per turn, so that a slow minute slows all."""
    requests = [_request(each) for each in questions]
    taken: dict[str, list[float]] = {name: [] for name in ports}
    seconds = dict.fromkeys(ports, 0.0)
    for turn in range(turns):
        for name, port in ports.items():
            begun = time.perf_counter()
            taken[name] += _answered(port, requests[turn::turns], clients)
            seconds[name] += time.perf_counter() - begun
    return {
        name: Load(clients, len(each), len(requests) - len(each), seconds[name], latency(each))
        for name, each in taken.items()
    }


def _answered(port: int, requests: Sequence[bytes], clients: int) -> list[float]:
    """Return the seconds of each request that was answered."""
    try:
        taken = asyncio.run(_together(port, requests, clients))
    except TimeoutError as error:
        raise BenchError(
            f"{len(requests)} requests were not answered within {PATIENCE} s by the service at port {port}."
        ) from error
    if not taken:
        raise BenchError(f"None of {len(requests)} requests was answered by the service at port {port}.")
    return taken


def _request(question: str) -> bytes:
    path = "/search?" + urlencode({"q": question, "k": 10})
    return f"GET {path} HTTP/1.1\r\nHost: {HOST}\r\nAccept: application/json\r\n\r\n".encode("ascii")


async def _together(port: int, requests: Sequence[bytes], clients: int) -> list[float]:
    taken: list[float] = []
    waiting = iter(requests)  # shared: each client takes the next
    async with asyncio.timeout(PATIENCE), asyncio.TaskGroup() as group:
        for _ in range(clients):
            group.create_task(_client(port, waiting, taken))
    return taken


async def _client(port: int, waiting: Iterator[bytes], taken: list[float]) -> None:
    """Ask until nothing waits; a connection that breaks is made anew, and its request is lost."""
    connection = None
    for request in waiting:
        try:
            reader, writer = connection = connection or await asyncio.open_connection(HOST, port)
            begun = time.perf_counter()
            writer.write(request)
            if await _status(reader) == 200:
                taken.append(time.perf_counter() - begun)
        except BROKEN:
            if connection:
                connection[1].close()
            connection = None
    if connection:
        connection[1].close()


async def _status(reader: asyncio.StreamReader) -> int:
    """Read the next answer to its end; return its status. Raises one of BROKEN."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = LENGTH.search(head)
    if length is None:
        raise ValueError("an answer without its length")
    await reader.readexactly(int(length[1]))
    return int(head.split(b" ", 2)[1])
