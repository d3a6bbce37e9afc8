"""Processes that work on an index with the stand-in model and are killed: python -m tests.torture.victim.

Each line of standard input is a JSON order. A child, forked so that it spares a second of imports,
carries it out; a line of standard output says how it ended and after how many seconds.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, Literal, TypedDict

import faiss
import numpy as np

from bench.baseline import index_of
from indexer.building import build as builder
from indexer.passages import near_duplicates
from indexer.store import generation as store
from indexer.upkeep import doctor
from indexer.upkeep.backup import backup, restore
from models import background_texts, languages
from models.load import ModelChoice
from service.search.index_watcher import IndexWatcher
from tests.standin import StandInEncoder, use_everywhere

ROOT = Path(__file__).parents[2]
PATIENCE = 60
"""Seconds after which the system ends a child that has not."""
NEVER = 10**6
"""More seconds, and more syncs, than any child lives to see."""
PUBLISHER = "tests.torture.engine_server"
"""Module that publishes, with Qdrant's client, which takes a second to import."""
ROLLBACKS = 5000
"""Rollbacks that a child makes when nothing stops it."""

Deed = Literal["build", "roll back", "reload", "back up", "restore", "repair", "save plainly", "publish"]


class Order(TypedDict):
    """What a child has to do, and when it is killed."""

    deed: Deed
    index: str
    other: str
    """Path of the corpus to build from, the backup to write or read, the vectors to save, or the socket."""
    kill_after: float
    """Seconds."""
    kill_at_sync: int
    """Number of the fsync that the child is killed instead of making; 0 is its first."""


class Victim:
    """Has orders carried out by the process that `victim` starts."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def run(
        self,
        deed: Deed,
        index: Path,
        other: Path | str = "",
        *,
        kill_after: float = NEVER,
        kill_at_sync: int = NEVER,
    ) -> tuple[int, float]:
        """Return how the child ended, 0 or a negative signal number, and after how many seconds."""
        assert self._process.stdin is not None and self._process.stdout is not None
        order = Order(
            deed=deed, index=str(index), other=str(other), kill_after=kill_after, kill_at_sync=kill_at_sync
        )
        print(json.dumps(order), file=self._process.stdin, flush=True)
        code, seconds = self._process.stdout.readline().split()
        return int(code), float(seconds)

    def complete(self, deed: Deed, index: Path, other: Path | str = "") -> float:
        """Run a deed to its end; return the seconds it took. Raises RuntimeError when it fails."""
        code, seconds = self.run(deed, index, other)
        if code != 0:
            raise RuntimeError(f"to {deed} {index} ended with {code}")
        return seconds


@contextmanager
def victim() -> Iterator[Victim]:
    """Start the process whose children do what may be killed."""
    command = [sys.executable, "-m", "tests.torture.victim"]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield Victim(process)
        process.communicate(timeout=10)
    if process.returncode != 0:
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}")


def main() -> None:
    """Carry out orders until there are no more."""
    use_everywhere(StandInEncoder())
    # Each child has what is made here, and makes it no more.
    languages.detect("loads its tables")
    StandInEncoder().queries(background_texts.QUESTIONS)
    StandInEncoder().passages(background_texts.TEXTS)
    near_duplicates.signature("imports SciPy, which takes longer than the build of a few files")
    for line in sys.stdin:
        print(*carry_out(json.loads(line)), flush=True)


def carry_out(order: Order) -> tuple[int, float]:
    """Return how the child ended, 0 or a negative signal number, and after how many seconds."""
    if order["deed"] == "publish":
        import_module(PUBLISHER)  # once, and not in each child; others need nothing of it
    begun = time.monotonic()
    child = os.fork()
    if not child:
        signal.alarm(PATIENCE)
        be_the_child(order)
    if order["kill_after"] < PATIENCE:
        time.sleep(order["kill_after"])
        os.kill(child, signal.SIGKILL)  # it has not been waited for, so the number is still its own
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status), time.monotonic() - begun


def be_the_child(order: Order) -> None:
    """Carry out an order and end the process."""
    code = 1
    try:
        os.dup2(2, 1)  # standard output is for the answers alone
        die_at_sync(order["kill_at_sync"])
        DEEDS[order["deed"]](Path(order["index"]), Path(order["other"]))
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


def die_at_sync(turn: int) -> None:
    """Have this process killed instead of making its fsync number `turn`."""
    turns = iter(range(turn))
    fsync = os.fsync

    def counted(fd: Any) -> None:
        if next(turns, None) is None:
            os.kill(os.getpid(), signal.SIGKILL)
        fsync(fd)

    os.fsync = counted


def _roll_back(index: Path) -> None:
    for _ in range(ROLLBACKS):
        store.rollback(index)


def _reload(index: Path) -> None:
    """Serve the index and take up each generation, while another thread goes back and forth between two."""
    live = IndexWatcher(index, StandInEncoder, poll=0.001)
    live.start()
    for _ in range(ROLLBACKS):
        store.rollback(index)
        time.sleep(0.005)
        if live.searcher is not None:
            live.searcher.search("cours", 3, per_source=1)


def _publish(index: Path, address: Path) -> None:
    import_module(PUBLISHER).publish(index, address)


DEEDS: Mapping[Deed, Callable[[Path, Path], object]] = {
    "build": lambda index, corpus: builder.build(corpus, index, ModelChoice(), force=True),
    "roll back": lambda index, _: _roll_back(index),
    "reload": lambda index, _: _reload(index),
    "back up": backup,
    "restore": lambda index, saved: restore(saved, index),
    "save plainly": lambda file, vectors: faiss.write_index(index_of(np.load(vectors)), str(file)),
    "publish": _publish,
    "repair": lambda index, _: doctor.examine(index, ModelChoice(), repair=True),
}

if __name__ == "__main__":
    main()
