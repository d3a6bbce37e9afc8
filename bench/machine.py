"""The machine that figures are measured on: processor, memory, system, versions and load."""

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
"""Instruction sets that decide how fast a processor multiplies in 8 bits."""

QUIET = 0.5
"""Share of the cores that may be in use before a run."""


@dataclass(frozen=True, slots=True)
class Machine:
    """A machine at the moment before it is measured."""

    date: str
    """UTC, ISO 8601, to the second."""
    cpu: str
    cores: int
    """Cores that this process may use."""
    instructions: list[str]
    """Instruction sets of INT8 that the processor has."""
    ram_gb: float
    """Memory in GB (10⁹ bytes)."""
    os: str
    python: str
    load_before: list[float]
    """Load averages over 1, 5 and 15 minutes."""
    repere: str
    versions: dict[str, str]


def describe() -> Machine:
    """Describe this machine as it is now."""
    cpuinfo = _text("/proc/cpuinfo")
    distribution = _first(r'^PRETTY_NAME="?(.+?)"?$', _text("/etc/os-release"))
    flags = _first(r"^flags\s*:\s*(.+)$", cpuinfo).split()
    return Machine(
        date=datetime.now(UTC).isoformat(timespec="seconds"),
        cpu=_first(r"^model name\s*:\s*(.+)$", cpuinfo) or platform.processor() or platform.machine(),
        cores=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        instructions=[name for name in INT8 if name in flags],
        ram_gb=round(int(_first(r"^MemTotal:\s+(\d+) kB$", _text("/proc/meminfo")) or 0) * 1024 / 1e9, 1),
        os=f"{distribution}, {platform.system()} {platform.release()}",
        python=platform.python_version(),
        load_before=[round(mean, 2) for mean in os.getloadavg()],
        repere=VERSION,
        versions={name: metadata.version(name) for name in PACKAGES},
    )


def in_words(machine: Machine) -> str:
    """Return a description in two lines."""
    versions = ", ".join(f"{name} {version}" for name, version in machine.versions.items())
    load = " ".join(f"{each:.2f}" for each in machine.load_before)
    return (
        f"{machine.cpu}, {machine.cores} cores ({' '.join(machine.instructions)}), {machine.ram_gb:g} GB,"
        f" {machine.os}; load before {load}; {machine.date}\n"
        f"Repère {machine.repere}, Python {machine.python}, {versions}"
    )


def busy(machine: Machine) -> str:
    """Return a warning when others use the machine as well; empty when it is quiet."""
    load = machine.load_before[0]
    if load <= machine.cores * QUIET:
        return ""
    return (
        f"This machine is busy (load {load:.2f} on {machine.cores} cores): the figures will tell little,"
        " above all the baseline's, whose threads wait by spinning. Measure again when it is quiet."
    )


def _text(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _first(pattern: str, text: str) -> str:
    match = re.search(pattern, text, re.MULTILINE)
    return match[1].strip() if match else ""
