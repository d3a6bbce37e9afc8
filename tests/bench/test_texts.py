"""What a build embeds of documents."""

from __future__ import annotations

import pytest

from bench import texts
from bench.datasets import document
from tests.standin import StandInEncoder


def test_passages_and_units_stand_under_their_title() -> None:
    held = texts.embedded(
        [document("a", "La gare", "Elle ouvre à six heures. Elle ferme à minuit.")], StandInEncoder()
    )
    assert held.passages == ["La gare\nElle ouvre à six heures. Elle ferme à minuit."]
    assert held.units == ["La gare : Elle ouvre à six heures.", "La gare : Elle ferme à minuit."]


@pytest.mark.parametrize(
    ("most", "expected"), [(10, "abcdef"), (6, "abcdef"), (3, "ace"), (4, "abde"), (1, "a"), (0, "")]
)
def test_some_are_taken_evenly(most: int, expected: str) -> None:
    assert texts.spread("abcdef", most) == list(expected)
