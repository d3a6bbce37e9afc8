"""Rebuild whenever the corpus changes, once it has been quiet for a moment."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from threading import Event

from watchfiles import watch as changes_in

from indexer.corpus.walk import Corpus

QUIET = 2.0
"""Seconds without a change before a build begins: a copy of many files is one change."""
LONGEST = 60.0
"""Seconds after which it begins even so."""
LOOK = 0.5
"""Seconds between two looks at whether the folders are all there."""


def watch(corpus: Corpus, rebuild: Callable[[], None], stop: Event, *, quiet: float = QUIET) -> None:
    """Call rebuild at once, and again after every change, until stop is set.

    While a folder is missing nothing is rebuilt; its return is a change.
    """
    inside = corpus.apart_from.resolve() if corpus.apart_from is not None else None

    def matters(_: object, path: str) -> bool:
        return inside is None or not Path(path).is_relative_to(inside)

    due = True
    while not stop.is_set():
        for changed in _changes(corpus, matters, stop, quiet):
            if changed or due:
                rebuild()
            due = False
        due = True
        stop.wait(LOOK)


def _changes(
    corpus: Corpus, matters: Callable[[object, str], bool], stop: Event, quiet: float
) -> Iterator[bool]:
    """Whether something changed, every now and then, as long as all folders are there.

    What changes while a build runs is told afterwards: nothing falls between two builds.
    """
    with suppress(FileNotFoundError):
        for changed in changes_in(
            *corpus.folders,
            watch_filter=matters,
            debounce=round(LONGEST * 1000),
            step=round(quiet * 1000),
            stop_event=stop,
            rust_timeout=round(LOOK * 1000),
            yield_on_timeout=True,
        ):
            if not all(folder.is_dir() for folder in corpus.folders):
                return
            yield bool(changed)
