"""Which corpus word was meant, and how certain that is, by table."""

from __future__ import annotations

import pytest

from indexer.store.catalogue import VocabularyWord
from service.search.spelling import correction, is_certain, nearest


@pytest.mark.parametrize(
    ("word", "candidates", "meant"),
    [
        pytest.param("oncolgie", {"oncologie": 3, "ontologie": 9}, "oncologie", id="fewer slips before more"),
        pytest.param("pharmasie", {"pharmacie": 1, "pharmazie": 9}, "pharmacie", id="what sounds alike"),
        pytest.param("maison", {"raison": 5, "saison": 9}, "saison", id="said more often"),
        pytest.param("maison", {"saison": 5, "raison": 5}, "raison", id="all alike: by the alphabet"),
        pytest.param("fomration", {"formation": 1}, "formation", id="neighbours swapped"),
        pytest.param("gormation", {"formation": 1}, "formation", id="first letter"),
        pytest.param("formasyom", {"formation": 1}, None, id="three slips in a long word"),
        pytest.param("chrigie", {"chirurgie": 1}, None, id="two slips in a short word"),
        pytest.param("opytal", {"hopital": 1}, "hopital", id="one slip more where it sounds the same"),
        pytest.param("mot", {}, None, id="no candidate"),
    ],
)
def test_nearest(word: str, candidates: dict[str, int], meant: str | None) -> None:
    best = nearest(
        word, [VocabularyWord(*candidate, candidate[0].upper()) for candidate in candidates.items()]
    )
    assert best == (meant and (meant, candidates[meant], meant.upper()))


@pytest.mark.parametrize(
    ("word", "certain"),
    [
        ("amoxiciliine", False),
        ("amoxicilline", False),
        ("amoxicllin", True),
        ("amoxicililn", True),
        ("maoxicillin", True),
        ("amoxiccillin", True),
        ("amoxicilin", True),
        ("amoxicillinn", False),
        ("aamoxicillin", False),
        ("moxicillin", False),
        ("amoxicilli", False),
        ("amoxacillin", False),
        ("amoxcllin", False),
        ("amoxizcillin", False),
    ],
)
def test_only_a_slip_of_the_finger_is_certain(word: str, certain: bool) -> None:
    assert is_certain(word, "amoxicillin") == certain


def test_a_short_word_may_always_be_another() -> None:
    assert not is_certain("bennain", "bennani")


@pytest.mark.parametrize(
    ("word", "meant"),
    [("oncolgie", "oncologie"), ("rab", None), ("2022", None), ("covid20", None), ("zzzzzzzz", None)],
)
def test_only_words_of_four_letters_or_more_are_corrected(word: str, meant: str | None) -> None:
    corpus = [VocabularyWord(each, 1, each) for each in ("oncologie", "covid", "rabat", "2021")]
    found = correction(word, lambda _: corpus)
    assert (found and found.word) == meant
