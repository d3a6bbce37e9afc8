"""Datasets: both layouts as they are read, and what is no dataset."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.datasets import Ask, DatasetError, load
from tests.bench.conftest import TOPICS, UNKNOWN, write


def test_a_folder_in_beirs_layout(beir: Path) -> None:
    data = load(beir)
    assert data.name == "tiny"
    assert data.documents is not None
    assert {each.source: each.text for each in data.documents} == TOPICS
    assert data.asks[0] == Ask("q0", "pharmacie vend des vaccins")
    assert [each.id for each in data.asks] == [
        f"q{n}" for n in range(8)
    ]  # a question without judgement is none
    assert data.qrels["q0"] == {"d 1": 1}  # judged 0 is no answer
    assert [each.text for each in data.unanswerable] == UNKNOWN


def test_unanswerable_questions_and_titles_may_be_missing(beir: Path) -> None:
    (beir / "unanswerable.jsonl").unlink()
    write(
        beir / "corpus.jsonl",
        [{"_id": "d2", "text": "Un texte."}, {"_id": "d3", "title": "T", "text": "Deux."}],
    )
    data = load(beir)
    assert data.unanswerable == []
    assert data.documents is not None
    assert [each.title for each in data.documents] == ["Un texte", "T"]


def test_a_file_of_questions(tmp_path: Path) -> None:
    file = tmp_path / "questions.jsonl"
    rows = [
        {"id": "1", "query": "Qui ?", "source": "a.txt", "evidence": "Lui"},
        {"id": "2", "query": "Quoi ?", "source": "b.txt"},
        {"id": "3", "query": "Rien ?", "source": None},
    ]
    write(file, rows)
    data = load(file)
    assert data.documents is None
    assert data.name == tmp_path.name
    assert data.asks == [Ask("1", "Qui ?", "Lui"), Ask("2", "Quoi ?")]
    assert data.qrels == {"1": {"a.txt": 1}, "2": {"b.txt": 1}}
    assert data.unanswerable == [Ask("3", "Rien ?")]


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("queries.jsonl", None, "cannot be read"),
        ("qrels/test.tsv", None, "cannot be read"),
        ("corpus.jsonl", None, "is neither a folder with"),
        ("queries.jsonl", "{", "line 1: not a JSON object"),
        ("queries.jsonl", "[1]\n", "an entry without"),
        ("queries.jsonl", '{"_id": "q1"}\n', "an entry without 'text'"),
        ("qrels/test.tsv", "q1 0 d2 1\n", "no question that its corpus answers"),
        ("qrels/test.tsv", "query-id\tcorpus-id\tscore\nq1\td2\tyes\n", "an entry without"),
        ("qrels/test.tsv", "query\tcorpus\tscore\nq1\td2\t1\n", "an entry without 'query-id'"),
        ("qrels/test.tsv", "query-id\tcorpus-id\tscore\n", "no question that its corpus answers"),
    ],
)
def test_what_is_no_dataset_is_refused(beir: Path, name: str, text: str | None, said: str) -> None:
    if text is None:
        (beir / name).unlink()
    else:
        (beir / name).write_text(text, encoding="utf-8")
    with pytest.raises(DatasetError, match=said):
        load(beir)


def test_a_folder_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="is neither a folder"):
        load(tmp_path / "nothing")
