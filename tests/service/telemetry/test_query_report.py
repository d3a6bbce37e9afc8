"""python -m service report: what was asked and not found."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from service.__main__ import main
from service.telemetry.query_log import QueryLog, QueryRecord
from service.telemetry.query_report import MissedQuestion, show, summarise


def record(
    day: int, question: str, relevance: str = "none", language: str | None = "fr", hits: int = 3
) -> QueryRecord:
    return QueryRecord(f"2026-01-{day:02}T10:00:00+00:00", question, language, relevance, "a.txt", hits, 1.0)


RECORDS = [
    record(1, "le couscous"),
    record(2, "Robots", "strong", "en"),
    record(3, "Le  Couscous"),
    record(4, "un mot", "weak", None),
    record(5, "la lune"),
    record(5, "la dune", "uncalibrated", hits=0),
]


def test_questions_that_found_nothing_are_gathered_most_asked_first() -> None:
    found = summarise(RECORDS)
    assert found.missed == [
        MissedQuestion("Le  Couscous", 2, "2026-01-03T10:00:00+00:00"),
        MissedQuestion("la dune", 1, "2026-01-05T10:00:00+00:00"),
        MissedQuestion("la lune", 1, "2026-01-05T10:00:00+00:00"),
    ]
    assert found.questions == 6
    assert found.classes == {"none": 3, "strong": 1, "weak": 1, "uncalibrated": 1}
    assert found.languages == {"?": {"weak": 1}, "en": {"strong": 1}, "fr": {"none": 3, "uncalibrated": 1}}


@pytest.mark.parametrize(
    ("since", "questions"), [("", 6), ("2026-01-03", 4), ("2026-01-05", 2), ("2027-01-01", 0)]
)
def test_since_leaves_out_the_days_before(since: str, questions: int) -> None:
    assert summarise(RECORDS, since).questions == questions


@pytest.fixture
def logged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "questions.jsonl"
    with QueryLog(path) as log:
        for question in [*RECORDS, record(6, "[red]gras[/red]")]:
            log.add(question)
    monkeypatch.setenv("REPERE_QUERY_LOG", str(path))
    return path


@pytest.mark.usefixtures("logged")
def test_the_tables(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report"]) == 0
    said = capsys.readouterr().out
    assert "7 questions by language and relevance" in said
    assert said.index("Le  Couscous") < said.index("la dune")
    assert "[red]gras[/red]" in said


@pytest.mark.parametrize(
    ("questions", "message"),
    [(0, "Every question found something."), (52, "2 more are told with --json.")],
)
def test_the_table_has_an_end(questions: int, message: str) -> None:
    out = StringIO()
    show(summarise(record(1, f"question {number}") for number in range(questions)), Console(file=out))
    assert message in out.getvalue()


@pytest.mark.usefixtures("logged")
def test_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", "--json", "--since", "2026-01-05"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["questions"] == 3
    assert found["missed"][0] == {
        "question": "[red]gras[/red]",
        "times": 1,
        "last": "2026-01-06T10:00:00+00:00",
    }


@pytest.mark.parametrize(
    ("setting", "said"),
    [("", "No questions are noted."), ("nowhere.jsonl", "There is no query log nowhere.jsonl yet.")],
)
def test_without_a_log_it_says_what_to_do(
    setting: str, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("REPERE_QUERY_LOG", setting)
    assert main(["report"]) == 2
    assert capsys.readouterr().err.startswith(said)


def test_a_date_that_is_none_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["report", "--since", "hier"])
    assert "hier" in capsys.readouterr().err
