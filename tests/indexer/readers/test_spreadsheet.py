"""Workbooks → sheets as sections and pages, rows as table rows."""

from __future__ import annotations

import pytest

from indexer.readers.extraction import Unreadable
from indexer.readers.spreadsheet import read_workbook
from indexer.records import BlockKind
from tests.indexer.archives import ODF, zipped
from tests.indexer.ole_files import ole

H, TR = BlockKind.HEADING, BlockKind.TABLE_ROW
MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="xml" ContentType="application/xml"/></Types>'
)


def text(value: str) -> str:
    return f'<c t="inlineStr"><is><t>{value}</t></is></c>'


def number(value: str, style: int = 0) -> str:
    return f'<c s="{style}"><v>{value}</v></c>'


def xlsx(*sheets: tuple[str, str, list[list[str]]]) -> bytes:
    """Return a workbook of these sheets: name, attributes, and the cells of each row."""
    listed = relations = ""
    parts: dict[str, str | bytes] = {"[Content_Types].xml": TYPES}
    for at, (name, attributes, rows) in enumerate(sheets, 1):
        listed += f'<sheet name="{name}" sheetId="{at}" r:id="r{at}" {attributes}/>'
        relations += f'<Relationship Id="r{at}" Type="{RELATIONS}/worksheet" Target="worksheets/s{at}.xml"/>'
        body = "".join(f"<row>{''.join(row)}</row>" for row in rows)
        parts[f"xl/worksheets/s{at}.xml"] = f"<worksheet {MAIN}><sheetData>{body}</sheetData></worksheet>"
    head = 'xmlns="http://schemas.openxmlformats.org/package/2006/relationships"'
    return zipped(
        {
            **parts,
            "_rels/.rels": f'<Relationships {head}><Relationship Id="r1" Type="{RELATIONS}/officeDocument" '
            'Target="xl/workbook.xml"/></Relationships>',
            "xl/workbook.xml": f'<workbook {MAIN} xmlns:r="{RELATIONS}"><sheets>{listed}</sheets></workbook>',
            "xl/_rels/workbook.xml.rels": f"<Relationships {head}>{relations}</Relationships>",
            "xl/styles.xml": f'<styleSheet {MAIN}><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs>'
            "</styleSheet>",
        }
    )


def blocks(data: bytes) -> list[tuple[BlockKind, int, int | None, str]]:
    return [(each.kind, each.level, each.page, each.content.text) for each in read_workbook(data).blocks]


def test_sheets_are_sections_and_pages() -> None:
    data = xlsx(
        (
            "Lits par région",
            "",
            [
                [text("Région"), text("Lits"), text("Relevé")],
                [text("Drâa-Tafilalet"), number("200"), number("43908", 1)],
                [text(""), number("12.50"), '<c t="b"><v>1</v></c>'],
                [],
            ],
        ),
        ("Listes", 'state="hidden"', [[text("caché")]]),
        ("Notes", "", [[text("cœur"), text("2 | 3")]]),
    )
    assert blocks(data) == [
        (H, 2, 1, "Lits par région"),
        (TR, 0, 1, "Région | Lits | Relevé"),
        (TR, 0, 1, "Drâa-Tafilalet | 200 | 2020-03-18"),
        (TR, 0, 1, "12.5"),
        (H, 2, 3, "Notes"),
        (TR, 0, 3, "cœur | 2 | 3"),
    ]


def test_an_opendocument_workbook() -> None:
    cell = '<table:table-cell office:value-type="string"><text:p>{}</text:p></table:table-cell>'
    row = f"<table:table-row>{cell.format('Région')}{cell.format('Lits')}</table:table-row>"
    content = (
        f'<office:document-content {ODF} office:version="1.2"><office:body><office:spreadsheet>'
        f'<table:table table:name="Feuille">{row}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    data = zipped({"mimetype": kind, "content.xml": content, "META-INF/manifest.xml": "<manifest/>"})
    assert blocks(data) == [(H, 2, 1, "Feuille"), (TR, 0, 1, "Région | Lits")]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"a;b\n1;2", "it is text under the name of a workbook; rename it .csv or .html by what it holds"),
        (b"%PDF-1.4", "it is a PDF file, not text"),
        (b"PK\x03\x04", "it is damaged: its ZIP archive cannot be opened"),
        (zipped({"a.xml": "x"}), "it is damaged: its sheets cannot be read; saved again as XLSX they may be"),
        (ole({"EncryptedPackage": b"x"}), "encrypted: it opens only with a password"),
        (
            xlsx(("A", "", [[text("mot")]] * 6)),
            "too large: it has more than 5 rows; split it in several files",
        ),
        (
            xlsx(("A", "", [['<c r="A1"><v>1</v></c>', '<c r="Z999999"><v>1</v></c>']])),
            "too large: its sheet A has 999999 rows of 26 columns; remove the columns that hold no text",
        ),
    ],
)
def test_what_cannot_be_read(data: bytes, reason: str) -> None:
    with pytest.raises(Unreadable) as caught:
        read_workbook(data, most_rows=5)
    assert str(caught.value) == reason


def test_a_workbook_that_unpacks_to_too_much() -> None:
    data = zipped({"xl/worksheets/s1.xml": b" " * (65 * 2**20)})
    with pytest.raises(Unreadable, match="more than 64 MB once unpacked"):
        read_workbook(data)
