"""Lists of names as French and English texts write them."""

import time

import pytest

from indexer.readers.metadata.names import parse_name, parse_names
from indexer.records import Name
from tests.indexer.work import calls


def read(text: str) -> list[str | tuple[str, str]]:
    return [name.literal or (name.family, name.given) for name in parse_names(text)]


DUPONT, MARTIN = ("Dupont", "Jean"), ("Martin", "Anne")


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Dupont, Jean; Martin, A.", [DUPONT, ("Martin", "A.")]),
        ("Dupont, Jean | Martin, Anne", [DUPONT, MARTIN]),
        ("Jean Dupont et Anne Martin", [DUPONT, MARTIN]),
        ("Jean Dupont & Anne Martin", [DUPONT, MARTIN]),
        ("Jean Dupont, Anne Martin, and John Roe", [DUPONT, MARTIN, ("Roe", "John")]),
        (
            "J.-P. Le Gall, M. de la Tour and A. O'Neil",
            [("Le Gall", "J.-P."), ("de la Tour", "M."), ("O'Neil", "A.")],
        ),
        ("Dupont, J., Martin, A., & Roe, J. K.", [("Dupont", "J."), ("Martin", "A."), ("Roe", "J. K.")]),
        ("Dupont J, Martin A-S, Le Gall JP", [("Dupont", "J"), ("Martin", "A-S"), ("Le Gall", "JP")]),
        ("DUPONT J., MARTIN A.", [("DUPONT", "J."), ("MARTIN", "A.")]),
        ("Dupont (J.), Martin (A.-S.)", [("Dupont", "J."), ("Martin", "A.-S.")]),
        ("DUPONT Jean, MARTIN Anne", [("DUPONT", "Jean"), ("MARTIN", "Anne")]),
        ("Dupont, Jean, Martin, Anne", [DUPONT, MARTIN]),
        ("Jean Dupont, Anne Martin", [DUPONT, MARTIN]),
        ("Jean Dupont1,2*, Anne Martin3", [DUPONT, MARTIN]),
        ("Jean Dupont (CHU de Lille), Anne Martin (Inserm)", [DUPONT, MARTIN]),
        ("Jean Dupont, Jean Dupont", [DUPONT]),
        ("Jean Dupont et al.", [DUPONT]),
        ("Dupont, J.; et coll.", [("Dupont", "J.")]),
        ("Dupont, J. and others", [("Dupont", "J.")]),
        ("Jean Dupont, MD, PhD", [DUPONT]),
        ("Martin Luther King, Jr.", [("King Jr.", "Martin Luther")]),
        ("Dr Anne Martin, CHU de Lille", [MARTIN]),
        ("Jean Dupont, Faculté de médecine, Université de Lille", [DUPONT]),
        ("Jean Dupont, infirmier", [DUPONT]),
        ("Abdou Diouf, Léopold Sédar Senghor", [("Diouf", "Abdou"), ("Senghor", "Léopold Sédar")]),
        ("Jean Dupont et le service des urgences", [DUPONT, "le service des urgences"]),
        ("Ministère de la Santé et de la Prévention", ["Ministère de la Santé et de la Prévention"]),
        ("CHU de Lille et Université de Lille", ["CHU de Lille", "Université de Lille"]),
        ("Université de Lille, Faculté de médecine", ["Université de Lille, Faculté de médecine"]),
        ("Inserm, CNRS", ["Inserm", "CNRS"]),
        ("Sciences et Avenir", ["Sciences et Avenir"]),
        ("Pierre et Marie Curie", ["Pierre et Marie Curie"]),
        ("", []),
        (" ; , ", []),
        ("et al.", []),
    ],
)
def test_parse_names(text: str, names: list[str | tuple[str, str]]) -> None:
    assert read(text) == names


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Jean Dupont", DUPONT),
        ("Dupont, Jean", DUPONT),
        ("DUPONT Jean", ("DUPONT", "Jean")),
        ("Jean DUPONT", ("DUPONT", "Jean")),
        ("JEAN DUPONT", ("DUPONT", "JEAN")),
        ("Jean-Pierre DE LA TOUR", ("DE LA TOUR", "Jean-Pierre")),
        ("M. Jean Dupont", DUPONT),
        ("Mme le Dr Anne Martin", "le Dr Anne Martin"),
        ("Pr Anne Martin", MARTIN),
        ("M. Dupont", ("Dupont", "M.")),
        ("Marie de la Tour", ("de la Tour", "Marie")),
        ("de la Tour, Marie", ("de la Tour", "Marie")),
        ("Marie d’Ormesson", ("d’Ormesson", "Marie")),
        ("Ludwig van Beethoven", ("van Beethoven", "Ludwig")),
        ("Mohamed Ben Salah", ("Ben Salah", "Mohamed")),
        ("Le Gall, Jean Pierre", ("Le Gall", "Jean Pierre")),
        ("García Márquez, Gabriel José", ("García Márquez", "Gabriel José")),
        ("Dupont-Martin, Anne-Sophie", ("Dupont-Martin", "Anne-Sophie")),
        ("J. R. R. Tolkien", ("Tolkien", "J. R. R.")),
        ("King, Martin Luther, Jr.", ("King Jr.", "Martin Luther")),
        ("UM6SS", "UM6SS"),
        ("Santé publique France", "Santé publique France"),
        ("World Health Organization", "World Health Organization"),
        ("Haute Autorité de santé", "Haute Autorité de santé"),
        ("Rédaction de l’UM6SS", "Rédaction de l’UM6SS"),
        ("The Lancet", "The Lancet"),
        ("Voltaire", "Voltaire"),
        ("a@b.fr", "a@b.fr"),
    ],
)
def test_parse_name(text: str, name: str | tuple[str, str]) -> None:
    found = parse_name(text)
    assert (found.literal or (found.family, found.given)) == name


def test_a_name_is_spoken_given_name_first() -> None:
    assert Name("de la Tour", "Marie").spoken == "Marie de la Tour"
    assert Name(literal="CHU de Fès").spoken == "CHU de Fès"


@pytest.mark.parametrize("text", ["A " * 50_000, "Jean de la " * 10_000, "(" * 50_000, "A.-" * 30_000 + "b"])
def test_a_long_text_takes_no_time(text: str) -> None:
    begun = time.perf_counter()
    parse_names(text[:5000])
    assert time.perf_counter() - begun < 1


@pytest.mark.parametrize("word", ["von ", "A. ", "Dupont ", "et "])
def test_twice_as_long_a_name_is_twice_the_work(word: str) -> None:
    once, twice = (calls(lambda times=times: parse_name(word * times)) for times in (1_000, 2_000))  # type: ignore[misc]
    assert twice <= 2.5 * once
