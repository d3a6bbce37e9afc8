"""make eval SUITE=, with ABLATE=1 as well, over tiny datasets and the stand-in model."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bench import ablation, eval, suite
from bench.datasets import Ask, Dataset, document
from bench.eval import Evaluation
from bench.suite import Judged, Slice, Tokens
from service.search.relevance import UNKNOWN, Relevance, RelevanceClass
from tests.bench.conftest import write
from tests.standin import StandInEncoder

NONE = Relevance(0.1, RelevanceClass.NONE)
WEAK = Relevance(0.5, RelevanceClass.WEAK)
STRONG = Relevance(0.9, RelevanceClass.STRONG)


@pytest.fixture
def folder(beir: Path, tmp_path: Path, stand_in: StandInEncoder) -> Path:
    """A suite of a BEIR folder and of a file of questions over another folder."""
    rows = [
        {"id": "1", "query": "surgical robots", "source": "robots.txt", "evidence": "robots", "lang": "en"},
        {"id": "2", "query": "gâteau", "source": None, "lang": "fr"},
    ]
    home = tmp_path / "suite"
    (home / "questions").mkdir(parents=True)
    write(home / "questions" / "queries.jsonl", rows)
    beir.rename(home / "tiny")
    return home


def lines(text: str, first: str) -> list[list[str]]:
    return [line.split() for line in text.splitlines() if line.startswith(first)]


def test_a_suite_is_one_table_and_is_compared_with_earlier_runs(
    folder: Path, corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    runs = tmp_path / "runs"
    given = [str(folder), "--corpus", str(corpus), "--runs", str(runs)]
    assert suite.main(given) == 0
    said = capsys.readouterr().out
    tiny, tokens = lines(said, "tiny")
    assert tiny[:2] == ["tiny", "8"] and tiny[2] == "1.000"
    assert tokens[:2] == ["tiny", "8"] and float(tokens[-1]) == pytest.approx(2.0, abs=0.2)
    assert lines(said, "questions en")[0][2] == "1"
    assert "mean of 2 slices" in said and "worst difference: " in said
    assert "not calibrated" in said
    assert "Right source first: 1 of 1" in said and "Off-topic questions told nothing: 0 of 1" in said
    assert len(list(runs.iterdir())) == 2 * 4
    earlier = runs / "tiny.ours.trec"
    run = eval.read_trec(earlier)
    eval.write_trec(earlier, {**run, "q3": []}, "ours")
    assert suite.main([*given, "--against", str(runs)]) == 0
    said = capsys.readouterr().out
    assert "won: 1\n    0.00 → 1.00  q3" in said and said.count("Against the earlier run") == 2


def test_each_ingredient_is_a_row(folder: Path, corpus: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ablation.main([str(folder), "--corpus", str(corpus)]) == 0
    said = capsys.readouterr().out
    assert "over 2 slices" in said
    (full,) = lines(said, ablation.EVERYTHING)
    assert full[2:5] == ["+0.0000"] * 3
    assert [len(lines(said, name)) for name in (*ablation.ABLATIONS, ablation.NO_HEADINGS)] == [1] * 8
    assert "without sentences" in said
    assert lines(said, ablation.NO_SENTENCES)[0][8] == "1.00"
    assert float(full[6]) > 1


@pytest.mark.parametrize("command", [suite.main, ablation.main])
def test_a_folder_without_datasets_is_refused(
    command: Callable[[list[str]], int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command([str(tmp_path)]) == 1
    assert "holds no dataset" in capsys.readouterr().err


def asks(part: str, language: str, count: int) -> list[Ask]:
    return [Ask(f"{part}{language}{n}", "?", part=part, language=language) for n in range(count)]


@pytest.mark.parametrize(
    ("questions", "names"),
    [
        (asks("", "", 3), {"set": 3}),
        (asks("a", "fr", 20) + asks("b", "fr", 30), {"set a fr": 20, "set b fr": 30}),
        (asks("a", "fr", 20) + asks("b", "fr", 19) + asks("a", "en", 40), {"set en": 40, "set fr": 39}),
        (asks("a", "", 20) + asks("", "fr", 20), {"set a": 20, "set fr": 20}),
    ],
)
def test_slices_are_parts_unless_one_is_too_small(questions: list[Ask], names: dict[str, int]) -> None:
    data = Dataset("set", [], questions, {}, [])
    slices = suite.slices_of(data, {"ours": {ask.id: 1.0 for ask in questions}})
    assert {part.name: len(part.values["ours"]) for part in slices} == names


def test_a_slice_is_compared_with_the_best_plain_ranking() -> None:
    part = Slice("a", {"ours": [1.0, 0.5], "vectors": [0.5, 0.5], "bm25": [1.0, 0.6], "fusion": [0.0, 0.0]})
    assert (part.mean("ours"), part.difference) == pytest.approx((0.75, -0.05))


def test_tokens_are_summed() -> None:
    tokens = suite.total([Tokens(1, 100, 150), Tokens(3, 300, 250)])
    assert tokens == Tokens(4, 400, 400)
    assert (tokens.a_passage, tokens.times_once) == (200, 2)


FRENCH = document("d1", "Titre", "Les patients arrivent le matin et repartent le soir avec leur ordonnance.")
ENGLISH = document(
    "d2", "Title", "Patients arrive in the morning and leave in the evening with a prescription."
)


def test_answers_are_judged_by_kind_and_languages() -> None:
    data = Dataset(
        "set",
        [FRENCH, ENGLISH, document("d3", "Titre", FRENCH.text)],
        [Ask("a", "Where do they go?", language="en"), Ask("b", "Où vont les patients le soir ?")],
        {"a": {"d2": 1}, "b": {"d1": 1}},
        [Ask("c", "Où vont les médecins ?", kind="near"), Ask("d", "cake", language="en", kind="far")],
    )
    relevances = {"a": STRONG, "b": WEAK, "c": STRONG, "d": NONE}
    evaluation = Evaluation({}, relevances, {"a", "c", "d"})
    assert suite.judge(data, data.documents or [], evaluation) == [
        Judged("set", "en > en", "answerable", silent=False, strong=True, probability=0.9),
        Judged("set", "fr > fr", "answerable", silent=True, strong=False, probability=0.5),
        Judged("set", "fr > fr", "near", silent=False, strong=True, probability=0.9),
        Judged("set", "en > fr", "far", silent=True, strong=False, probability=0.1),
    ]


def judged(kind: str, relevance: Relevance, pair: str = "fr > fr", dataset: str = "set") -> Judged:
    silent, strong = relevance is NONE, relevance is STRONG
    return Judged(dataset, pair, kind, silent=silent, strong=strong, probability=relevance.probability)


def test_relevance_is_counted_by_dataset_and_languages(capsys: pytest.CaptureFixture[str]) -> None:
    suite.report_relevance(
        [
            *[judged("answerable", relevance) for relevance in (STRONG, STRONG, WEAK, NONE)],
            *[judged("far", relevance) for relevance in (NONE, NONE, WEAK)],
            *[judged("near", relevance) for relevance in (STRONG, NONE)],
            judged("answerable", NONE, "en > fr", "other"),
        ]
    )
    said = capsys.readouterr().out.splitlines()
    counts = "fr > fr        1 of 4, 25.0%    2 of 3, 66.7%    1 of 2, 50.0%   0.700   0.144"
    rows = [" ".join(line.split()) for line in said]
    assert f"set {' '.join(counts.split())}" in rows and " ".join(counts.split()) in rows
    assert rows.count("other en > fr 1 of 1, 100.0%") == 1 and rows[-2:] == [
        "en > fr 1 of 1, 100.0%",
        " ".join(counts.split()),
    ]


def test_without_calibration_no_relevance_is_reported(capsys: pytest.CaptureFixture[str]) -> None:
    suite.report_relevance([judged("answerable", UNKNOWN)])
    assert "make calibrate" in capsys.readouterr().out
