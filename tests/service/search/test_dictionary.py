"""The dictionary of French and English words."""

from __future__ import annotations

import pytest

from service.search.dictionary import Dictionary, dictionary

SMALL = Dictionary({"été": 7, "zèbre": 1, "a": 100, "où": 3, "ab": 2})


@pytest.mark.parametrize(
    ("word", "frequency"),
    [("été", 7), ("zèbre", 1), ("a", 100), ("ab", 2), ("où", 3), ("ete", 0), ("", 0), ("zz", 0), ("abc", 0)],
)
def test_a_word_is_found_with_its_frequency(word: str, frequency: int) -> None:
    assert SMALL.frequency(word) == frequency
    assert (word in SMALL) == (frequency > 0)


def test_it_holds_both_languages_folded() -> None:
    assert all(word in dictionary() for word in ("hopital", "where", "formation", "oedeme"))
    assert "oncolgie" not in dictionary()
    assert dictionary().frequency("des") > dictionary().frequency("hopital") > 0
    assert len(dictionary()) > 100_000
