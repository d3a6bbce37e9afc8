"""Merging: the order in which hits of several collections come, and what is said of them together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import pytest

from indexer.store.catalogue import PassageEntry
from service.search import merging
from service.search.answers import NOTHING, Answer, Features, RankedPassage
from service.search.query_syntax import Understood
from service.search.relevance import UNKNOWN, Relevance, RelevanceClass


@dataclass
class Date:
    iso: str


@dataclass
class Document:
    source: str
    date: Date | None = None


@dataclass
class Entry:
    document: Document


@dataclass
class Asked:
    missing: tuple[str, ...] = ()


FEATURES = Features("", 0, 0, 0, 0, 0, False, ())


def sure(probability: float | None) -> Relevance:
    return UNKNOWN if probability is None else Relevance(probability, RelevanceClass.WEAK)


def hit(probability: float | None, score: float, source: str = "", date: str | None = None) -> RankedPassage:
    document = Document(source or f"{probability} {score}", Date(date) if date else None)
    entry = cast("PassageEntry", Entry(document))
    return RankedPassage(entry, score, (), sure(probability), FEATURES, ())


def answer(*hits: RankedPassage, relevance: Relevance | None = None, **more: Any) -> Answer:
    best = relevance or (hits[0].relevance if hits else NOTHING)
    return Answer(cast("Any", Asked(more.pop("missing", ()))), hits, best, **more)


def merged(*answers: Answer, by_document: bool = False, newest_first: bool = False) -> list[tuple[int, str]]:
    found = merging.merge(answers, by_document=by_document, newest_first=newest_first)
    return [(each.collection, each.passages[0].entry.document.source) for each in found]


@pytest.mark.parametrize(
    ("first", "second", "order"),
    [
        ([(0.9, 1), (0.3, 0.9)], [(0.6, 2), (0.1, 1.9)], "abab"),
        ([(0.9, 1), (0.8, 0.9)], [(0.1, 2)], "aab"),
        ([(0.5, 0.1)], [(0.5, 0.2)], "ba"),  # as probable: the higher score
        ([(0.5, 0.2)], [(0.5, 0.2)], "ab"),  # alike: the order of the settings
        ([(0.9, 3), (0.2, 2), (0.7, 1)], [(0.5, 1)], "abaa"),  # the third waits for the second
        ([(None, 0.1), (None, 0.05)], [(None, 0.2)], "baa"),  # scores alone
        ([(None, 0.1)], [(0.9, 0.05)], "ab"),  # not every probability is known: scores alone
        ([], [(0.9, 1)], "b"),
        ([], [], ""),
    ],
)
def test_the_order_of_two_collections(
    first: list[tuple[float | None, float]], second: list[tuple[float | None, float]], order: str
) -> None:
    found = merged(answer(*(hit(*each) for each in first)), answer(*(hit(*each) for each in second)))
    assert "".join("ab"[collection] for collection, _ in found) == order
    for number, hits in enumerate((first, second)):
        own = [source for collection, source in found if collection == number]
        assert own == [f"{probability} {score}" for probability, score in hits]


def test_a_page_more_begins_as_the_page_before() -> None:
    several = [[hit(0.9, 3), hit(0.2, 2), hit(0.7, 1)], [hit(0.8, 9), hit(0.5, 8), hit(0.1, 7)]]
    whole = merged(*(answer(*hits) for hits in several))
    for count in range(3):
        assert merged(*(answer(*hits[:count]) for hits in several))[:count] == whole[:count]


def test_documents_keep_their_passages_and_are_told_apart_by_collection() -> None:
    one = answer(hit(0.9, 1, "a"), hit(0.4, 0.5, "a"), hit(0.3, 0.9, "b"))
    other = answer(hit(0.5, 1, "a"))
    assert merged(one, other, by_document=True) == [(0, "a"), (1, "a"), (0, "b")]
    assert [
        len(each.passages) for each in merging.merge([one, other], by_document=True, newest_first=False)
    ] == [
        2,
        1,
        1,
    ]


def test_newest_first_puts_undated_ones_last() -> None:
    one = answer(hit(0.1, 1, "a", "2021"), hit(0.9, 1, "b"))
    other = answer(hit(0.5, 1, "c", "2021-05"), hit(0.5, 1, "d", "2019"))
    assert [source for _, source in merged(one, other, newest_first=True)] == ["c", "a", "d", "b"]


@pytest.mark.parametrize(
    ("probabilities", "expected"), [([0.2, 0.7], 0.7), ([0.7], 0.7), ([0.2, None], None), ([0.0, 0.0], 0.0)]
)
def test_several_answers_are_as_relevant_as_the_most_relevant(
    probabilities: list[float | None], expected: float | None
) -> None:
    answers = [answer(relevance=sure(probability)) for probability in probabilities]
    assert merging.relevance_of(answers).probability == expected


def test_what_several_say_of_a_question() -> None:
    parts = [(Understood("phrase", "a", count), Understood("without", "b", None)) for count in (2, 3)]
    answers = [
        answer(understood=each, missing=missing) for each, missing in zip(parts, ("xy", "yz"), strict=True)
    ]
    assert merging.understood(answers) == [Understood("phrase", "a", 5), Understood("without", "b", None)]
    assert merging.missing(answers) == ["y"]
