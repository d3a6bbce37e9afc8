"""The title of a document and the heading it becomes."""

import pytest

from indexer.readers.metadata.titles import LONGEST_OPENING, choose_title, opening, readable
from indexer.records import Block, BlockKind
from tests.indexer.documents import block

BODY = "Le corps du texte, assez long pour en être un."


@pytest.mark.parametrize(
    ("blocks", "title"),
    [
        ([block("Un titre", 1), block(BODY)], "Un titre"),
        ([block("Accroche."), block("Un titre", 1), block(BODY)], "Un titre"),
        ([block("Un titre"), block(BODY)], "Un titre"),
        ([block("Qui sommes-nous ?"), block(BODY)], "Qui sommes-nous ?"),
        ([block("Menu"), block("13/11/2024"), block("Un titre"), block(BODY)], "Un titre"),
        ([block("Par Jean Roux"), block("Un titre"), block(BODY)], "Un titre"),
        ([block("Par ici la sortie"), block(BODY)], "Par ici la sortie"),
        ([block("http://a.b/c"), block("Logo de l’école"), block("Un titre"), block(BODY)], "Un titre"),
        ([block("13/11/2024\nUn titre\nRabat"), block(BODY)], "Un titre"),
        ([block("Une section", 2), block(BODY)], "Une section"),
        ([block(BODY), block("Une section", 3), block(BODY)], "Une section"),
        ([block("Bonjour,"), block(BODY)], "Bonjour,"),
        ([block(BODY)], BODY.rstrip(".")),
        ([block("13/11/2024")], "mon article"),
    ],
)
def test_choose_title(blocks: list[Block], title: str) -> None:
    assert choose_title(blocks, "mon_article")[0] == title


def test_the_line_chosen_becomes_a_heading_and_nothing_is_lost() -> None:
    _, blocks = choose_title([block("13/11/2024\nUn titre\nRabat"), block(BODY)], "x")
    assert [(piece.kind, piece.level, piece.content.text, piece.content.start) for piece in blocks] == [
        (BlockKind.PARAGRAPH, 0, "13/11/2024", 0),
        (BlockKind.HEADING, 1, "Un titre", 11),
        (BlockKind.PARAGRAPH, 0, "Rabat", 20),
        (BlockKind.PARAGRAPH, 0, BODY, 0),
    ]


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("Une phrase courte. Une autre.", "Une phrase courte"),
        ("Qui vient ? Personne.", "Qui vient ?"),
        (f"{'mot ' * 20}, {'mot ' * 20}", ("mot " * 20).strip() + "…"),
        ("mot " * 60, ("mot " * 30).strip() + "…"),
        ("m" * 500, "m" * LONGEST_OPENING + "…"),
    ],
)
def test_opening(text: str, title: str) -> None:
    assert opening(text) == title


def test_readable() -> None:
    assert readable("mon_article-sur__l'eau") == "mon article sur l'eau"
