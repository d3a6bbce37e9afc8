"""Words and terms, by table."""

from __future__ import annotations

import unicodedata
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.passages.analysis import ANALYSES, fold, numbers, spans, spellings, terms, words

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
        ("1.234,5", "1234.5"),
        ("2 020", "2020"),
        ("37 °C, 250mg", "37 c 250 mg"),
        ("COVID-19", "covid 19 covid19"),
        ("SARS-CoV-2", "sars cov 2 sarscov2"),
        ("20-04-2012", "20 4 2012 2012-04-20"),
        ("20/04/2012", "20 4 2012 2012-04-20"),
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
    ("written", "expected"),
    [
        ("2 400|2\u00a0400|2\u202f400|2400|2.400|2,400|٢٤٠٠", "2400"),
        ("1 234 567,8|1.234.567,8|1,234,567.8", "1234567.8"),
        ("0,5|0.5|٠,٥", "0.5"),
        ("40mg|40 mg|40\u00a0mg", "40 mg"),
        ("2,5µg|2.5 μg", "2.5 μg"),
        ("15%|15 %|15€|15\u202f€|15", "15"),
        ("39°C|39 °C", "39 c"),
        ("10-20mg", "10 20 1020 mg"),
        (
            "05 37 71 20 33|05.37.71.20.33|05-37-71-20-33|0537712033|0537-712033|0537 71 20 33|0537 712 033"
            "|+33 5 37 71 20 33|+212 537 71 20 33|00212537712033|(+212) 5 37 71 20 33|05/37/71/20/33"
            "|+33 (0)5 37 71 20 33",
            "0537712033",
        ),
        ("020 7946 0958|+44 20 7946 0958", "02079460958"),
        ("(617) 555-0123|617-555-0123|+1 617 555 0123", "6175550123"),
        ("+226 25 30 66 44", "22625306644"),
        ("7 février 2018|7-février-2018|07 février 2018|7 FÉVRIER 2018", "7 fevrier 2018 2018-02-07"),
        ("7/2/2018|07/02/2018|07.02.2018|07-02-2018", "7 2 2018 2018-02-07"),
        ("2018-02-07|2018/2/7", "2018 2 7 2018-02-07"),
        ("February 7, 2018|February 7th 2018", "february 7 2018 2018-02-07"),
        ("7 February 2018|7th February, 2018", "7 february 2018 2018-02-07"),
        ("1er août 2021|1 août 2021", "1 aout 2021 2021-08-01"),
        ("12/25/2019", "12 25 2019 2019-12-25"),
        ("31/12/98", "31 12 98 1998-12-31"),
        ("9 h 45|9h45|9:45|09:45", "9h45"),
        ("9h|9 h|9h00|9:00", "9 h"),
        ("les articles 12 500", "les articles 12 500"),
        ("12 50", "12 50"),
        ("7/02/18", "7 2 18 2018-02-07"),
        ("en 2019 300 lits", "en 2019 300 lits"),
        ("192.168.1.1", "192.168.1.1"),
        ("7/2/2018/3", "7 2 2018 3 7220183"),
        ("5G 3D 2e 19s", "5g 3d 2e 19s"),
        ("12/03/2019-15/03/2019", "12 3 2019 2019-03-12 15 3 2019 2019-03-15"),
        ("05 37 71 20 33 06 61 00 11 22", "0537712033 0661001122"),
    ],
)
def test_one_figure_is_one_word_however_it_is_written(written: str, expected: str) -> None:
    for text in written.split("|"):
        assert list(words(text)) == expected.split(), text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2 400 lits, 8 salles, 3,5 %", "2400 3.5"),
        ("le 25/10/2019", "25 2019 2019-10-25"),
        ("le 25 octobre 2019", "25 2019 2019-10-25"),
        ("tél. 05 37 71 20 33 à 9 h 45", "0537712033 9h45"),
        ("COVID-19, H1N1, 5G, 2e", ""),
        ("les 10-20 premiers", "10 20 1020"),
        ("rien", ""),
    ],
)
def test_numbers(text: str, expected: str) -> None:
    assert numbers(text) == set(expected.split())


def test_spans_cover_what_is_written() -> None:
    text = "L’ho\u0302pi\u00adtal, le 7 mars 2018 : COVID-19, 40mg"
    assert [(word, text[start:end]) for (word,), start, end in spans(text)] == [
        ("hopital", "ho\u0302pi\u00adtal"),
        ("le", "le"),
        ("7", "7"),
        ("mars", "mars"),
        ("2018", "2018"),
        ("2018-03-07", "7 mars 2018"),
        ("covid", "COVID"),
        ("19", "19"),
        ("covid19", "COVID-19"),
        ("40", "40"),
        ("mg", "mg"),
    ]


def test_spellings_are_those_of_words_made_of_letters() -> None:
    assert list(spellings("L’Été à Fès, COVID-19 en 2020")) == [
        ("ete", "Été"),
        ("a", "à"),
        ("fes", "Fès"),
        ("covid", "COVID"),
        ("en", "en"),
    ]


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
    assert found == [word for named, _, _ in spans(text) for word in named]
    assert all(0 <= start <= end <= len(text) for _, start, end in spans(text))
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
