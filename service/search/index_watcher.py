"""Hold what serves now, the model and the newest index, and replace it while requests run."""

from __future__ import annotations

import logging
import threading
import time
import weakref
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from indexer.errors import IndexMissing
from indexer.store import generation as store
from indexer.store.manifest import REMEDY
from indexer.store.open_index import OpenIndex, open_index
from models import languages, memory
from models.encoder import Encoder
from models.errors import RepereError
from service.search.dictionary import dictionary
from service.search.observer import SILENT, Observer
from service.search.searcher import Searcher

POLL = 0.5
"""Seconds between two looks, in a service."""
RETRY = 30.0
"""Seconds before another attempt, in a service: what was wrong may be mended by then."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Serving:
    """What answers at one moment; it is read as a whole, so that both halves belong together."""

    searcher: Searcher | None
    """Answers requests; None until the model is loaded and an index is open."""
    problem: str | None
    """Why there is no searcher, or why it is not the newest; None when all is well."""


def warm_up() -> None:
    """Load what would be loaded on first use, so that no question waits for it."""
    dictionary()
    languages.detect("a")


@dataclass
class IndexWatcher:
    """Loads the model once and opens each new generation as it is published.

    A request takes the searcher once and keeps it to its end, so a swap never reaches into a request
    under way; the old generation is freed when its last request lets it go.
    """

    index: Path
    load_encoder: Callable[[], Encoder]
    observer: Observer = SILENT
    poll: float = POLL
    """Seconds between two looks at which generation is current."""
    retry: float = RETRY
    """Seconds after which a model or an index that could not be had is tried again."""
    open_index: Callable[[Path, str], OpenIndex] = open_index
    warm_up: Callable[[], None] = warm_up
    now: Serving = Serving(None, "The model is being loaded. Try again in a few seconds.")
    settled: threading.Event = field(default_factory=threading.Event)
    """Set once the model is loaded and the index was looked at, whatever came of it."""
    _seen: object = ()  # unlike anything that can be published
    _refused: float | None = None
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    @property
    def searcher(self) -> Searcher | None:
        """What answers requests, if anything does."""
        return self.now.searcher

    @property
    def problem(self) -> str | None:
        """What keeps the newest index from answering, if anything does."""
        return self.now.problem

    def start(self) -> None:
        """Load and watch in the background."""
        self._thread = threading.Thread(target=self._run, name="index-watcher", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop watching; a model that is still being loaded is not waited for."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=1)

    def _run(self) -> None:
        try:
            self._load_and_watch()
        finally:
            self.settled.set()

    def _load_and_watch(self) -> None:
        warming = threading.Thread(target=self.warm_up, name="warm-up", daemon=True)
        warming.start()  # beside the model, which takes longer and mostly waits for the disk
        self.observer.watched()
        try:
            encoder = self._loaded()
        except Exception:
            log.exception("loading the model failed")
            self._fail("The model could not be loaded; the service's log says why.")
            return
        if encoder is None:
            return
        warming.join()
        memory.release()  # what was read to be made smaller
        while True:
            self._look(encoder)
            self._look_after()
            self.settled.set()
            self.observer.watched()
            if self._stop.wait(self.poll):
                return

    def _loaded(self) -> Encoder | None:
        """Return the model as soon as it can be had; None when stopped before.

        It may have to be fetched, and the network be away.
        """
        while True:
            try:
                return self.load_encoder()
            except RepereError as error:
                self._fail(str(error))
                self.settled.set()
            if self._stop.wait(self.retry):
                return None

    def _look(self, encoder: Encoder) -> None:
        """Open the current generation if another was published since the last look, or a retry is due."""
        published = store.published(self.index)
        due = self._refused is not None and time.monotonic() - self._refused >= self.retry
        if published == self._seen and not due:
            return
        try:
            opened = self.open_index(self.index, encoder.fingerprint)
        except Exception as error:
            if store.published(self.index) != published:
                return  # a newer one was published and this one swept away meanwhile: not damaged, only gone
            self.observer.reload(succeeded=False)
            self._seen, self._refused = published, time.monotonic()
            self._fail(self._reason(error), missing=isinstance(error, IndexMissing))
            return
        searcher = Searcher(encoder, opened, self.observer)
        # Nothing tells the last request that it is the last: the catalogue is closed when it lets go.
        weakref.finalize(searcher, opened.catalogue.close)
        self._seen, self._refused = published, None
        self.now = Serving(searcher, None)
        self.observer.reload(succeeded=True)
        log.info("serving %s: %d passages", opened.manifest.generation, opened.manifest.passages)

    def _look_after(self) -> None:
        """Answer no more from files that have been written to: their checksums no longer vouch for them."""
        searcher = self.now.searcher
        if searcher is None:
            return
        altered = searcher.index.integrity.altered(searcher.index.manifest.files)
        if altered:
            self._refused = time.monotonic()
            name = searcher.index.manifest.generation
            problem = f"Generation {name} is damaged: {', '.join(altered)} changed while it served. {REMEDY}"
            log.error("%s", problem)
            self.now = Serving(None, problem)

    def _reason(self, error: Exception) -> str:
        if isinstance(error, RepereError):
            return str(error)
        log.error("opening the index failed", exc_info=error)
        return (
            f"The index in {self.index} could not be opened ({type(error).__name__});"
            " the service's log says why. It is tried again by itself."
        )

    def _fail(self, problem: str, *, missing: bool = False) -> None:
        if problem != self.now.problem:
            log.log(logging.WARNING if missing else logging.ERROR, "%s", problem)
        self.now = Serving(self.now.searcher, problem)
