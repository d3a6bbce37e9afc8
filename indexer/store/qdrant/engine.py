"""Ask Qdrant: bounded waits, one more attempt on another node, and no question at all while it is down.

This is the one file that knows how to reach the collections. A `qdrant://` address with hosts is a server
asked over gRPC. With a folder, or `:memory:`, it is qdrant-client's own engine in this process, for tests and
trials: one process at a time may use it.
"""

from __future__ import annotations

import atexit
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TypeAlias, TypeVar
from urllib.parse import urlsplit

import grpc
from qdrant_client import QdrantClient, models
from qdrant_client import grpc as messages
from qdrant_client.conversions.conversion import RestToGrpc
from qdrant_client.http.exceptions import ApiException, ResponseHandlingException

from indexer.errors import StoreError, StoreUnavailable

SCHEME = "qdrant"
PORT = 6334
"""Port of gRPC where the address names none."""
TIMEOUT = 2
"""Seconds that one attempt waits for an answer."""
ATTEMPTS = 2
"""Attempts at a question, each at another node where the address names several."""
WRITE_TIMEOUT = 60
"""Seconds that an attempt at a write waits for an answer."""
FAILURES = 3
"""Questions in a row without an answer after which none is asked for a while."""
PAUSE = 5.0
"""Seconds without a question then; after them one tries whether Qdrant answers again."""
KEY, TLS = "QDRANT_API_KEY", "QDRANT_TLS"
"""Variables of the environment: a key, never shown; 1 or 0 for TLS or none. A key alone asks for TLS."""
_FAILURES = (grpc.RpcError, ApiException, ResponseHandlingException, OSError, sqlite3.Error)
_MISTAKES = {grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.NOT_FOUND, grpc.StatusCode.UNIMPLEMENTED}
"""Answers that another attempt would get as well."""

Answer = TypeVar("Answer")
Scores: TypeAlias = dict[int, float]
"""Id of a point → its score."""
Scorer: TypeAlias = Callable[[QdrantClient, str, Sequence[models.QueryRequest]], list[Scores]]
"""Asks a client for the points that each request finds in a collection, with their scores alone."""


def scores_of(client: QdrantClient, collection: str, requests: Sequence[models.QueryRequest]) -> list[Scores]:
    """Return what each request finds, asked by the client's own call."""
    answers = client.query_batch_points(collection, requests)
    return [{int(point.id): point.score for point in answer.points} for answer in answers]


def scores_in_process(
    client: QdrantClient, collection: str, requests: Sequence[models.QueryRequest]
) -> list[Scores]:
    """Return what each request finds in qdrant-client's own engine: it is exact, and takes no parameters."""
    return scores_of(client, collection, [each.model_copy(update={"params": None}) for each in requests])


def scores_over_grpc(
    client: QdrantClient, collection: str, requests: Sequence[models.QueryRequest], timeout: int
) -> list[Scores]:
    """Return what each request finds, read from the messages: the client makes an object of each point.

    Those take 9 µs each, which for 400 points is more than the search.
    """
    batch = messages.QueryBatchPoints(
        collection_name=collection,
        query_points=[RestToGrpc.convert_query_request(each, collection) for each in requests],
        timeout=timeout,
    )
    answers = client.grpc_points.QueryBatch(batch, timeout=timeout).result
    return [{point.id.num: point.score for point in answer.result} for answer in answers]


