"""make eval JUDGED=…: only judged documents count, and nothing is suggested that does not beat today's."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pytest

from bench import judged
from indexer.building.settings import DEFAULT
from service.search.relevance import Calibration
from service.telemetry.judgements import JudgementLog, Judgements
from tests.standin import StandInEncoder

TODAY, OTHER = 0.05, 0.2


def values(gain: float, noise: float, questions: int) -> dict[float, dict[str, float]]:
    """Values of two choices, of which the other is better by a gain in the mean."""
    chance = random.Random(3)
    names = [f"{n:03}" for n in range(questions)]
    today = {name: chance.uniform(0.2, 0.6) for name in names}
    return {TODAY: today, OTHER: {n: today[n] + gain + chance.uniform(-noise, noise) for n in names}}


@pytest.mark.parametrize(
    ("gain", "noise", "questions", "expected"),
    [
        pytest.param(0.1, 0.1, 60, OTHER, id="better, without doubt"),
        pytest.param(0.1, 0.1, judged.LEAST_QUESTIONS - 1, None, id="better, of too few questions"),
        pytest.param(0.002, 0.3, 60, None, id="better by chance"),
        pytest.param(0.0, 0.0, 60, None, id="the same"),
        pytest.param(-0.1, 0.1, 60, None, id="worse"),
    ],
)
def test_only_what_beats_todays_held_out_is_suggested(
    gain: float, noise: float, questions: int, expected: float | None
) -> None:
    assert judged.suggestion(values(gain, noise, questions), TODAY) == expected


def test_a_choice_by_chance_among_many_is_not_suggested() -> None:
    chance = random.Random(5)
    names = [f"{n:03}" for n in range(60)]
    many = {float(choice): {name: chance.random() for name in names} for choice in range(40)}
    assert judged.best(many, names) != 0.0, "one of them seems better than today's"
    assert judged.suggestion(many, 0.0) is None


def test_what_nobody_judged_does_not_count() -> None:
    run = {"a": [("new", 3.0), ("bad", 2.0), ("good", 1.0)], "b": [("good", 1.0)]}
    grades = {"a": {"good": 1, "bad": 0, "lost": 1}}
    assert judged.condensed(run, grades) == {"a": [("bad", 2.0), ("good", 1.0)]}
    assert judged.answered(Judgements({}, {"a": {"x": 0}, "b": {"x": 0, "y": 2}})) == {"b": {"x": 0, "y": 2}}


@pytest.mark.parametrize(("threshold", "right"), [(0.3, 2 / 3), (0.5, 1.0), (0.9, 2 / 3)])
def test_a_threshold_is_right_where_it_says_what_people_say(threshold: float, right: float) -> None:
    probabilities = {"a": {"good": 0.7, "bad": 0.4}}
    grades = {"a": {"good": 1, "bad": 0, "not found": 0}}
    assert judged.told_right(probabilities, grades, threshold) == {"a": pytest.approx(right)}


COEFFICIENTS = dict.fromkeys(Calibration.__dataclass_fields__, 0.0)
COEFFICIENTS |= {"coverage": 8.0, "constant": -4.0, "cross_constant": -4.0, "weak": 0.1, "strong": 0.8}


@pytest.mark.parametrize("build_settings", [replace(DEFAULT, find_calibration=lambda _: COEFFICIENTS)])
def test_the_whole_over_an_index(
    index: Path, tmp_path: Path, stand_in: StandInEncoder, capsys: pytest.CaptureFixture[str]
) -> None:
    log = JudgementLog(tmp_path / "judgements")
    for n in range(40):  # people find what holds but half of the words no answer
        log.add(f"formation continue certificat infirmiers {n}", "oncologie.txt", 1)
        log.add(f"formation continue certificat infirmiers {n}", "robots.txt", 0)
    log.add("surgical robots", "robots.txt", 3)
    assert judged.main([str(tmp_path / "judgements"), "--index", str(index)]) == 0
    said = capsys.readouterr().out
    assert "41 questions with 81 judged documents, of 41 some answers" in said
    assert "nDCG@10 1.000 [1.000 1.000]" in said
    assert "lexical_weight is 0.05" in said and "Nothing beats it significantly: keep it." in said
    assert "weak is 0.1: share told right" in said


def test_of_few_questions_nothing_is_suggested(
    index: Path, tmp_path: Path, stand_in: StandInEncoder, capsys: pytest.CaptureFixture[str]
) -> None:
    JudgementLog(tmp_path / "judgements").add("surgical robots", "robots.txt", 1)
    assert judged.main([str(tmp_path / "judgements"), "--index", str(index)]) == 0
    said = capsys.readouterr().out
    assert "1 questions are too few" in said and "not calibrated" in said and "Suggested" not in said


@pytest.mark.parametrize("content", [None, "", "q 0 a.txt 1\n"])
def test_without_judgements_it_says_so(
    content: str | None, index: Path, tmp_path: Path, stand_in: StandInEncoder
) -> None:
    if content is not None:
        (tmp_path / "judgements").write_text(content)
    assert judged.main([str(tmp_path / "judgements"), "--index", str(index)]) == 1
