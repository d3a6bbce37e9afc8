"""What is embedded of a passage: under which title, which sentences count, which parts they have."""

from __future__ import annotations

import pytest

from indexer.passages import embedding_texts
from indexer.records import Passage, Sentence
from tests.indexer.documents import document


@pytest.mark.parametrize(
    ("title", "text", "expected"),
    [
        ("Titre", "texte", "Titre\ntexte"),
        ("texte", "texte", "texte"),
        ("Titre", "Titre\ntexte", "Titre\ntexte"),
        ("", "texte", "texte"),
    ],
)
def test_what_is_embedded(title: str, text: str, expected: str) -> None:
    assert embedding_texts.under_title(title, text, "\n") == expected


@pytest.mark.parametrize(
    ("pieces", "title", "own"),
    [
        (["# Titre", "texte"], "Titre", True),
        (["texte"], "Titre", True),
        (["Le texte s'ouvre ainsi. Puis il va."], "Le texte s'ouvre ainsi.", False),
        (["Le texte s'ouvre ainsi et va."], "Le texte s'ouvre…", False),
        (["Autre chose.", "Titre"], "Titre", True),
    ],
)
def test_whether_a_title_is_the_documents_own(pieces: list[str], title: str, own: bool) -> None:
    assert embedding_texts.own_title(document(*pieces, title=title)) is own


@pytest.mark.parametrize(("own", "whole"), [(True, "Titre : {}"), (False, "{}")])
def test_the_title_that_units_are_embedded_under(own: bool, whole: str) -> None:
    text = "Contexte général Les soins de santé primaires manquent."
    expected = [
        whole.format(text),
        "Titre : Contexte général",
        "Titre : Les soins de santé primaires manquent.",
    ]
    assert embedding_texts.unit_texts(Sentence(text, 0, 0), "Titre", own=own) == expected


@pytest.mark.parametrize(
    ("sentences", "told"),
    [
        (["Titre", "Un.", "Deux."], [1, 2]),
        (["Titre", "12/03/2021", "Un."], [2]),
        (["2021", "Titre."], [1]),
        (["Titre"], [0]),
        (["12/03/2021", "3,5 %"], [0, 1]),
        (["Titre", "2021"], [0, 1]),
        (["שלום", "1", "他"], [0, 2]),
    ],
    ids=str,
)
def test_sentences_that_tell_more_than_the_title(sentences: list[str], told: list[int]) -> None:
    each = tuple(Sentence(text, 0, 0) for text in sentences)
    passage = Passage(" ".join(sentences), 0, 0, (), None, None, each)
    assert embedding_texts.telling_sentences(passage, "Titre") == [(place, each[place]) for place in told]


KEYED = embedding_texts.PassageTexts("un deux", ("un", "deux"), (0, 1))


@pytest.mark.parametrize(
    "other",
    [
        embedding_texts.PassageTexts("un  deux", ("un", "deux"), (0, 1)),
        embedding_texts.PassageTexts("un deux", ("un", "Deux"), (0, 1)),
        embedding_texts.PassageTexts("un deux", ("un deux",), (0,)),
        embedding_texts.PassageTexts("un deux", ("un", "deux"), (0, 0)),
        embedding_texts.PassageTexts("un deux", ("deux", "un"), (0, 1)),
        embedding_texts.PassageTexts("un", ("deux", "un", "deux"), (0, 0, 1)),
    ],
    ids=str,
)
def test_a_key_tells_one_passage_from_another(other: embedding_texts.PassageTexts) -> None:
    assert 0 <= other.key < 2**64
    assert other.key != KEYED.key


def test_a_key_stays_the_same() -> None:
    # Indexes hold keys: with others, all would be encoded again.
    assert KEYED.key == 18265013698361446235