@dataclass(eq=False)
class Engine:
    """The nodes of one Qdrant; safe to call from several threads."""

    clients: Sequence[QdrantClient]
    """One a node that is named; they hold the same collections."""
    where: str
    """The address without what is secret, for messages."""
    local: bool = False
    """Whether qdrant-client's own engine in this process answers."""
    scorer: Scorer = scores_of
    pause: float = PAUSE
    clock: Callable[[], float] = time.monotonic
    _failures: int = 0
    _closed_until: float = 0.0
    _reason: str = ""
    _turn: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def ask(self, question: Callable[[QdrantClient], Answer]) -> Answer:
        """Return what a node answers. Raises StoreUnavailable where none does within ATTEMPTS · TIMEOUT."""
        self._let_through()
        reason = ""
        for _ in range(ATTEMPTS):
            try:
                answer = question(self._next())
            except _FAILURES as error:
                reason = reason_of(error)
                if isinstance(error, grpc.Call) and error.code() in _MISTAKES:  # it is there, and says no
                    raise StoreUnavailable(
                        f"Qdrant at {self.where} refuses ({reason}). Try again soon."
                    ) from None
                continue
            self._failures = 0
            return answer
        with self._lock:
            self._failures += 1
            if self._failures >= FAILURES:
                self._closed_until = self.clock() + self.pause
            self._reason = reason
        raise self._away()

    def scores(self, collection: str, requests: Sequence[models.QueryRequest]) -> list[Scores]:
        """Return the scores of the points that each request finds. Raises StoreUnavailable."""
        return self.ask(lambda client: self.scorer(client, collection, requests))

    def _away(self) -> StoreUnavailable:
        """Return the error of a question without an answer: the same each time, so that it is logged once."""
        return StoreUnavailable(f"Qdrant at {self.where} does not answer ({self._reason}). Try again soon.")

    def close(self) -> None:
        """Close the connections."""
        for client in self.clients:
            client.close()

    def _let_through(self) -> None:
        """Raise StoreUnavailable while Qdrant is taken to be down; one question passes after each pause."""
        with self._lock:
            now = self.clock()
            if self._failures < FAILURES:
                return
            if now < self._closed_until:
                raise self._away()
            self._closed_until = now + self.pause

    def _next(self) -> QdrantClient:
        with self._lock:
            self._turn += 1
            return self.clients[self._turn % len(self.clients)]


def connect(address: str, timeout: int = TIMEOUT) -> Engine:
    """Return the engine at qdrant://host:6334, qdrant://a,b,c, qdrant:///folder or qdrant://:memory:.

    timeout: seconds that one attempt waits. Raises StoreError for an address that names none, or where a key
    would go in the clear.
    """
    scheme, _, rest = address.partition("://")
    if scheme != SCHEME or not rest:
        raise StoreError(f"{_shown(address)} is no address of a Qdrant. Write qdrant://host:{PORT}.")
    if in_process(address):
        return Engine([_own_client(rest, address)], address, local=True, scorer=scores_in_process)
    if "@" in rest or "/" in rest.rstrip("/"):
        raise StoreError(f"{_shown(address)} names more than hosts and ports. The key goes into {KEY}.")
    key = os.environ.get(KEY) or None
    secure = os.environ.get(TLS, "1" if key else "0") == "1"
    hosts = [_host(each, address) for each in rest.rstrip("/").split(",")]
    if key and not secure and any(host not in ("localhost", "127.0.0.1", "::1") for host, _ in hosts):
        raise StoreError(f"{KEY} would go to {address} in the clear. Set {TLS}=1, or serve Qdrant here.")
    clients = [
        QdrantClient(
            host=host,
            grpc_port=port,
            prefer_grpc=True,
            https=secure,
            api_key=key,
            timeout=timeout,
            check_compatibility=False,
        )
        for host, port in hosts
    ]
    return Engine(clients, f"{SCHEME}://{rest}", scorer=partial(scores_over_grpc, timeout=timeout))


def _own_client(place: str, address: str) -> QdrantClient:
    """Return a client with an engine of its own, in memory or in a folder. Raises StoreError."""
    if place == ":memory:":
        return QdrantClient(place)
    if not place.strip("/"):
        raise StoreError(f"{address} names no folder. Write qdrant:///folder, or qdrant://host:{PORT}.")
    try:
        client = QdrantClient(path=place)
    except Exception as error:  # of the folder, or of whatever stands in it
        raise StoreError(
            f"{address} cannot be opened ({reason_of(error)}). Another process may have it, as one can at"
            " a time, or it is damaged. Stop that process, or give another folder or a server."
        ) from error
    atexit.register(client.close)  # at the very end of the process it could not be closed any more
    return client


def reason_of(error: BaseException) -> str:
    """Return what went wrong in a word or two, without what a server or an address may quote."""
    if isinstance(error, grpc.Call):
        return str(error.code().name).lower()
    return type(error).__name__


def _host(text: str, address: str) -> tuple[str, int]:
    try:
        parts = urlsplit(f"//{text}")
        host, port = parts.hostname, parts.port or PORT
    except ValueError:
        host, port = None, 0
    if not host:
        raise StoreError(f"{address} names no host at {text!r}. Write qdrant://host:{PORT}.")
    return host, port


def _shown(address: str) -> str:
    """Return an address without what may be a password in it."""
    scheme, _, rest = address.partition("://")
    return f"{scheme}://…@{rest.rpartition('@')[2]}" if "@" in rest else address


def in_process(address: str) -> bool:
    """Return whether an address is qdrant-client's own engine in this process."""
    return address.startswith(f"{SCHEME}:///") or address == f"{SCHEME}://:memory:"
