"""PPTX files → slides, their blocks and pages."""

from __future__ import annotations

import pytest

from indexer.readers.extraction import Unreadable
from indexer.readers.pptx import read_pptx
from indexer.records import BlockKind
from tests.indexer.archives import zipped

H, P, LI, TR = BlockKind.HEADING, BlockKind.PARAGRAPH, BlockKind.LIST_ITEM, BlockKind.TABLE_ROW
NAMES = (
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    'xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" '
    'xmlns:dgm="http://schemas.openxmlformats.org/drawingml/2006/diagram"'
)


def p(text: str, level: int | None = None) -> str:
    properties = "" if level is None else f'<a:pPr lvl="{level}"/>'
    return f"<a:p>{properties}<a:r><a:t>{text}</a:t></a:r></a:p>"


def shape(*paragraphs: str, fills: str | None = None) -> str:
    placeholder = "" if fills is None else f"<p:ph {fills}/>"
    body = "".join(paragraphs)
    return f"<p:sp><p:nvSpPr><p:nvPr>{placeholder}</p:nvPr></p:nvSpPr><p:txBody>{body}</p:txBody></p:sp>"


def frame(content: str) -> str:
    return f"<p:graphicFrame><a:graphic><a:graphicData>{content}</a:graphicData></a:graphic></p:graphicFrame>"


def table(*rows: tuple[str, ...]) -> str:
    cells = (
        "<a:tr>" + "".join(f"<a:tc><a:txBody>{p(cell)}</a:txBody></a:tc>" for cell in row) + "</a:tr>"
        for row in rows
    )
    return frame(f"<a:tbl>{''.join(cells)}</a:tbl>")


def relations(**parts: tuple[str, str]) -> str:
    each = (
        f'<Relationship Id="{name}" Type="http://x/{kind}" Target="{target}"/>'
        for name, (kind, target) in parts.items()
    )
    return f"<Relationships>{''.join(each)}</Relationships>"


def pptx(*slides: str, extra: dict[str, str] | None = None) -> bytes:
    """Return a presentation of these slides, each the shapes on it; the last in the archive comes first."""
    numbered = {f"s{number}": ("slide", f"slides/slide{number}.xml") for number in range(len(slides))}
    listed = "".join(f'<p:sldId r:id="{name}"/>' for name in numbered)
    parts = {
        "_rels/.rels": relations(r1=("officeDocument", "/ppt/presentation.xml")),
        "ppt/presentation.xml": f"<p:presentation {NAMES}><p:sldIdLst>{listed}</p:sldIdLst></p:presentation>",
        "ppt/_rels/presentation.xml.rels": relations(**numbered),
    }
    for number, shapes in reversed(list(enumerate(slides))):
        tree = f"<p:cSld><p:spTree>{shapes}</p:spTree></p:cSld>"
        parts[f"ppt/slides/slide{number}.xml"] = f"<p:sld {NAMES}>{tree}</p:sld>"
    return zipped({**parts, **(extra or {})})


def read(data: bytes) -> list[tuple[BlockKind, int, int | None, str]]:
    return [(block.kind, block.level, block.page, block.content.text) for block in read_pptx(data).blocks]


def test_titles_are_headings_and_slides_are_pages() -> None:
    first = shape(p("Docteure Amina Berrada")) + shape(p("Le cœur"), p("et l’œuvre"), fills='type="ctrTitle"')
    second = (
        shape(p("Méthodes"), fills='type="title"')
        + shape(p("Cohorte"), p("de 50 µg/L", 1), fills='idx="1"')
        + shape(p("12"), fills='type="sldNum"')
        + shape(p("pied"), fills='type="ftr"')
        + f"<p:grpSp>{shape(p('dans un groupe'))}</p:grpSp>"
        + table(("Région", "Lits"), ("Rabat", "200"))
    )
    assert read(pptx(first, second)) == [
        (H, 1, 1, "Le cœur et l’œuvre"),
        (P, 0, 1, "Docteure Amina Berrada"),
        (H, 2, 2, "Méthodes"),
        (LI, 1, 2, "Cohorte"),
        (LI, 2, 2, "de 50 µg/L"),
        (P, 0, 2, "dans un groupe"),
        (TR, 0, 2, "Région | Lits"),
        (TR, 0, 2, "Rabat | 200"),
    ]


def test_notes_diagrams_and_charts_come_from_parts_of_their_own() -> None:
    slide = (
        shape(p("Titre"), fills='type="title"') + frame('<dgm:relIds r:dm="d1"/>') + frame('<c r:id="c1"/>')
    ).replace("<c ", '<c:chart xmlns:c="http://x/chart" ')
    note = shape(p("À dire"), fills='type="body"') + shape(p("1"), fills='type="sldNum"')
    extra = {
        "ppt/slides/_rels/slide0.xml.rels": relations(
            n1=("notesSlide", "../notesSlides/n.xml"),
            d1=("diagramData", "../d.xml"),
            c1=("chart", "../c.xml"),
        ),
        "ppt/notesSlides/n.xml": (f"<p:notes {NAMES}><p:cSld><p:spTree>{note}</p:spTree></p:cSld></p:notes>"),
        "ppt/d.xml": f"<dgm:dataModel {NAMES}><dgm:pt><dgm:t>{p('Étape')}</dgm:t></dgm:pt></dgm:dataModel>",
        "ppt/c.xml": f"<c {NAMES}><title>{p('Lits par région')}</title></c>",
    }
    assert read(pptx(slide, extra=extra)) == [
        (H, 1, 1, "Titre"),
        (LI, 1, 1, "Étape"),
        (LI, 1, 1, "Lits par région"),
        (P, 0, 1, "À dire"),
    ]


def test_an_alternative_is_read_once_and_a_line_break_stays() -> None:
    slide = (
        "<mc:AlternateContent xmlns:mc='http://x'><mc:Choice>"
        + shape("<a:p><a:r><a:t>un</a:t></a:r><a:br/><a:r><a:t>deux</a:t></a:r></a:p>")
        + "</mc:Choice><mc:Fallback>"
        + shape(p("autre"))
        + "</mc:Fallback></mc:AlternateContent>"
    )
    assert read(pptx(slide)) == [(P, 0, 1, "un\ndeux")]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"PK\x03\x04", "it is damaged: its ZIP archive cannot be opened"),
        (pptx(shape(p("mot")))[:-30], "it is damaged: its ZIP archive cannot be opened"),
        (
            zipped({"ppt/presentation.xml": "<p/>"}),
            "it is damaged: ppt/presentation.xml lists no slides",
        ),
        (
            pptx(shape(p("mot")), extra={"ppt/slides/slide0.xml": "<"}),
            "it is damaged: ppt/slides/slide0.xml is no XML",
        ),
    ],
)
def test_damaged_files(data: bytes, reason: str) -> None:
    with pytest.raises(Unreadable) as caught:
        read_pptx(data)
    assert str(caught.value) == reason
