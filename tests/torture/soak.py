"""The soak: twice the load that a service bears, while its index changes and clients hang up."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path

import numpy as np

from bench import load, material, processes
from bench.figures import Latency, latency
from bench.processes import BenchError
from indexer.building import build as builder
from indexer.store import generation as store
from models.load import ModelChoice
from tests.torture.clients import Clients, Tally, Truth, get, path

CLIENTS = 16
"""Clients that ask as fast as they are answered, to learn what the service bears."""
BEFORE = 400
"""Requests that they make for it."""
TIMES = 2
"""How many times that rate the soak asks."""
RELOAD = 5.0
"""Seconds between two changes of the index."""
NOTICED = 5.0
"""Seconds within which a change has to be served."""
ALIKE = 10
"""Connections in a row that have to meet a generation: one may meet the worker that was quicker."""
LOOKS = 2.0
"""Seconds in which every worker has looked at the index more than once."""
MOST = 500
"""Requests that may wait for an answer at once; further ones are not sent but counted."""
SETTLING = 1 / 3
"""Share of the time that memory is given to settle before its slope counts."""
ASKED = 40
"""Different questions that are asked."""


@dataclass(frozen=True, slots=True)
class Soaked:
    """The figures of a soak."""

    seconds: float
    sustained: float
    """Answers per second that the service bore before."""
    outcomes: dict[str, int]
    wrong: int
    reloads: int
    lost: int
    slope: float
    """Growth of memory in MB per hour, by least squares."""
    latency: Latency
    """Latency of accepted requests."""


def soak(
    port: int, pid: int, index: Path, questions: Sequence[str], seconds: float, clients: int = CLIENTS
) -> Soaked:
    """Soak a service over an index of two generations, which become current by turns."""

    def change() -> str:
        return store.rollback(index).current

    truths = {}
    for _ in range(2):
        name = change()
        asyncio.run(_in_peace(port, name))
        documents = asyncio.run(get(port, "/documents"))["documents"]
        truths[name] = _truth(port, questions, frozenset(each["source"] for each in documents))
        _check(truths[name], name)
    return _soaked(port, pid, change, truths, questions, seconds, clients)


def soak_plainly(
    port: int, pid: int, sources: Iterable[str], questions: Sequence[str], seconds: float
) -> Soaked:
    """Soak the baseline, whose index never changes, over these sources."""
    truths = {"": _truth(port, questions, frozenset(sources))}
    return _soaked(port, pid, None, truths, questions, seconds, CLIENTS)


def _soaked(
    port: int,
    pid: int,
    change: Callable[[], str] | None,
    truths: Mapping[str, Truth],
    questions: Sequence[str],
    seconds: float,
    clients: int,
) -> Soaked:
    borne = load.ask(port, list(islice(cycle(questions), BEFORE)), clients).rate
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
    """Return the slope of (second, MB) pairs in MB per hour, by least squares; 0 for fewer than two."""
    if len(held) < 2:
        return 0.0
    at, megabytes = np.asarray(held).T
    return float(np.polyfit(at / 3600, megabytes, 1)[0])


def _truth(port: int, questions: Sequence[str], sources: frozenset[str]) -> Truth:
    answers = {each: asyncio.run(get(port, path(each))) for each in questions}
    return Truth(sources, answers)


def _check(truth: Truth, name: str) -> None:
    """Raise BenchError when another generation answered in between."""
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
    """Send requests at a steady rate, whether those before were answered or not."""
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
        tally.held.append((time.monotonic() - begun, processes.memory_of_family(pid).anon))
        await asyncio.sleep(1)


def prepare(index: Path) -> None:
    """Build two generations: all seeds, and all seeds but one."""
    builder.build(material.SEEDS, index, ModelChoice())
    with tempfile.TemporaryDirectory() as fewer:
        for each in sorted(material.SEEDS.iterdir())[1:]:
            shutil.copy(each, fewer)
        builder.build(Path(fewer), index, ModelChoice())
