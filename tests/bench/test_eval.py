"""make eval, the whole of it, over tiny data and the stand-in model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bench import eval as bench
from bench.datasets import DatasetError
from indexer.store import home
from indexer.store.qdrant.engine import Engine
from tests.bench.conftest import write
from tests.standin import StandInEncoder

SYSTEMS = ["ours", "vectors", "bm25", "fusion"]


def test_a_folder_in_beirs_layout_is_evaluated(
    beir: Path, tmp_path: Path, stand_in: StandInEncoder, capsys: pytest.CaptureFixture[str]
) -> None:
    runs = tmp_path / "runs"
    assert bench.main([str(beir), "--runs", str(runs)]) == 0
    said = capsys.readouterr().out
    assert "tiny: 8 questions" in said and "8 documents" in said and "stand-in" in said
    assert "nDCG@10" in said
    rows = [line.split() for line in said.splitlines() if line.split(" ")[0] in SYSTEMS]
    assert [row[0] for row in rows] == SYSTEMS
    assert rows[0][1] == "1.000"
    assert "uncalibrated" in said and "unanswerable" in said
    assert sorted(path.name for path in runs.iterdir()) == sorted(f"tiny.{each}.trec" for each in SYSTEMS)
    run = bench.read_trec(runs / "tiny.ours.trec")
    assert [run[f"q{n}"][0][0] for n in range(8)] == ["d 1", *(f"d{n}" for n in range(2, 9))]


def test_the_index_answers_from_where_the_environment_says_and_leaves_nothing_there(
    beir: Path, tmp_path: Path, stand_in: StandInEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    address, runs = "qdrant://:memory:", [tmp_path / "folder", tmp_path / "qdrant"]
    assert bench.main([str(beir), "--runs", str(runs[0])]) == 0
    monkeypatch.setenv(home.VARIABLE, address)
    home._engine.cache_clear()
    engine = home._engine(address, writing=False)
    asked: list[str] = []
    scores = Engine.scores

    def counted(own: Engine, collection: str, requests: Any) -> Any:
        asked.append(collection)
        return scores(own, collection, requests)

    monkeypatch.setattr(Engine, "scores", counted)
    assert bench.main([str(beir), "--runs", str(runs[1])]) == 0
    assert asked and not engine.clients[0].get_collections().collections
    engine.close()
    home._engine.cache_clear()
    found = [bench.read_trec(each / "tiny.ours.trec") for each in runs]
    assert found[0] == found[1]


def test_an_earlier_run_is_compared_before_it_is_replaced(
    beir: Path, tmp_path: Path, stand_in: StandInEncoder, capsys: pytest.CaptureFixture[str]
) -> None:
    runs = tmp_path / "runs"
    runs.mkdir()
    earlier = {f"q{n}": [(f"d{n + 1}", 1.0)] for n in range(1, 7)} | {"q0": [("d2", 2.0), ("d 1", 1.0)]}
    bench.write_trec(runs / "tiny.ours.trec", earlier, "ours")
    assert bench.main([str(beir), "--runs", str(runs), "--against", str(runs / "tiny.ours.trec")]) == 0
    said = capsys.readouterr().out
    assert "won: 2\n    0.00 → 1.00  q7  parking du campus est\n    0.63 → 1.00  q0" in said
    assert "lost: 0" in said


def test_a_file_of_questions_is_evaluated(
    corpus: Path, tmp_path: Path, stand_in: StandInEncoder, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [
        {
            "id": "1",
            "query": "certificat participant",
            "source": "oncologie.txt",
            "evidence": "un certificat après",
        },
        {"id": "2", "query": "surgical robots", "source": "robots.txt", "evidence": "nowhere to be read"},
        {"id": "3", "query": "gâteau", "source": None},
    ]
    write(tmp_path / "questions.jsonl", rows)
    given = [str(tmp_path / "questions.jsonl"), "--corpus", str(corpus), "--runs", str(tmp_path / "runs")]
    assert bench.main(given) == 0
    said = capsys.readouterr().out
    assert "Right source first: 2 of 2; evidence in the first three passages: 1." in said
    assert "lost: 2 surgical robots" in said


@pytest.mark.parametrize("missing", ["dataset", "against"])
def test_what_cannot_be_read_is_said_in_one_line(
    beir: Path, tmp_path: Path, stand_in: StandInEncoder, capsys: pytest.CaptureFixture[str], missing: str
) -> None:
    given = [str(tmp_path / "no")] if missing == "dataset" else [str(beir), "--against", str(tmp_path / "no")]
    assert bench.main([*given, "--runs", str(tmp_path / "runs")]) == 1
    assert "no" in capsys.readouterr().err
    assert not (tmp_path / "runs").exists()


def test_a_run_is_read_as_it_was_written(tmp_path: Path) -> None:
    run = {"q1": [("un nom avec  des espaces.txt", 0.5), ("b\u2028c.md", -0.25)], "q2": [("d", 1.0)]}
    bench.write_trec(tmp_path / "a.trec", run, "ours")
    assert (
        (tmp_path / "a.trec")
        .read_text(encoding="utf-8")
        .startswith("q1 Q0 un nom avec  des espaces.txt 1 0.5")
    )
    assert bench.read_trec(tmp_path / "a.trec") == run


def test_what_is_no_run_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.trec").write_text("q1 d 0.5\n", encoding="utf-8")
    with pytest.raises(DatasetError, match="is not a run in TREC's format"):
        bench.read_trec(tmp_path / "a.trec")
