"""What is courtesy in a question, and what is asked for."""

from __future__ import annotations

import time

import pytest

from service.search.courtesy import without_courtesy

QUESTION = "horaires de la piscine"


def corpus(word: str) -> bool:
    """Whether the corpus of these tests holds a word."""
    return word in {"bonjour", "piscine"}


@pytest.mark.parametrize(
    "typed",
    [
        "Bonsoir, horaires de la piscine",
        "Salut ! horaires de la piscine stp",
        "hello horaires de la piscine",
        "bonjour horaires de la piscine svp",
        "Madame, Monsieur, horaires de la piscine",
        "Bonjour à tous,\nhoraires de la piscine\nBonne soirée",
        "horaires de la piscine, merci beaucoup 😊 !",
        "horaires de la piscine merci",
        "horaires de la piscine s’il vous plaît",
        "svp horaires de la piscine",
        "horaires svp de la piscine",
        "Merci de m’indiquer horaires de la piscine. Cordialement, Zoé Le Gall",
        "horaires de la piscine. Je vous remercie d'avance pour votre aide",
        "horaires de la piscine, thank you very much for your help",
        "Excusez-moi, horaires de la piscine",
        "Question : horaires de la piscine",
        "slt horaires de la piscine s.v.p.",
        "Bonjour et merci d'avance, horaires de la piscine",
        "pouvez vous me dire horaires de la piscine, mrc bcp",
        "Serait-il possible de connaître horaires de la piscine",
        "dis moi horaires de la piscine, bonne soirée à vous",
        "🏊 horaires de la piscine :-)",
    ],
)
def test_courtesy_is_left_out(typed: str) -> None:
    assert without_courtesy(typed, corpus).rstrip(".") == QUESTION


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("Bonjour, pourriez-vous m'indiquer où nager ?", "où nager ?"),
        ("bonjour où nager ?", "où nager ?"),
        ("Je voudrais savoir s'il faut un bonnet svp ?", "il faut un bonnet ?"),
        ("J'aimerais savoir si on peut nager", "on peut nager"),
        ("Could you please tell me if the pool is open? Thanks", "the pool is open?"),
        ("Dear all, I'd like to know who swims. Kind regards", "who swims."),
        ("May I know who swims?", "who swims?"),
        ("I'd be grateful if you could tell me who swims", "who swims"),
        ("please list the pools", "list the pools"),
        ("Where is the pool, please?", "Where is the pool ?"),
        ("Bonjour, tous les bassins ouvrent-ils ?", "tous les bassins ouvrent-ils ?"),
        ("Hi, there are slides?", "there are slides?"),
        ("Hi there, any slides?", "any slides?"),
        ("Bonjour, docteur Nageur est-il là ?", "docteur Nageur est-il là ?"),
        ("Bonjour docteur, j'ai mal", "j'ai mal"),
        ("Peux-tu me dire stp où nager", "où nager"),
    ],
)
def test_polite_frames_are_left_out(typed: str, expected: str) -> None:
    assert without_courtesy(typed, corpus) == expected


@pytest.mark.parametrize(
    "typed",
    [
        "Bonjour tristesse",
        "Bonjour",
        "Merci !",
        "🙏 🙏",
        "comment dire merci ?",
        "le mot merci",
        "que veut dire s'il vous plaît",
        "how to say thank you",
        "laissé à la merci",
        "Pourquoi ne répondent-ils plus merci ?",
        'Que veut dire "svp" dans un courriel ?',
        "lettre « s'il vous plaît » à écrire",
        "Please Please Me",
        "thank you letter",
        "Pardon aux victimes",
        "avoir bonne journée",
        "Monsieur Dupont est-il là ?",
        "",
    ],
)
def test_what_is_asked_for_stays(typed: str) -> None:
    assert without_courtesy(typed, corpus) == typed


@pytest.mark.parametrize(
    "piece", ["-", " ", "merci ", "a ", "bonjour ", "svp,", "je vous remercie ", "!", ", ", "« svp "]
)
def test_no_question_takes_long(piece: str) -> None:
    begun = time.monotonic()
    without_courtesy((piece * 1000)[:1000], corpus)
    assert time.monotonic() - begun < 2
