"""Sentence boundaries in French and English, by tables; and what holds for any text."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.passages.sentences import split

WHOLE = [
    "Le Pr. Nejjari préside l'université.",
    "M. El Mandjra et Mme. Alaoui sont venus.",
    "Le Dr. Dr. Benali signe.",
    "Athènes, 300 av. J.-C. Aristote y enseigne.",
    "Des fruits, p. ex. Pommes, poires et figues.",
    "Selon l'art. 3 et la fig. 2, p. 14, tout va.",
    "La dose est de 3.5 mg, soit 2,5 g par mois.",
    "Le janv. 2020 et le sept. 2021 furent froids.",
    "Il hésite… puis il part ... sans un mot.",
    "« Viens ! » dit-elle.",
    "Quoi ? demande-t-il.",
    "J. R. R. Tolkien et A.B. Dupont écrivent.",
    "Écrire à p.nom@um6ss.ma ou voir www.um6ss.ma/index.html pour plus.",
    "Dr. Who vs. the U.S. Senate, e.g. Mr. Smith, Ph.D. Student.",
    "See no. 5, vol. 2, pp. 12–14 and Fig. 3.",
    "1. Le patient consulte.",
    "12. Discussion",
    "b. Objectives",
    "version 3.11.7 of it",
    "...",
    "un titre sans point",
]


@pytest.mark.parametrize("text", WHOLE)
def test_one_sentence_is_not_cut(text: str) -> None:
    assert split(text) == [(0, len(text))]


@pytest.mark.parametrize(
    "sentences",
    [
        ["Il est né en 1933.", "Il écrit."],
        ["Rendez-vous à 15 h 30.", "Le train part."],
        ["Il attend…", "Puis il part...", "Enfin !", "Quoi ?", "Rien ?!", "Oui."],
        ["« Viens. »", "Il vient."],
        ["Il dit « non ».", "« Oui », dit-elle."],
        ["He said (yes).", '"Really?"', "She left.", "“Never.”", "(Sic.)", "End."],
        ["C'est « tout ».", "— Vraiment ?", "– Oui."],
        ["Écrire à p.nom@um6ss.ma.", "Voir www.um6ss.ma.", "Fin."],
        ["Des pommes, des poires, etc.", "Les figues sont rares."],
        ["He loves art.", "The museum is shut.", "He said no.", "The end."],
        ["L'effort dure 5 min.", "Le patient se repose."],
        ["1. Le patient va.", "2. Il sort.", "3. Fin."],
        ["La dose est de 3.5.", "2 patients en prennent."],
        ["École fermée.", "À demain.", "Œuvre utile."],
        ["ممرضة جديدة.", "هل تعمل؟", "نعم."],
    ],
)
def test_sentences_are_told_apart(sentences: list[str]) -> None:
    text = " ".join(sentences)
    assert [text[start:end] for start, end in split(text)] == sentences


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("他来了。她走了！「好。」再见", ["他来了。", "她走了！", "「好。」", "再见"]),
        ("une ligne\nla suite. fin", ["une ligne", "la suite. fin"]),
        ("  A b.\t\u00a0C d.  \n\n \n E ", ["A b.", "C d.", "E"]),
        ("M.\nDupont", ["M.", "Dupont"]),
        ("« Non\u202f!\u00a0» Il part.", ["« Non\u202f!\u00a0»", "Il part."]),
        ("", []),
        (" \n\t ", []),
    ],
)
def test_lines_and_spaces(text: str, sentences: list[str]) -> None:
    assert [text[start:end] for start, end in split(text)] == sentences


PIECES = st.sampled_from([*".!?…。\n \t»«\"'()[]-", "M", "a", "É", "3", "Pr", "av", " J.-C.", "他", "\u00a0"])


@given(st.one_of(st.text(), st.lists(PIECES, max_size=60).map("".join)))
def test_each_visible_character_stands_in_one_span(text: str) -> None:
    covered: list[int] = []
    for start, end in split(text):
        assert text[start:end] == text[start:end].strip() != ""
        assert "\n" not in text[start:end]
        covered += range(start, end)
    assert covered == sorted(set(covered))
    assert not "".join(text[at] for at in set(range(len(text))) - set(covered)).strip()


@pytest.mark.parametrize(
    "unit", [".", "a", "'", ".'", "A.", ". ", "a. ", ". -", ". »", ' "', ". '", "。", "..."], ids=repr
)
def test_time_grows_with_length_alone(unit: str) -> None:
    text = unit * (1_000_000 // len(unit))
    begun = time.monotonic()
    spans = split(text)
    assert time.monotonic() - begun < 4
    assert spans[0][0] <= 1 and spans[-1][1] >= len(text) - 1
