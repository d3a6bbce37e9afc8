"""Valid requests with bytes changed, dropped, inserted and doubled, sent over a bare socket.

schemathesis sends well-formed HTTP only. What is no HTTP or no UTF-8, and headers, are harmed here.
"""

from __future__ import annotations

import http.client
import json
import random
import socket
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any, Literal

from bench.servers import HOST
from tests.torture.faults import Outcome, Record, record

Target = Literal["path", "query", "headers", "body"]
TARGETS: tuple[Target, ...] = ("path", "query", "headers", "body")
PATIENCE = 20.0
"""Seconds after which a request counts as never answered; the service gives a body 5 and an answer 10."""
AT_ONCE = 4
"""Connections open at a time."""
CHANGES = 4
"""Changes to one request, at the most."""
STUMBLING_BLOCKS = (
    *(
        b"\x00",
        b"\xff",
        b"\r\n",
        b"\n",
        b"%",
        b"%00",
        b"%ff",
        b"%C3",
        b"&",
        b"=",
        b";",
        b"#",
        b"/",
        b"..",
        b" ",
    ),
    *(b'"', b"\\", b"\\ud800", b"[" * 500, b"1e999", b"-1", b"9" * 40, b"\xed\xa0\x80", b"A" * 5000),
)
"""Bytes that parsers have stumbled over."""
HEADERS = (
    b"Host: 127.0.0.1\r\nAccept: application/json\r\nX-Request-ID: fuzz.1\r\nX-API-Key: a\r\nOrigin: null"
)


@dataclass(frozen=True, slots=True)
class Request:
    """One request, in the parts of which one is harmed at a time."""

    path: bytes
    query: bytes = b""
    body: bytes = b""
    headers: bytes = HEADERS

    def wire(self) -> bytes:
        """Return the bytes to send; the declared length is the body's own, so that nobody waits."""
        method, length = b"GET", b""
        if self.body:
            method = b"POST"
            length = b"\r\nContent-Type: application/json\r\nContent-Length: %d" % len(self.body)
        address = self.path + (b"?" + self.query if self.query else b"")
        return b"%s %s HTTP/1.1\r\n%s%s\r\n\r\n%s" % (method, address, self.headers, length, self.body)


OURS = (
    Request(b"/search", b"q=la%20formation%20en%20oncologie&k=5&explain=true"),
    Request(
        b"/search", b"q=t%C3%A9l%C3%A9m%C3%A9decine&language=fr&from=2001&group=document&min_relevance=0"
    ),
    Request(b"/facets", b"q=robots&format=text&to=2026-11"),
    Request(b"/documents", b"limit=5&offset=1&sort=title&source=*"),
    Request(b"/documents/sant%C3%A9.txt"),
    Request(b"/similar/1", b"k=3&per_source=1"),
    Request(b"/suggestions", b"q=for"),
    Request(b"/health"),
    Request(b"/search", body='{"q": "la santé à distance", "k": 5, "explain": true}'.encode()),
    Request(b"/search", body=b'{"q": "robots", "language": "fr,en", "from": "2019", "min_relevance": 0.0}'),
)
PLAIN = (Request(b"/search", b"q=la%20formation%20en%20oncologie&k=5"), Request(b"/search", b"q=robots"))


@dataclass(frozen=True, slots=True)
class Answer:
    """The response; its status is 0 when nothing came in time, -1 for a connection closed without a word."""

    status: int
    body: bytes = b""


def fuzzed(
    port: int, requests: Sequence[Request], target: Target, count: int, rng: random.Random, shape: str
) -> Record:
    """Harm so many requests in one part and send them to a port.

    Right are answers below 400, refused those of 4xx that are JSON with the field `shape`, wrong all others:
    5xx, refusals in any other shape, and none.
    """
    hosts = [each for each in requests if getattr(each, target)]
    if target == "headers":
        hosts = [each for each in hosts if not each.body]
    sent = [_harmed(rng.choice(hosts), target, rng) for _ in range(count)]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(lambda each: send(port, each.wire()), sent))
    outcomes = [judged(each, shape) for each in answers]
    statuses = Counter(each.status for each in answers)
    wrong = [
        f"{each.status} {wire.wire()[:120]!r}"
        for each, wire, how in zip(answers, sent, outcomes, strict=True)
        if how == "wrong"
    ]
    told = ", ".join(f"{number} {_called(status)}" for status, number in sorted(statuses.items()))
    return record(f"bytes of the {target}", outcomes, note=told + ("; first: " + wrong[0] if wrong else ""))


def judged(answer: Answer, shape: str) -> Outcome:
    """Return the outcome of one answer."""
    if 200 <= answer.status < 400:
        return "right"
    return "refused" if 400 <= answer.status < 500 and _shaped(answer.body, shape) else "wrong"


def mutated(data: bytes, rng: random.Random) -> bytes:
    """Return the bytes with a few changes."""
    for _ in range(rng.randint(1, CHANGES)):
        data = rng.choice(_CHANGES)(data, rng.randrange(len(data) + 1), rng)
    return data


def send(port: int, wire: bytes, patience: float = PATIENCE) -> Answer:
    """Send bytes over a connection of their own and read one answer within so many seconds."""
    try:
        with socket.create_connection((HOST, port), patience) as connection:
            connection.sendall(wire)
            response = http.client.HTTPResponse(connection, method="GET")
            response.begin()
            return Answer(response.status, response.read())
    except TimeoutError:
        return Answer(0)
    except (OSError, http.client.HTTPException):
        return Answer(-1)


def _harmed(request: Request, target: Target, rng: random.Random) -> Request:
    changed: Any = {target: mutated(getattr(request, target), rng)}
    return replace(request, **changed)


def _shaped(body: bytes, shape: str) -> bool:
    try:
        said = json.loads(body)
    except ValueError:
        return False
    return isinstance(said, Mapping) and shape in said


def _called(status: int) -> str:
    return {0: "never answered", -1: "closed without a word"}.get(status, f"of {status}")


_CHANGES: Sequence[Callable[[bytes, int, random.Random], bytes]] = (
    lambda data, at, rng: data[:at] + bytes([rng.randrange(256)]) + data[at + 1 :],
    lambda data, at, rng: data[:at] + bytes([rng.randrange(33, 127)]) + data[at + 1 :],
    lambda data, at, rng: data[:at] + b"%%%02x" % rng.randrange(256) + data[at:],
    lambda data, at, rng: data[:at] + rng.randbytes(rng.randint(1, 8)) + data[at:],
    lambda data, at, rng: data[:at] + rng.choice(STUMBLING_BLOCKS) + data[at:],
    lambda data, at, rng: data[:at] + data[at + rng.randint(1, 8) :],
    lambda data, at, rng: data[:at] + data[max(0, at - rng.randint(1, 16)) :],
)
