"""Blocks of a page → which of them are its text."""

import pytest

from indexer.readers.html import furniture, read_html
from indexer.readers.html.furniture import is_text
from indexer.readers.html.walk import WalkedBlock
from indexer.records import BlockKind

LONG = "Une phrase du texte, bien assez longue pour que nul ne la prenne pour le libellé d’un menu. "
NAMED = WalkedBlock(BlockKind.PARAGRAPH, LONG)
VERDICT = "unephrasedutextebienassezlonguepourquenulnelaprennepourlelibelléd’unmenu".replace("’", "")


def block(
    text: str, kind: BlockKind = BlockKind.PARAGRAPH, linked: int = 0, doubted: bool = False
) -> WalkedBlock:
    return WalkedBlock(kind, text, 2 if kind is BlockKind.HEADING else 0, None, linked, doubted)


PROSE = "Un paragraphe que le juge n’a pas vu, mais qui parle assez longuement pour être du texte."


@pytest.mark.parametrize(
    ("between", "after", "kept"),
    [
        (block("Photo : AFP"), True, True),
        (block("Photo : AFP"), False, False),
        (block("À lire aussi", linked=12), True, False),
        (block(PROSE), False, True),
        (block(PROSE, linked=80), False, False),
        (block(PROSE, doubted=True), False, False),
        (block("x = 1", BlockKind.CODE), False, True),
        (block("Méthode", BlockKind.HEADING), True, True),
        (block("Méthode", BlockKind.HEADING, linked=7), True, True),
        (block("À la une", BlockKind.HEADING), False, False),
    ],
)
def test_what_a_block_is(between: WalkedBlock, after: bool, kept: bool) -> None:
    blocks = [NAMED] * 6 + [between] + [NAMED] * after
    assert is_text(blocks, VERDICT) == [True] * 6 + [kept] + [True] * after


@pytest.mark.parametrize("found", [0, 2])
def test_a_judge_who_has_missed_the_text_is_not_heard(found: int) -> None:
    blocks = [NAMED] * found + [block("Une entrée courte.")] * 60
    assert all(is_text(blocks, VERDICT))


def test_the_only_title_stays() -> None:
    title = WalkedBlock(BlockKind.HEADING, "Un titre", 1)
    assert is_text([title, block("Par la rédaction"), *[NAMED] * 6], VERDICT)[:2] == [True, False]


@pytest.mark.parametrize("fault", [ValueError("a fault"), RecursionError()])
def test_a_page_that_the_judge_fails_on_is_kept_whole(
    fault: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> str:
        raise fault

    monkeypatch.setattr("trafilatura.extract", fail)
    assert "Photo" in read_html(f"<body><p>Photo</p>{f'<p>{LONG}</p>' * 8}".encode()).text


def test_a_huge_page_is_not_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(furniture, "MOST_ELEMENTS", 5)
    assert "Photo" in read_html(f"<body><p>Photo</p>{f'<p>{LONG}</p>' * 8}".encode()).text
