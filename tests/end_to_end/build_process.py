"""Forks children that build with the stand-in model and are killed: python -m tests.end_to_end.build_process.

Each line of standard input is a JSON order. A child, forked so that it spares a second of imports,
carries it out; a line of standard output says how it ended and after how many seconds.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
import traceback
from pathlib import Path
from typing import Any, TypedDict

from indexer import build as builder
from indexer.store import generation as store
from models import encoder as models
from models import languages
from models.encoder import ModelChoice
from tests.standin import StandInEncoder

PATIENCE = 60
"""Seconds after which the system ends a child that has not."""
ROLLBACKS = 5000
"""How often a rollback goes back and forth when nothing stops it."""


class Order(TypedDict):
    """What a child is to do, and when it is killed."""

    index: str
    corpus: str
    """The folder to build from; empty to roll back and forth instead."""
    kill_after: float
    """Seconds."""
    kill_at_sync: int
    """Turn of the call that puts a file or a folder on disk: killed instead of the first at 0."""


def main() -> None:
    encoder = StandInEncoder()
    vars(models).update(
        model_folder=lambda _: Path(),
        fingerprint=lambda *_: encoder.fingerprint,
        load=lambda _: encoder,
    )
    languages.detect("loads its tables")
    for line in sys.stdin:
        print(*carry_out(json.loads(line)), flush=True)


def carry_out(order: Order) -> tuple[int, float]:
    """How the child ended, 0 or a signal's negative number, and after how many seconds."""
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
    """Never returns."""
    code = 1
    try:
        index = Path(order["index"])
        die_at_sync(order["kill_at_sync"])
        if order["corpus"]:
            builder.build(Path(order["corpus"]), index, ModelChoice(), force=True)
        else:
            for _ in range(ROLLBACKS):
                store.rollback(index)
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


def die_at_sync(turn: int) -> None:
    """Be killed instead of having the system put the turn-th file or folder on disk."""
    turns = iter(range(turn))
    fsync = os.fsync

    def counted(fd: Any) -> None:
        if next(turns, None) is None:
            os.kill(os.getpid(), signal.SIGKILL)
        fsync(fd)

    os.fsync = counted


if __name__ == "__main__":
    main()
