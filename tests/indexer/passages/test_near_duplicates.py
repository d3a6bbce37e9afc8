"""Twins and versions: what makes two passages say the same, and which passages stand together."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from random import Random

import numpy as np
import pytest
from datasketch import MinHash
from hypothesis import given
from hypothesis import strategies as st

from indexer.passages.near_duplicates import FIGURE, MINIMA, groups, signature, signatures

RELEASE = (
    "Le centre d’oncologie de Rabat ouvre une formation continue pour 40 infirmiers de la région. "
    "Les séances ont lieu chaque mardi depuis le 12 mars 2021, à l’hôpital régional, où un simulateur "
    "a été installé avec l’aide de la faculté de médecine. Chaque participant reçoit un certificat après "
    "soixante heures de cours et trois stages, ce qui lui permet d’accompagner les patients à domicile."
)
OTHER = (
    "Le robot chirurgical arrivé cet été au bloc opératoire de Fès sert d’abord à former les internes, qui "
    "répètent les gestes sur un simulateur avant toute intervention, puis assistent leurs aînés pendant une "
    "année entière sous la surveillance d’un comité d’éthique réuni à la demande du doyen de la faculté."
)
MENU = "Accueil Actualités Contact Recherche Partager "


TWINS, VERSIONS, STRANGERS = (True, True), (False, True), (False, False)
"""Whether two passages are grouped (where figures have to agree, where they may differ)."""


@pytest.mark.parametrize(
    ("one", "other", "kin"),
    [
        pytest.param(RELEASE, RELEASE, TWINS, id="the same"),
        pytest.param(RELEASE, MENU + RELEASE, TWINS, id="a menu before it"),
        pytest.param(RELEASE, RELEASE.replace("ouvre", "lance"), TWINS, id="a changed word"),
        pytest.param(RELEASE, RELEASE.replace("continue ", ""), TWINS, id="a word less"),
        pytest.param(RELEASE, RELEASE.upper(), TWINS, id="capitals"),
        pytest.param(RELEASE, RELEASE.replace("’", "'"), TWINS, id="apostrophes"),
        pytest.param(RELEASE, RELEASE.replace("é", "e").replace("ô", "o"), TWINS, id="accents"),
        pytest.param(RELEASE, RELEASE.replace("ô", "o\u0302"), TWINS, id="accents as marks"),
        pytest.param(
            RELEASE, RELEASE.replace(" 40 ", "\u00a040\u202f"), TWINS, id="spaces that do not break"
        ),
        pytest.param(RELEASE, RELEASE.replace(". ", ".\n\n"), TWINS, id="lines"),
        pytest.param(RELEASE, RELEASE.replace(",", ";"), TWINS, id="marks"),
        pytest.param(RELEASE, RELEASE.replace("40", "50"), VERSIONS, id="a changed figure"),
        pytest.param(RELEASE, RELEASE.replace("2021", "2022"), VERSIONS, id="a changed year"),
        pytest.param(RELEASE, RELEASE.replace("mars", "avril"), VERSIONS, id="a changed month"),
        pytest.param(RELEASE, RELEASE.replace("mardi", "jeudi"), VERSIONS, id="a changed day"),
        pytest.param(RELEASE, RELEASE.replace("trois", "deux"), VERSIONS, id="a changed number"),
        pytest.param(
            RELEASE,
            RELEASE.replace("40", "0").replace("12", "40").replace("0 i", "12 i"),
            VERSIONS,
            id="swapped",
        ),
        pytest.param(RELEASE, RELEASE.replace(" 40", ""), VERSIONS, id="a figure less"),
        pytest.param(RELEASE, OTHER, STRANGERS, id="another text"),
        pytest.param(RELEASE, RELEASE[: len(RELEASE) // 2], STRANGERS, id="a half of it"),
        pytest.param(OTHER, " ".join(OTHER.split()[::-1]), STRANGERS, id="the same words in another order"),
        pytest.param("Lire la suite", "Lire la suite", STRANGERS, id="too short"),
        pytest.param("a b c d e f g h i j k", "a b c d e f g h i j k", STRANGERS, id="a word too short"),
        pytest.param("b c d e f g h i j k o p", "b c d e f g h i j k o p", TWINS, id="long enough"),
        pytest.param("", "", STRANGERS, id="nothing"),
    ],
)
def test_what_two_passages_are_to_each_other(one: str, other: str, kin: tuple[bool, bool]) -> None:
    held, documents = signatures([one, other]), np.array([0, 1], dtype=np.int32)
    grouped = [groups(held, documents, figures=figures).tolist() for figures in (True, False)]
    assert grouped == [[0, 0] if together else [-1, -1] for together in kin]


def test_a_signature_is_a_min_hash_without_figures_and_a_digest_of_them() -> None:
    folded = f"le centre forme {FIGURE} infirmiers depuis {FIGURE} a fes et a rabat puis agadir".split()
    expected = MinHash(num_perm=MINIMA, seed=1, hashfunc=zlib.crc32, scheme="affine32")
    for start in range(len(folded) - 2):
        expected.update(" ".join(folded[start : start + 3]).encode())
    found = signature("Le centre forme 40 infirmiers depuis mars, à Fès et à Rabat, puis Agadir.")
    assert found.dtype == np.uint32
    assert found.tolist() == [*expected.hashvalues.tolist(), zlib.crc32(b"40 mars")]


def test_a_signature_is_the_same_on_every_machine() -> None:
    assert signature(RELEASE)[[0, 1, 63, 64]].tolist() == [10566108, 195554185, 41724997, 2777412477]


def test_one_signature_does_not_change_the_next() -> None:
    apart = [signature(text) for text in (RELEASE, OTHER, RELEASE)]
    np.testing.assert_array_equal(signatures([RELEASE, OTHER, RELEASE]), apart)
    assert signatures([]).shape == (0, MINIMA + 1)


A, B, C, D, E = range(5)
"""Texts, each told from every other."""


def made(texts: Sequence[int]) -> np.ndarray:
    """A signature a text."""
    drawn = np.random.default_rng(0).integers(0, 1 << 32, (5, MINIMA + 1), dtype=np.uint32)
    return drawn[np.array(texts, dtype=np.int64)]


@pytest.mark.parametrize(
    ("texts", "documents", "expected"),
    [
        pytest.param([], [], [], id="nothing"),
        pytest.param([A], [0], [-1], id="one"),
        pytest.param([A, B, C], [0, 1, 2], [-1, -1, -1], id="all different"),
        pytest.param([A, A], [0, 0], [-1, -1], id="twice in one document"),
        pytest.param([A, A, A], [0, 0, 1], [0, 0, 0], id="twice in one document and in another"),
        pytest.param([A, B, A, C, B], [0, 0, 1, 1, 2], [0, 1, 0, -1, 1], id="two groups"),
        pytest.param([B, A, C, A, A], [0, 1, 2, 3, 4], [-1, 1, -1, 1, 1], id="the lowest row"),
        pytest.param([A, A], [7, 2], [0, 0], id="documents in any order"),
    ],
)
def test_groups(texts: list[int], documents: list[int], expected: list[int]) -> None:
    assert groups(made(texts), np.array(documents, dtype=np.int32)).tolist() == expected


def changed(text: np.ndarray, count: int, seed: int) -> np.ndarray:
    """The signature of a text of which so many minima are others."""
    rng = np.random.default_rng(seed)
    other = text.copy()
    other[rng.permutation(MINIMA)[:count]] = rng.integers(0, 1 << 32, count, dtype=np.uint32)
    return other


@pytest.mark.parametrize(("count", "expected"), [(0, 0), (6, 0), (12, 0), (13, -1), (30, -1), (64, -1)])
def test_a_fifth_of_the_minima_may_differ(count: int, expected: int) -> None:
    first = made([A])[0]
    # As changed minima stand together, whole bands are left: what is tried here is the share alone.
    other = first.copy()
    other[:count] ^= 1
    assert groups(np.stack([first, other]), np.array([0, 1], dtype=np.int32)).tolist() == [expected] * 2


def test_most_pairs_just_alike_enough_are_found() -> None:
    texts = np.random.default_rng(1).integers(0, 1 << 32, (300, MINIMA + 1), dtype=np.uint32)
    copies = np.stack([changed(text, 12, seed) for seed, text in enumerate(texts)])
    found = groups(np.concatenate([texts, copies]), np.arange(600, dtype=np.int32))
    assert np.count_nonzero(found[300:] == np.arange(300)) >= 297


def test_figures_part_twins_and_not_versions() -> None:
    held = made([A, A, A, A])
    held[2:, MINIMA] ^= 1
    documents = np.arange(4, dtype=np.int32)
    assert groups(held, documents).tolist() == [0, 0, 2, 2]
    assert groups(held, documents, figures=False).tolist() == [0, 0, 0, 0]


def test_twins_of_twins_are_twins() -> None:
    held = np.stack([made([A])[0]] * 4)
    for row in range(4):
        held[row:, 8 * row : 8 * row + 8] ^= row  # each is an eighth away from the one before
    assert groups(held, np.arange(4, dtype=np.int32)).tolist() == [0, 0, 0, 0]
    assert groups(held[[0, 3]], np.arange(2, dtype=np.int32)).tolist() == [-1, -1]


def test_a_text_that_stands_everywhere_is_one_group() -> None:
    held = np.stack([changed(made([A])[0], seed % 3, seed) for seed in range(5000)])
    assert set(groups(held, np.arange(5000, dtype=np.int32)).tolist()) == {0}


def sets(found: np.ndarray, names: Sequence[int]) -> set[frozenset[int]]:
    """The groups, as sets of the passages' names."""
    return {
        frozenset(name for name, group in zip(names, found, strict=True) if group == each)
        for each in np.unique(found[found >= 0])
    }


PASSAGES = st.lists(
    st.tuples(st.integers(0, 4), st.integers(0, 20), st.integers(0, 9), st.integers(0, 3)), max_size=30
)
"""Text, how many minima are others, which ones, and the document."""


@given(PASSAGES, st.randoms(use_true_random=False))
def test_the_order_of_the_passages_does_not_matter(
    passages: list[tuple[int, int, int, int]], rng: Random
) -> None:
    held = np.array([changed(made([text])[0], count, seed) for text, count, seed, _ in passages], np.uint32)
    held = held.reshape(-1, MINIMA + 1)
    documents = np.array([document for *_, document in passages], dtype=np.int32)
    found = groups(held, documents)
    order = rng.sample(range(len(passages)), len(passages))
    again = groups(held[order], documents[order])
    assert sets(again, order) == sets(found, range(len(passages)))
    for each in (found, again):
        members = np.flatnonzero(each >= 0)
        assert all(each[row] == np.flatnonzero(each == each[row])[0] for row in members)
    for group in sets(found, range(len(passages))):
        assert len({documents[row] for row in group}) > 1
