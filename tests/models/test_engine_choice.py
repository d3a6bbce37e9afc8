"""Which engine is chosen: by a clock that the tests set, and by what is recorded."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from models import engine_choice
from models.encoder import Vectors
from models.engine_choice import Encode, EngineChoice, Measured, Processor, Sample
from models.errors import ModelUnavailable

HERE = Processor("A Processor", ("avx2", "fma"))
MEASURED = (
    Measured("exact", 4.0, 100.0, 1.0),
    Measured("quick", 1.0, 150.0, 0.998),
    Measured("bulk", 3.0, 900.0, 0.999),
    Measured("wrong", 0.1, 9000.0, 0.99),
)


class Clock:
    """Tells the seconds that the engines of a test pretend to have taken."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def engine(clock: Clock, question: float, passages: float, off: float = 0.0) -> Encode:
    """An engine that takes as many seconds a question and for all passages; off turns its vectors away."""

    def encode(texts: Sequence[str]) -> Vectors:
        clock.now += question if texts[0].startswith("q") else passages
        row = np.array([1, off], np.float32)
        return np.tile(row / np.linalg.norm(row), (len(texts), 1))

    return encode


def failing(_: Sequence[str]) -> Vectors:
    raise RuntimeError("no such instruction")


SAMPLE = Sample(["q1", "q2"], ["p1", "p2", "p3"], 600, np.array([[1, 0]] * 5, np.float32))


def test_engines_are_measured_and_one_that_does_not_run_is_left_out() -> None:
    clock = Clock()
    engines = {
        "slow": engine(clock, 0.5, 2.0),
        "fast": engine(clock, 0.002, 0.5, off=0.1),
        "broken": failing,
    }
    slow, fast = engine_choice.measure(engines, SAMPLE, clock)
    assert slow == Measured("slow", 500.0, 300.0, 1.0)
    assert (fast.engine, fast.question_ms, fast.passage_tokens_per_second) == ("fast", 2.0, 1200.0)
    assert fast.cosine == pytest.approx(1 / np.sqrt(1.01))


def test_the_least_time_of_each_text_counts() -> None:
    """Every text is disturbed in two rounds of three, and never all texts in the same ones."""
    clock, rounds = Clock(), Counter[str]()

    def disturbed(texts: Sequence[str]) -> Vectors:
        spared = {"q1": 0, "q2": 2, "p1": 1}[texts[0]]
        timed = rounds[texts[0]] - 1  # the first time its vector is looked at
        rounds[texts[0]] += 1
        clock.now += 0.25 if timed == spared else 9.0
        return np.array([[1, 0]] * len(texts), np.float32)

    (measured,) = engine_choice.measure({"one": disturbed}, SAMPLE, clock)
    assert engine_choice.ROUNDS == 3
    assert (measured.question_ms, measured.passage_tokens_per_second) == (250.0, 2400.0)


@pytest.mark.parametrize(
    ("measured", "questions", "passages"),
    [
        (MEASURED, "quick", "bulk"),
        (MEASURED[:1], "exact", "exact"),
        ((Measured("lean", 1.19, 140.0, 1.0), MEASURED[1]), "lean", "quick"),
        ((Measured("lean", 1.21, 140.0, 1.0), MEASURED[1]), "quick", "quick"),
        (MEASURED[::-1], "quick", "bulk"),
        ((MEASURED[0], Measured("as fast", 4.0, 100.0, 1.0)), "exact", "exact"),
    ],
)
def test_the_fastest_sound_engine_is_chosen_for_each_use(
    measured: Sequence[Measured], questions: str, passages: str
) -> None:
    chosen = engine_choice.choose(HERE, measured)
    assert (chosen.questions, chosen.passages, chosen.measured) == (questions, passages, tuple(measured))


@pytest.mark.parametrize(("measured", "found"), [(MEASURED[3:], "wrong 0.9900"), ((), "none runs")])
def test_where_no_engine_is_sound_none_is_chosen(measured: Sequence[Measured], found: str) -> None:
    with pytest.raises(ModelUnavailable, match=found):
        engine_choice.choose(HERE, measured)


def test_a_choice_is_told_in_one_line() -> None:
    said = engine_choice.choose(HERE, MEASURED).describe()
    assert said == "questions quick (1.0 ms), passages bulk (900 tokens/s)"


@pytest.fixture
def kept(tmp_path: Path) -> EngineChoice:
    choice = engine_choice.choose(HERE, MEASURED)
    engine_choice.keep(choice, tmp_path)
    return choice


def test_a_choice_is_recorded(tmp_path: Path, kept: EngineChoice) -> None:
    assert engine_choice.recorded(tmp_path) == kept


def flip(content: str) -> str:
    return content.replace('"bulk"', '"exact"', 1)


def forget(content: str) -> str:
    said = json.loads(content)
    del said["choice"]["questions"]
    return json.dumps(said)


HARMS: dict[str, Callable[[str], str]] = {
    "changed": flip,
    "lacking": forget,
    "cut": lambda content: content[:-40],
    "empty": lambda _: "",
    "a list": lambda _: "[]",
    "null": lambda _: "null",
}


@pytest.mark.parametrize("harm", HARMS.values(), ids=HARMS)
@pytest.mark.usefixtures("kept")
def test_a_damaged_record_counts_as_none(tmp_path: Path, harm: Callable[[str], str]) -> None:
    path = tmp_path / engine_choice.FILE
    path.write_text(harm(path.read_text(encoding="utf-8")), encoding="utf-8")
    assert engine_choice.recorded(tmp_path) is None


def test_without_a_record_there_is_no_choice(tmp_path: Path) -> None:
    assert engine_choice.recorded(tmp_path) is None


@pytest.mark.parametrize(
    ("cpuinfo", "settings", "expected"),
    [
        ("model name\t: Some CPU\nflags\t\t: fpu fma avx2 avx512_vnni\n", {}, ("fma", "avx2", "avx512_vnni")),
        ("model name : Some CPU\nFeatures : fp asimd bf16\n", {}, ("asimd", "bf16")),
        ("model name : Some CPU\nflags : avx2", {"ONEDNN_MAX_CPU_ISA": "AVX2"}, ("avx2", "limited to AVX2")),
    ],
)
def test_the_processors_features(
    tmp_path: Path, cpuinfo: str, settings: dict[str, str], expected: tuple[str, ...]
) -> None:
    (tmp_path / "cpuinfo").write_text(cpuinfo, encoding="utf-8")
    found = engine_choice.this_processor(settings, tmp_path / "cpuinfo")
    assert found == Processor("Some CPU", expected)


def test_where_the_features_are_not_to_be_had_the_name_is(tmp_path: Path) -> None:
    found = engine_choice.this_processor({}, tmp_path / "none")
    assert found.name and found.features == ()
