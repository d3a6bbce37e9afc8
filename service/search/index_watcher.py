"""Hold what serves now, the model and the newest index, and replace it while requests run."""

from __future__ import annotations

import logging
import threading
import time
import weakref
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from indexer.errors import IndexMissing
from indexer.store import home
from indexer.store.manifest import REMEDY
from indexer.store.open_index import require_model
from indexer.store.store import Store
from models import languages, memory
from models.encoder import Encoder
from models.errors import RepereError
from models.files import is_transient
from service.search.dictionary import dictionary
from service.search.observer import SILENT, Observer
from service.search.ranking import SETTINGS, RankingSettings
from service.search.searcher import Searcher

POLL = 0.25
"""Seconds from one look to the next, in a service, unless a look takes longer: see IndexWatcher."""
RETRY = 30.0
"""Seconds before another attempt, in a service: what was wrong may be mended by then."""
SOON = 5.0
"""Seconds before another attempt where only something was short for a moment: descriptors, memory."""
STALLED = 120.0
"""Seconds without a look after which health says so: a large index on a slow disk takes less to open."""

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


def in_background(make: Callable[[], Store]) -> Future[Store]:
    """Return what `make` returns or raises, on a thread that keeps no process from ending."""
    made: Future[Store] = Future()

    def run() -> None:
        try:
            made.set_result(make())
        except BaseException as error:  # raised again where the result is taken
            made.set_exception(error)

    threading.Thread(target=run, name="index-opener", daemon=True).start()
    return made


