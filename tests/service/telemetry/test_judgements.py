"""Judgements as TREC qrels: what is written is what is read, within bounds, by several at once."""

from __future__ import annotations

import os
import stat
import threading
from pathlib import Path

import ir_measures
import pytest

from service.telemetry.judgements import JudgementLog, JudgementsFull, question_id, read, topics


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Où se former ?", "où  se\tFORMER ?", True),
        ("Où se former ?", "Ou\u0300 se former ?", True),
        ("Où se former ?", "Ou se former ?", False),
        ("Où se former ?", "Où se former", False),
    ],
)
def test_one_question_has_one_id(one: str, other: str, same: bool) -> None:
    assert (question_id(one) == question_id(other)) is same


@pytest.mark.parametrize(
    "source",
    ["a.txt", "santé/note 1.md", "lettre.eml#bilan.pdf", "100 %.txt", "a\tb", "%20.txt", "\u200fعربي.txt"],
)
def test_what_is_kept_is_read_and_is_in_the_form_of_trec(tmp_path: Path, source: str) -> None:
    path = tmp_path / "judgements"
    log = JudgementLog(path)
    name = log.add("Où se\n former ?", source, 2)
    log.add("où se former ?", source, 3)
    log.add("Autre question", source, 0)
    found = read(path)
    assert found.questions == {name: "Où se former ?", question_id("autre question"): "Autre question"}
    assert found.grades == {name: {source: 3}, question_id("autre question"): {source: 0}}
    qrels = list(ir_measures.read_trec_qrels(str(path)))
    assert [(each.query_id, each.relevance) for each in qrels][:2] == [(name, 2), (name, 3)]
    assert stat.S_IMODE(os.stat(path).st_mode) == stat.S_IMODE(os.stat(topics(path)).st_mode) == 0o600


def test_collections_are_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "judgements"
    log = JudgementLog(path)
    for collection, grade in ((None, 0), ("aide", 1), ("notes été", 2)):
        log.add("Où ?", "a.txt", grade, collection)
    for collection, grade in ((None, 0), ("aide", 1), ("notes été", 2)):
        name = question_id("Où ?", collection)
        assert read(path, collection).grades == {name: {"a.txt": grade}}
        assert read(path, collection).questions == {name: "Où ?"}
    assert read(path, "other").grades == {}


def test_when_it_is_full_no_more_is_taken_and_nothing_is_lost(tmp_path: Path) -> None:
    path = tmp_path / "judgements"
    log = JudgementLog(path, max_bytes=200)
    for n in range(7):  # 27 bytes each
        log.add("question", f"{n}.txt", 1)
    with pytest.raises(JudgementsFull):
        log.add("question", "7.txt", 1)
    assert path.stat().st_size <= 200
    assert read(path).grades[question_id("question")] == {f"{n}.txt": 1 for n in range(7)}


def test_several_writers_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "judgements"

    def write(writer: int) -> None:
        for n in range(20):
            JudgementLog(path).add(f"question {n % 3}", f"{writer}-{n}.txt", 1)

    threads = [threading.Thread(target=write, args=(writer,)) for writer in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(map(len, read(path).grades.values())) == 80
    assert len(topics(path).read_text().splitlines()) == 3


def test_lines_that_are_none_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "judgements"
    name = JudgementLog(path).add("question", "a.txt", 1)
    with path.open("ab") as file:
        file.write(b"\xff\xfe\n\n" + f"{name} 0 b.txt\n{name} 0 b.txt x\nother 0 b.txt 1\n{name} 0".encode())
    assert read(path).grades == {name: {"a.txt": 1}}
