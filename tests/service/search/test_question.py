"""Reading a question: shouting, spelling, acronyms; and that no text, however odd, is more than text."""

from __future__ import annotations

from dataclasses import replace

import pytest
from starlette.testclient import TestClient

from indexer.passages.acronyms import Acronym
from indexer.passages.analysis import fold
from indexer.store.catalogue import VocabularyWord
from service.search.question import MOST, Knowledge, both_ways, read

CORPUS = {
    fold(spelling): VocabularyWord(fold(spelling), passages, spelling)
    for spelling, passages in [
        ("oncologie", 9),
        ("pharmacie", 4),
        ("infirmiers", 3),
        ("formation", 8),
        ("médecin", 5),
        ("télémédecine", 2),
        ("Rabat", 2),
        ("Bennani", 2),
        ("ibuprofène", 1),
    ]
}
UNIVERSITY = "Université Mohammed VI des sciences de la santé"
LONG_FORMS, SHORT_FORMS = both_ways(
    [
        Acronym("UM6SS", UNIVERSITY, 4),
        Acronym("CHU", "centre hospitalier universitaire", 3),
        Acronym("CHU", "Comité des hôpitaux unis", 1),
        Acronym("OS", "ostéosarcome de l'enfant", 1),
        Acronym("IRESP", "Institut pour la recherche en santé publique", 1),
        Acronym("INSERM", "Institut national de la santé et de la recherche médicale", 1),
        Acronym("PASS II", "Programme d'appui au secteur de la santé", 1),
        Acronym("IV", "voie intraveineuse", 1),
        Acronym("LES", "lupus érythémateux systémique", 1),
        Acronym("OMS", "Organisation mondiale de la santé", 1),
    ]
)
KNOWLEDGE = Knowledge(CORPUS.__contains__, lambda _: CORPUS.values(), LONG_FORMS, SHORT_FORMS)


def test_acronyms_go_both_ways_and_the_one_said_most_often_wins() -> None:
    assert LONG_FORMS["chu"].long == "centre hospitalier universitaire"
    assert SHORT_FORMS["centre hospitalier universitaire"] == "CHU"
    assert SHORT_FORMS["universite mohammed vi des sciences de la sante"] == "UM6SS"


@pytest.mark.parametrize(
    ("asked", "plain"),
    [
        ("FORMATION EN ONCOLOGIE", "formation en oncologie"),
        ("LES MÉDECINS DE RABAT ?", "les médecins de rabat ?"),
        ("ONCOLOGIE", "ONCOLOGIE"),
        ("UM6SS", "UM6SS"),
        ("CHU UM6SS", "CHU UM6SS"),
        ("IRESP INSERM", "IRESP INSERM"),
        ("IRESP INSERM RABAT ?", "IRESP INSERM RABAT ?"),
        ("LES PROJETS INSERM DE L'IRESP À RABAT", "les projets INSERM de l'IRESP à rabat"),
        ("UN OS CASSÉ À RABAT", "un os cassé à rabat"),
        ("Formation EN ONCOLOGIE", "Formation EN ONCOLOGIE"),
        ("  deux \t mots\n", "deux mots"),
        ("me\u0301decin", "médecin"),
        ("?", "?"),
        ("2021", "2021"),
    ],
)
def test_what_was_asked_comes_first_without_shouting(asked: str, plain: str) -> None:
    assert read(asked, KNOWLEDGE).variants[0] == plain


@pytest.mark.parametrize(
    ("asked", "corrected", "variant"),
    [
        ("oncolgie", {"oncolgie": "oncologie"}, "oncologie"),
        ("la pharmasie de Rabat", {"pharmasie": "pharmacie"}, "la pharmacie de Rabat"),
        ("l'Oncolgie ?", {"Oncolgie": "oncologie"}, "l'oncologie ?"),
        ("ONCOLGIE", {"ONCOLGIE": "oncologie"}, "oncologie"),
        ("te\u0301le\u0301medcine", {"télémedcine": "télémédecine"}, "télémédecine"),
        (
            "pharmasie et oncolgie",
            {"pharmasie": "pharmacie", "oncolgie": "oncologie"},
            "pharmacie et oncologie",
        ),
    ],
)
def test_a_word_the_corpus_nearly_knows_is_also_tried_as_it_spells_it(
    asked: str, corrected: dict[str, str], variant: str
) -> None:
    found = read(asked, KNOWLEDGE)
    assert found.corrected == corrected
    assert found.variants[1:] == (variant,)


