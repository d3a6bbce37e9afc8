"""What serves now: the model and the newest index, replaced while requests run."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from indexer.errors import IndexMissing
from indexer.store import generation as store
from indexer.store.index import open_index
from models.encoder import Encoder
from models.errors import RepereError
from service.search import Searcher

POLL = 0.5
"""Seconds between two looks at which generation is current."""

log = logging.getLogger(__name__)


@dataclass
class Live:
    """Loads the model once and opens each new generation as it is published.

    A request takes the searcher once and keeps it to its end, so a swap never reaches into a request
    under way; the old generation is freed when its last request lets it go.
    """

    index: Path
    load_encoder: Callable[[], Encoder]
    searcher: Searcher | None = None
    """Answers requests; None until the model is loaded and an index is open."""
    problem: str | None = "The model is being loaded. Try again in a few seconds."
    """Why there is no searcher, or why it is not the newest; None when all is well."""
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        """Load and watch in the background."""
        self._thread = threading.Thread(target=self._run, name="index-watcher", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop watching."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=5)

    def _run(self) -> None:
        try:
            encoder = self.load_encoder()
        except RepereError as error:
            self.problem = str(error)
            log.error("%s", error)
            return
        except Exception:
            self.problem = "The model could not be loaded; the service's log says why."
            log.exception("loading the model failed")
            return
        seen: object = ()  # unlike anything that can be published
        while True:
            seen = self._look(encoder, seen)
            if self._stop.wait(POLL):
                return

    def _look(self, encoder: Encoder, seen: object) -> object:
        """Open the current generation if another was published since `seen`; what is published now."""
        now = store.published(self.index)
        if now == seen:
            return seen
        try:
            opened = open_index(self.index, encoder.fingerprint)
        except RepereError as error:
            self._fail(str(error), missing=isinstance(error, IndexMissing))
        except Exception as error:
            log.exception("opening the index failed")
            self._fail(f"The index in {self.index} could not be opened ({type(error).__name__}).", missing=False)
        else:
            self.searcher, self.problem = Searcher(encoder, opened), None
            log.info("serving %s: %d passages", opened.manifest.generation, opened.manifest.passages)
        return now

    def _fail(self, problem: str, *, missing: bool) -> None:
        if problem != self.problem:
            log.log(logging.WARNING if missing else logging.ERROR, "%s", problem)
        self.problem = problem
