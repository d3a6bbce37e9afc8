"""python -m bench.workers: answers a second and memory with one worker and with two, by turns in one run."""

from __future__ import annotations

import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from bench import load, machine, material, memory, servers
from bench.child import alone
from indexer.building import build as builder
from models.encoder import ModelChoice

CLIENTS = 16
ASKED = 800
"""Questions, each asked once cold and once more when its vector is remembered."""
TURNS = 8


def main() -> int:
    """Measure over the seeds, and print the table."""
    told = machine.describe()
    print(machine.in_words(told), flush=True)
    questions = [each.text for each in material.made_up().asks][:ASKED]
    with tempfile.TemporaryDirectory() as scratch, ExitStack() as stack:
        index = Path(scratch)
        alone(_build, index)
        running = {
            f"{workers} worker{'s' * (workers > 1)}": stack.enter_context(
                servers.ours(index, REPERE_WORKERS=str(workers))
            )
            for workers in (1, 2)
        }
        ports = {name: each.port for name, each in running.items()}
        for state in ("cold", "warm"):
            for name, found in load.by_turns(ports, questions, CLIENTS, TURNS).items():
                print(
                    f"{name}, {state}: {found.rate:.0f} answers/s, p50 {found.latency.p50:.0f} ms,"
                    f" p99 {found.latency.p99:.0f} ms, {found.errors} errors",
                    flush=True,
                )
        for name, each in running.items():
            held = memory.of_family(each.pid)
            print(f"{name}: {held.anon:.0f} MB of its own, {held.file:.0f} MB of mapped files", flush=True)
    return 0


def _build(index: Path) -> None:
    builder.build(material.SEEDS, index, ModelChoice())


if __name__ == "__main__":
    sys.exit(main())
