"""How many processes serve where nobody says: as many as the machine's cores and its free memory carry."""

from __future__ import annotations

import os
from pathlib import Path

import psutil

CORES_EACH = 2
"""Cores that one process keeps busy: one computes under Python's lock, one or more outside of it."""
MEMORY_EACH = 10**9
"""Bytes of free memory that are asked for each process; it takes some 600 MB of its own."""
MOST = 4
"""Processes beyond which nobody who has not measured gains."""
_LIMITS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")
"""Files in which Linux says how much memory a container may use."""


def suitable(cores: int, free_memory: int) -> int:
    """Return the number of processes for so many cores and bytes of free memory: 1 … MOST."""
    return max(1, min(cores // CORES_EACH, free_memory // MEMORY_EACH, MOST))


def of_this_machine() -> int:
    """Return the number of processes that suit this machine, or the container that this is."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return suitable(cores, min(psutil.virtual_memory().available, *map(_limit, _LIMITS)))


def _limit(path: str) -> int:
    """Return the bytes that a file of _LIMITS allows; more than there can be where it says nothing."""
    try:
        return int(Path(path).read_text(encoding="ascii"))
    except (OSError, ValueError):  # there is no such file, or it says "max"
        return 1 << 62
