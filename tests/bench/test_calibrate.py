"""make calibrate over tiny data and the stand-in model: what is fitted, where it is kept, who takes it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from bench import calibrate
from bench.calibrate import Sample
from indexer.building import build as builder
from indexer.store.open_index import open_index
from models import calibration
from models.load import ModelChoice
from service.search.relevance import Calibration
from service.search.searcher import Searcher
from tests.bench.conftest import write
from tests.standin import StandInEncoder


@pytest.fixture
def beir(beir: Path) -> Path:
    """The tiny folder, with a question that two documents answer: one is a right hit below the best."""
    with (beir / "qrels" / "test.tsv").open("a", encoding="utf-8") as file:
        file.write("q1\td 1\t1\n")
    return beir


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where coefficients are kept instead of beside the model."""
    monkeypatch.setattr(calibration, "FITTED", tmp_path / "cache" / "calibrations.json")
    return calibration.FITTED


@pytest.mark.slow
def test_what_is_fitted_is_taken_by_the_next_build(
    beir: Path,
    kept: Path,
    corpus: Path,
    tmp_path: Path,
    stand_in: StandInEncoder,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def searcher(name: str) -> Searcher:
        builder.build(corpus, tmp_path / name, ModelChoice())
        return Searcher(stand_in, open_index(tmp_path / name, stand_in.fingerprint))

    assert not searcher("before").calibrated
    assert calibrate.main([str(beir)]) == 0
    assert "tiny, own, far" in capsys.readouterr().out
    fitted = json.loads(kept.read_text(encoding="utf-8"))
    assert list(fitted) == [stand_in.fingerprint]
    assert list(fitted[stand_in.fingerprint]) == list(Calibration.__dataclass_fields__)
    after = searcher("after")
    assert after.calibrated
    right = after.search(
        "centre formation continue oncologie infirmiers", 1, per_source=1
    ).relevance.probability
    wrong = after.search("recette gâteau chocolat", 1, per_source=1).relevance.probability
    assert right is not None and wrong is not None
    assert right > wrong


def test_coefficients_of_other_models_are_kept_beside(kept: Path) -> None:
    calibration.keep("one", {"weak": 0.1}, kept)
    calibration.keep("other", {"weak": 0.2}, kept)
    calibration.keep("one", {"weak": 0.3}, kept)
    assert (calibration.find("one"), calibration.find("other")) == ({"weak": 0.3}, {"weak": 0.2})
    assert calibration.find("a third") is None


@pytest.mark.parametrize("related", ["", "tiny,other"])
def test_related_datasets_are_not_asked_one_anothers_questions(
    beir: Path, kept: Path, stand_in: StandInEncoder, capsys: pytest.CaptureFixture[str], related: str
) -> None:
    other = shutil.copytree(beir, beir.parent / "other")
    assert calibrate.main([str(beir), str(other), "--related", related]) == 0
    said = capsys.readouterr().out
    assert ("tiny, other, far" in said) == ("other, tiny, far" in said) == (not related)


def synthetic(kind: str, closeness: float, coverage: float, crosses: bool, corpus: str = "a") -> Sample:
    """Answers whose features spread about a centre; every fifth hit is right, and near to the best."""
    dice = np.random.default_rng([len(kind), crosses])
    answers = np.column_stack(
        [dice.normal(closeness, 0.5, 200), dice.normal(coverage, 0.15, 200), np.full(200, crosses)]
    )
    right = np.arange(200) % 5 == 0
    hits = np.column_stack([answers, np.where(right, 0.001, 0.02), right, np.zeros(200)])
    return Sample(f"{corpus}, {kind}", corpus, kind, answers, hits if kind == "answerable" else hits[:0])


def test_each_curve_is_fitted_on_its_own_questions_and_thresholds_on_all() -> None:
    samples = [
        synthetic("answerable", 4, 0.8, crosses=False),
        synthetic("near", 3.5, 0.5, crosses=False),
        synthetic("far", 1, 0.1, crosses=False),
        synthetic("answerable", 2, 0.0, crosses=True, corpus="b"),
        synthetic("far", 0, 0.0, crosses=True, corpus="b"),
    ]
    fitted = calibrate.fit(samples)
    within, within_near, _, across, across_far = (
        calibrate.probabilities(part.answers, fitted) for part in samples
    )
    assert fitted.closeness > 0 and fitted.coverage > 0 and fitted.cross_closeness > 0 > fitted.gap
    # What is close across two languages would be far within one.
    assert fitted.cross_closeness * 2 + fitted.cross_constant > 0 > fitted.closeness * 2 + fitted.constant
    assert ((within < fitted.weak).mean() + (across < fitted.weak).mean()) / 2 <= calibrate.LOST
    assert (within_near >= fitted.strong).mean() <= calibrate.CLAIMED
    assert 0.7 <= fitted.strong < 1 and (across_far < fitted.weak).mean() > 0.5


def test_without_questions_across_languages_closeness_alone_stands_in() -> None:
    samples = [synthetic("answerable", 4, 0.8, crosses=False), synthetic("far", 1, 0.1, crosses=False)]
    fitted = calibrate.fit(samples)
    assert fitted.cross_closeness > 0
    assert fitted.strong == 0.8  # there are no near misses to choose by


@pytest.mark.parametrize("wrong", ["nothing unanswerable", "a file of questions", "no dataset"])
def test_what_nothing_can_be_fitted_on_is_said_in_one_line(
    beir: Path, kept: Path, stand_in: StandInEncoder, capsys: pytest.CaptureFixture[str], wrong: str
) -> None:
    given = beir
    if wrong == "nothing unanswerable":
        (beir / "unanswerable.jsonl").unlink()
    elif wrong == "a file of questions":
        given = beir / "questions.jsonl"
        write(given, [{"id": "1", "query": "Qui ?", "source": "a.txt"}])
    else:
        given = beir / "nowhere"
    assert calibrate.main([str(given)]) == 1
    said = capsys.readouterr().err
    assert ("are both needed" in said) == (wrong == "nothing unanswerable")
    assert "Traceback" not in said
    assert not kept.exists()
