"""Clients of a soak: most wait for their answer and check it; some are slow, hang up, or ask badly."""

from __future__ import annotations

import asyncio
import contextlib
import json
import math
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import numpy as np

from bench.figures import Latency, latency
from bench.load import BROKEN, HOST, LENGTH
from tests.torture import fuzz
from tests.torture.samples import Sample

UNANSWERED = 30
"""Seconds after which a request that has no answer has failed: the service promises one in far less."""
TIE = 0.01
"""Difference of scores below which hits may change places: a vector depends a little on its batch."""

PIECES, PAUSE = 8, 0.3
"""Pieces in which a slow client sends its request and reads its answer, and the seconds between two."""
MOST_WORDS = 80
"""Characters of a reason that are kept."""
STEP = 0.01
"""Relative error of a latency that is counted: an hour of single ones would be what grows."""

Answer = dict[str, Any]
Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass(frozen=True, slots=True)
class Truth:
    """What a generation answers without load."""

    sources: frozenset[str]
    answers: Mapping[str, Answer]
    """Question → answer."""

    def wrong(self, question: str, answer: Answer) -> bool:
        """Return whether an answer of this generation is not what it should be."""
        expected, hits = self.answers[question], answer["hits"]
        if answer["query"] != question or len(hits) != len(expected["hits"]):
            return True
        if (
            answer.get("index") != expected.get("index")
            or not {hit["source"] for hit in hits} <= self.sources
        ):
            return True
        pairs = zip(hits, expected["hits"], strict=True)
        return any(abs(hit["score"] - right["score"]) > TIE for hit, right in pairs)


class Times:
    """Latencies, of which only their number in steps of one per cent is kept."""

    def __init__(self) -> None:
        self._counts: Counter[int] = Counter()

    def add(self, seconds: float) -> None:
        """Count one latency above 0."""
        self._counts[round(math.log(seconds) / STEP)] += 1

    def latency(self) -> Latency | None:
        """Return the percentiles, each to one per cent; None when nothing was counted."""
        if not self._counts:
            return None
        steps, numbers = np.asarray(sorted(self._counts.items())).T
        return latency(np.repeat(np.exp(steps * STEP), numbers).tolist())


@dataclass
class Tally:
    """Counts and times of all requests of a soak, which grow with the kinds of things that happen alone."""

    outcomes: Counter[str] = field(default_factory=Counter)
    """How many requests were accepted, refused, bad and refused as such, hung up, failed, not sent."""
    wrong: Counter[str] = field(default_factory=Counter)
    """Requests that were answered wrongly, and how often."""
    why: Counter[str] = field(default_factory=Counter)
    """Reasons for which requests failed, and how often."""
    taken: Times = field(default_factory=Times)
    """Latency of each request that was accepted from a client who is not slow."""
    lately: Times = field(default_factory=Times)
    """The same since the last sample."""
    reloads: int = 0
    lost: list[str] = field(default_factory=list)
    """Generations that were published and not served in time."""
    samples: list[Sample] = field(default_factory=list)

    def fail(self, why: str) -> None:
        """Count a request that was neither answered nor refused in words."""
        self.outcomes["failed"] += 1
        self.why[why] += 1

    @property
    def failures(self) -> int:
        """Return how many requests were answered wrongly or not at all, or generations not served."""
        return self.wrong.total() + self.outcomes["failed"] + len(self.lost)


