"""Clients of a soak: some wait for their answer and check it, some hang up."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from bench.load import BROKEN, HOST, LENGTH

UNANSWERED = 30
"""Seconds after which a request that has no answer has failed: the service promises one in far less."""
TIE = 0.01
"""Difference of scores below which hits may change places: a vector depends a little on its batch."""

Answer = dict[str, Any]


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


@dataclass
class Tally:
    """Counts and times of all requests of a soak."""

    outcomes: Counter[str] = field(default_factory=Counter)
    """How many requests were accepted, refused, hung up, failed, not sent."""
    wrong: list[str] = field(default_factory=list)
    """Questions that were answered wrongly."""
    taken: list[float] = field(default_factory=list)
    """Seconds of each request that was accepted."""
    reloads: int = 0
    lost: list[str] = field(default_factory=list)
    """Generations that were published and not served in time."""
    held: list[tuple[float, float]] = field(default_factory=list)
    """(second, MB of the service's own memory) over time."""


class Clients:
    """Clients that keep their connections, and some that do not wait for an answer."""

    def __init__(self, port: int, truths: Mapping[str, Truth], patience: float = UNANSWERED) -> None:
        """patience: seconds after which an unanswered request has failed."""
        self._port, self._truths, self._patience = port, truths, patience
        self._idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
        self._turn = 0

    async def ask(self, question: str, tally: Tally) -> None:
        """Ask a question, and compare the answer with what it should be."""
        begun = time.perf_counter()
        try:
            async with asyncio.timeout(self._patience):
                status, body = await self._answer(head(path(question)))
        except BROKEN:
            tally.outcomes["failed"] += 1
            return
        tally.outcomes[{200: "accepted", 503: "refused"}.get(status, "failed")] += 1
        if status == 200:
            tally.taken.append(time.perf_counter() - begun)
            answer = json.loads(body)
            truth = self._truths.get(generation(answer))
            if truth is None or truth.wrong(question, answer):
                tally.wrong.append(question)

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
        except OSError:
            tally.outcomes["failed"] += 1

    async def _answer(self, request: bytes) -> tuple[int, bytes]:
        while self._idle:  # one that was kept may have been closed meanwhile
            connection = self._idle.pop()
            with contextlib.suppress(*BROKEN):
                return await self._over(connection, request)
        return await self._over(await asyncio.open_connection(HOST, self._port), request)

    async def _over(
        self, connection: tuple[asyncio.StreamReader, asyncio.StreamWriter], request: bytes
    ) -> tuple[int, bytes]:
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


async def _read(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    """Return (status, body) of the next answer. Raises one of BROKEN."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = LENGTH.search(head)
    if length is None:
        raise ValueError("an answer without its length")
    return int(head.split(b" ", 2)[1]), await reader.readexactly(int(length[1]))


def path(question: str) -> str:
    """Return the address that asks a question."""
    return "/search?" + urlencode({"q": question, "k": 5})


def head(address: str) -> bytes:
    """Return the bytes of a GET request."""
    return f"GET {address} HTTP/1.1\r\nHost: {HOST}\r\nAccept: application/json\r\n\r\n".encode("ascii")
