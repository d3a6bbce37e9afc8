"""The index of words against counts made in plain Python; and what a disk that is full does to it."""

from __future__ import annotations

import math
import shutil
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest

from indexer.passages.analysis import ANALYSES, terms, words
from indexer.store.filters import Allowed, Filters, allow
from indexer.store.lexical import HEAD_WEIGHT, LexicalIndex, LexicalWriter, idf, term_key
from tests.limits import files_up_to

PASSAGES = [
    ("La formation continue en oncologie. La formation des infirmiers.", "La formation continue"),
    ("Deux robots chirurgicaux à Rabat ; COVID-19 en 2020.", "Robots et chirurgie Moyens"),
    ("Soigner à distance", "Télémédecine"),
    ("l d c’est de la", "et"),
    ("", ""),
    ("robot " * 100, "robot " * 9),
]


def frequency(lexical: LexicalIndex, analysis: str, term: str) -> int:
    """The number of passages whose text holds a term."""
    return int(lexical.document_frequencies([term_key(analysis, term)])[0])


def write(folder: Path, passages: Sequence[tuple[str, str]] = PASSAGES) -> LexicalIndex:
    folder.mkdir(exist_ok=True)
    with LexicalWriter(folder) as writer:
        for text, heading in passages:
            writer.add(text, heading, 0, None)
    return LexicalIndex(folder)


@pytest.mark.parametrize("rows", [[0], [5, 0, 3, 0, 4, 1, 2], [4], [4, 3], []], ids=str)
def test_matches_are_what_counting_says(tmp_path: Path, rows: list[int]) -> None:
    lexical = write(tmp_path)
    assert len(lexical) == len(PASSAGES)
    counted = [
        [(terms(words(text), each), terms(words(heading), each)) for each in ANALYSES]
        for text, heading in PASSAGES
    ]
    asked = [
        (column, term)
        for column in range(len(ANALYSES))
        for term in ["absent", *{t for row in counted for part in row[column] for t in part}]
    ]
    keys = [term_key(ANALYSES[column].name, term) for column, term in asked]
    found = lexical.matches(np.array(rows, dtype=np.int64), keys)
    assert (found.weights.dtype, found.lengths.dtype) == (np.dtype(np.float32), np.dtype(np.float32))
    assert found.weights.shape == (len(rows), len(keys))
    assert found.lengths.shape == (len(rows), len(ANALYSES))
    for place, row in enumerate(rows):
        for at, (column, term) in enumerate(asked):
            body, head = counted[row][column]
            weight = body.count(term) + HEAD_WEIGHT * head.count(term)
            assert found.weights[place, at] == min(weight, 255 / 4), (row, term)
        expected = [len(body) + HEAD_WEIGHT * len(head) for body, head in counted[row]]
        assert found.lengths[place].tolist() == expected
    lengths = [[len(body) + HEAD_WEIGHT * len(head) for body, head in row] for row in counted]
    np.testing.assert_allclose(lexical.mean_lengths, np.mean(lengths, axis=0), rtol=1e-6)


def test_no_terms_match_nothing(tmp_path: Path) -> None:
    assert write(tmp_path).matches(np.array([0, 1]), []).weights.shape == (2, 0)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (["forma"], [0]),
        (["robot"], [5, 1]),
        (["robot", "rabat"], [1, 5]),
        (["covid19"], [1]),
        (["telem"], [2]),  # stands in the title alone
        (["forma", "oncol", "robot"], [0, 5, 1]),
        (["absen"], []),
        ([], []),
    ],
    ids=str,
)
def test_find(tmp_path: Path, asked: list[str], expected: list[int]) -> None:
    found = write(tmp_path).find(asked, 10)
    assert found.dtype == np.dtype(np.int64)
    assert found.tolist() == expected


def test_find_is_cut_at_count(tmp_path: Path) -> None:
    lexical = write(tmp_path, [(f"mot{'x' * n} santé", "") for n in range(30)])
    assert len(lexical.find(["sante"], 7)) == 7
    assert frequency(lexical, "fr", "sant") == 30


@pytest.mark.parametrize(
    "term",
    ["*", "body_fr:robot", "robot OR form", "+robot", "[a TO z]", '"robot"', "robo~1", "\x00", "(", ""],
)
def test_a_term_is_plain_text(tmp_path: Path, term: str) -> None:
    lexical = write(tmp_path)
    assert lexical.find([term], 10).size == 0
    assert frequency(lexical, "fr", term) == 0


def test_document_frequency_counts_texts_and_not_titles(tmp_path: Path) -> None:
    lexical = write(tmp_path)
    asked = [
        ("fr", "robot"),
        ("fr", "format"),
        ("prefix", "telem"),
        ("en", "telemedecin"),
        ("en", "covid19"),
        ("fr", "x"),
    ]
    assert [frequency(lexical, *each) for each in asked] == [2, 1, 0, 0, 1, 0]
    for each in ANALYSES:
        texts = [terms(words(text), each) for text, _ in PASSAGES]
        for term in {term for text in texts for term in text}:
            assert frequency(lexical, each.name, term) == sum(term in text for text in texts), term


