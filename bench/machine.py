"""What the figures were measured on: processor, memory, system, versions and how busy it was."""

from __future__ import annotations

import os
import platform
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

from models import VERSION

PACKAGES = ("torch", "sentence-transformers", "openvino", "faiss-cpu", "tantivy", "numpy", "uvicorn")
INT8 = ("avx2", "avx512f", "avx_vnni", "avx512_vnni", "amx_int8")
"""What a processor may have that decides how fast it multiplies in 8 bits."""

QUIET = 0.5
"""Share of the cores that may be in use before a run."""


@dataclass(frozen=True, slots=True)
class Machine:
    """A machine at the moment before it is measured."""

    date: str
    """UTC, ISO 8601, to the second."""
    cpu: str
    cores: int
    """That this process may use."""
    instructions: list[str]
    """Those of INT8 that the processor has."""
    ram_gb: float
    """10⁹ bytes."""
    os: str
    python: str
    load_before: list[float]
    """Processes that wanted to run, means over 1, 5 and 15 minutes."""
    repere: str
    versions: dict[str, str]


def describe() -> Machine:
    """This machine, now."""
    cpuinfo = _text("/proc/cpuinfo")
    return Machine(
        date=datetime.now(UTC).isoformat(timespec="seconds"),
        cpu=_first(r"^model name\s*:\s*(.+)$", cpuinfo) or platform.processor() or platform.machine(),
        cores=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        instructions=[each for each in INT8 if each in _first(r"^flags\s*:\s*(.+)$", cpuinfo).split()],
        ram_gb=round(int(_first(r"^MemTotal:\s+(\d+) kB$", _text("/proc/meminfo")) or 0) * 1024 / 1e9, 1),
        os=f"{_distribution()}, {platform.system()} {platform.release()}",
        python=platform.python_version(),
        load_before=[round(each, 2) for each in os.getloadavg()],
        repere=VERSION,
        versions={name: metadata.version(name) for name in PACKAGES},
    )


def in_words(machine: Machine) -> str:
    """Two lines for people."""
    versions = ", ".join(f"{name} {version}" for name, version in machine.versions.items())
    load = " ".join(f"{each:.2f}" for each in machine.load_before)
    return (
        f"{machine.cpu}, {machine.cores} cores ({' '.join(machine.instructions)}), {machine.ram_gb:g} GB,"
        f" {machine.os}; load before {load}; {machine.date}\n"
        f"Repère {machine.repere}, Python {machine.python}, {versions}"
    )


def busy(machine: Machine) -> str:
    """What to tell when others use the machine as well; empty when it is quiet."""
    load = machine.load_before[0]
    if load <= machine.cores * QUIET:
        return ""
    return (
        f"This machine is busy (load {load:.2f} on {machine.cores} cores): the figures will tell little,"
        " above all the baseline's, whose threads wait by spinning. Measure again when it is quiet."
    )


def _distribution() -> str:
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except (OSError, KeyError):
        return platform.platform(terse=True)


def _text(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _first(pattern: str, text: str) -> str:
    found = re.search(pattern, text, re.MULTILINE)
    return found[1].strip() if found else ""
