"""ODT files → text and blocks."""

import pytest

from indexer.readers.extraction import Unreadable
from indexer.readers.odt import read_odt
from indexer.records import BlockKind, Metadata, Name
from tests.indexer.archives import ODF, odt, zipped

H, P, LI, TR = BlockKind.HEADING, BlockKind.PARAGRAPH, BlockKind.LIST_ITEM, BlockKind.TABLE_ROW


def p(text: str, style: str = "Standard") -> str:
    return f'<text:p text:style-name="{style}">{text}</text:p>'


def listed(*items: str) -> str:
    return (
        "<text:list>" + "".join(f"<text:list-item>{item}</text:list-item>" for item in items) + "</text:list>"
    )


def row(*cells: str) -> str:
    return (
        "<table:table-row>"
        + "".join(f"<table:table-cell>{each}</table:table-cell>" for each in cells)
        + "</table:table-row>"
    )


def shape(body: str, styles: str = "") -> list[tuple[BlockKind, int, str]]:
    return [(block.kind, block.level, block.content.text) for block in read_odt(odt(body, styles)).blocks]


def test_structure() -> None:
    body = (
        p("Le rapport", "P1")
        + '<text:h text:outline-level="2">Méthodes</text:h>'
        + listed(p("un") + listed(p("deux")), '<text:h text:outline-level="9">Plan</text:h>')
        + f"<text:section>{p('suite')}</text:section>"
        + "<table:table><table:table-header-rows>"
        + row(p("Région"), p("Lits") + p("(2020)"))
        + "</table:table-header-rows>"
        + row(p("Rabat"), p("200"))
        + "</table:table>"
        + "<table:table>"
        + row(p("dans un cadre"))
        + "</table:table>"
    )
    styles = '<style:style style:name="P1" style:parent-style-name="Title"/>'
    assert shape(body, styles) == [
        (H, 1, "Le rapport"),
        (H, 2, "Méthodes"),
        (LI, 1, "un"),
        (LI, 2, "deux"),
        (H, 6, "Plan"),
        (P, 0, "suite"),
        (TR, 0, "Région | Lits (2020)"),
        (TR, 0, "Rabat | 200"),
        (P, 0, "dans un cadre"),
    ]


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("un <text:span>mot</text:span> ici", "un mot ici"),
        ("a<text:line-break/>b", "a\nb"),
        ("a<text:tab/>b<text:s text:c='3'/>c", "a b c"),
        ("a\n   b", "a b"),
        ("<text:a>un lien</text:a>, puis", "un lien, puis"),
        ("for\u00admation", "formation"),
        ("un<text:change/> deux", "un deux"),
        ("un<office:annotation><text:p>remarque</text:p></office:annotation> deux", "un deux"),
        ("un<text:s text:c='99999999999'/>deux", "un deux"),
    ],
)
def test_the_text_of_a_paragraph(content: str, text: str) -> None:
    assert shape(p(content)) == [(P, 0, text)]


def text_style(name: str, properties: str, family: str = "text") -> str:
    return (
        f'<style:style style:name="{name}" style:family="{family}">'
        f"<style:text-properties {properties}/></style:style>"
    )


FORMATS = (
    text_style("Haut", 'style:text-position="super 58%"')
    + text_style("Hausse", 'style:text-position="33% 58%"')
    + text_style("Bas", 'style:text-position="sub 58%"')
    + text_style("Baisse", 'style:text-position="-33% 58%"')
    + text_style("Ligne", 'style:text-position="0% 100%"')
    + text_style("Grec", 'style:font-name="Symbol"')
    + text_style("Caché", 'text:display="none"')
    + text_style("Vu", 'text:display="true"')
    + text_style("Rond", "").replace("<style:style", '<style:style style:parent-style-name="Rond"')
    + text_style("Secret", 'text:display="none"', "paragraph")
)


def span(style: str, text: str) -> str:
    return f'<text:span text:style-name="{style}">{text}</text:span>'


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (f"5×10{span('Haut', '9')} germes", "5×10⁹ germes"),
        (f"10{span('Hausse', '−')}{span('Hausse', '3')} mol", "10⁻³ mol"),
        (f"CO{span('Bas', '2')} et H{span('Baisse', '2')}O", "CO₂ et H₂O"),
        (f"1{span('Haut', 'er')} mai{span('Ligne', ' 2019')}", "1er mai 2019"),
        (f"une étude{span('Haut', '12')} montre", "une étude montre"),
        (f"50 {span('Grec', 'm')}g et \uf061", "50 µg et α"),
        (f"vu{span('Caché', 'non' + span('Vu', ' aussi'))}", "vu aussi"),
        (span("Rond", "un") + span("Inconnu", " deux"), "un deux"),
        (
            "<text:title>Le rapport</text:title>, <text:author-name>J. Dupont</text:author-name>",
            "Le rapport, J. Dupont",
        ),
        ('un<text:variable-set text:display="none">3</text:variable-set> deux', "un deux"),
        ('un<text:hidden-text text:is-hidden="true">non</text:hidden-text> deux', "un deux"),
        ("un<text:script>alert()</text:script> deux", "un deux"),
        ("un<draw:frame><draw:image/><svg:title>Image</svg:title></draw:frame> deux", "un deux"),
    ],
)
def test_fields_and_formats(content: str, text: str) -> None:
    assert shape(p(content), FORMATS) == [(P, 0, text)]


