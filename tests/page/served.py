"""The service over the page's corpus, with the stand-in model; it can be stopped and started on its port."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import uvicorn

from indexer.building import build as builder
from models.encoder import Encoder
from service.app import build_app
from service.cli.serve import listen
from service.search.index_watcher import IndexWatcher
from service.server import Server
from tests.page.corpus import write
from tests.serving import wait_until
from tests.standin import CALIBRATED, StandInChoice, StandInEncoder


def build_index(home: Path) -> Path:
    """Build an index of the page's corpus with the stand-in."""
    builder.build(write(home / "corpus"), home / "index", StandInChoice(), settings=CALIBRATED)
    return home / "index"


@dataclass
class Service:
    """A real server, on one port from its first start to its last."""

    index: Path
    load: Callable[[], Encoder] = StandInEncoder
    port: int = 0
    _running: uvicorn.Server | None = None
    _thread: threading.Thread = field(default_factory=threading.Thread)

    @property
    def address(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    def start(self, *, ready: bool = True) -> Service:
        """Serve; unless told not to, return once questions are answered."""
        listener = listen("127.0.0.1", self.port)
        self.port = listener.getsockname()[1]
        live = IndexWatcher(self.index, self.load)
        running = Server(build_app(live))
        self._running = running
        self._thread = threading.Thread(target=running.run, kwargs={"sockets": [listener]}, daemon=True)
        self._thread.start()
        wait_until(lambda: running.started)
        if ready:
            wait_until(lambda: live.searcher is not None)
        return self

    def stop(self) -> None:
        """Stop as when it is told to; nothing listens any more."""
        if self._running is not None:
            self._running.should_exit = True
            self._thread.join(timeout=10)
            assert not self._thread.is_alive()
            self._running = None
