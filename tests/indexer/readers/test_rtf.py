"""RTF files → text and blocks."""

from __future__ import annotations

import pytest

from indexer.readers.extraction import Unreadable
from indexer.readers.rtf import read_rtf
from indexer.records import BlockKind

H, P, LI, TR = BlockKind.HEADING, BlockKind.PARAGRAPH, BlockKind.LIST_ITEM, BlockKind.TABLE_ROW


def rtf(body: str, head: str = "") -> bytes:
    fonts = r"{\fonttbl{\f0\fswiss\fcharset0 Arial;}}"
    return (r"{\rtf1\ansi\ansicpg1252\deff0" + fonts + head + r"\pard " + body + "}").encode("cp1252")


def blocks(data: bytes) -> list[tuple[BlockKind, int, str]]:
    return [(block.kind, block.level, block.content.text) for block in read_rtf(data).blocks]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (r"l'\'e9t\'e9 \u339\'9cuvre \'ab oui \'bb", [(P, 0, "l'été œuvre « oui »")]),
        (r"l{\'92}h\'f4pital \u-10187?\u-9216?", [(P, 0, "l’hôpital 𝐀")]),
        (r"un\par deux", [(P, 0, "un"), (P, 0, "deux")]),
        (r"{\pict\wmetafile8 0102abcd}apr\'e8s", [(P, 0, "après")]),
        (r"avant{\*\shppict{\pict\bin4 }}{{}}apr\'e8s", [(P, 0, "avantaprès")]),
        (r"du {\deleted texte }reste {\v secret}ici", [(P, 0, "du reste ici")]),
        (
            r"un mot{\super\chftn{\footnote\pard La {\i note}.}} ici\par puis",
            [(P, 0, "un mot ici"), (P, 0, "puis"), (P, 0, "La note.")],
        ),
        (
            r'voir {\field{\*\fldinst HYPERLINK "http://a.b/"}{\fldrslt le site}} ici',
            [(P, 0, "voir le site ici")],
        ),
        (
            r"\trowd R\'e9gion\cell Lits\cell\row Rabat\cell 200\cell\row\pard fin",
            [(TR, 0, "Région | Lits"), (TR, 0, "Rabat | 200"), (P, 0, "fin")],
        ),
        (r"{\listtext\'b7\tab}un\par{\listtext\'b7\tab}deux", [(LI, 1, "un"), (LI, 1, "deux")]),
        (r"\pard\outlinelevel1 M\'e9thodes\par\pard suite", [(H, 2, "Méthodes"), (P, 0, "suite")]),
        (r"{\i0\*\cs7 dans un groupe}", [(P, 0, "dans un groupe")]),
    ],
)
def test_the_blocks_of_a_body(body: str, expected: list[tuple[BlockKind, int, str]]) -> None:
    assert blocks(rtf(body)) == expected


def test_styles_of_headings_count() -> None:
    styles = r"{\stylesheet{\s0 Normal;}{\s3\b\sbasedon0 heading 1;}{\s14\b titre 2;}}"
    body = r"\pard\s3 Plan\par\pard\s0 texte\par\pard\s14 Suite\par"
    assert blocks(rtf(body, styles)) == [(H, 1, "Plan"), (P, 0, "texte"), (H, 2, "Suite")]


def test_the_title_and_author_declared() -> None:
    info = r"{\info{\title L'\'e9tude du cœur}{\author Am\'e9lie Roux}{\operator x}}".replace("œ", r"\'9c")
    declared = read_rtf(rtf(r"L'\'e9tude du c\'9cur\par Le texte.", info)).metadata
    assert (declared.title, declared.authors[0].spoken) == ("L'étude du cœur", "Amélie Roux")


def test_another_code_page() -> None:
    data = rb"{\rtf1\ansi\ansicpg1250\deff0{\fonttbl{\f0 Arial;}}\pard za\'bf\'f3\'b3\'e6}"
    assert blocks(data) == [(P, 0, "zażółć")]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"Bonjour", "it is no RTF file, whatever its name; saved as DOCX or ODT it can be read"),
        (
            rtf(r"\u99999999 x"),
            "it is damaged: its RTF cannot be followed; saved as DOCX or ODT it may be read",
        ),
    ],
)
def test_what_is_no_rtf(data: bytes, reason: str) -> None:
    with pytest.raises(Unreadable) as caught:
        read_rtf(data)
    assert str(caught.value) == reason


@pytest.mark.parametrize("data", [rtf("un mot")[:-1], rtf("{un} mot") + b"}}}", rtf("{{{{ un mot")])
def test_files_cut_short_or_with_brackets_astray(data: bytes) -> None:
    assert "un" in read_rtf(data).text and "mot" in read_rtf(data).text


def test_a_hundred_thousand_groups_one_in_another() -> None:
    assert "mot" in read_rtf(rtf("{" * 100_000 + "mot" + "}" * 100_000)).text
