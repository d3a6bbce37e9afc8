"""Which spellings sound alike."""

from __future__ import annotations

import pytest

from indexer.passages.sounds import sound


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
    assert sound(one) == sound(other)


@pytest.mark.parametrize(
    ("one", "other"), [("chat", "cat"), ("formation", "fornation"), ("page", "paye"), ("lien", "loin")]
)
def test_these_do_not(one: str, other: str) -> None:
    assert sound(one) != sound(other)
