"""ODP files, packed and flat → slides, their blocks and pages."""

from __future__ import annotations

import pytest

from indexer.readers.extraction import Unreadable
from indexer.readers.odp import read_odp
from indexer.readers.odt import read_odt
from indexer.records import BlockKind
from tests.indexer.archives import ODF, zipped

H, P, LI = BlockKind.HEADING, BlockKind.PARAGRAPH, BlockKind.LIST_ITEM
PRESENTATION = 'xmlns:presentation="urn:oasis:names:tc:opendocument:xmlns:presentation:1.0"'


def frame(text: str, kind: str = "") -> str:
    chosen = f' presentation:class="{kind}"' if kind else ""
    return f"<draw:frame{chosen}><draw:text-box>{text}</draw:text-box></draw:frame>"


SLIDES = (
    "<draw:page>"
    + frame("<text:p>Amina Berrada</text:p>", "subtitle")
    + frame("<text:p>Le cœur</text:p>", "title")
    + "<presentation:notes>"
    + frame("<text:p>À dire</text:p>", "notes")
    + frame("<text:p>1</text:p>", "page")
    + "</presentation:notes></draw:page>"
    + "<draw:page>"
    + frame("<text:p>Méthodes</text:p>", "title")
    + frame("<text:list><text:list-item><text:p>un</text:p></text:list-item></text:list>", "outline")
    + frame("<text:p>pied</text:p>", "footer")
    + "<draw:custom-shape><text:p>une forme</text:p></draw:custom-shape></draw:page>"
)
BODY = f"<office:body><office:presentation>{SLIDES}</office:presentation></office:body>"
BLOCKS = [
    (H, 1, 1, "Le cœur"),
    (P, 0, 1, "Amina Berrada"),
    (P, 0, 1, "À dire"),
    (H, 2, 2, "Méthodes"),
    (LI, 1, 2, "un"),
    (P, 0, 2, "une forme"),
]


@pytest.mark.parametrize(
    "data",
    [
        zipped(
            {"content.xml": f"<office:document-content {ODF} {PRESENTATION}>{BODY}</office:document-content>"}
        ),
        f"\ufeff<?xml version='1.0'?><office:document {ODF} {PRESENTATION}>{BODY}</office:document>".encode(),
    ],
    ids=["packed", "flat"],
)
def test_titles_are_headings_and_slides_are_pages(data: bytes) -> None:
    found = read_odp(data)
    assert [(each.kind, each.level, each.page, each.content.text) for each in found.blocks] == BLOCKS


def test_a_flat_text_is_read_without_its_pictures() -> None:
    data = "<office:binary-data>iVBORw0KGgo</office:binary-data>"
    picture = f"<draw:frame><draw:image>{data}</draw:image></draw:frame>"
    flat = (
        f"<office:document {ODF}><office:meta><meta:initial-creator>Amina Berrada</meta:initial-creator>"
        f"</office:meta><office:body><office:text><text:p>Un mot{picture}</text:p></office:text>"
        "</office:body></office:document>"
    )
    found = read_odt(flat.encode())
    assert [block.content.text for block in found.blocks] == ["Un mot"]
    assert [name.spoken for name in found.metadata.authors] == ["Amina Berrada"]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"<office", "it is damaged: its text is no XML"),
        (
            zipped({"content.xml": f"<office:document-content {ODF}/>"}),
            "it is damaged: it holds no presentation",
        ),
    ],
)
def test_damaged_files(data: bytes, reason: str) -> None:
    with pytest.raises(Unreadable) as caught:
        read_odp(data)
    assert str(caught.value) == reason
