"""The soak: twice the load that a service bears, while its index changes and clients misbehave."""

from __future__ import annotations

import asyncio
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import cycle, islice
from pathlib import Path

from bench import load, material, processes
from bench.figures import Latency
from bench.processes import BenchError
from indexer.building import build as builder
from indexer.store import generation as store
from models.load import ModelChoice
from tests.torture.clients import Clients, Tally, Times, Truth, get, path
from tests.torture.samples import Sample, busy, look, slope

CLIENTS = 16
"""Clients that ask as fast as they are answered, to learn what the service bears."""
BEFORE, A_SECOND = 2000, 20
"""Requests that they make for it at the most, and for each second of the soak."""
TIMES = 2
"""How many times that rate the soak asks."""
HUNDRED = 100
BAD, SLOW, VANISHING = 1, 2, 10
"""Of a hundred requests, those that are bad, sent and read slowly, or not waited for."""
RELOAD = 10.0
"""Seconds between two changes of the index."""
NOTICED = 5.0
"""Seconds within which a change has to be served."""
ALIKE = 10
"""Connections made together that have to meet a generation: one may meet the worker that was quicker."""
LOOKS = 2.0
"""Seconds in which every worker has looked at the index more than once."""
MOST = 500
"""Requests that may wait for an answer at once; further ones are not sent but counted."""
SETTLING, SETTLED = 1 / 3, 600.0
"""Share of the time, and the seconds at the most, that memory is given to settle before its slope counts."""
EVERY = 5.0
"""Seconds between two samples; of every twelfth a line is written to standard error."""
ASKED = 200
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
    """Latency of accepted requests, to one per cent."""
    samples: Sequence[Sample] = ()
    why: Mapping[str, int] = field(default_factory=dict)
    """What went wrong, and how often."""


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
    return _soaked(port, pid, change, truths, questions, seconds, clients, "error")


def soak_plainly(
    port: int, pid: int, sources: Iterable[str], questions: Sequence[str], seconds: float
) -> Soaked:
    """Soak the baseline, whose index never changes, over these sources."""
    truths = {"": _truth(port, questions, frozenset(sources))}
    return _soaked(port, pid, None, truths, questions, seconds, CLIENTS, "detail")


def _soaked(
    port: int,
    pid: int,
    change: Callable[[], str] | None,
    truths: Mapping[str, Truth],
    questions: Sequence[str],
    seconds: float,
    clients: int,
    shape: str,
) -> Soaked:
    before = islice(cycle(questions), min(BEFORE, round(A_SECOND * seconds)))
    borne = load.ask(port, list(before), clients).rate
    rate = TIMES * borne * HUNDRED / (HUNDRED - BAD - SLOW - VANISHING)
    tally = Tally()
    client = Clients(port, truths, shape=shape)
    asyncio.run(_under_load(port, pid, change, client, questions, rate, seconds, tally))
    taken = tally.taken.latency()
    if taken is None:
        raise BenchError(f"None of {tally.outcomes.total()} requests was answered: {dict(tally.outcomes)}.")
    settled = min(SETTLING * seconds, SETTLED)
    return Soaked(
        seconds,
        borne,
        dict(tally.outcomes),
        tally.wrong.total(),
        tally.reloads,
        len(tally.lost),
        slope([(each.second, each.anon) for each in tally.samples if each.second >= settled]),
        taken,
        tally.samples,
        dict(tally.wrong + tally.why + Counter(f"{each} not served in time" for each in tally.lost)),
    )


def _truth(port: int, questions: Sequence[str], sources: frozenset[str]) -> Truth:
    answers = {each: asyncio.run(get(port, path(each))) for each in questions}
    return Truth(sources, answers)


def _check(truth: Truth, name: str) -> None:
    """Raise BenchError when another generation answered in between."""
    told = {(each["index"]["generation"], each["index"]["documents"]) for each in truth.answers.values()}
    if told != {(name, len(truth.sources))}:
        raise BenchError(f"Answers of {name} were wanted, with {len(truth.sources)} documents; came {told}.")


async def _served(port: int, name: str) -> None:
    """Return once every worker serves a generation, as far as ALIKE connections made together can tell."""
    while True:
        looks = await asyncio.gather(*(get(port, "/health") for _ in range(ALIKE)), return_exceptions=True)
        if all(isinstance(each, dict) and each["index"]["generation"] == name for each in looks):
            return
        await asyncio.sleep(0.05)


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
    clients: Clients,
    questions: Sequence[str],
    rate: float,
    seconds: float,
    tally: Tally,
) -> None:
    async with asyncio.TaskGroup() as group:
        beside = [group.create_task(_watch(pid, tally))]
        if change is not None:
            beside.append(group.create_task(_change(port, change, tally)))
        await _send(clients, group, tally, cycle(questions), rate, seconds)
        for each in beside:
            each.cancel()
    clients.close()


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
    turns = cycle(_turns(clients))
    under_way: set[asyncio.Task[None]] = set()
    while (now := time.monotonic() - begun) < seconds:
        for _ in range(int(now * rate) - sent):
            sent += 1
            if len(under_way) >= MOST:
                tally.outcomes["not sent"] += 1
                continue
            task = group.create_task(next(turns)(next(questions), tally))
            under_way.add(task)
            task.add_done_callback(under_way.discard)
        await asyncio.sleep(0.005)
    if under_way:
        await asyncio.wait(under_way, timeout=60)


def _turns(clients: Clients) -> list[Callable[[str, Tally], Coroutine[None, None, None]]]:
    """Return what a hundred clients do, those who misbehave spread among the others."""
    kinds = ((clients.ask_badly, BAD), (clients.dawdle, SLOW), (clients.hang_up, VANISHING))
    asking = HUNDRED - sum(number for _, number in kinds)
    placed = [
        ((turn + 0.5) / number, client)
        for client, number in (*kinds, (clients.ask, asking))
        for turn in range(number)
    ]
    return [client for _, client in sorted(placed, key=lambda each: each[0])]


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
    before: Counter[str] = Counter()
    while True:
        await asyncio.sleep(EVERY)
        counted = Counter(
            accepted=tally.outcomes["accepted"], refused=tally.outcomes["refused"], wrong=tally.failures
        )
        lately, tally.lately = tally.lately.latency(), Times()
        held = look(pid)
        tally.samples.append(
            Sample(
                round(time.monotonic() - begun, 2),
                round(held.resident, 2),
                round(held.anon, 2),
                held.descriptors,
                held.threads,
                round(lately.p50) if lately else None,
                round(lately.p99) if lately else None,
                counted["accepted"] - before["accepted"],
                counted["refused"] - before["refused"],
                counted["wrong"] - before["wrong"],
                round(processes.memory_of().anon, 2),
                busy(),
            )
        )
        before = counted
        if not len(tally.samples) % 12:
            print(tally.samples[-1], dict(tally.why), tally.lost, file=sys.stderr, flush=True)


def prepare(index: Path) -> None:
    """Build two generations: all seeds, and all seeds but one."""
    builder.build(material.SEEDS, index, ModelChoice())
    with tempfile.TemporaryDirectory() as fewer:
        for each in sorted(material.SEEDS.iterdir())[1:]:
            shutil.copy(each, fewer)
        builder.build(Path(fewer), index, ModelChoice())
