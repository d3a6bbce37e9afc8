"""Show how far long work has come: a bar with rate and time left on a terminal, plain lines in a log."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator
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
