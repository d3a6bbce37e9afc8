"""Processes that are measured: a function called in a fresh one, the memory one holds, the CPU it takes."""

from __future__ import annotations

import multiprocessing
import re
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from typing import ParamSpec, TypeVar

import psutil

from models.errors import RepereError

P = ParamSpec("P")
T = TypeVar("T")
_STATUS_LINE = re.compile(r"^(\w+):\s+(\d+) kB$", re.MULTILINE)


class BenchError(RepereError):
    """Something that is measured did not run, or this machine cannot report its figures."""


def alone(function: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
    """Return function(*arguments), called in a process that starts for it and ends with it.

    Memory, threads and imports are then the function's own. Raises what the function raises, and BenchError
    when the process was killed.
    """
    try:
        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
            return pool.submit(function, *arguments, **named).result()
    except BrokenProcessPool as error:
        raise BenchError(
            f"The process that ran {function.__name__} ended before its time; the system may have killed it"
            " for want of memory. Free some, or give smaller sizes with SIZES=."
        ) from error


@dataclass(frozen=True, slots=True)
class Memory:
    """Memory of one process at one moment, in MB (10⁶ bytes)."""

    anon: float
    """Memory of the process's own, which nobody else can use."""
    file: float
    """Pages of mapped files, which the system takes back when it needs them."""
    peak: float
    """The most that both together ever were."""

    @property
    def resident(self) -> float:
        """Return the sum of both."""
        return self.anon + self.file


def memory_of(process: int | str = "self") -> Memory:
    """Return what a process holds now. Raises BenchError where the system does not say."""
    # psutil does not report the peak, so the file of Linux itself is read.
    try:
        return parse_status(Path(f"/proc/{process}/status").read_text(encoding="ascii", errors="replace"))
    except (OSError, KeyError) as error:
        raise BenchError(
            f"The memory of process {process} cannot be read from /proc ({error}). Measure on Linux."
        ) from error


def memory_of_family(pid: int) -> Memory:
    """Return what a process and its children hold together; what they share counts for each."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    family = [memory_of(member) for member in (pid, *map(int, children))]
    return Memory(*(sum(getattr(member, name) for member in family) for name in ("anon", "file", "peak")))


def cpu_of_family(pid: int) -> float:
    """Return the seconds of CPU that a process and its children have taken so far. Raises BenchError."""
    try:
        process = psutil.Process(pid)
        times = [member.cpu_times() for member in (process, *process.children(recursive=True))]
    except psutil.Error as error:
        raise BenchError(f"The CPU time of process {pid} cannot be read: {error}.") from error
    return float(sum(each.user + each.system for each in times))


def parse_status(status: str) -> Memory:
    """Parse the text of /proc/PID/status. Raises KeyError when a line is missing."""
    megabytes = {name: int(kilobytes) * 1024 / 1e6 for name, kilobytes in _STATUS_LINE.findall(status)}
    return Memory(megabytes["RssAnon"], megabytes["RssFile"], megabytes["VmHWM"])
