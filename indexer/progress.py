"""Show how far long work has come and measure how long its stages take."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from threading import Event, Lock, Thread
from types import TracebackType
from typing import NamedTuple, Self, TypeVar

from tqdm import tqdm

T = TypeVar("T")
Clock = Callable[[], float]
"""Returns seconds since any fixed moment."""
LINE_INTERVAL = 10.0
"""Seconds between two progress lines in a log."""
REFRESH_INTERVAL = 0.25
"""Seconds between two refreshments of a line on a terminal."""


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
            lines.write(f"{what}: {done} of {total}{pace(done, total - done, seconds)}")
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
            left = f"{rate / 1e6:.1f} MB/s, {duration((total - done) / rate)} left"
            lines.write(f"{what}: {done / 1e6:.0f} of {total / 1e6:.0f} MB, {left}")

    yield advance


def pace(done: int, left: float, seconds: float) -> str:
    """Return a phrase for the rate and the time left, ", 12/s, 40 s left"; empty before anything is done."""
    if not done:
        return ""
    rate = done / seconds
    each = f"{rate:.{0 if rate >= 10 else 1}f}/s" if rate >= 0.1 else f"one in {duration(1 / rate)}"
    return f", {each}, {duration(left / rate)} left"


def duration(seconds: float) -> str:
    """Return a length of time in the units that a person would say it in: "45 s", "12 min", "3 h 20 min"."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60} min"


class Line(NamedTuple):
    """What a display shows at a moment."""

    text: str
    done: float = 0.0
    """Share of the work that is done, between 0 and 1; 0 where that cannot be told."""


class Display:
    """Shows on standard error, until its block ends, what long work is doing, however long a step takes.

    A terminal shows one line, refreshed by a thread; anything else gets a plain line now and then, none when
    nothing has changed since the last, and none at all when the work is short.
    """

    def __init__(
        self, line: Callable[[], Line], interval: float = LINE_INTERVAL, clock: Clock = time.monotonic
    ) -> None:
        self._line = line
        self._clock = clock
        self._interval = interval
        self._bar = None
        self._begun = clock()
        self._written = ""
        self._lock = Lock()
        self._ended = Event()
        self._thread = Thread(target=self._run, name="progress", daemon=True)

    def __enter__(self) -> Self:
        if sys.stderr.isatty():
            shape = {"dynamic_ncols": True, "nrows": 2}  # a terminal that tells no height shows a line, too
            self._bar = tqdm(total=1, bar_format="{desc}", file=sys.stderr, leave=False, **shape)
        self._thread.start()
        return self

    def __exit__(self, _: type[BaseException] | None, __: object, ___: TracebackType | None) -> None:
        """Stop showing; a terminal's line goes."""
        self._ended.set()
        self._thread.join()
        if self._bar is not None:
            self._bar.close()

    def changed(self) -> None:
        """Show at once that the work has come to another step; a log is spared the steps of short work."""
        if self._bar is not None or self._clock() - self._begun >= self._interval:
            self._show()

    def tell(self, text: str) -> None:
        """Write a line that stays."""
        with self._lock:
            tqdm.write(text, file=sys.stderr)

    def _run(self) -> None:
        while not self._ended.wait(self._interval if self._bar is None else REFRESH_INTERVAL):
            self._show()

    def _show(self) -> None:
        with self._lock:
            line = self._line()
            if self._bar is not None:
                self._bar.bar_format = "{desc} |{bar}| {percentage:.0f}%" if line.done else "{desc}"
                self._bar.n = line.done
                self._bar.set_description_str(line.text)
            elif line.text != self._written:
                print(line.text, file=sys.stderr, flush=True)
                self._written = line.text


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