@pytest.mark.parametrize(
    "asked",
    [
        pytest.param("déformation", id="a word of the dictionary, one slip from one of the corpus"),
        pytest.param("who trains nurses and where does the training take place?", id="English"),
        pytest.param("the formations of doctors", id="both"),
        pytest.param("Casablanca", id="a name like no other"),
        pytest.param("2021 20,5 %", id="numbers"),
        pytest.param("covid19 h1n1", id="codes"),
        pytest.param("rba", id="a short word"),
        pytest.param("formation", id="a word the corpus knows"),
        pytest.param("", id="nothing"),
        pytest.param("عربي 日本語", id="another script"),
    ],
)
def test_nothing_is_corrected(asked: str) -> None:
    assert read(asked, KNOWLEDGE).corrected == {}


@pytest.mark.parametrize(
    ("asked", "expanded", "variant"),
    [
        ("Où est l'UM6SS ?", {"UM6SS": UNIVERSITY}, f"Où est l'UM6SS ({UNIVERSITY}) ?"),
        ("Où est l’UM6SS ?", {"UM6SS": UNIVERSITY}, f"Où est l’UM6SS ({UNIVERSITY}) ?"),
        ("um6ss", {"um6ss": UNIVERSITY}, f"um6ss ({UNIVERSITY})"),
        (
            "le CHU de Rabat",
            {"CHU": "centre hospitalier universitaire"},
            "le CHU (centre hospitalier universitaire) de Rabat",
        ),
        (
            "le Centre Hospitalier universitaire de Rabat",
            {"Centre Hospitalier universitaire": "CHU"},
            "le CHU de Rabat",
        ),
        ("OS", {"OS": "ostéosarcome de l'enfant"}, "OS (ostéosarcome de l'enfant)"),
        (
            "le PASS II en 2021",
            {"PASS II": "Programme d'appui au secteur de la santé"},
            "le PASS II (Programme d'appui au secteur de la santé) en 2021",
        ),
        (
            "pass ii",
            {"pass ii": "Programme d'appui au secteur de la santé"},
            "pass ii (Programme d'appui au secteur de la santé)",
        ),
        (
            "que dit l'oms ?",
            {"oms": "Organisation mondiale de la santé"},
            "que dit l'oms (Organisation mondiale de la santé) ?",
        ),
        (
            "Chu de Rabat",
            {"Chu": "centre hospitalier universitaire"},
            "Chu (centre hospitalier universitaire) de Rabat",
        ),
        (
            "LES et grossesse",
            {"LES": "lupus érythémateux systémique"},
            "LES (lupus érythémateux systémique) et grossesse",
        ),
        ("un traitement IV", {"IV": "voie intraveineuse"}, "un traitement IV (voie intraveineuse)"),
    ],
)
def test_an_acronym_is_also_tried_with_its_long_form_and_a_long_form_as_its_acronym(
    asked: str, expanded: dict[str, str], variant: str
) -> None:
    found = read(asked, KNOWLEDGE)
    assert found.expanded == expanded
    assert found.variants[1:] == (variant,)


@pytest.mark.parametrize(
    "asked",
    [
        "un os cassé",
        "Les infirmiers de Rabat",
        "les infirmiers",
        "LES INFIRMIERS",
        "le chutney",
        "UM6",
        "PASS",
        "centre hospitalier",
        "PASS III",
        "PASS IIe",
        "universitaire",
    ],
)
def test_what_is_no_acronym_is_left_alone(asked: str) -> None:
    assert read(asked, KNOWLEDGE).expanded == {}


@pytest.mark.parametrize(
    ("asked", "uncertain", "missing", "missing_names"),
    [
        pytest.param("l'ibuporfène", "", "", "", id="letters swapped"),
        pytest.param("l'ibuprofne", "", "", "", id="a letter dropped"),
        pytest.param("ibuproffène", "", "", "", id="a letter doubled"),
        pytest.param("ibuprofèna", "ibuprofèna", "ibuprofèna", "ibuprofèna", id="another end"),
        pytest.param("Dr Bennali", "Bennali", "Dr Bennali", "Bennali", id="another name"),
        pytest.param("Où est Tanger ?", "", "Tanger", "Tanger", id="a name"),
        pytest.param("Cuisine ?", "", "Cuisine", "", id="a word of the dictionary that begins the question"),
        pytest.param("la cuisine de Rabat", "", "cuisine", "", id="a word of the dictionary"),
        pytest.param("xyzzy et xyzzy", "", "xyzzy", "xyzzy", id="twice"),
        pytest.param("bonjour, la formation svp merci", "", "", "", id="courtesy"),
        pytest.param("formation du 12/03/2019 à 8h30", "", "", "", id="figures"),
    ],
)
def test_words_that_no_passage_holds(asked: str, uncertain: str, missing: str, missing_names: str) -> None:
    question = read(asked, KNOWLEDGE)
    assert question.uncertain == tuple(uncertain.split())
    assert question.missing == tuple(missing.split())
    assert question.missing_names == tuple(missing_names.split())