class Clients:
    """Clients that keep their connections, and some that are slow, do not wait, or ask badly."""

    def __init__(
        self,
        port: int,
        truths: Mapping[str, Truth],
        patience: float = UNANSWERED,
        shape: str = "error",
    ) -> None:
        """patience: seconds after which an unanswered request has failed; shape: field of each refusal."""
        self._port, self._truths, self._patience, self._shape = port, truths, patience, shape
        self._idle: list[Connection] = []
        self._turn = 0

    async def ask(self, question: str, tally: Tally) -> None:
        """Ask a question, and compare the answer with what it should be."""
        begun = time.perf_counter()
        try:
            async with asyncio.timeout(self._patience):
                status, body = await self._answer(head(path(question)))
        except BROKEN as error:
            tally.fail(f"asked: {error!r}"[:MOST_WORDS])
            return
        if self._judge(status, body, question, tally):
            taken = time.perf_counter() - begun
            tally.taken.add(taken)
            tally.lately.add(taken)

    def _judge(self, status: int, body: bytes, question: str, tally: Tally) -> bool:
        """Count the answer to a question; return whether it was accepted."""
        if status == 503:
            tally.outcomes["refused"] += 1
            return False
        if status != 200:
            tally.fail(f"status {status}")
            return False
        tally.outcomes["accepted"] += 1
        answer = json.loads(body)
        truth = self._truths.get(generation(answer))
        if truth is None or truth.wrong(question, answer):
            tally.wrong[question] += 1
        return True

    async def dawdle(self, question: str, tally: Tally) -> None:
        """Ask a question in pieces, and read the answer in pieces."""
        tally.outcomes["slow"] += 1
        try:
            async with asyncio.timeout(self._patience):
                reader, writer = await asyncio.open_connection(HOST, self._port)
                try:
                    for piece in pieces(head(path(question))):
                        writer.write(piece)
                        await writer.drain()
                        await asyncio.sleep(PAUSE)
                    status, body = await _read(reader, PAUSE)
                finally:
                    writer.transport.abort()
        except BROKEN as error:
            tally.fail(f"slow: {error!r}"[:MOST_WORDS])
            return
        self._judge(status, body, question, tally)

    async def ask_badly(self, _: str, tally: Tally) -> None:
        """Send a request that has to be refused in the one shape, another one each time."""
        request = BAD[tally.outcomes["bad"] % len(BAD)]
        tally.outcomes["bad"] += 1
        try:
            async with asyncio.timeout(self._patience):
                reader, writer = await asyncio.open_connection(HOST, self._port)
                try:
                    writer.write(request)
                    answer = fuzz.Answer(*await _read(reader))
                finally:
                    writer.transport.abort()
        except BROKEN as error:
            tally.fail(f"bad: {error!r}"[:MOST_WORDS])
            return
        if answer.status != 503 and fuzz.judged(answer, self._shape) != "refused":
            tally.wrong[f"{answer.status} to {request[:80]!r}"] += 1

    async def hang_up(self, question: str, tally: Tally) -> None:
        """Hang up within the request, or once it was sent, by turns."""
        tally.outcomes["hung up"] += 1
        self._turn += 1
        request = head(path(question))
        try:
            _, writer = await asyncio.open_connection(HOST, self._port)
            writer.write(request[: len(request) // 2] if self._turn % 2 else request)
            await writer.drain()
            await asyncio.sleep(self._turn % 5 / 100)
            writer.transport.abort()
        except OSError as error:
            tally.fail(f"hanging up: {error!r}"[:MOST_WORDS])

    async def _answer(self, request: bytes) -> tuple[int, bytes]:
        while self._idle:  # one that was kept may have been closed meanwhile
            connection = self._idle.pop()
            with contextlib.suppress(*BROKEN):
                return await self._over(connection, request)
        return await self._over(await asyncio.open_connection(HOST, self._port), request)

    async def _over(self, connection: Connection, request: bytes) -> tuple[int, bytes]:
        reader, writer = connection
        try:
            writer.write(request)
            answer = await _read(reader)
        except BaseException:  # to be cut short, once the time is over, included
            writer.transport.abort()
            raise
        self._idle.append(connection)
        return answer

    def close(self) -> None:
        """Close the connections that are open."""
        for _, writer in self._idle:
            writer.close()


def generation(answer: Answer) -> str:
    """Return the generation that an answer names; empty for the baseline, which has none."""
    name: str = answer.get("index", {}).get("generation", "")
    return name


async def get(port: int, address: str) -> Answer:
    """Return the JSON at an address of the service. Raises one of BROKEN."""
    reader, writer = await asyncio.open_connection(HOST, port)
    try:
        writer.write(head(address))
        found: Answer = json.loads((await _read(reader))[1])
        return found
    finally:
        writer.close()


async def _read(reader: asyncio.StreamReader, pause: float = 0.0) -> tuple[int, bytes]:
    """Return (status, body) of the next answer, read in PIECES with pauses. Raises one of BROKEN."""
    head = await reader.readuntil(b"\r\n\r\n")
    found = LENGTH.search(head)
    if found is None:
        raise ValueError("an answer without its length")
    length = int(found[1])
    body = b""
    while pause and len(body) < length:
        body += await reader.readexactly(min(length // PIECES + 1, length - len(body)))
        await asyncio.sleep(pause)
    return int(head.split(b" ", 2)[1]), body + await reader.readexactly(length - len(body))


def pieces(request: bytes) -> list[bytes]:
    """Return a request cut into PIECES at the most, none of them empty."""
    size = -(-len(request) // PIECES)
    return [request[start : start + size] for start in range(0, len(request), size)]


def path(question: str) -> str:
    """Return the address that asks a question."""
    return "/search?" + urlencode({"q": question, "k": 5})


def head(address: str) -> bytes:
    """Return the bytes of a GET request."""
    return f"GET {address} HTTP/1.1\r\nHost: {HOST}\r\nAccept: application/json\r\n\r\n".encode("ascii")


BAD = (
    head("/search?q=a&k=-1"),
    head("/search"),
    head("/search?q=a&unheard=1"),
    head("/search?q=%ff%fe"),
    head("/search?" + urlencode({"q": "é" * 2000})),
    head("/search?q=a&language=klingon"),
    head("/nowhere"),
    head("/documents/../../etc/passwd"),
    head("/similar/nothing"),
    fuzz.Request(b"/search", body=b'{"q": ').wire(),
    b"SEARCH for me\r\n\r\n",
)
"""Requests that have to be refused, each for another reason."""
