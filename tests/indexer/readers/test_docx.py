"""DOCX files → text and blocks."""

from typing import Any

import pytest

from indexer.readers.docx import read_docx
from indexer.readers.extraction import Unreadable
from indexer.records import BlockKind, Metadata, Name
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


def formatted(text: str, properties: str) -> str:
    return f"<w:r><w:rPr>{properties}</w:rPr><w:t>{text}</w:t></w:r>"


def raised(text: str) -> str:
    return formatted(text, '<w:vertAlign w:val="superscript"/>')


def sym(font: str, code: str) -> str:
    return f'<w:r><w:sym w:font="{font}" w:char="{code}"/></w:r>'


def field(prompt: str, part: str = "0A1B") -> str:
    """Return a field to be filled in that shows its prompt."""
    properties = f'<w:placeholder><w:docPart w:val="{part}"/></w:placeholder><w:showingPlcHdr/>'
    return f"<w:sdt><w:sdtPr>{properties}</w:sdtPr><w:sdtContent>{r(prompt)}</w:sdtContent></w:sdt>"


LOWERED = '<w:vertAlign w:val="subscript"/>'
RUN_STYLES = """
<w:style w:styleId="C"><w:rPr><w:vanish/></w:rPr></w:style>
<w:style w:styleId="Exposant"><w:rPr><w:vertAlign w:val="superscript"/></w:rPr></w:style>
"""


def texts(body: str, **parts: Any) -> list[str]:
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
        (f"{r('vu')}{field('Cliquez ici.')}{field('[Nom du client]')}", "vu[Nom du client]"),
        (f"{r('vu')}{field('Texte', 'DefaultPlaceholder_22675703')}", "vu"),
        (formatted("vu", '<w:vanish w:val="0"/>') + formatted("non", '<w:vanish w:val="1"/>'), "vu"),
        (formatted("vu", '<w:vanish w:val="false"/>') + formatted("non", '<w:rStyle w:val="C"/>'), "vu"),
        (formatted("vu", '<w:rStyle w:val="C"/><w:vanish w:val="off"/>'), "vu"),
        (f"{r('5×10')}{raised('9')}{r(' bactéries')}", "5×10⁹ bactéries"),
        (f"{r('10')}{raised('−')}{raised('1')}{raised('2')}{r(' mol')}", "10⁻¹² mol"),
        (r("10") + formatted("3", '<w:rStyle w:val="Exposant"/>'), "10³"),
        (r("10") + formatted("3", '<w:rStyle w:val="Exposant"/><w:vertAlign w:val="baseline"/>'), "103"),
        (f"{r('CO')}{formatted('2', LOWERED)}{r(' et 1')}{raised('er')}", "CO₂ et 1er"),
        (f"{r('une étude')}{raised('1')}{raised(',2')}{r(' a montré')}", "une étude a montré"),
        (f"{r('50 ')}{sym('Symbol', 'F06D')}{r('g')}", "50 µg"),
        (f"{r('p ')}{sym('Symbol', '00A3')}{sym('Wingdings', 'F0E0')}{sym('Arial', '00B5')}", "p ≤→µ"),
        (f"{r('un')}{sym('Symbol', 'xyz')}{sym('Symbol', 'D800')}", "un\ufffd"),
        (formatted("m", '<w:rFonts w:ascii="Symbol"/>') + r("g"), "µg"),
        (r("TNF-\uf061"), "TNF-α"),
        (formatted("\uf0fe", '<w:rFonts w:ascii="Wingdings"/>') + r(" oui"), "☑ oui"),
        (f"{r('a')}<w:r><w:footnoteReference w:customMarkFollows='1'/><w:t>*</w:t></w:r>{r(' b')}", "a b"),
        (
            f"<w:r><mc:AlternateContent><mc:Choice><w:drawing/></mc:Choice><mc:Fallback>{r('un dessin')}"
            "</mc:Fallback></mc:AlternateContent></w:r>",
            "un dessin",
        ),
    ],
)
def test_the_text_of_a_paragraph(content: str, text: str) -> None:
    assert texts(p(content), styles=RUN_STYLES) == [text]


def m(text: str) -> str:
    return f"<m:r><m:t>{text}</m:t></m:r>"