@pytest.mark.parametrize(
    "asked",
    [
        "for\u00adma\u00adtion",
        "forma\u200btion",
        "\ufeffformation\u2060",
        "\u202aformation\u202c",
        "Hello, formation 🙂",
    ],
)
def test_what_shows_nothing_is_left_out(asked: str) -> None:
    assert read(asked, KNOWLEDGE).variants == ("formation",)


@pytest.mark.parametrize(
    ("asked", "corrected"),
    [("Bennanie", {"Bennanie": "Bennani"}), ("bennani", {}), ("ibuprofènes", {}), ("formations", {})],
)
def test_a_name_is_held_in_one_form_only(asked: str, corrected: dict[str, str]) -> None:
    stemming = replace(KNOWLEDGE, known=lambda word: word[:6] in {known[:6] for known in CORPUS})
    question = read(asked, stemming)
    assert question.corrected == corrected
    assert question.uncertain == question.missing == tuple(corrected)


def test_what_is_corrected_is_expanded_too() -> None:
    found = read("oncolgie au CHU", KNOWLEDGE)
    assert found.variants == (
        "oncolgie au CHU",
        "oncologie au CHU",
        "oncologie au CHU (centre hospitalier universitaire)",
    )


def test_there_are_never_more_variants_than_are_searched() -> None:
    found = read("oncolgie au CHU et à l'UM6SS, centre hospitalier universitaire", KNOWLEDGE)
    assert len(found.variants) == MOST
    assert len(set(found.variants)) == MOST


ODD = {
    "one stop word": "le",
    "stop words": "où est-ce que the of",
    "punctuation": "?!… — ;",
    "digits": "2021",
    "many digits": "1" * 1000,
    "1 000 letters": "a" * 1000,
    "1 000 characters of words": "mot " * 249 + "mots",
    "1 000 dots": "." * 1000,
    "1 000 apostrophes": "l'" * 500,
    "mixed scripts": "formation التكوين обучение 研修 ஃ",
    "a field": "body_fr:formation AND row:[0 TO 3]",
    "a quote": '"',
    "an open quote": '"formation continue',
    "a star": "*",
    "a prefix": "form*",
    "a slip": "formation~2",
    "AND": "AND",
    "OR NOT": "OR NOT formation",
    "a bracket": "(",
    "brackets": ")))((",
    "a backslash": "\\",
    "plus and minus": "+formation -oncologie",
    "a boost": "formation^5",
    "a range": "[a TO z}",
    "IN": "row: IN [1 2]",
    "a slash": "/form.*/",
    "an accent by itself": "\u0301",
    "one that folds to blanks": "\ufdfa \u037a",
    "a last letter": "\ud7fb\ud7fb\ud7fb\ud7fb",
    "a wide letter": "𝓯𝓸𝓻𝓶𝓪𝓽𝓲𝓸𝓷",
    "far letters": "𪘀𪘀𪘀𪘀𪘀",
    "SQL": "'; DROP TABLE passages; --",
    "percent": "%_%",
}


@pytest.mark.parametrize("question", [pytest.param(text, id=name) for name, text in ODD.items()])
def test_an_odd_question_is_plain_text(client: TestClient, question: str) -> None:
    response = client.post("/search", json={"q": question})
    assert response.status_code == 200, response.text
    answer = response.json()
    assert answer["query"] == question
    assert answer["hits"]
    assert all(hit["score"] == hit["score"] for hit in answer["hits"])


def test_marks_that_are_no_operators_are_ignored(client: TestClient) -> None:
    plain = client.post("/search", json={"q": "formation AND oncologie"}).json()["hits"]
    marked = client.post("/search", json={"q": "+formation AND (oncologie)*"}).json()["hits"]
    assert plain == marked
