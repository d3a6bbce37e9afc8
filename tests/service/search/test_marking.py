"""Marking: which sentences of a passage are shown as answers, and which words of it the question shares."""

from __future__ import annotations

from itertools import pairwise

import pytest

from service.search import marking
from service.search.marking import WordMarker, best_sentences
from service.search.reading import question_terms


@pytest.mark.parametrize(
    ("scored", "expected"),
    [
        pytest.param([(0.8, 3)], [3], id="one"),
        pytest.param([(0.8, 3), (0.795, 1), (0.78, 2)], [3, 1], id="as good, and not as good"),
        pytest.param([(0.8, 3), (0.8, 3), (0.79, 0)], [3, 0], id="two units shown as one sentence"),
        pytest.param([(0.8, 4), (0.8, 2), (0.8, 0), (0.8, 1)], [4, 2, 0], id="three at the most"),
        pytest.param([(0.8, 4), (0.792, 2), (0.784, 0)], [4, 2], id="as good as the best, not as the last"),
        pytest.param([(-0.1, 1), (-0.105, 0)], [1, 0], id="below zero"),
    ],
)
def test_best_sentences(scored: list[tuple[float, int]], expected: list[int]) -> None:
    assert best_sentences(scored) == expected


@pytest.mark.parametrize(
    ("text", "language", "variants", "expected"),
    [
        ("Les Formations continues.", "fr", ["formation continue"], ["Formations", "continues"]),
        ("L’œdème, l'OEDÈME.", "fr", ["oedeme"], ["œdème", "OEDÈME"]),
        ("The surgeons train on the robot.", "en", ["where do the surgeons train?"], ["surgeons", "train"]),
        ("Le car et les cars.", "en", ["car"], ["car", "cars"]),  # no stop word in English
        ("Le car et les cars.", "fr", ["cars les"], ["cars"]),
        ("The the.", "de", ["the"], []),
        ("Einladung zur Fortbildung", "de", ["Fortbildungen"], ["Fortbildung"]),
        ("En oncologie.", "fr", ["oncolgie", "oncologie"], ["oncologie"]),
        ("Le 12 mars 2019, 1 500 euros.", "fr", ["12/03/2019"], ["12 mars 2019"]),
        ("Tél. 05 22 48 65 00", "fr", ["0522486500"], ["05 22 48 65 00"]),
        ("Il coûte 1 500 euros.", "fr", ["1500 €"], ["1 500"]),
        ("Il boit 75mg.", "fr", ["75 mg"], ["75", "mg"]),
        ("Le COVID-19", "fr", ["covid-19"], ["COVID-19"]),
        ("so\u00adins sans e\u0301le\u0300ves", "fr", ["soin élève"], ["so\u00adins", "e\u0301le\u0300ves"]),
        ("Rien de cela.", "fr", ["de la ?"], []),
        ("", "fr", ["formation"], []),
    ],
)
def test_words_of_the_question_are_marked(
    text: str, language: str, variants: list[str], expected: list[str]
) -> None:
    marker = WordMarker([question_terms(variant) for variant in variants])
    for alone in ([(text, language)], [("", None), (text, language), ("Rien.", "fr")]):
        spans = max(marker.spans(alone), key=len)
        assert [text[start:end] for start, end in spans] == expected
        assert all(first[1] <= second[0] for first, second in pairwise(spans))


def test_texts_are_marked_each_by_its_own_language() -> None:
    marker = WordMarker([question_terms("le car")])
    spans = marker.spans([("Le car.", "en"), ("Rien.", "fr"), ("Le car, les cars.", "fr"), ("Cars", "en")])
    assert spans == [((0, 2), (3, 6)), (), (), ((0, 4),)]
    assert marker.spans([]) == []


def test_marks_are_the_same_once_what_is_known_was_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [(f"La formation numéro {number} des soignants.", "fr") for number in range(9)]
    marker = WordMarker([question_terms("former les soignants")])
    before = marker.spans(texts)
    monkeypatch.setattr(marking, "REMEMBERED_TERMS", 2)
    assert [marker.spans([text])[0] for text in texts] == before
    assert marker.spans(texts) == before
