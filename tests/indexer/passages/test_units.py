"""Parts of sentences: where a sentence is parted, where it is not, and that the spans hold."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.passages import units
from indexer.passages.units import parts


def texts(sentence: str) -> list[str]:
    return [sentence[start:end] for start, end in parts(sentence)]


A, B, C = (
    "le centre forme les infirmiers",
    "les médecins viennent de tout le pays",
    "le certificat vaut dix années",
)


@pytest.mark.parametrize("mark", [" ; ", "; ", " : ", ": ", " – ", " — "])
def test_clauses_are_parted(mark: str) -> None:
    sentence = f"{A}{mark}{B}"
    assert texts(sentence)[:2] == [A, B]


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        (f"{A} ; {B} ; {C}", [A, B, C]),
        (f"{A} ; oui ; {B}", [A, f"oui ; {B}"]),
        (f"{A} ; {B} ; oui", [A, f"{B} ; oui"]),
        (f"oui ; {A} ; {B}", [f"oui ; {A}", B]),
    ],
)
def test_a_short_clause_stays_with_its_neighbour(sentence: str, expected: list[str]) -> None:
    assert texts(sentence)[: len(expected)] == expected


@pytest.mark.parametrize(
    "sentence",
    [
        "",
        "Oui.",
        "Il vient ; elle part.",
        "La réunion : 12 h 30, salle 4.",
        f"{A}-{B}",  # a hyphen is no dash
        f"{A} et {B} et {C}",
        "Les soins sont gratuits dans le journal Le Monde",
    ],
)
def test_a_sentence_that_says_one_thing_has_no_parts(sentence: str) -> None:
    assert parts(sentence) == []


def test_a_long_enumeration_is_parted_at_commas_and_brackets() -> None:
    items = [
        "Le programme comprend un cours de trois jours,",
        "un stage de deux mois en milieu rural,",
        "une visite guidée de l’hôpital de Rabat",
        "(sous la conduite d’un chirurgien du service).",
    ]
    assert texts(" ".join(items)) == items


@pytest.mark.parametrize(
    ("heading", "sentence"),
    [
        ("Contexte général", "Les soins de santé primaires manquent."),
        ("Materials and methods", "We studied forty patients."),
        ("La télémédecine au Maroc", "L’accès aux soins reste inégal."),
        ("Objectifs visés", "Il s’agit de former les équipes."),
    ],
)
def test_a_heading_that_lost_its_line_break(heading: str, sentence: str) -> None:
    assert texts(f"{heading} {sentence}") == [heading, sentence]


SENTENCES = st.lists(
    st.sampled_from(
        [
            *[
                "mot",
                "santé",
                "Le",
                "La",
                "L’un",
                "Les",
                "We",
                "2020",
                ":",
                ";",
                ",",
                "–",
                "—",
                "(",
                ")",
                "(ici)",
                "fin.",
                "journal",
            ],
            "a;",
            "b,",
            " ",
            "\u00a0",
            "c :",
        ]
    ),
    max_size=80,
).map(" ".join)


@given(SENTENCES | st.text())
def test_spans_lie_in_the_sentence_and_in_order(sentence: str) -> None:
    runs = [units._clauses(sentence, *rule) for rule in units.CLAUSES] + [units._after_headings(sentence)]
    for run in runs:
        if run:  # from the beginning of the sentence to its end
            assert (run[0][0], run[-1][1], len(run) > 1) == (0, len(sentence), True)
        assert all(0 <= start <= end <= len(sentence) for start, end in run)
        assert all(end <= start for (_, end), (start, _) in pairwise(run))
    assert parts(sentence) == list(dict.fromkeys(span for run in runs for span in run))


@pytest.mark.parametrize(
    "piece",
    [
        "mot ; ",
        "un deux trois quatre cinq six ; ",
        " – ",
        "a, ",
        "fin (ici) ",
        "mot Le mot ",
        " ",
        "((",
        "de Le a ",
    ],
)
def test_a_long_sentence_takes_linear_time(piece: str) -> None:
    sentence = piece * (1_000_000 // len(piece))
    begun = time.monotonic()
    parts(sentence)
    assert time.monotonic() - begun < 10
