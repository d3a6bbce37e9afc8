"""Spelling's pure functions: which words sound alike, and which corpus word was meant."""

from __future__ import annotations

import pytest

from service.search.spelling import corrections, heard, nearest


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("pharmacie", "farmasie"),
        ("pharmacie", "pharmassie"),
        ("oncologie", "onkologie"),
        ("hopital", "opital"),
        ("theatre", "teatre"),
        ("rhumatologie", "rumatologie"),
        ("gynecologie", "ginecologie"),
        ("qualite", "kalite"),
        ("infirmiere", "infirmmiere"),
        ("bureau", "buro"),
        ("enfant", "anfant"),
        ("formation", "formation"),
    ],
)
def test_these_sound_alike(one: str, other: str) -> None:
    assert heard(one) == heard(other)


@pytest.mark.parametrize(
    ("one", "other"), [("chat", "cat"), ("formation", "fornation"), ("page", "paye"), ("lien", "loin")]
)
def test_these_do_not(one: str, other: str) -> None:
    assert heard(one) != heard(other)


@pytest.mark.parametrize(
    ("word", "candidates", "meant"),
    [
        pytest.param("oncolgie", {"oncologie": 3, "ontologie": 9}, "oncologie", id="fewer slips before more"),
        pytest.param("pharmasie", {"pharmacie": 1, "pharmazie": 9}, "pharmacie", id="what sounds alike"),
        pytest.param("maison", {"raison": 5, "saison": 9}, "saison", id="said more often"),
        pytest.param("maison", {"saison": 5, "raison": 5}, "raison", id="all alike: by the alphabet"),
        pytest.param("fomration", {"formation": 1}, "formation", id="neighbours swapped"),
        pytest.param("formasyom", {"formation": 1}, None, id="three slips in a long word"),
        pytest.param("chrigie", {"chirurgie": 1}, None, id="two slips in a short word"),
        pytest.param("opytal", {"hopital": 1}, "hopital", id="one slip more where it sounds the same"),
        pytest.param("mot", {}, None, id="no candidate"),
    ],
)
def test_nearest(word: str, candidates: dict[str, int], meant: str | None) -> None:
    assert nearest(word, candidates.items()) == meant


def test_only_unknown_words_of_letters_are_corrected() -> None:
    corpus = {"oncologie": 3, "covid": 2, "rabat": 1, "2021": 5}
    asked = ["oncolgie", "rabat", "rab", "2022", "covid20", "zzzzzzzz"]
    found = corrections(asked, corpus.__contains__, lambda *_: corpus.items())
    assert found == {"oncolgie": "oncologie"}
