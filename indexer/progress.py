"""Show how far long work has come: a bar with rate and time left on a terminal, plain lines in a log."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from tqdm import tqdm

T = TypeVar("T")
EVERY = 10.0
"""Seconds between two lines in a log."""


def track(items: Iterable[T], total: int, what: str) -> Iterator[T]:
    """The items, one by one, while standard error tells how many of total have been dealt with."""
    if sys.stderr.isatty():
        yield from tqdm(items, total=total, desc=what, unit="", dynamic_ncols=True, file=sys.stderr)
        return
    begun = spoken = time.monotonic()
    for done, item in enumerate(items):
        now = time.monotonic()
        if now - spoken >= EVERY:
            rate = done / (now - begun)
            left = f", {(total - done) / rate:.0f} s left" if done else ""
            print(f"{what}: {done} of {total}, {rate:.1f}/s{left}", file=sys.stderr, flush=True)
            spoken = now
        yield item


@contextmanager
def measured(total: int, what: str) -> Iterator[Callable[[int], None]]:
    """The same of work measured in bytes: what is given is to be told of each piece, how long it was."""
    if sys.stderr.isatty():
        with tqdm(
            total=total, desc=what, unit="B", unit_scale=True, dynamic_ncols=True, file=sys.stderr
        ) as bar:
            yield bar.update
        return
    begun = spoken = time.monotonic()
    done = 0

    def advance(count: int) -> None:
        nonlocal done, spoken
        done += count
        now = time.monotonic()
        if now - spoken >= EVERY:
            rate = done / (now - begun)
            left = f"{rate / 1e6:.1f} MB/s, {(total - done) / rate:.0f} s left"
            print(f"{what}: {done / 1e6:.0f} of {total / 1e6:.0f} MB, {left}", file=sys.stderr, flush=True)
            spoken = now

    yield advance
