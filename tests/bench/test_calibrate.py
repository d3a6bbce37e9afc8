"""make calibrate over tiny data and the stand-in model: what is fitted, where it is kept, who takes it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bench import calibrate
from indexer.building import build as builder
from indexer.store.open_index import open_index
from models import calibration
from models.load import ModelChoice
from service.search.relevance import Calibration
from service.search.searcher import Searcher
from tests.bench.conftest import write
from tests.standin import StandInEncoder


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where coefficients are kept instead of beside the model."""
    monkeypatch.setattr(calibration, "FITTED", tmp_path / "cache" / "calibrations.json")
    return calibration.FITTED


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
    assert "tiny, its unanswerable" in capsys.readouterr().out
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
