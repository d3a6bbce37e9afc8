"""DOCX files → text and blocks."""

import pytest

from indexer.readers.docx import read_docx
from indexer.readers.extraction import Unreadable
from indexer.records import BlockKind, Metadata
from tests.indexer.archives import docx, zipped

H, P, LI, TR = BlockKind.HEADING, BlockKind.PARAGRAPH, BlockKind.LIST_ITEM, BlockKind.TABLE_ROW


def r(text: str) -> str:
    return f"<w:r><w:t>{text}</w:t></w:r>"


def p(text: str, properties: str = "") -> str:
    return f"<w:p><w:pPr>{properties}</w:pPr>{text if '<' in text else r(text)}</w:p>"


def style(name: str) -> str:
    return f'<w:pStyle w:val="{name}"/>'


def item(level: int) -> str:
    return f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="1"/></w:numPr>'


def shape(data: bytes) -> list[tuple[BlockKind, int, str]]:
    return [(block.kind, block.level, block.content.text) for block in read_docx(data).blocks]


def texts(body: str, **parts: str) -> list[str]:
    return [text for _, _, text in shape(docx(body, **parts))]


STYLES = """
<w:style w:styleId="Titre2"><w:name w:val="heading 2"/></w:style>
<w:style w:styleId="Maison"><w:name w:val="Maison"/><w:basedOn w:val="Titre2"/></w:style>
<w:style w:styleId="Plan"><w:name w:val="Plan"/><w:pPr><w:outlineLvl w:val="2"/></w:pPr></w:style>
<w:style w:styleId="Corps"><w:name w:val="Corps"/><w:pPr><w:outlineLvl w:val="9"/></w:pPr></w:style>
<w:style w:styleId="Titre"><w:name w:val="Title"/></w:style>
<w:style w:styleId="Puces"><w:pPr><w:numPr><w:numId w:val="4"/></w:numPr></w:pPr></w:style>
<w:style w:styleId="TM1"><w:name w:val="toc 1"/></w:style>
<w:style w:styleId="Rond"><w:name w:val="Rond"/><w:basedOn w:val="Rond"/></w:style>
"""


@pytest.mark.parametrize(
    ("properties", "kind", "level"),
    [
        ("", P, 0),
        (style("Titre2"), H, 2),
        (style("Maison"), H, 2),
        (style("Plan"), H, 3),
        (style("Corps"), P, 0),
        (style("Titre"), H, 1),
        (style("Rond"), P, 0),
        (style("Inconnu"), P, 0),
        ('<w:outlineLvl w:val="0"/>', H, 1),
        (style("Puces"), LI, 1),
        (item(2), LI, 3),
        (style("Titre2") + item(0), H, 2),
        (style("Puces") + '<w:numPr><w:numId w:val="0"/></w:numPr>', P, 0),
    ],
)
def test_styles_tell_what_a_paragraph_is(properties: str, kind: BlockKind, level: int) -> None:
    assert shape(docx(p("un texte", properties), styles=STYLES)) == [(kind, level, "un texte")]


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (r("un ") + r("mot"), "un mot"),
        ("<w:r><w:t>a</w:t><w:br/><w:t>b</w:t></w:r>", "a\nb"),
        ('<w:r><w:t>a</w:t><w:br w:type="page"/><w:t>b</w:t></w:r>', "a b"),
        ("<w:r><w:t>a</w:t><w:tab/><w:t>b</w:t></w:r>", "a b"),
        ("<w:r><w:t>plate</w:t><w:noBreakHyphen/><w:t>forme</w:t></w:r>", "plate-forme"),
        ("<w:r><w:t>for</w:t><w:softHyphen/><w:t>mation</w:t></w:r>", "formation"),
        (r("a\n b"), "a b"),
        (
            f"{r('un')}<w:del><w:r><w:delText> deux</w:delText></w:r></w:del><w:ins>{r(' trois')}</w:ins>",
            "un trois",
        ),
        (f"{r('un')}<w:moveFrom>{r(' deux')}</w:moveFrom><w:moveTo>{r(' trois')}</w:moveTo>", "un trois"),
        (f"<w:hyperlink>{r('un lien')}</w:hyperlink>", "un lien"),
        (f"{r('le ')}<w:r><w:instrText>DATE</w:instrText></w:r>{r('5 mai')}", "le 5 mai"),
        (f"{r('vu')}<w:r><w:rPr><w:vanish/></w:rPr><w:t>caché</w:t></w:r>", "vu"),
        (f"<w:sdt><w:sdtPr/><w:sdtContent>{r('un champ')}</w:sdtContent></w:sdt>", "un champ"),
    ],
)
def test_the_text_of_a_paragraph(content: str, text: str) -> None:
    assert texts(p(content)) == [text]


