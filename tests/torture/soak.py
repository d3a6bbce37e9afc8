"""python -m tests.torture.soak: twice the load a service bears, while the index changes and clients leave."""

from __future__ import annotations

import argparse
import asyncio
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path

import numpy as np

from bench import load, machine, material, memory, servers
from bench.child import alone
from bench.errors import BenchError
from bench.times import Latency, latency
from indexer.building import build as builder
from indexer.store import generation as store
from models.encoder import ModelChoice
from tests.torture.clients import Clients, Tally, Truth, get, path

CLIENTS = 16
"""That ask as fast as they are answered, to learn what the service bears."""
BEFORE = 400
"""Requests they make for that."""
TIMES = 2
"""How many times as much is asked then."""
RELOAD = 5.0
"""Seconds between two changes of the index."""
NOTICED = 5.0
"""Seconds within which a change has to be served."""
ALIKE = 10
"""Connections in a row that have to meet a generation: one alone may meet the worker that was quicker."""
LOOKS = 2.0
"""Seconds in which every worker has looked at the index more than once."""
MOST = 500
"""Requests that may be without an answer at once; what would be more is not sent, and told."""
SETTLING = 1 / 3
"""Share of the time that memory is given to settle before its slope counts."""
ASKED = 40


@dataclass(frozen=True, slots=True)
class Soaked:
    """The figures of a soak."""

    seconds: float
    sustained: float
    """Answers a second that were borne before."""
    outcomes: dict[str, int]
    wrong: int
    reloads: int
    lost: int
    slope: float
    """MB an hour, by least squares."""
    latency: Latency
    """Of accepted requests."""


def soak(port: int, pid: int, index: Path, questions: Sequence[str], seconds: float) -> Soaked:
    """Soak a service over an index of two generations, which are made current by turns."""

    def change() -> str:
        return store.rollback(index).current

    truths = {}
    for _ in range(2):
        name = change()
        asyncio.run(_in_peace(port, name))
        documents = asyncio.run(get(port, "/documents"))["documents"]
        truths[name] = _truth(port, questions, frozenset(each["source"] for each in documents))
        _check(truths[name], name)
    return _soaked(port, pid, change, truths, questions, seconds)


def soak_plainly(
    port: int, pid: int, sources: Iterable[str], questions: Sequence[str], seconds: float
) -> Soaked:
    """The same of a service whose index never changes, over these sources."""
    truths = {"": _truth(port, questions, frozenset(sources))}
    return _soaked(port, pid, None, truths, questions, seconds)


def _soaked(
    port: int,
    pid: int,
    change: Callable[[], str] | None,
    truths: Mapping[str, Truth],
    questions: Sequence[str],
    seconds: float,
) -> Soaked:
    borne = load.ask(port, list(islice(cycle(questions), BEFORE)), CLIENTS).rate
    tally = asyncio.run(_under_load(port, pid, change, truths, questions, TIMES * borne, seconds))
    if not tally.taken:
        raise BenchError(f"None of {tally.outcomes.total()} requests was answered: {dict(tally.outcomes)}.")
    return Soaked(
        seconds,
        borne,
        dict(tally.outcomes),
        len(tally.wrong),
        tally.reloads,
        len(tally.lost),
        slope([each for each in tally.held if each[0] >= SETTLING * seconds]),
        latency(tally.taken),
    )


def slope(held: Sequence[tuple[float, float]]) -> float:
    """(second, MB) → MB an hour, by least squares; 0 for fewer than two."""
    if len(held) < 2:
        return 0.0
    at, megabytes = np.asarray(held).T
    return float(np.polyfit(at / 3600, megabytes, 1)[0])


def _truth(port: int, questions: Sequence[str], sources: frozenset[str]) -> Truth:
    answers = {each: asyncio.run(get(port, path(each))) for each in questions}
    return Truth(sources, answers)


def _check(truth: Truth, name: str) -> None:
    """Raises BenchError when another generation answered in between."""
    told = {(each["index"]["generation"], each["index"]["documents"]) for each in truth.answers.values()}
    if told != {(name, len(truth.sources))}:
        raise BenchError(f"Answers of {name} were wanted, with {len(truth.sources)} documents; came {told}.")


