"""Words and terms, by table."""

from __future__ import annotations

import unicodedata
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.passages.analysis import ANALYSES, fold, terms, words

FR, EN, PREFIX = ANALYSES


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Œdème", "oedeme"),
        ("ŒUVRE æ ﬁn", "oeuvre ae fin"),
        ("Straße", "strasse"),
        ("ÉÈÊËÀÂÇÎÏÔÙÛÜŸ", "eeeeaaciiouuuy"),
        ("İstanbul ılık", "istanbul ilik"),
        ("m² ½", "m2 1⁄2"),
        ("", ""),
    ],
)
def test_fold(text: str, expected: str) -> None:
    assert fold(text) == fold(unicodedata.normalize("NFD", text)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("L'hôpital l’hôpital", "hopital hopital"),
        ("d’Avicenne, qu'il, jusqu’à, lorsqu'on, s'il", "avicenne il a on il"),
        ("aujourd'hui", "aujourd hui"),
        ("Marrakech's centre", "marrakech s centre"),
        ("sages-femmes", "sages femmes"),
        ("porte‐parole porte‑parole", "porte parole porte parole"),
        ("hommes/femmes a_b", "hommes femmes a b"),
        ("3,5 % et 3.5", "3.5 et 3.5"),
        ("1.234,5", "1.234.5"),
        ("2 020", "2 020"),
        ("37 °C, 250mg", "37 c 250mg"),
        ("COVID-19", "covid 19 covid19"),
        ("SARS-CoV-2", "sars cov 2 sarscov2"),
        ("20-04-2012", "20 04 2012 20042012"),
        ("20/04/2012", "20 04 2012 20042012"),
        ("l’après-COVID-19", "apres covid 19 aprescovid19"),
        ("UM6SS ESM6ISS H1N1", "um6ss esm6iss h1n1"),
        ("R&D U.H.C.", "r d u h c"),
        ("« Santé ! » (oui)… — non.", "sante oui non"),
        ("مرض السكري في المغرب", "مرض السكري في المغرب"),
        ("糖尿病", "糖尿病"),
        ("l’", "l"),
        (" \n\t…'’-", ""),
    ],
)
def test_words(text: str, expected: str) -> None:
    found = list(words(text))
    assert found == expected.split()
    assert found == list(words(unicodedata.normalize("NFD", text)))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Les formations des infirmières", "format infirmier"),
        ("la formation de l’infirmier", "format infirmi"),
        ("Où a-t-il été ?", ""),
        ("Quels sont les hôpitaux", "hopital"),
        ("UM6SS en 2020", "um6ss 2020"),
        ("مرض", "مرض"),
    ],
)
def test_french_terms(text: str, expected: str) -> None:
    assert terms(words(text), FR) == expected.split()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("What are the surgical robots of the hospital?", "surgic robot hospit"),
        ("training trained trains", "train train train"),
        ("COVID-19s", "covid 19s covid19s"),
        ("who is it", ""),
    ],
)
def test_english_terms(text: str, expected: str) -> None:
    assert terms(words(text), EN) == expected.split()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Les oncologues en oncologie", "oncol oncol"),
        ("the robots of Rabat", "robot rabat"),
        ("télémédecine sang", "telem sang"),
        ("ESM6ISS 12345678 SARS-CoV-2", "esm6iss 12345678 sars cov 2 sarscov2"),
    ],
)
def test_prefix_terms(text: str, expected: str) -> None:
    assert terms(words(text), PREFIX) == expected.split()


def test_names_are_told_apart() -> None:
    assert [analysis.name for analysis in ANALYSES] == ["fr", "en", "prefix"]
    for analysis in ANALYSES:
        assert all(stop == fold(stop) for stop in analysis.stops)


@given(st.text())
def test_any_text(text: str) -> None:
    found = list(words(text))
    assert all(found)
    assert found == list(words(unicodedata.normalize("NFC", text)))
    for analysis in ANALYSES:
        each = terms(found, analysis)
        assert all(each)
        assert len(each) == sum(word not in analysis.stops for word in found)
        assert not any(char.isspace() for term in each for char in term)


def test_many_threads_stem_alike() -> None:
    text = "Les formations des infirmières du centre hospitalier " * 20
    expected = terms(words(text), FR)
    with ThreadPoolExecutor(8) as pool:
        assert all(found == expected for found in pool.map(lambda _: terms(words(text), FR), range(200)))
