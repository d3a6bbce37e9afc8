"""Acronyms and long forms, by table; most lines stand so in the example articles."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.passages.acronyms import Acronym, is_short, mine, pairs

DEFINED = [
    (
        "l’Université Mohammed VI des sciences de la santé (UM6SS) ont",
        "UM6SS",
        "Université Mohammed VI des sciences de la santé",
    ),
    (
        "L’École Supérieure Mohammed VI d’Ingénieurs en Sciences de la Santé (ESM6ISS) a",
        "ESM6ISS",
        "École Supérieure Mohammed VI d’Ingénieurs en Sciences de la Santé",
    ),
    ("Le groupe Oncologie et Diagnostic du Maroc (ODM) et", "ODM", "Oncologie et Diagnostic du Maroc"),
    ("les Journées scientifiques de l’internat (JSI), sous", "JSI", "Journées scientifiques de l’internat"),
    (
        "L’Association des médecins internes de Tanger (AMIT) organise",
        "AMIT",
        "Association des médecins internes de Tanger",
    ),
    ("au centre hospitalier universitaire (CHU) Mohammed VI", "CHU", "centre hospitalier universitaire"),
    (
        "et le Réseau des Compétences Médicales Marocaines du Monde (CMMM), organisent",
        "CMMM",
        "Compétences Médicales Marocaines du Monde",
    ),
    (
        "du Programme d’appui au secteur de la santé Maroc-UE (PASS II). Le",
        "PASS II",
        "Programme d’appui au secteur de la santé Maroc-UE",
    ),
    (
        "l’École Nationale de Santé Publique – Maroc (ENSP) et",
        "ENSP",
        "École Nationale de Santé Publique – Maroc",
    ),
    ("et l’Institut Leonard de Vinci – France (ILV), a", "ILV", "Institut Leonard de Vinci – France"),
    ("The World Health Organization (WHO) said", "WHO", "World Health Organization"),
    ("by magnetic resonance imaging (MRI) alone", "MRI", "magnetic resonance imaging"),
    ("Centers for Disease Control (CDC)", "CDC", "Centers for Disease Control"),
    ("OMS (Organisation mondiale de la santé)", "OMS", "Organisation mondiale de la santé"),
    ("l’OMS (« Organisation mondiale de la santé »)", "OMS", "Organisation mondiale de la santé"),
    ("soins intensifs (USI ou ICU, intensive care unit)", "ICU", "intensive care unit"),
    ("la santé mondiale (WHO, World Health Organization)", "WHO", "World Health Organization"),
    ("Unité de soins intensifs (USI ou ICU)", "USI", "Unité de soins intensifs"),
]


@pytest.mark.parametrize(("text", "short", "long"), DEFINED, ids=[each[1] for each in DEFINED])
def test_defined(text: str, short: str, long: str) -> None:
    assert list(pairs(text)) == [(short, long)]


@pytest.mark.parametrize(
    "text",
    [
        "à la conférence internationale (Paris, France)",
        "le roi de France (Louis XIV)",
        "un code de la nomenclature (00.212)",
        "le service des urgences (2020)",
        "le centre hospitalier (voir page 3)",
        "des chats et des chiens (OMS)",
        "(OMS)",
        "()",
        "CHU (CHR)",
        "le centre (CHU",
        "Le centre ouvre. Hospitalier universitaire (CHU)",  # no long form across a full stop
        "chat hier utile (chu)",
    ],
)
def test_not_defined(text: str) -> None:
    assert list(pairs(text)) == []


@pytest.mark.parametrize("text", ["CHU", "UM6SS", "PASS II", "R&D", "H1N1", "ÉNA", "B2", "CoV"])
def test_short(text: str) -> None:
    assert is_short(text)


@pytest.mark.parametrize("text", ["", "C", "chu", "Paris", "00.212", "2020", "LONGUEMENTECRIT", "a b"])
def test_not_short(text: str) -> None:
    assert not is_short(text)


def test_what_is_said_again_is_counted() -> None:
    texts = [
        "La magnetic resonance imaging (MRI).",
        "L’Organisation mondiale de la santé (OMS) et l’organisation mondiale de la Sante (OMS).",
        "OMS (ORGANISATION MONDIALE DE LA SANTÉ)",
    ]
    assert mine(texts) == [
        Acronym("OMS", "Organisation mondiale de la santé", 3),
        Acronym("MRI", "magnetic resonance imaging", 1),
    ]
    assert mine([]) == []


@pytest.mark.parametrize(
    "text",
    [
        "a " * 200 + "(AAAAAAAA)",
        "aaaaaaaaaa " * 30 + "(AAAAAAAAAAAA)",
        "de la " * 60 + "(DLDLDLDLDLDL)",
        "de la a " * 60 + "(DLADLADLADLX)",
        "aaaaaaaaaaaa " * 16 + "(AAAAAAAAAAAB)",
        "AAAAAAAAAA (" + "aaaaaaaaaa " * 14 + "b)",
        "(" * 100_000,
        "(A" + "A " * 100_000,
        "( " * 50_000 + ")" * 50_000,
        "(AA, " * 30_000,
        "(" + ",".join(["AAAA"] * 30) + ")",
        "a b (AB) " * 20_000,
    ],
    ids=lambda text: f"{text[:12]}…{len(text)}",
)
def test_no_text_takes_long(text: str) -> None:
    begun = time.monotonic()
    mine([text])
    assert time.monotonic() - begun < 5


@given(
    st.lists(
        st.sampled_from(
            [
                "a",
                "ab",
                "Abc",
                "de",
                "la",
                "l’un",
                "d'un",
                "(",
                ")",
                "(AB",
                "(ABC)",
                "AB2",
                ";",
                ",",
                "ou",
                ".",
                "VI",
                "–",
                "«",
            ]
        ),
        max_size=40,
    ).map(" ".join)
    | st.text()
)
def test_any_text(text: str) -> None:
    for short, long in pairs(text):
        assert is_short(short)
        assert short in text and long in text
        assert len(long.split()) > 1