@dataclass
class IndexWatcher:
    """Loads the model once and opens each new generation as it is published.

    A request takes the searcher once and keeps it to its end, so a swap never reaches into a request
    under way; the old generation is freed when its last request lets it go.

    So what comes to serve is noticed within `poll`, one look and the call that tells what is published, and
    then opened; what is fetched from another machine for that is here by then, see `look_ahead`.

    Nothing but `stop` ends the watch: whatever a look raises is what keeps the newest index from answering
    until a later look succeeds.
    """

    index: Path
    load_encoder: Callable[[], Encoder]
    observer: Observer = SILENT
    poll: float = POLL
    """Seconds from one look at which generation is current to the next, from beginning to beginning."""
    retry: float = RETRY
    """Seconds after which a model or an index that could not be had is tried again."""
    published: Callable[[Path], object] = home.published
    """What changes whenever another generation comes to serve."""
    open_index: Callable[[Path, str | None], Store] = home.open_store
    look_ahead: Callable[[Path], None] = home.look_ahead
    """Has what may come to serve fetched in the background."""
    clock: Callable[[], float] = time.monotonic
    """Seconds from any beginning on."""
    warm_up: Callable[[], None] = warm_up
    ranking: RankingSettings = SETTINGS
    now: Serving = Serving(None, "The model is being loaded. Try again in a few seconds.")
    settled: threading.Event = field(default_factory=threading.Event)
    """Set once the model is loaded and the index was looked at, whatever came of it."""
    _seen: object = ()  # unlike anything that can be published
    _retry_at: float | None = None
    _looked: float | None = None
    _ahead: tuple[object, Future[Store]] | None = None
    """What was published when the watch began, and its index, opened while the model was loaded."""
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

    @property
    def state(self) -> Serving:
        """What answers, and as its problem also that nothing has been looked at for too long."""
        now, looked = self.now, self._looked
        waited = 0.0 if looked is None or self._stop.is_set() else self.clock() - looked
        if now.problem or waited < STALLED:
            return now
        problem = (
            f"For {waited:.0f} s nobody has looked for a newer index in {self.index}:"
            " one may be being opened, or its disk does not answer."
        )
        return Serving(now.searcher, problem)

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
        """Watch until stopped, from the beginning again should anything end it."""
        while not self._stop.is_set():
            try:
                self._watch()
            except BaseException as error:
                with suppress(BaseException):  # there may be no memory to say so
                    self._fail(error)
                self._stop.wait(min(SOON, self.retry))
        self.settled.set()

    def _watch(self) -> None:
        warming = threading.Thread(target=self.warm_up, name="warm-up", daemon=True)
        warming.start()  # beside the model, which takes longer and mostly waits for the disk
        with suppress(Exception):  # what goes wrong in it is said at each turn
            self.observer.watched()
        # So does reading a large index to the end, to see that it is undamaged: that takes the disk as well.
        self._ahead = self.published(self.index), in_background(partial(self.open_index, self.index, None))
        encoder = self._loaded()
        if encoder is None:
            return
        warming.join()
        memory.release()  # what was read to be made smaller
        while True:
            next_look = self.clock() + self.poll
            self._turn(encoder)
            self.settled.set()
            if self._stop.wait(max(0.0, next_look - self.clock())):
                return

    def _turn(self, encoder: Encoder) -> None:
        """Look once at everything; what goes wrong in it is said, and tried again."""
        ahead = partial(self.look_ahead, self.index)
        for step in (partial(self._look, encoder), ahead, self._look_after, self.observer.watched):
            try:
                step()
            except BaseException as error:  # a library of Rust that panics raises no Exception
                with suppress(BaseException):
                    self._retry_at = self._retry_at or self.clock() + min(SOON, self.retry)
                    self._fail(error)
        self._looked = self.clock()

    def _loaded(self) -> Encoder | None:
        """Return the model as soon as it can be had; None when stopped before.

        It may have to be fetched, and the network be away.
        """
        while True:
            try:
                return self.load_encoder()
            except BaseException as error:
                with suppress(BaseException):
                    self._fail(error, "The model could not be loaded; the service's log says why.")
                self.settled.set()
            if self._stop.wait(self.retry):
                return None

    def _look(self, encoder: Encoder) -> None:
        """Open the current generation if another was published since the last look, or a retry is due."""
        published = self.published(self.index)
        due = self._retry_at is not None and self.clock() >= self._retry_at
        if published == self._seen and not due:
            return
        try:
            searcher = self._opened(encoder, published)
        except BaseException as error:
            if self.published(self.index) != published:
                return  # a newer one was published and this one swept away meanwhile: not damaged, only gone
            wait = min(SOON, self.retry) if is_transient(error) else self.retry
            self._seen, self._retry_at = published, self.clock() + wait
            self.observer.reload(succeeded=False)
            raise
        self._seen, self._retry_at = published, None
        self.now = Serving(searcher, None)
        self.observer.reload(succeeded=True)
        manifest = searcher.index.manifest
        log.info("serving %s: %d passages", manifest.generation, manifest.passages)

    def _opened(self, encoder: Encoder, published: object) -> Searcher:
        """Return a searcher over what is published, which has answered a question: its first title."""
        (before, ahead), self._ahead = self._ahead or (None, None), None
        if ahead is not None and before == published:
            opened = ahead.result()
        else:
            opened = self.open_index(self.index, None)
        try:
            require_model(opened.manifest, encoder.fingerprint)
            searcher = Searcher(encoder, opened, self.observer, self.ranking)
            for title in opened.catalogue.titles(1):
                searcher.search(title, 1, per_source=1)
        except BaseException:
            opened.close()
            raise
        # Nothing tells the last request that it is the last: the store is closed when it lets go.
        weakref.finalize(searcher, opened.close)
        return searcher

    def _look_after(self) -> None:
        """Answer no more from files that have been written to: their checksums no longer vouch for them."""
        searcher = self.now.searcher
        if searcher is None:
            return
        altered = searcher.index.altered()
        if altered:
            self._retry_at = self.clock() + self.retry
            name = searcher.index.manifest.generation
            problem = f"Generation {name} is damaged: {', '.join(altered)} changed while it served. {REMEDY}"
            log.error("%s", problem)
            self.now = Serving(None, problem)

    def _fail(self, error: BaseException, unforeseen: str = "") -> None:
        """Keep what serves, say why it is not the newest, and log that once.

        Only the log tells what an unforeseen error says: it may quote what nobody should read.
        """
        foreseen = isinstance(error, RepereError)
        problem = (
            str(error)
            if foreseen
            else unforeseen
            or (
                f"The index in {self.index} could not be opened ({type(error).__name__});"
                " the service's log says why. It is tried again by itself."
            )
        )
        if problem != self.now.problem:
            level = logging.WARNING if isinstance(error, IndexMissing) else logging.ERROR
            log.log(level, "%s", problem, exc_info=None if foreseen else error)
        self.now = Serving(self.now.searcher, problem)
