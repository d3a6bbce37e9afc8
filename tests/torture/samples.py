"""What is looked at every few seconds of a soak, and how fast memory grows by it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import psutil

from bench import processes
from bench.processes import BenchError


@dataclass(frozen=True, slots=True)
class Sample:
    """A service and its children at one moment, and what came of the requests since the sample before."""

    second: float
    """Seconds since the soak began."""
    resident: float
    """MB of memory that are resident, mapped files among them."""
    anon: float
    """MB of memory of its own."""
    descriptors: int
    threads: int
    p50: float | None
    """Median latency in ms of the requests that were accepted; None where none was."""
    p99: float | None
    accepted: int
    refused: int
    wrong: int
    """Requests that were answered wrongly or not at all."""
    client: float
    """MB of memory of the client's own, which must not be what grows."""
    busy: float
    """Processes that ran or wanted to run on this machine, the mean of the last minute."""


@dataclass(frozen=True, slots=True)
class Look:
    """What a service and its children hold at one moment."""

    resident: float
    anon: float
    descriptors: int
    threads: int


def look(pid: int) -> Look:
    """Return what a process and its children hold now. Raises BenchError when it has ended."""
    memory = processes.memory_of_family(pid)
    try:
        process = psutil.Process(pid)
        family = (process, *process.children())
        return Look(
            memory.resident,
            memory.anon,
            sum(each.num_fds() for each in family),
            sum(each.num_threads() for each in family),
        )
    except psutil.Error as error:
        raise BenchError(f"The descriptors and threads of process {pid} cannot be read: {error}.") from error


def busy() -> float:
    """Return the machine's load average of the last minute."""
    return os.getloadavg()[0]


def slope(held: Sequence[tuple[float, float]]) -> float:
    """Return the slope of (second, MB) pairs in MB per hour, by least squares; 0 for fewer than two."""
    if len(held) < 2:
        return 0.0
    at, megabytes = np.asarray(held).T
    return float(np.polyfit(at / 3600, megabytes, 1)[0])
