"""The query language: what is syntax, what stays text, and what a passage asserts."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.store.filters import Filters
from service.search import query_syntax
from service.search.negation import violates
from service.search.query_syntax import ParsedQuery, Understood, conditions, counted, parse


@pytest.mark.parametrize(
    ("question", "text", "understood"),
    [
        ('"bords de mer" phares', "bords de mer phares", [("phrase", "bords de mer")]),
        ("« bords de mer »", "bords de mer", [("phrase", "bords de mer")]),
        ("“bords de mer”", "bords de mer", [("phrase", "bords de mer")]),
        ('l\'"étale" dure', "l'étale dure", [("phrase", "étale")]),
        ('("étale")', "(étale)", [("phrase", "étale")]),
        ("phares -électriques", "phares", [("excluded", "électriques")]),
        ("-électriques phares", "phares", [("excluded", "électriques")]),
        ('phares -"à gaz", feux', "phares , feux", [("excluded", "à gaz")]),
        ("phares sauf les électriques", "phares", [("excluded", "électriques")]),
        ("phares hors Bretagne", "phares", [("excluded", "Bretagne")]),
        ("phares hormis ceux-ci et bouées", "phares", [("excluded", "ceux-ci"), ("excluded", "bouées")]),
        ("phares excepté ceux de Brest", "phares", [("excluded", "ceux de Brest")]),
        ("phares à l’exception de l’Ar-Men", "phares", [("excluded", "l’Ar-Men")]),
        ("phares mais pas bouées", "phares", [("excluded", "bouées")]),
        ("lighthouses except the gas lamps", "lighthouses", [("excluded", "gas lamps")]),
        (
            "lighthouses excluding buoys or beacons",
            "lighthouses",
            [("excluded", "buoys"), ("excluded", "beacons")],
        ),
        ("lighthouses but not buoys in Brest", "lighthouses in Brest", [("excluded", "buoys")]),
        ("phares sauf bouées à Brest", "phares à Brest", [("excluded", "bouées")]),
        (
            "phares sauf bouées et anciens feux fixes",
            "phares et anciens feux fixes",
            [("excluded", "bouées")],
        ),
        ('phares sauf "à gaz"', "phares", [("excluded", "à gaz")]),
        ("phares sans gardien la nuit", "phares sans gardien la nuit", [("without", "gardien la nuit")]),
        ("a boat without an engine", "a boat without an engine", [("without", "engine")]),
        ("un bateau mais pas de moteur", "un bateau mais pas de moteur", [("without", "moteur")]),
        ("titre:phares Brest", "Brest", [("title", "phares")]),
        ('Title:"bords de mer"', "", [("title", "bords de mer")]),
        ("auteur:Dupont author: « Le Gall »", "", [("author", "Dupont"), ("author", "Le Gall")]),
        ("marées source:avis/2019*.pdf?", "marées", [("source", "avis/2019*.pdf")]),
        ("-électriques", "", [("excluded", "électriques")]),
    ],
)
def test_syntax_is_understood(question: str, text: str, understood: list[tuple[str, str]]) -> None:
    parsed = parse(question)
    assert [(part.kind, part.value) for part in parsed.understood] == understood
    assert parsed.text == text


@pytest.mark.parametrize(
    "question",
    [
        "",
        "  ",
        "Grippe-A : quels  signes ?",
        "un mât de 5' 3\"",
        "de 5' 3\" à 6' 2\" de haut",
        'un "guillemet ouvert',
        '""',
        '"?"',
        "« »",
        "-5 °C la nuit",
        "de 1 000 -2 000 m",
        "prendre rendez-vous",
        "peut -on pêcher",
        "la marée -de morte eau- en mer",
        "le phare -d'Ar Men- en mer",
        "http://exemple.org/a-b",
        "à 12:30 demain",
        "nota bene: marée haute",
        "titre:",
        "titre: phares",
        "-titre:phares",
        "Source : le port",
        "mer AND phares OR feux ET bouées OU NOT",
        "sain et sauf",
        "sauf erreur de ma part, quel phare ?",
        "Quel phare, sauf si la mer est haute ?",
        "hors de Brest",
        "hors d'eau",
        "sauf les bouées",
        "sauf",
        "sans",
        "sans doute un phare",
        "Les ports sont-ils fermés sauf Brest ?",
        "Est-ce que les ports ferment sauf Brest ?",
        "Peut-on naviguer sans permis ?",
        "Can I sail without a licence?",
    ],
)
def test_what_is_no_syntax_is_text(question: str) -> None:
    assert parse(question) == ParsedQuery(question)


@given(st.text(alphabet="ab\" -:«»“”'’.sauf titre,é5", max_size=200))
def test_any_text_is_parsed_and_no_word_is_made_up(question: str) -> None:
    parsed = parse(question)
    for part in parsed.understood:
        assert part.value and part.value in question
    assert parsed.understood or parsed.text == question
    assert set(parsed.text.split()) <= {*question.split()} or parsed.understood


@pytest.mark.parametrize(
    "part", ['"', '" ', '"a" ', "-a ", "-t-", "sauf ", "sauf a et ", "sans le ", "«", "titre:", "."]
)
def test_a_long_question_takes_no_long_time(part: str) -> None:
    start = time.process_time()
    parse((part * 1000)[:1000])
    assert time.process_time() - start < 1


def test_the_parts_become_filters_beside_those_given() -> None:
    parsed = parse('feux "en mer" "en mer" -gaz titre:phares auteur:Gall source:avis sans gardien')
    given = Filters(languages=("fr",), titles=("côtes",))
    assert parsed.confine(given) == Filters(
        languages=("fr",),
        titles=("côtes", "phares"),
        authors=("Gall",),
        paths=("avis",),
        phrases=("en mer",),
        excluded=("gaz",),
    )
    assert parse("feux sans gardien").without == ("gardien",)


def test_each_filter_is_counted_by_itself() -> None:
    asked: list[Filters] = []

    def count(filters: Filters) -> int:
        asked.append(filters)
        return 2

    parts = parse('"en mer" sans gardien').understood
    assert counted(parts, count) == (Understood("phrase", "en mer", 2), Understood("without", "gardien"))
    assert asked == [Filters(phrases=("en mer",))]


@pytest.mark.parametrize(
    ("thing", "text", "violated"),
    [
        ("moteur", "Le bateau a un moteur.", True),
        ("moteur", "Deux moteurs le poussent.", True),
        ("moteur", "Le bateau va sans moteur.", False),
        ("moteur", "Aucun moteur n'est à bord.", False),
        ("moteur", "Un moteur n'est pas nécessaire.", False),
        ("moteur", "Il va sans moteur. Un moteur coûte cher.", False),
        ("moteur", "On ne navigue qu'au moteur, et pas que là.", True),
        ("moteur", "Le bateau a des voiles.", False),
        ("engine", "It has no engine.", False),
        ("engine", "It has an engine.", True),
        ("passer la nuit au port", "On dort une nuit au port.", True),
        ("nuit au port", "Le port est fermé.", False),
        ("nuit au port", "La nuit tombe. Le port est fermé.", False),
        ("gardien la nuit", "Pas de bouée ici. Un gardien veille la nuit.", True),
        ("la", "la la la", False),
    ],
)
def test_a_passage_that_asserts_a_thing_violates_being_without_it(
    thing: str, text: str, violated: bool
) -> None:
    assert violates((thing,), text) is violated
    assert not violates((), text)


@pytest.mark.parametrize(
    ("question", "phrases"),
    [
        ('Que veut dire le mot "introuvable" dans le règlement des bourses ?', ()),
        ('"introuvable"', ("introuvable",)),
        ('"introuvable" bourses', ("introuvable",)),
    ],
)
def test_a_phrase_that_no_passage_holds_hides_nothing_that_a_longer_question_finds(
    question: str, phrases: tuple[str, ...]
) -> None:
    assert conditions(parse(question), Filters(), lambda _: 0).phrases == phrases


def test_a_long_statement_has_no_exceptions() -> None:
    statement = "Les quinze passages de ce texte sont tous lus par le comité sauf ceux de la pédiatrie"
    assert not parse(statement).understood
    assert parse("Les passages lus par le comité sauf la pédiatrie").understood


@given(
    st.lists(
        st.sampled_from(
            ['"', "«", "»", "“", "-", "sauf", "Hors", "sans", "title:", "titre:a", "mer", "l'", "5-6", " "]
        )
        | st.text(max_size=3)
    ).map(" ".join)
)
def test_a_text_that_is_spared_the_grammar_has_no_syntax(text: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(query_syntax, "_SYNTAX", re.compile(""))  # sends every text through the grammar
        expected = parse(text)
    assert parse(text) == expected
