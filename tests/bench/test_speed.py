"""make bench: the command line, and once all of it, quickly."""

from __future__ import annotations

import json
import os
import pickle
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench import answering, baseline, building, encoding, filters, scale, servers, speed
from bench.datasets import Dataset
from bench.figures import Figure, Measured
from bench.plan import QUICK, Plan
from bench.processes import BenchError
from bench.servers import Server
from models.encoder import Vectors
from models.load import ModelChoice
from service.app import build_app
from service.search.index_watcher import IndexWatcher
from tests.conftest import wait_until_ready
from tests.serving import serving
from tests.standin import StandInEncoder, use_everywhere
from tests.torture import plain, stand_ins
from tests.torture.plain import PlainModel


def said_at_least(data: Dataset, plan: Plan, scratch: Path) -> Measured:
    assert scratch.is_dir() and plan == QUICK
    return Measured([Figure("Encoding", "questions", "ms", len(data.asks), 1.0)], {"seen": True})


def failing(data: Dataset, plan: Plan, scratch: Path) -> Measured:
    raise BenchError("the second part cannot be measured")


def faulty(data: Dataset, plan: Plan, scratch: Path) -> Measured:
    return Measured([], {}, ["3 requests failed."])


def test_figures_are_printed_and_kept(beir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = [str(beir), "--quick", "--only", "encoding", "--out", str(tmp_path / "kept" / "bench")]
    assert speed.main(given, {"encoding": said_at_least}) == 0
    said = capsys.readouterr().out
    assert "questions, ms" in said and "Repère 0." in said and "load before" in said
    kept = json.loads((tmp_path / "kept" / "bench.json").read_text(encoding="utf-8"))
    assert kept["dataset"] == "tiny" and kept["detail"] == {"encoding": {"seen": True}}
    assert kept["figures"][0] == {
        "part": "Encoding",
        "name": "questions",
        "unit": "ms",
        "ours": 8,
        "baseline": 1.0,
        "better": "less",
        "ratio": 0.125,
    }
    assert kept["machine"]["cores"] >= 1 and kept["plan"]["sizes"] == [1000]


def test_what_was_measured_before_a_failure_is_kept(
    beir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = [str(beir), "--quick", "--out", str(tmp_path / "bench")]
    assert speed.main(given, {"encoding": said_at_least, "http": failing}) == 1
    printed = capsys.readouterr()
    assert "questions, ms" in printed.out
    assert printed.err.endswith("the second part cannot be measured\n")
    assert "encoding" in json.loads((tmp_path / "bench.json").read_text(encoding="utf-8"))["detail"]


def test_requests_that_failed_fail_the_run(
    beir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert speed.main([str(beir), "--out", str(tmp_path / "bench")], {"http": faulty}) == 1
    assert capsys.readouterr().err.endswith("3 requests failed.\n")


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (
            ["--only", "encoding,speed"],
            "'speed' is not one of encoding, http, build, filters, scale, workers",
        ),
        (["--sizes", "5"], "5 passages are too few, give 10 or more"),
        (["--sizes", "many"], "invalid sizes value"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    given: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        speed.main(given)
    assert sentence in capsys.readouterr().err


def test_a_folder_that_is_no_dataset_is_said_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert speed.main([str(tmp_path), "--out", str(tmp_path / "bench")]) == 1
    assert "is neither a folder with corpus.jsonl" in capsys.readouterr().err
    assert not (tmp_path / "bench.json").exists()


COSINE = 0.99


class Askew(StandInEncoder):
    """The stand-in with each vector turned by one angle, as the vectors of another engine differ a little."""

    def queries(self, texts: Sequence[str]) -> Vectors:
        return turned(super().queries(texts))

    def passages(self, texts: Sequence[str]) -> Vectors:
        return turned(super().passages(texts))


def turned(vectors: Vectors) -> Vectors:
    """Vectors at the cosine COSINE to those given: each pair of components is turned in its plane."""
    across = np.stack([-vectors[:, 1::2], vectors[:, ::2]], axis=-1).reshape(vectors.shape)
    return COSINE * vectors + np.float32((1 - COSINE**2) ** 0.5) * across


def loaded(_: ModelChoice, fast: object = True, **__: object) -> StandInEncoder:
    return Askew() if fast is None else StandInEncoder()


def pickled(function: Callable[..., object], *arguments: object) -> object:
    """Call as `alone` does, all that goes to its process and back sent as bytes, but in this process."""
    called, given = pickle.loads(pickle.dumps((function, arguments)))
    return pickle.loads(pickle.dumps(called(*given)))


@contextmanager
def ours(index: Path, **_: str) -> Iterator[Server]:
    """The service, as many workers as it may be given, in this process."""
    live = IndexWatcher(index, StandInEncoder)
    with serving(build_app(live)) as port:
        wait_until_ready(live)
        yield Server(port, os.getpid(), 0.001)


@contextmanager
def plainly(passages: Path) -> Iterator[Server]:
    """The baseline in this process."""
    model: Any = PlainModel()
    with serving(baseline.build_app(model, *plain.load(passages))) as port:
        yield Server(port, os.getpid(), 0.001)


@pytest.mark.slow
def test_everything_is_measured_without_a_dataset(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the stand-in; the baseline's command with its model is tried in test_baseline."""
    use_everywhere(StandInEncoder(), monkeypatch.setattr)
    monkeypatch.setattr(ModelChoice, "load", loaded)
    monkeypatch.setattr(baseline, "load_model", PlainModel)
    monkeypatch.setattr(building, "BUILD", stand_ins.BUILD)
    monkeypatch.setattr(filters, "MOST", 1000)  # what a busy machine slows is no fault here
    monkeypatch.setattr(servers, "ours", ours)
    monkeypatch.setattr(servers, "baseline", plainly)
    for part in (answering, building, encoding, filters, scale):
        monkeypatch.setattr(part, "alone", pickled)
    assert speed.main(["--quick", "--out", str(tmp_path / "bench")]) == 0
    kept = json.loads((tmp_path / "bench.json").read_text(encoding="utf-8"))
    assert list(kept["detail"]) == list(speed.PARTS)
    assert kept["detail"]["encoding"]["mean_cosine"] == pytest.approx(COSINE)
    assert kept["detail"]["scale"][0]["recall"] > 0.9
    assert all(run["load"]["errors"] == 0 for run in kept["detail"]["http"]["runs"])
    made = kept["detail"]["build"]
    assert made["changed"]["documents"] == made["notes"]["documents"] == QUICK.notes
    assert made["articles"]["documents"] == QUICK.articles
    printed = capsys.readouterr().out
    assert all(figure["name"] in printed for figure in kept["figures"])