def test_tables_become_rows_and_frames_around_text_do_not() -> None:
    def table(*rows: list[str]) -> str:
        cells = ("".join(f"<w:tc>{cell}</w:tc>" for cell in row) for row in rows)
        return "<w:tbl>" + "".join(f"<w:tr>{row}</w:tr>" for row in cells) + "</w:tbl>"

    data = table(
        [p("Région"), p("Lits") + p("(2020)")], [p("Rabat"), table([p("1"), p("200")])], [p(""), p("fin")]
    )
    assert shape(docx(data)) == [(TR, 0, "Région | Lits (2020)"), (TR, 0, "Rabat | 1 200"), (TR, 0, "fin")]
    assert shape(docx(table([p("un") + p("deux", item(0))]))) == [(P, 0, "un"), (LI, 1, "deux")]
    assert texts("<w:tbl><w:tr><w:trPr><w:del/></w:trPr><w:tc>" + p("ôté") + "</w:tc></w:tr></w:tbl>") == []


def test_notes_and_text_boxes_follow_their_paragraph_once() -> None:
    box = f"<w:txbxContent>{p('encadré')}</w:txbxContent>"
    twice = f"<mc:Choice>{box}</mc:Choice><mc:Fallback>{box}</mc:Fallback>"
    twice = f"<w:r><mc:AlternateContent>{twice}</mc:AlternateContent></w:r>"
    body = p(f"{r('un')}{twice}<w:r><w:footnoteReference w:id='2'/></w:r>") + p("deux")
    notes = f"<w:footnote w:type='separator' w:id='0'>{p('non')}</w:footnote>"
    notes += f"<w:footnote w:id='2'>{p('note')}</w:footnote>"
    notes = notes.replace("note</w:t>", "note</w:t><w:footnoteReference w:id='2'/>")  # it refers to itself
    assert texts(body, notes=notes) == ["un", "encadré", "note", "deux"]


def test_what_the_contents_say_again_is_left_out() -> None:
    assert texts(p("Méthodes 3", style("TM1")) + p("suite"), styles=STYLES) == ["suite"]


def test_blocks_stand_in_the_text() -> None:
    body = (
        p("Le titre")
        + p("un", item(0))
        + p("deux", item(1))
        + f"<w:sdt><w:sdtContent>{p('fin')}</w:sdtContent></w:sdt>"
    )
    extraction = read_docx(docx(body, name="word/document2.xml"))
    assert extraction.format == "docx"
    assert extraction.text == "Le titre\n\n- un\n  - deux\n\nfin"
    for block in extraction.blocks:
        assert extraction.text[block.content.start : block.content.end] == block.content.text


BOMB = '<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"bonjour", "it is damaged: its ZIP archive cannot be opened"),
        (zipped({"a": "b"}), "it is damaged: _rels/.rels is missing in its archive"),
        (docx("<w:p>"), "it is damaged: word/document.xml is no XML"),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"),
            "encrypted: it opens only with a password",
        ),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1rien",
            "it is an old office document; saved as DOCX or ODT it can be read",
        ),
        (docx("<w:p/>" * 3_000_000), "too large: its word/document.xml holds more than 3 million tags"),
        (docx("<w:p>" * 5000 + "</w:p>" * 5000), "it is damaged: word/document.xml is no XML"),
        (docx("<!--" + " " * (65 * 2**20) + "-->"), "too large: it holds more than 64 MB once unpacked"),
    ],
    ids=["text", "zip", "no XML", "encrypted", "old", "tags", "deep", "bomb"],
)
def test_unreadable(data: bytes, reason: str) -> None:
    with pytest.raises(Unreadable) as caught:
        read_docx(data)
    assert str(caught.value) == reason


def test_entities_are_not_expanded() -> None:
    parts = {
        "_rels/.rels": "<a/>",
        "word/document.xml": f"{BOMB}<d><body><p><t>un &b; deux</t></p></body></d>",
    }
    assert "aaaa" not in read_docx(zipped(dict(parts))).text


def test_properties_count_where_the_text_bears_them_out() -> None:
    extraction = read_docx(
        docx(p("Le titre") + p("suite"), title="Le titre", author="Jean Dupont;Marie Curie")
    )
    assert extraction.metadata == Metadata("Le titre", author="Jean Dupont, Marie Curie")
    assert read_docx(docx(p("Le texte"), title="Un modèle", author="jdupont")).metadata == Metadata()
