"""Show how far long work has come and measure how long its stages take."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from tqdm import tqdm

T = TypeVar("T")
Clock = Callable[[], float]
"""Returns seconds since any fixed moment."""
LINE_INTERVAL = 10.0
"""Seconds between two progress lines in a log."""


def track(items: Iterable[T], total: int, what: str, clock: Clock = time.monotonic) -> Iterator[T]:
    """Yield the items and report on standard error how many of `total` are done.

    A terminal shows a bar with rate and time left; anything else gets a plain line now and then.
    """
    if sys.stderr.isatty():
        yield from tqdm(items, total=total, desc=what, unit="", dynamic_ncols=True, file=sys.stderr)
        return
    lines = _Lines(clock)
    for done, item in enumerate(items):
        if seconds := lines.due():
            rate = done / seconds
            left = f", {(total - done) / rate:.0f} s left" if done else ""
            lines.write(f"{what}: {done} of {total}, {rate:.1f}/s{left}")
        yield item


@contextmanager
def track_bytes(total: int, what: str, clock: Clock = time.monotonic) -> Iterator[Callable[[int], None]]:
    """Yield a function that takes the bytes just done; report how many of `total` bytes are done."""
    if sys.stderr.isatty():
        with tqdm(
            total=total, desc=what, unit="B", unit_scale=True, dynamic_ncols=True, file=sys.stderr
        ) as bar:
            yield bar.update
        return
    lines = _Lines(clock)
    done = 0

    def advance(count: int) -> None:
        nonlocal done
        done += count
        if seconds := lines.due():
            rate = done / seconds
            left = f"{rate / 1e6:.1f} MB/s, {(total - done) / rate:.0f} s left"
            lines.write(f"{what}: {done / 1e6:.0f} of {total / 1e6:.0f} MB, {left}")

    yield advance


class _Lines:
    """Spaces the progress lines of a log LINE_INTERVAL apart."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._begun = self._written = clock()

    def due(self) -> float:
        """Return the seconds since the work began when the next line is due, and 0 before that."""
        now = self._clock()
        if now - self._written < LINE_INTERVAL:
            return 0.0
        self._written = now
        return now - self._begun

    def write(self, line: str) -> None:
        """Write a line to standard error at once."""
        print(line, file=sys.stderr, flush=True)


class Stopwatch:
    """Adds up the seconds spent in each named stage."""

    def __init__(self, clock: Clock = time.perf_counter) -> None:
        self.seconds: dict[str, float] = {}
        self._clock = clock

    @contextmanager
    def time(self, stage: str) -> Iterator[None]:
        """Add the duration of the enclosed block to a stage, also when the block raises."""
        begun = self._clock()
        try:
            yield
        finally:
            self.seconds[stage] = self.seconds.get(stage, 0.0) + self._clock() - begun
