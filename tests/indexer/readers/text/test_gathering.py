"""Extracted pieces → a source text and blocks that stand in it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.readers.extraction import Unreadable
from indexer.readers.text.gathering import RawBlock, gather, one_line, table_row
from indexer.records import BlockKind

H, P, LI, TR, C = (
    BlockKind.HEADING,
    BlockKind.PARAGRAPH,
    BlockKind.LIST_ITEM,
    BlockKind.TABLE_ROW,
    BlockKind.CODE,
)


def test_the_text_reads_by_itself_and_blocks_stand_in_it() -> None:
    text, blocks = gather(
        [
            RawBlock(H, " Un\u00a0titre ", 1, 1),
            RawBlock(P, "e\u0301te\u0301,  vers\nla  fin"),
            RawBlock(LI, "un", 1),
            RawBlock(LI, "deux", 2),
            RawBlock(P, " — "),
            table_row(["a\nb", " ", "c"], 3),
            table_row(["d"]),
            RawBlock(C, "\n \n  if x:\r\n      y\n\n"),
        ]
    )
    assert text == "Un titre\n\nété, vers\nla fin\n\n- un\n  - deux\n\na b | c\nd\n\n  if x:\n      y"
    assert [(block.kind, block.content.text, block.level, block.page) for block in blocks] == [
        (H, "Un titre", 1, 1),
        (P, "été, vers\nla fin", 0, None),
        (LI, "un", 1, None),
        (LI, "deux", 2, None),
        (TR, "a b | c", 0, 3),
        (TR, "d", 0, None),
        (C, "if x:\ny", 0, None),
    ]
    assert [text[block.content.start : block.content.end] for block in blocks[:-1]] == [
        block.content.text for block in blocks[:-1]
    ]
    assert text[blocks[-1].content.start : blocks[-1].content.end] == "if x:\n      y"


@given(
    st.lists(st.tuples(st.sampled_from([P, LI, C]), st.text(st.sampled_from("ab é\n\t\u00a0\u200b\u0301"))))
)
def test_every_letter_stands_where_its_span_says(drawn: list[tuple[BlockKind, str]]) -> None:
    text, blocks = gather(RawBlock(kind, body, int(kind is LI)) for kind, body in drawn)
    reached = 0
    for block in blocks:
        assert reached <= block.content.start
        reached = block.content.end
        for char, start, end in zip(
            block.content.text, block.content.starts, block.content.ends, strict=True
        ):
            assert char not in "ab" or text[start:end] == char


def test_what_no_text_can_hold_is_shown_as_such() -> None:
    text, _ = gather([RawBlock(P, "a\ud800b\x00c")])
    assert text.encode() == "a\ufffdb\ufffdc".encode()


def test_one_line() -> None:
    assert one_line(" Un\n titre\u00a0: ") == "Un titre :"


def test_a_text_without_end_is_refused() -> None:
    endless = (RawBlock(P, "mot " * 1000) for _ in iter(int, 1))
    with pytest.raises(Unreadable, match="it holds more than 1 million characters"):
        gather(endless, most_characters=2**20)
