"""Qdrant's engine behind a socket: what a publisher is killed over lives on, as a server of its own would.

The engine kills the publisher itself, at a named call: before the call is carried out, in the midst of it, or
after it, so that its answer never comes. Nothing of a network, and no second node, is shown.
"""

from __future__ import annotations

import os
import signal
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Client, Connection, Listener
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Literal

from indexer.store.open_index import open_index
from indexer.store.qdrant import publishing
from indexer.store.qdrant.collections import BEGUN, COMPLETE, Generations
from indexer.store.qdrant.engine import Engine

Moment = Literal["before", "midway", "after"]
NAME = "articles"
MARKS = {BEGUN: "begin", COMPLETE: "mark complete"}
"""What writing a point of the second collection is called, where it is more than one of many."""


@dataclass(frozen=True, slots=True)
class Strike:
    """When a publisher is killed."""

    call: str
    """Name of the call, see name_of."""
    turn: int
    """How many calls of that name it has made before."""
    moment: Moment
    """Midway, half the points of a batch are written."""


BATCH = 3
"""Passages of a batch, so that few passages make many."""


@dataclass
class Served:
    """An engine that is asked over a socket."""

    client: Any
    """What carries out the calls."""
    address: Path
    strike: Strike | None = None
    calls: Counter[str] = field(default_factory=Counter)
    """How often each call was made since the publisher came."""
    moved: bool = False
    """Whether it has moved the alias."""
    idle: threading.Event = field(default_factory=threading.Event)
    """Set while no publisher's calls are carried out."""

    def answer(self, asking: Connection) -> None:
        """Carry out the calls of one publisher until it hangs up or is killed."""
        self.idle.clear()
        with asking, suppress(EOFError, OSError):
            process: int = asking.recv()
            self.calls, self.moved = Counter(), False
            while self._one_more(asking, process):
                pass
        self.idle.set()

    def _one_more(self, asking: Connection, process: int) -> bool:
        """Carry out the next call; return whether the publisher lives on."""
        name, given, named = asking.recv()
        call = name_of(name, given)
        moment = self.strike.moment if self.strike and self._reached(self.strike, call) else None
        self.calls[call] += 1
        if moment == "midway":
            given = (given[0], given[1][: max(1, len(given[1]) // 2)], *given[2:])
        if moment != "before":
            result = _plain(getattr(self.client, name)(*given, **named))
            self.moved = self.moved or name == "update_collection_aliases"
        if moment:  # it waits for an answer
            os.kill(process, signal.SIGKILL)
            return False
        asking.send(result)
        return True

    def _reached(self, strike: Strike, call: str) -> bool:
        return (strike.call, strike.turn) == (call, self.calls[call])


def name_of(name: str, given: tuple[Any, ...]) -> str:
    """Return what a call is called: that of the client, or the mark that it writes."""
    if name == "upsert" and len(given[1]) == 1:
        return MARKS.get(given[1][0].id, name)
    return name


def _plain(result: Any) -> Any:
    """Return a result as it can be sent: the engine's own records cannot."""
    if isinstance(result, list):
        return [SimpleNamespace(id=each.id, payload=each.payload, vector=each.vector) for each in result]
    return result


@contextmanager
def served(client: Any, address: Path) -> Iterator[Served]:
    """Answer publishers, one after the other, while the block runs."""
    found = Served(client, address)
    found.idle.set()
    listener = Listener(str(address), "AF_UNIX")

    def run() -> None:
        with suppress(OSError):
            while True:
                asking = listener.accept()
                if not found.address.exists():
                    return
                found.answer(asking)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        address.unlink()
        with suppress(OSError):
            listener.close()


class Asking:
    """The calls of qdrant-client, asked of an engine behind a socket, one at a time."""

    def __init__(self, address: Path) -> None:
        self._connection = Client(str(address), "AF_UNIX")
        self._connection.send(os.getpid())
        self._one = threading.Lock()

    def __getattr__(self, name: str) -> Any:
        def call(*given: Any, **named: Any) -> Any:
            with self._one:
                self._connection.send((name, given, named))
                return self._connection.recv()

        return call


def publish(index: Path, address: Path) -> None:
    """Publish what serves in a folder, as `repere index` does, in the engine behind a socket."""
    publishing.BATCH, publishing.GRACE = BATCH, 0.0
    client: Any = Asking(address)
    publishing.publish(Generations(Engine([client], "the engine"), NAME), open_index(index, None))