@pytest.mark.filterwarnings("ignore:Mean of empty slice", "ignore:invalid value")
@pytest.mark.parametrize("passages", [[], [("", "")], [("l d c", ""), ("", "et")]], ids=str)
def test_passages_without_a_term(tmp_path: Path, passages: list[tuple[str, str]]) -> None:
    lexical = write(tmp_path, passages)
    assert len(lexical) == len(passages)
    assert frequency(lexical, "fr", "robot") == 0
    assert lexical.find(["robot"], 5).size == 0
    assert not lexical.matches(np.arange(len(passages)), [term_key("fr", "robot")]).weights.any()


def test_a_title_counts_for_less_than_the_text(tmp_path: Path) -> None:
    lexical = write(tmp_path, [("rien", "chirurgie"), ("chirurgie", "rien"), ("rien", "rien")])
    assert lexical.find(["chiru"], 3).tolist() == [1, 0]


def test_two_indexes_of_the_same_passages_answer_alike(tmp_path: Path) -> None:
    passages = [(f"texte {n % 7} robot{n % 3} santé", f"titre {n % 5}") for n in range(200)]
    one, two = write(tmp_path / "a", passages), write(tmp_path / "b", passages)
    for asked in (["sante"], ["robot1", "3", "titre"], ["titre", "4"]):
        assert one.find(asked, 50).tolist() == two.find(asked, 50).tolist()
    for path in sorted((tmp_path / "a").glob("term_*")):
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes()


def allowing(documents: Sequence[int], languages: Sequence[str | None], wanted: Filters) -> Allowed:
    """What lets through every third document of a hundred, or every document but each third, in languages."""
    through = None
    passages = np.ones(len(documents), dtype=np.bool_)
    if wanted.source:
        through = (np.arange(100) % 3 == 0) == (wanted.source == "third")
        passages = through[np.asarray(documents)]
    if wanted.languages:
        passages &= np.isin(np.asarray(languages, dtype=object), wanted.languages)
    return allow(passages, through, wanted.languages)


class Named(Allowed):
    """Passages that are allowed by a filter of as many documents as a test says."""

    number: ClassVar[int]

    @property
    def named(self) -> int:
        return self.number


@pytest.mark.parametrize("source", [None, "third", "others"])
@pytest.mark.parametrize("languages", [(), ("fr",), ("ar", "fr"), ("de",)], ids=str)
@pytest.mark.parametrize("named", [None, 0, 10**9], ids=["as it pays", "by set", "by window"])
def test_find_among_what_is_allowed(
    tmp_path: Path,
    source: str | None,
    languages: tuple[str, ...],
    named: int | None,
) -> None:
    documents = [row // 6 for row in range(600)]
    spoken = [("fr", "en", "ar", None)[row % 4] for row in range(600)]
    with LexicalWriter(tmp_path) as writer:
        for row, (document, language) in enumerate(zip(documents, spoken, strict=True)):
            writer.add(f"santé {'robot ' * (row % 5)} mot{row % 11}", "", document, language)
    lexical = LexicalIndex(tmp_path)
    allowed = allowing(documents, spoken, Filters(source=source, languages=languages))
    if named is not None:
        allowed = Named(*(getattr(allowed, field.name) for field in fields(Allowed)))
        Named.number = named
    for wanted in ["sante"], ["robot", "mot3"], ["mot4", "mot5"], ["absen"], []:
        whole = lexical.find(wanted, 600)
        expected = whole[allowed.passages[whole]]
        for count in 1, 7, 30, 600:
            assert lexical.find(wanted, count, allowed).tolist() == expected[:count].tolist()


@pytest.mark.parametrize("passages", [1, 10, 100_000])
def test_idf(passages: int) -> None:
    holding = sorted({0, 1, passages // 2, passages - 1, passages})
    expected = [math.log(1 + (passages - n + 0.5) / (n + 0.5)) for n in holding]
    found = idf(passages, holding)
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    assert (found >= 0).all() and (np.diff(found) < 0).all()
    assert idf(passages, 1).tolist() == [pytest.approx(math.log(1 + (passages - 0.5) / 1.5), rel=1e-6)]
    assert idf(passages, []).shape == (0,)


@pytest.mark.parametrize("passages", [PASSAGES[:1], PASSAGES, [(str(n), "") for n in range(1200)]], ids=len)
def test_a_file_that_cannot_grow_is_an_os_error(tmp_path: Path, passages: list[tuple[str, str]]) -> None:
    # One passage: tantivy's own files are the longest, and it writes them last of all.
    write(tmp_path / "whole", passages)
    longest = max(path.stat().st_size for path in (tmp_path / "whole").rglob("*") if path.is_file())
    for limit in [*range(1, longest - 1, longest // 25), longest - 1]:
        shutil.rmtree(tmp_path / "part", ignore_errors=True)
        with files_up_to(limit), pytest.raises(OSError, match="File too large") as raised:
            write(tmp_path / "part", passages)
        assert raised.value.errno == 27


def test_what_was_raised_is_not_hidden_by_a_full_disk(tmp_path: Path) -> None:
    def interrupted() -> None:
        writer = LexicalWriter(tmp_path)
        writer.add("texte", "", 0, None)
        with files_up_to(1), writer:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        interrupted()
