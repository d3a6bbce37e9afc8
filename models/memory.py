"""What a process has freed goes back to the system, and what it keeps is not searched for garbage."""

from __future__ import annotations

import ctypes
import gc
from contextlib import suppress

ARENA_MAX = -8
"""M_ARENA_MAX of glibc's malloc.h: the greatest number of heaps that threads have of their own."""


def use_few_heaps() -> None:
    """Have all threads share two heaps: each more keeps some 10 MB of what was freed in it."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(ARENA_MAX, 2)


def release() -> None:
    """Give back what was freed; the C library keeps it otherwise, for what may come."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


def keep() -> None:
    """Leave all that is there now out of Python's searches for garbage.

    What a process has loaded stays to its end, and each full search through it would hold all threads for a
    tenth of a second.
    """
    gc.freeze()
