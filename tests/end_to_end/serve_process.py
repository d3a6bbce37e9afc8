"""python -m tests.end_to_end.serve_process: the service with the stand-in model; one question never ends."""

from __future__ import annotations

import socket
import sys
import time
from collections.abc import Sequence

from models import encoder
from models.encoder import Vectors
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


def work(chosen: Settings, listener: socket.socket) -> None:
    """Be one of several workers, which know nothing of what was changed in their parent."""
    vars(encoder).update(load=lambda _: Endless())
    server.work(chosen, listener)


if __name__ == "__main__":
    vars(encoder).update(load=lambda _: Endless())
    vars(server).update(work=work)
    sys.exit(command.main(sys.argv[1:]))
