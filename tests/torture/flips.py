"""Single bits flipped in the files of an index, at rest and while it serves, have to be noticed."""

from __future__ import annotations

import random
import re
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from indexer.store import generation as store
from indexer.store.manifest import Layout
from service.search.index_watcher import POLL, IndexWatcher
from tests.standin import StandInEncoder
from tests.torture.faults import (
    NEW,
    Outcome,
    Record,
    Scene,
    answering_version,
    copy_of,
    flip,
    outcome,
    record,
    restored_version,
)

PATIENCE = 60.0
"""Seconds within which a service has to notice."""


def flipped(place: Scene, count: int, rng: random.Random) -> list[Record]:
    """Flip one bit in each file of an index in turn, so many times, before it is opened."""
    index = copy_of(place, "flipped")
    folder = store.generation_folder(index, store.read_pointer(index).current)
    return [
        _flips(index, path, path.relative_to(folder).as_posix(), place, count, rng)
        for path in files_of(folder)
    ] + [_flips(index, index / "CURRENT", "CURRENT", place, count, rng)]


def _flips(index: Path, path: Path, name: str, place: Scene, count: int, rng: random.Random) -> Record:
    outcomes: list[Outcome] = []
    for _ in range(count):
        where, bit = rng.randrange(path.stat().st_size), 1 << rng.randrange(8)
        flip(path, where, bit)
        outcomes.append(outcome(partial(answering_version, index, place.files), NEW))
        flip(path, where, bit)
    return record(f"bit flipped in {kind_of(name)}", outcomes)


def flipped_while_serving(place: Scene, count: int, rng: random.Random) -> list[Record]:
    """Flip one bit in each file of what serves, so many times: it has to stop answering from it."""
    index = copy_of(place, "flipped while serving")
    folder = store.generation_folder(index, store.read_pointer(index).current)
    records = []
    with watched(index) as live:
        for path in files_of(folder):
            if path.name in (Layout.MANIFEST, Layout.MANIFEST_SUM):
                continue  # read when it was opened, and not answered from
            outcomes: list[Outcome] = []
            slowest = 0.0
            for _ in range(count):
                wait(lambda: live.now.searcher is not None and live.now.problem is None)
                where, bit, begun = (
                    rng.randrange(path.stat().st_size),
                    1 << rng.randrange(8),
                    time.monotonic(),
                )
                flip(path, where, bit)
                noticed = wait(lambda: live.now.searcher is None and live.now.problem is not None)
                outcomes.append("refused" if noticed else "wrong")
                slowest = max(slowest, time.monotonic() - begun)
                flip(path, where, bit)
            name = kind_of(path.relative_to(folder).as_posix())
            note = f"noticed within {slowest:.2f} s at the most, looking every {POLL} s"
            records.append(record(f"bit flipped in {name} while it serves", outcomes, note=note))
    return records


def flipped_in_a_backup(place: Scene, count: int, rng: random.Random) -> Record:
    """Flip one bit anywhere in a backup before it is restored."""
    saved = Path(shutil.copy(place.saved(NEW), place.folder / "flipped.tar"))
    outcomes: list[Outcome] = []
    for turn in range(count):
        where, bit = rng.randrange(saved.stat().st_size), 1 << rng.randrange(8)
        flip(saved, where, bit)
        into = place.folder / f"flipped {turn}"
        outcomes.append(outcome(partial(restored_version, saved, into, place.files), NEW))
        flip(saved, where, bit)
    return record("bit flipped in a backup", outcomes, note="right: a byte that only fills a block")


@contextmanager
def watched(index: Path) -> Iterator[IndexWatcher]:
    """Serve an index and look at it all the time."""
    live = IndexWatcher(index, StandInEncoder, poll=0.005, retry=0.02)
    live.start()
    try:
        yield live
    finally:
        live.stop()


def wait(true: Callable[[], bool]) -> bool:
    """Return whether a condition comes true in time."""
    deadline = time.monotonic() + PATIENCE
    while not (found := true()) and time.monotonic() < deadline:
        time.sleep(0.002)
    return found


def files_of(folder: Path) -> list[Path]:
    """Return the files of a generation that hold any byte."""
    return sorted(path for path in folder.rglob("*") if path.is_file() and path.stat().st_size)


def kind_of(name: str) -> str:
    """Return a file's name, with a random part replaced by an asterisk."""
    return re.sub(r"[0-9a-f]{32}", "*", name)