@pytest.mark.parametrize(
    ("formula", "text"),
    [
        (f"<m:sSup><m:e>{m('10')}</m:e><m:sup>{m('9')}</m:sup></m:sSup>", "10⁹"),
        (f"<m:sSub><m:e>{m('CO')}</m:e><m:sub>{m('2')}</m:sub></m:sSub>", "CO₂"),
        (
            f"<m:sSubSup><m:e>{m('x')}</m:e><m:sub>{m('i')}</m:sub><m:sup>{m('n+1')}</m:sup></m:sSubSup>",
            "x_i^(n+1)",
        ),
        (f"<m:f><m:fPr/><m:num>{m('a+b')}</m:num><m:den>{m('2')}</m:den></m:f>", "(a+b)/2"),
        (f"{m('2')}<m:d><m:e>{m('a+b')}</m:e></m:d>", "2(a+b)"),
        (f"<m:d><m:dPr><m:begChr m:val='|'/><m:endChr m:val='|'/></m:dPr><m:e>{m('x')}</m:e></m:d>", "|x|"),
        (f"<m:rad><m:deg/><m:e>{m('x+1')}</m:e></m:rad>", "√(x+1)"),
        (
            f"<m:nary><m:naryPr><m:chr m:val='∑'/></m:naryPr><m:sub>{m('i=1')}</m:sub><m:sup>{m('n')}</m:sup>"
            f"<m:e>{m('x')}</m:e></m:nary>",
            "∑_(i=1)^n x",
        ),
        (f"<m:m><m:mr><m:e>{m('1')}</m:e><m:e>{m('2')}</m:e></m:mr></m:m>", "1, 2"),
    ],
)
def test_formulas_keep_what_they_say(formula: str, text: str) -> None:
    assert texts(p(f"{r('Soit ')}<m:oMath>{formula}</m:oMath>{r('.')}")) == [f"Soit {text}."]


def test_a_style_hides_a_paragraph() -> None:
    styles = "<w:style w:styleId='Z'><w:rPr><w:vanish/></w:rPr></w:style>"
    shown = formatted("vu", '<w:vanish w:val="0"/>')
    assert texts(p("Haut du formulaire", style("Z")) + p(shown, style("Z")), styles=styles) == ["vu"]


@pytest.mark.parametrize("mark", ["del", "moveFrom"])
def test_paragraphs_whose_end_was_deleted_go_on(mark: str) -> None:
    gone = f"<w:rPr><w:{mark}/></w:rPr>"
    assert texts(p("Un début ", gone) + p("", gone) + p("et sa fin") + p("deux")) == [
        "Un début et sa fin",
        "deux",
    ]
    assert texts(p("sans suite", gone)) == ["sans suite"]


def box(text: str) -> str:
    inner = f"<w:txbxContent>{p(text)}</w:txbxContent>"
    versions = (
        f"<mc:Choice>{inner}</mc:Choice><mc:Choice>{inner}</mc:Choice><mc:Fallback>{inner}</mc:Fallback>"
    )
    return f"<w:r><mc:AlternateContent>{versions}</mc:AlternateContent></w:r>"


def test_a_text_box_in_a_cell_is_read_once() -> None:
    cells = f"<w:tc>{p(r('Consigne') + box('encadré'))}</w:tc><w:tc>{p('Rythme')}</w:tc>"
    assert texts(f"<w:tbl><w:tr>{cells}</w:tr></w:tbl>") == ["Consigne | Rythme", "encadré"]
    block = f"<mc:AlternateContent><mc:Choice>{p('un')}</mc:Choice><mc:Fallback>{p('un')}</mc:Fallback>"
    assert texts(f"{block}</mc:AlternateContent>") == ["un"]


def test_a_deleted_cell_is_left_out() -> None:
    gone = f"<w:tc><w:tcPr><w:cellDel/></w:tcPr>{p('non')}</w:tc>"
    row = f"<w:tc>{p('un')}</w:tc>{gone}<w:tc>{p('deux')}</w:tc>"
    assert texts(f"<w:tbl><w:tr>{row}</w:tr></w:tbl>") == ["un | deux"]


MAIL = "MIME-Version: 1.0\nSubject: x\nContent-Type: multipart/related; boundary=B\n\n--B\n"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("word/a.html", "<html><body><p>un <b>morceau</b></body></html>"),
        ("word/a.dat", " <p>un morceau"),
        ("word/a.txt", "un morceau"),
        ("word/a.mht", f"{MAIL}Content-Type: text/html\n\n<p>un morceau\n--B--"),
        ("word/a.docx", docx(p("un morceau"))),
        ("word/a.rtf", r"{\rtf1\ansi un morceau\par}"),
    ],
)
def test_an_inserted_file_is_read_once_where_it_stands(name: str, content: str | bytes) -> None:
    body = p("avant") + f'<w:altChunk r:id="{name}"/>' * 2 + p("après") + '<w:altChunk r:id="rien"/>'
    assert texts(body, extra={name: content}) == ["avant", "un morceau", "après"]


def test_an_inserted_file_that_cannot_be_read_costs_nothing_else() -> None:
    assert texts(p("un") + '<w:altChunk r:id="a.docx"/>', extra={"a.docx": b"PK\x03\x04"}) == ["un"]


def test_documents_inserted_one_into_another_end() -> None:
    data = docx(p("le fond"))
    for _ in range(5):
        data = docx(p("autour") + '<w:altChunk r:id="a.docx"/>', extra={"a.docx": data})
    assert [text for _, _, text in shape(data)] == ["autour"] * 4


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
    authors = (Name("Dupont", "Jean"), Name("Curie", "Marie"))
    assert extraction.metadata == Metadata("Le titre", authors=authors)
    assert read_docx(docx(p("Le texte"), title="Un modèle", author="jdupont")).metadata == Metadata()
