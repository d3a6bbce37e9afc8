"""A process that builds with the stand-in model, to be killed: python -m tests.end_to_end.build_process.

Says "begun" on standard output before it touches the index, and "done" after.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

from indexer import build as builder
from indexer.store import generation as store
from models import encoder as models
from models import languages
from models.encoder import ModelChoice
from tests.standin import StandInEncoder

ROLLBACKS = 5000
"""How often 'rollback' goes back and forth when nothing stops it."""


def main(action: str, index: Path, rest: list[str]) -> None:
    """build CORPUS; build-dying-at-syncs CORPUS; rollback."""
    encoder = StandInEncoder()
    vars(models).update(
        model_folder=lambda _: Path(),
        fingerprint=lambda *_: encoder.fingerprint,
        load=lambda _: encoder,
    )
    languages.detect("loads its tables")
    print("begun", flush=True)
    if action == "rollback":
        for _ in range(ROLLBACKS):
            store.rollback(index)
    elif action == "build":
        builder.build(Path(rest[0]), index, ModelChoice(), force=True)
    else:
        for turn, _ in enumerate(sys.stdin):  # a line asks for the next build
            print(fork_to_build(Path(rest[0]), index, turn), flush=True)
    print("done", flush=True)


def fork_to_build(corpus: Path, index: Path, turn: int) -> int:
    """How a child ended that built, and was killed at its turn-th sync: -9, or 0 if it had fewer."""
    child = os.fork()  # spares a second of imports a turn
    if not child:
        die_at_sync(turn)
        builder.build(corpus, index, ModelChoice(), force=True)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


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
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3:])
