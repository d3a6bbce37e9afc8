"""python -m tests.end_to_end.serve_process: the service with the stand-in model; one question never ends."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from functools import partial

from models.encoder import Encoder, Vectors
from service import __main__ as command
from service import server
from service.settings import Settings
from tests.standin import StandInEncoder

ENDLESS = "sans fin"
"""The question that keeps its thread for longer than any test lasts."""


class Endless(StandInEncoder):
    """Encodes all questions but one."""

    def queries(self, texts: Sequence[str]) -> Vectors:
        if ENDLESS in texts:
            time.sleep(600)
        return super().queries(texts)


def load_endless(_: Settings) -> Encoder:
    """Return the stand-in model, in this process and in each of several workers."""
    return Endless()


if __name__ == "__main__":
    vars(server).update(serve=partial(server.serve, load=load_endless))
    sys.exit(command.main(sys.argv[1:]))
