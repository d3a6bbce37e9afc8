"""Questions that were never asked before."""

from __future__ import annotations

from itertools import islice

import pytest

from bench.questions import distinct

ASKED = ["Où est la gare ?", "Quand ouvre la bibliothèque du centre ?", "Qui dirige ?"]


def test_a_datasets_own_come_first_each_once() -> None:
    repeated = [*ASKED, "où  est la GARE ?", " ", "Qui dirige ?"]
    assert sorted(islice(distinct(repeated), 3)) == sorted(ASKED)


@pytest.mark.parametrize("texts", [ASKED, ["mot"], ["a b"]], ids=["some", "one word", "two words"])
def test_they_never_end_and_are_never_alike(texts: list[str]) -> None:
    drawn = list(islice(distinct(texts), 40))
    assert len({" ".join(each.casefold().split()) for each in drawn}) == 40
    assert {word for each in drawn for word in each.split()} <= {w for each in texts for w in each.split()}


def test_joined_ones_are_about_as_long_as_the_others() -> None:
    texts = [f"un deux trois{n} quatre cinq six{n} sept huit" for n in range(50)]
    joined = list(islice(distinct(texts), 300))[50:]
    assert {len(each.split()) for each in joined} == {8}


def test_the_same_are_drawn_every_time() -> None:
    assert list(islice(distinct(ASKED), 50)) == list(islice(distinct(ASKED), 50))
    assert list(islice(distinct(ASKED, seed=1), 50)) != list(islice(distinct(ASKED), 50))