async def _served(port: int, name: str) -> None:
    """Return once every worker serves a generation, as far as ALIKE connections in a row can tell."""
    alike = 0
    while alike < ALIKE:
        same = (await get(port, "/health"))["index"]["generation"] == name
        alike = alike + 1 if same else 0
        await asyncio.sleep(0 if same else 0.05)


async def _in_peace(port: int, name: str) -> None:
    try:
        async with asyncio.timeout(NOTICED):
            await _served(port, name)
    except TimeoutError as error:
        raise BenchError(f"{name} was not served within {NOTICED:g} s, before any load.") from error
    await asyncio.sleep(LOOKS)


async def _under_load(
    port: int,
    pid: int,
    change: Callable[[], str] | None,
    truths: Mapping[str, Truth],
    questions: Sequence[str],
    rate: float,
    seconds: float,
) -> Tally:
    tally, clients = Tally(), Clients(port, truths)
    async with asyncio.TaskGroup() as group:
        beside = [group.create_task(_watch(pid, tally))]
        if change is not None:
            beside.append(group.create_task(_change(port, change, tally)))
        await _send(clients, group, tally, cycle(questions), rate, seconds)
        for each in beside:
            each.cancel()
    clients.close()
    return tally


async def _send(
    clients: Clients,
    group: asyncio.TaskGroup,
    tally: Tally,
    questions: Iterator[str],
    rate: float,
    seconds: float,
) -> None:
    """Requests at a steady rate, whether those before were answered or not."""
    begun, sent = time.monotonic(), 0
    under_way: set[asyncio.Task[None]] = set()
    while (now := time.monotonic() - begun) < seconds:
        for _ in range(int(now * rate) - sent):
            sent += 1
            if len(under_way) >= MOST:
                tally.outcomes["not sent"] += 1
                continue
            client = clients.hang_up if sent % 2 else clients.ask
            task = group.create_task(client(next(questions), tally))
            under_way.add(task)
            task.add_done_callback(under_way.discard)
        await asyncio.sleep(0.005)
    if under_way:
        await asyncio.wait(under_way, timeout=60)


async def _change(port: int, change: Callable[[], str], tally: Tally) -> None:
    while True:
        await asyncio.sleep(RELOAD)
        name = await asyncio.to_thread(change)
        tally.reloads += 1
        try:
            async with asyncio.timeout(NOTICED):
                await _served(port, name)
        except TimeoutError:
            tally.lost.append(name)


async def _watch(pid: int, tally: Tally) -> None:
    begun = time.monotonic()
    while True:
        tally.held.append((time.monotonic() - begun, memory.of_family(pid).anon))
        await asyncio.sleep(1)


def prepare(index: Path) -> None:
    """Two generations: the seeds, and the seeds without one."""
    builder.build(material.SEEDS, index, ModelChoice())
    with tempfile.TemporaryDirectory() as fewer:
        for each in sorted(material.SEEDS.iterdir())[1:]:
            shutil.copy(each, fewer)
        builder.build(Path(fewer), index, ModelChoice())


def in_words(found: Soaked) -> str:
    """The figures as lines."""
    sent = ", ".join(f"{count} {name}" for name, count in sorted(found.outcomes.items()))
    return (
        f"{found.seconds:g} s at {TIMES} times {found.sustained:.0f} answers/s: {sent}\n"
        f"wrong answers {found.wrong}; {found.reloads} reloads, {found.lost} lost\n"
        f"memory {found.slope:+.1f} MB/h;"
        f" accepted: p50 {found.latency.p50:.0f} ms, p99 {found.latency.p99:.0f} ms"
    )


def main(arguments: list[str] | None = None) -> int:
    """Soak the service over the seeds; 1 when an answer was wrong, a generation lost or a request failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.torture.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--workers", type=int, default=1)
    options = parser.parse_args(arguments)
    print(machine.in_words(machine.describe()), flush=True)
    questions = [each.text for each in material.made_up().asks][:ASKED]
    with tempfile.TemporaryDirectory() as scratch:
        index = Path(scratch)
        alone(prepare, index)
        # Every question is encoded each time it is asked.
        settings = {"REPERE_QUESTION_CACHE": "0", "REPERE_WORKERS": str(options.workers)}
        with servers.ours(index, **settings) as running:
            found = soak(running.port, running.pid, index, questions, options.minutes * 60)
    print(in_words(found))
    return 1 if found.wrong or found.lost or found.outcomes.get("failed") else 0


if __name__ == "__main__":
    sys.exit(main())
