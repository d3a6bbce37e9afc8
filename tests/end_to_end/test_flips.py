"""Single bits flipped anywhere: refused before they are read, noticed while they serve."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.console import Console

from indexer.errors import IndexRefused
from indexer.store.manifest import Layout
from tests.torture import flips
from tests.torture.faults import Record, Scene, WrongAnswer, flip, outcome, record, scene, show
from tests.torture.victim import victim


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with victim() as each:
        yield scene(tmp_path_factory.mktemp("flips"), 3, each)


@pytest.fixture
def rng() -> random.Random:
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")
    return random.Random(seed)


@pytest.mark.slow
def test_a_bit_of_any_file(place: Scene, rng: random.Random) -> None:
    found = flips.flipped(place, 4, rng)
    cases = {each.case.removeprefix("bit flipped in ") for each in found}
    assert cases >= {Layout.CATALOGUE, Layout.PASSAGES, Layout.MANIFEST, "CURRENT", f"{Layout.LEXICAL}/*.idx"}
    assert [each for each in found if each.wrong] == []
    assert [each for each in found if each.right and not each.case.endswith(" CURRENT")] == []


@pytest.mark.slow
def test_a_bit_of_any_file_while_it_serves(place: Scene, rng: random.Random) -> None:
    found = flips.flipped_while_serving(place, 1, rng)
    assert len(found) > 20
    assert [each for each in found if each.refused != each.tried] == []


@pytest.mark.slow
def test_a_bit_of_a_backup(place: Scene, rng: random.Random) -> None:
    found = flips.flipped_in_a_backup(place, 24, rng)
    assert found.right + found.refused == 24 and found.refused >= 6


def raising(error: Exception) -> str:
    raise error


def test_what_an_answer_comes_to() -> None:
    assert outcome(lambda: "nouveau", "ancien", "nouveau") == "right"
    assert outcome(lambda: "nouveau", "ancien") == "wrong"
    assert outcome(lambda: raising(IndexRefused("It is damaged.")), "ancien") == "refused"
    assert outcome(lambda: raising(WrongAnswer()), "ancien") == "wrong"
    assert outcome(lambda: raising(MemoryError()), "ancien") == "wrong"


def test_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    found = [record("killed", ["right", "refused"], 1, "in 2 s"), record("flipped", ["wrong", "right"])]
    assert found == [Record("killed", 2, 1, 1, 1, 0, "in 2 s"), Record("flipped", 2, 2, 1, 0, 1)]
    show(found, Console(width=100))
    lines = [line.split() for line in capsys.readouterr().out.splitlines() if line.split()]
    assert lines[0] == ["harm", "tried", "struck", "right", "refused", "wrong"]
    assert lines[2] == ["killed", "2", "1", "1", "1", "0", "in", "2", "s"]
    assert lines[-1] == ["all", "4", "3", "2", "1", "1"]


def test_a_bit_flipped_twice_is_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abc")
    flip(tmp_path / "a", 1, 4)
    assert (tmp_path / "a").read_bytes() == b"afc"
    flip(tmp_path / "a", 1, 4)
    assert (tmp_path / "a").read_bytes() == b"abc"
