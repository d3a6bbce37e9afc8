"""What a process holds in memory, as Linux tells it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from bench.errors import BenchError

LINE = re.compile(r"^(\w+):\s+(\d+) kB$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Memory:
    """MB (10⁶ bytes) of one process at one moment."""

    anon: float
    """The process's own; nobody else can use it."""
    file: float
    """Pages of mapped files; the system takes them back when it needs them."""
    peak: float
    """The most that both together ever were."""

    @property
    def resident(self) -> float:
        """Both together."""
        return self.anon + self.file


def of_process(process: int | str = "self") -> Memory:
    """What a process holds now. Raises BenchError where the system does not tell."""
    try:
        return parse(Path(f"/proc/{process}/status").read_text(encoding="ascii", errors="replace"))
    except (OSError, KeyError) as error:
        raise BenchError(
            f"The memory of process {process} cannot be read from /proc ({error}). Measure on Linux."
        ) from error


def of_family(pid: int) -> Memory:
    """The same of a process and its children together; what they share counts for each."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    all_of_them = [of_process(each) for each in (pid, *map(int, children))]
    return Memory(*(sum(getattr(each, name) for each in all_of_them) for name in ("anon", "file", "peak")))


def parse(status: str) -> Memory:
    """The text of /proc/PID/status as Memory. Raises KeyError when a line is missing."""
    kilobytes = {name: int(value) * 1024 / 1e6 for name, value in LINE.findall(status)}
    return Memory(kilobytes["RssAnon"], kilobytes["RssFile"], kilobytes["VmHWM"])
