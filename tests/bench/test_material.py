"""What is measured on."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import pytest

from bench import datasets, material
from bench.datasets import DatasetError
from indexer.corpus import loading, walk
from indexer.records import CorpusFile, Document
from tests.bench.conftest import TOPICS, write
from tests.standin import StandInEncoder


def test_a_dataset_is_taken_as_it_is(beir: Path) -> None:
    data = material.load(str(beir))
    assert [each.source for each in data.documents or []] == list(TOPICS)
    assert [each.source for each in material.first(data, 3).documents or []] == list(TOPICS)[:3]


def test_questions_without_a_corpus_are_refused(tmp_path: Path) -> None:
    write(tmp_path / "questions.jsonl", [{"id": "1", "query": "a", "source": "b.txt"}])
    with pytest.raises(DatasetError, match="has no corpus of its own"):
        material.load(str(tmp_path / "questions.jsonl"))


def test_too_few_documents_are_refused(beir: Path) -> None:
    lines = (beir / "corpus.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
    (beir / "corpus.jsonl").write_text("".join(lines[:5]), encoding="utf-8")
    with pytest.raises(DatasetError, match="holds 5 documents and 8 questions, too few"):
        material.load(str(beir))


def test_without_a_dataset_one_is_made_always_the_same() -> None:
    data = material.made_up(20)
    texts = [each.text for each in data.documents or []]
    assert len(set(texts)) == 20 and texts == [each.text for each in material.made_up(20).documents or []]
    asked = [each.text for each in data.asks]
    assert len(asked) > 200 and all(asked)


def files(folder: Path) -> list[Document]:
    found = [each for each in walk.walk(folder) if isinstance(each, CorpusFile)]
    return [document for each in found for document in loading.load(each).documents]


def test_articles_are_read_back_with_their_titles(tmp_path: Path) -> None:
    documents = list(material.made_up(5).documents or [])
    material.write_articles(documents, tmp_path / "articles")
    found = files(tmp_path / "articles")
    assert [each.title for each in found] == [each.title for each in documents]
    assert all(new.text == f"{old.title}\n\n{old.text}" for new, old in zip(found, documents, strict=True))


def test_notes_are_all_different_and_short(tmp_path: Path) -> None:
    documents = list(material.made_up(5).documents or [])
    paths = material.write_notes(documents, tmp_path / "notes", 100)
    found = files(tmp_path / "notes")
    assert len({each.content_hash for each in found}) == len(paths) == 100
    assert [each.title for each in found] == [f"Note {number}" for number in range(100)]
    assert all(len(each.text) < 300 for each in found)


def test_passages_and_units_stand_under_their_title() -> None:
    gare = datasets.document("a", "La gare", "Elle ouvre à six heures. Elle ferme à minuit.")
    texts = material.embedded([gare], StandInEncoder())
    assert texts.passages == ["La gare\nElle ouvre à six heures. Elle ferme à minuit."]
    assert texts.units == ["La gare : Elle ouvre à six heures.", "La gare : Elle ferme à minuit."]


@pytest.mark.parametrize(
    ("most", "expected"), [(10, "abcdef"), (6, "abcdef"), (3, "ace"), (4, "abde"), (1, "a"), (0, "")]
)
def test_some_are_taken_evenly(most: int, expected: str) -> None:
    assert material.spread("abcdef", most) == list(expected)


ASKED = ["Où est la gare ?", "Quand ouvre la bibliothèque du centre ?", "Qui dirige ?"]


@pytest.mark.parametrize("texts", [ASKED, ["mot"], ["a b"]], ids=["some", "one word", "two words"])
def test_questions_never_end_and_are_never_alike(texts: list[str]) -> None:
    drawn = list(islice(material.distinct([*texts, *texts, " "]), 40))
    assert sorted(drawn[: len(texts)]) == sorted(texts)
    assert len({" ".join(text.casefold().split()) for text in drawn}) == 40
    assert {word for text in drawn for word in text.split()} <= {w for text in texts for w in text.split()}
    assert drawn == list(islice(material.distinct(texts), 40))


def test_joined_questions_are_about_as_long_as_the_others() -> None:
    texts = [f"un deux trois{n} quatre cinq six{n} sept huit" for n in range(50)]
    assert {len(text.split()) for text in list(islice(material.distinct(texts), 300))[50:]} == {8}
