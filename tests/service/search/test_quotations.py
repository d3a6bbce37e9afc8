"""Comparing a quotation with a text, by tables of typography and of changes."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.search import quotations
from service.search.quotations import Difference

TEXT = (
    "L’œuvre de l’hôpital : « quarante heures de cours », dit-on, et trente-deux nuits à Casablanca–Settat.\n"
    "Le coût s’élève à 1 000 dirhams — dix de moins qu’en 2019-2020."
)


def found(wanted: str, text: str = TEXT) -> list[str]:
    places = quotations.exact(quotations.quotation(wanted), quotations.plain(text))
    return [text[place.start : place.end] for place in places]


@pytest.mark.parametrize(
    ("wanted", "text"),
    [
        ("L'œuvre de l'hôpital", "L’œuvre de l’hôpital"),
        ("L'oeuvre de l'hôpital", "L’œuvre de l’hôpital"),
        ("« quarante heures de cours »", "quarante heures de cours"),
        ('"quarante  heures\nde cours"', "quarante heures de cours"),
        ("“quarante\u00a0heures\u202fde cours.”", "quarante heures de cours"),
        ('hôpital: "quarante', "hôpital : « quarante"),
        (unicodedata.normalize("NFD", "l'hôpital"), "l’hôpital"),
        ("trente-\n  deux nuits", "trente-deux nuits"),
        ("Casa-\nblanca-Settat", "Casablanca–Settat"),
        ("Casa\u00adblanca–Settat", "Casablanca–Settat"),
        ("1\u202f000 dirhams - dix de moins", "1 000 dirhams — dix de moins"),
        ("2019–2020", "2019-2020"),
        ("cours [...] trente-deux […] dirhams", TEXT[TEXT.index("cours") : TEXT.index(" — dix")]),
        ("Settat. Le coût", "Settat.\nLe coût"),
    ],
)
def test_typography_does_not_count(wanted: str, text: str) -> None:
    assert found(wanted) == [text]


@pytest.mark.parametrize(
    ("wanted", "text"),
    [
        ("la ﬁn des oﬃces", "la fin des offices"),
        ("la fin des offices", "la ﬁn des oﬃces"),
        ("informations", "infor-\nmations"),
        ("peut-être", "peut-\nêtre"),
        ("peut-être", "peut\u2011être"),
        ("attendez… puis", "attendez... puis"),
        ("ﷲ", "الله"),
        ("كتاب", "كـتـاب"),
        ("de l'eau", "de l'\u200beau"),
    ],
)
def test_nor_on_either_side(wanted: str, text: str) -> None:
    assert found(wanted, text) == [text]


@pytest.mark.parametrize(
    ("wanted", "text"),
    [
        ("cours", "un concours"),
        ("le cour", "le cours"),
        ("Quarante heures", "quarante heures"),
        ("l'hopital", "l’hôpital"),
        ("trentedeux", "trente-deux"),
        ("trente deux", "trente-deux"),
        ("1000 dirhams", "1 000 dirhams"),
        ("20192020", "2019-2020"),
        ("quarante heures, de cours", "quarante heures de cours"),
        ("b […] a", "a puis b"),
    ],
)
def test_letters_accents_capitals_hyphens_and_order_do(wanted: str, text: str) -> None:
    assert found(wanted, text) == []


def test_every_place_is_found_once() -> None:
    assert found("un deux", "un deux, un deux un deux") == ["un deux"] * 3


@pytest.mark.parametrize(
    ("wanted", "differences"),
    [
        ("quatorze heures de cours", [("replaced", "quatorze", "quarante")]),
        ("quarante heures de longs cours", [("added", "longs", "")]),
        ("et trente-deux à Casablanca-Settat", [("omitted", "", "nuits")]),
        ("et trente deux nuits à Casablanca-Settat", [("replaced", "trente deux", "trente-deux")]),
        ("Le cout s'élève à 1000 dirhams", [("replaced", "cout", "coût"), ("replaced", "1000", "1 000")]),
        ("le coût s’élève", [("replaced", "le", "Le")]),
        ("L'oeuvre de l'hopital : « quarante heures", [("replaced", "l'hopital", "l’hôpital")]),
    ],
)
def test_what_differs_is_told_as_either_has_it(wanted: str, differences: list[tuple[str, str, str]]) -> None:
    match = quotations.near(quotations.quotation(wanted), quotations.plain(TEXT))
    assert match is not None
    assert list(match.differences) == [Difference(*each) for each in differences]  # type: ignore[arg-type]
    assert quotations.LEAST_SIMILARITY <= match.similarity < 1
    piece = TEXT[match.start : match.end]
    assert all(each.found in piece for each in match.differences)


@pytest.mark.parametrize(
    "wanted",
    [
        "Les robots opèrent le dimanche",
        "quarante",
        "de la de la de la",
        "x" * 500,
        "heures nuits dirhams moins",
    ],
)
@pytest.mark.parametrize("text", ["", "Un tout autre texte, sur la pêche à Agadir.", "a"])
def test_another_text_is_not_nearly_the_same(wanted: str, text: str) -> None:
    assert quotations.near(quotations.quotation(wanted), quotations.plain(text)) is None


@pytest.mark.parametrize("wanted", ["", " ", "« »", "…", "[…]", "-- !", "\u0640"])
def test_a_quotation_without_a_word_is_none(wanted: str) -> None:
    with pytest.raises(ValueError, match="it holds no word"):
        quotations.quotation(wanted)


@given(st.text(max_size=60), st.text(max_size=60))
def test_any_text_is_read_and_every_character_has_its_place(text: str, other: str) -> None:
    plain = quotations.plain(text)
    assert len(plain.text) == len(plain.starts) == len(plain.ends)
    assert all(0 <= start < end <= len(text) for start, end in zip(plain.starts, plain.ends, strict=True))
    assert list(plain.starts) == sorted(plain.starts)
    try:
        wanted = quotations.quotation(other)
    except ValueError:
        return
    quotations.near(wanted, plain)
    list(quotations.exact(wanted, plain))


@given(st.lists(st.text("abcé-' «», .1\u00ad\n", min_size=1, max_size=12), min_size=1, max_size=6))
def test_a_text_quoted_whole_stands_in_itself(pieces: list[str]) -> None:
    text = " ".join(pieces)
    try:
        wanted = quotations.quotation(text)
    except ValueError:
        return
    assert list(quotations.exact(wanted, quotations.plain(text)))
