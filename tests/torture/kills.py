"""Processes killed at any moment of what they do to an index, and whether it answers right afterwards."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Literal

from indexer.store import generation as store
from indexer.store.manifest import Layout
from tests.torture.faults import (
    NEW,
    OLD,
    Outcome,
    Record,
    Scene,
    answering_version,
    copy_of,
    flip,
    leftovers,
    other,
    outcome,
    record,
    restored_version,
)
from tests.torture.victim import Victim


def moments(count: int, rng: random.Random) -> list[float]:
    """Return shares of the time that a deed takes, spread evenly, in random order."""
    shares = [(number + rng.random()) / count for number in range(count)]
    rng.shuffle(shares)
    return shares


def killed_while_publishing(
    victim: Victim, place: Scene, deed: Literal["build", "restore"], count: int, rng: random.Random
) -> Record:
    """Kill builds, or restores, of the other version each time, at moments spread over their length.

    Killed before it is published the one before answers, and none where there was none; after it the new one.
    """

    def material(version: str) -> Path:
        return place.corpus(version) if deed == "build" else place.saved(version)

    index = place.folder / f"{deed} killed"
    length = victim.complete(deed, place.folder / f"{deed} measured", material(OLD))
    serving_version: str | None = None
    struck, outcomes = 0, []
    for turn, share in enumerate(moments(count, rng)):
        before, begun = store.published(index), time.perf_counter()
        code, _ = victim.run(deed, index, material(other(serving_version)), kill_after=share * length)
        struck += code != 0
        if code == 0:  # the machine has become quicker since: the next one is to be killed in time
            length = time.perf_counter() - begun
        if store.published(index) != before:
            serving_version = other(serving_version)
        outcomes.append(outcome(partial(answering_version, index, place.files), serving_version))
        if serving_version is None and outcomes[-1] == "refused":
            outcomes[-1] = "right"  # nothing was ever published, and that is what is said
        if turn % 8 == 7:  # what is left alone sweeps up after the killed ones
            victim.complete(deed, index, material(other(serving_version)))
            serving_version = other(serving_version)
            if leftovers(index) or answering_version(index, place.files) != serving_version:
                outcomes[-1] = "wrong"
    return record(f"{deed} killed", outcomes, struck, f"over {length:.2f} s")


def killed_at_each_sync(victim: Victim, place: Scene, deed: Literal["build", "restore"]) -> Record:
    """Kill a build, or a restore, instead of its first sync to disk, its second, … until one ends."""
    index = copy_of(place, f"{deed} synced")
    material = place.corpus(OLD) if deed == "build" else place.saved(OLD)
    look = partial(answering_version, index, place.files)
    outcomes: list[Outcome] = []
    code, struck, version = -9, 0, NEW
    while code != 0 and len(outcomes) < 200:
        before = store.published(index)
        code, _ = victim.run(deed, index, material, kill_at_sync=len(outcomes))
        struck += code != 0
        if store.published(index) != before:
            version = OLD
        outcomes.append(outcome(look, version))
    return record(f"{deed} killed at each sync", outcomes, struck)


def killed_while_swapping(
    victim: Victim, place: Scene, deed: Literal["roll back", "reload"], count: int, rng: random.Random
) -> Record:
    """Kill rollbacks that follow one another, alone or under a service that takes up each generation."""
    index = copy_of(place, f"{deed} killed")
    pointer = store.read_pointer(index)
    holds = {pointer.current: NEW, pointer.previous: OLD}
    outcomes: list[Outcome] = []
    struck = 0
    for _ in range(count):
        struck += victim.run(deed, index, kill_after=rng.uniform(0, 0.4))[0] != 0
        expected = holds.get(store.read_pointer(index).current)
        outcomes.append(outcome(partial(answering_version, index, place.files), expected))
        store.rollback(index)  # the killed ones hold no lock
    return record(f"{deed} killed", outcomes, struck)


def killed_while_saving(victim: Victim, place: Scene, count: int, rng: random.Random) -> Record:
    """Kill backups; each has to be there whole, or not at all."""
    index, saved = place.index, place.folder / "killed.tar.gz"
    length = victim.complete("back up", index, saved)
    outcomes: list[Outcome] = []
    struck = 0
    for turn, share in enumerate(moments(count, rng)):
        saved.unlink(missing_ok=True)
        begun = time.perf_counter()
        code, _ = victim.run("back up", index, saved, kill_after=share * length)
        struck += code != 0
        if code == 0:
            length = time.perf_counter() - begun
        if not saved.exists():
            outcomes.append("right")
            continue
        into = place.folder / f"saved {turn}"
        outcomes.append(outcome(partial(restored_version, saved, into, place.files), NEW))
    for part in place.folder.glob(".killed.tar.gz.*"):
        part.unlink()
    return record("back up killed", outcomes, struck)


def killed_while_mending(victim: Victim, place: Scene, count: int, rng: random.Random) -> Record:
    """Kill repairs of an index damaged by turns in its generation and in CURRENT; then repair it."""
    index = copy_of(place, "repair killed")
    sound = store.read_pointer(index)
    length = 0.2
    outcomes: list[Outcome] = []
    struck = 0
    for turn, share in enumerate(moments(count, rng)):
        (index / "generations" / "g999999").mkdir(exist_ok=True)  # as a killed build leaves it
        passages = store.generation_folder(index, sound.current) / Layout.PASSAGES
        with harm(passages if turn % 2 else index / "CURRENT", passages, rng) as expected:
            begun = time.perf_counter()
            code, _ = victim.run("repair", index, kill_after=share * length)
            struck += code != 0
            length = time.perf_counter() - begun if code == 0 else length * 1.1
            between = outcome(partial(answering_version, index, place.files), OLD, NEW)
            victim.complete("repair", index)
            after = outcome(partial(answering_version, index, place.files), expected)
            outcomes.append("wrong" if "wrong" in (between, after) else after)
        store.write_pointer(index, sound)
    return record("repair killed", outcomes, struck, f"over {length:.2f} s")


@contextmanager
def harm(path: Path, passages: Path, rng: random.Random) -> Iterator[str]:
    """Damage CURRENT, or a file of what serves; yield the version that a repair has to make serve."""
    if path != passages:
        path.write_text("{", encoding="utf-8")
        yield NEW
        return
    place = rng.randrange(path.stat().st_size)
    flip(path, place, 1)
    yield OLD
    flip(path, place, 1)