def test_styles_that_the_document_shares_are_read() -> None:
    shared = (
        f"<office:document-styles {ODF}><office:styles>{FORMATS}</office:styles></office:document-styles>"
    )
    extraction = read_odt(odt(p(f"10{span('Haut', '9')}"), extra={"styles.xml": shared}))
    assert extraction.text == "10⁹"


@pytest.mark.parametrize(
    "hidden",
    [
        f"<text:section text:display='none'>{p('non')}</text:section>",
        f"<text:section text:display='condition' text:is-hidden='true'>{p('non')}</text:section>",
        p("non<text:hidden-paragraph text:is-hidden='true'/>"),
        p("non", "Secret"),
    ],
)
def test_hidden_sections_and_paragraphs_are_left_out(hidden: str) -> None:
    shown = f"<text:section text:display='condition' text:is-hidden='false'>{p('oui')}</text:section>"
    assert shape(hidden + shown, FORMATS) == [(P, 0, "oui")]


def test_formulas_stand_in_their_sentence() -> None:
    formula = "<math><msup><mn>10</mn><mn>9</mn></msup></math>"
    body = p("Il y a <draw:frame><draw:object xlink:href='./Object 1'/><draw:image/></draw:frame> germes.")
    assert read_odt(odt(body, extra={"Object 1/content.xml": formula})).text == "Il y a 10⁹ germes."
    assert shape(
        body.replace("<draw:object xlink:href='./Object 1'/>", f"<draw:object>{formula}</draw:object>")
    ) == [(P, 0, "Il y a 10⁹ germes.")]
    chart = "<office:chart>non</office:chart>".replace("office:", "")
    assert read_odt(odt(body, extra={"Object 1/content.xml": chart})).text == "Il y a germes."


def test_shapes_follow_their_paragraph() -> None:
    drawn = f"<draw:custom-shape>{p('schéma')}</draw:custom-shape>"
    assert [text for _, _, text in shape(p(f"un mot{drawn}."))] == ["un mot.", "schéma"]


def test_deleted_text_and_contents_are_left_out() -> None:
    gone = (
        f"<text:tracked-changes><text:changed-region>{p('ôté')}</text:changed-region></text:tracked-changes>"
    )
    assert shape(gone + f"<text:table-of-content>{p('Méthodes 3')}</text:table-of-content>" + p("suite")) == [
        (P, 0, "suite")
    ]


def test_notes_and_text_boxes_follow_their_paragraph_once() -> None:
    note = f"<text:note-citation>1</text:note-citation><text:note-body>{p('note')}</text:note-body>"
    box = f"<draw:frame><draw:text-box>{p('encadré')}</draw:text-box></draw:frame>"
    assert [text for _, _, text in shape(p(f"un<text:note>{note}</text:note> mot{box}.") + p("deux"))] == [
        "un mot.",
        "note",
        "encadré",
        "deux",
    ]


def test_properties_count_where_the_text_bears_them_out() -> None:
    extraction = read_odt(odt(p("Le titre") + p("suite"), title="Le titre", author="Jean Dupont"))
    assert extraction.metadata == Metadata("Le titre", authors=(Name("Dupont", "Jean"),))
    assert read_odt(odt(p("Le texte"), title="Un modèle", author="utilisateur")).metadata == Metadata()
    assert read_odt(odt(p("Le texte"))).metadata == Metadata()


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"bonjour", "it is damaged: its ZIP archive cannot be opened"),
        (zipped({"a": "b"}), "it is damaged: content.xml is missing in its archive"),
        (odt("<text:p>"), "it is damaged: content.xml is no XML"),
        (zipped({"content.xml": "<a/>"}), "it is damaged: content.xml holds no text document"),
        (
            odt("", extra={"META-INF/manifest.xml": "<encryption-data/>"}),
            "encrypted: it opens only with a password",
        ),
        (odt("<text:section>" * 5000 + "</text:section>" * 5000), "it is damaged: content.xml is no XML"),
    ],
    ids=["text", "zip", "no XML", "no text", "encrypted", "deep"],
)
def test_unreadable(data: bytes, reason: str) -> None:
    with pytest.raises(Unreadable) as caught:
        read_odt(data)
    assert str(caught.value) == reason


def test_nesting_that_xml_allows_is_read() -> None:
    assert shape("<text:section>" * 240 + p("perdu") + "</text:section>" * 240) == [(P, 0, "perdu")]
