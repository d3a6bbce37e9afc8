"""Real processes killed at random moments: an index that answers right stands there every time."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest

from tests.torture import kills
from tests.torture.faults import Scene, scene
from tests.torture.victim import Victim, victim

pytestmark = pytest.mark.slow

KILLS = 26
"""Of builds of many files; the others take as many as are quickly done."""
FILES = 100


@pytest.fixture(scope="module")
def killed() -> Iterator[Victim]:
    with victim() as each:
        yield each


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory, killed: Victim) -> Scene:
    return scene(tmp_path_factory.mktemp("small"), 3, killed)


@pytest.fixture
def rng() -> random.Random:
    return random.Random("kills")  # make torture draws another seed each time


def test_builds_killed_at_random_moments(tmp_path: Path, killed: Victim, rng: random.Random) -> None:
    found = kills.killed_while_publishing(killed, scene(tmp_path, FILES, killed), "build", KILLS, rng)
    print(found)
    assert (found.tried, found.right) == (KILLS, KILLS)
    assert found.struck >= KILLS // 2


def test_restores_killed_at_random_moments(small: Scene, killed: Victim, rng: random.Random) -> None:
    found = kills.killed_while_publishing(killed, small, "restore", KILLS, rng)
    print(found)
    assert (found.tried, found.right) == (KILLS, KILLS)
    assert found.struck >= KILLS // 4


@pytest.mark.parametrize("deed", ["build", "restore"])
def test_killed_at_each_step_of_the_sealing(
    small: Scene, killed: Victim, deed: Literal["build", "restore"]
) -> None:
    # Each file, both folders, the pointer: killed at any of them, the old one serves. After the rename
    # only the folder's entry is left to be synced.
    found = kills.killed_at_each_sync(killed, small, deed)
    assert (found.right, found.struck) == (found.tried, found.tried - 1)
    assert found.struck > 8


@pytest.mark.parametrize("deed", ["roll back", "reload"])
def test_rollbacks_and_reloads_killed_at_random_moments(
    small: Scene, killed: Victim, rng: random.Random, deed: Literal["roll back", "reload"]
) -> None:
    found = kills.killed_while_swapping(killed, small, deed, 12, rng)
    assert (found.right, found.struck) == (12, 12)


def test_backups_killed_at_random_moments(small: Scene, killed: Victim, rng: random.Random) -> None:
    found = kills.killed_while_saving(killed, small, 12, rng)
    assert found.right == 12


def test_repairs_killed_at_random_moments(small: Scene, killed: Victim, rng: random.Random) -> None:
    found = kills.killed_while_mending(killed, small, 16, rng)
    print(found)
    assert found.right == 16
    assert found.struck >= 4
