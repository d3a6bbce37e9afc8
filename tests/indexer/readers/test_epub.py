"""Books → their chapters in order, title and date."""

import pytest

from indexer.readers.epub import read_epub
from indexer.readers.extraction import Unreadable
from indexer.records import BlockKind, Metadata, Name, PartialDate
from tests.indexer.archives import zipped

CONTAINER = (
    '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
    '<rootfile full-path="OEBPS/book.opf"/></rootfiles></container>'
)
ENTITIES = '<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa">' + "".join(
    f'<!ENTITY {to} "{f"&{of};" * 10}">' for of, to in zip("abcdefgh", "bcdefghi", strict=True)
)


def package(metadata: str = "", spine: str = "two one two gone", more: str = "") -> str:
    references = "".join(f'<itemref idref="{name}"/>' for name in spine.split())
    return (
        '<package xmlns="http://www.idpf.org/2007/opf" xmlns:opf="http://www.idpf.org/2007/opf" '
        f'xmlns:dc="http://purl.org/dc/elements/1.1/"><metadata>{metadata}</metadata><manifest>'
        '<item id="one" href="text/ch%201.xhtml#a" media-type="application/xhtml+xml"/>'
        '<item id="two" href="../two.html" media-type="application/xhtml+xml"/>'
        '<item id="nav" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/>'
        '<item id="cover" href="cover.jpg" media-type="image/jpeg"/>'
        f"{more}</manifest><spine>{references}</spine></package>"
    )


def book(opf: str, **members: str) -> bytes:
    chapter = '<html xmlns="http://www.w3.org/1999/xhtml"><head><title/></head><body>{}</body></html>'
    contents = {
        "META-INF/container.xml": CONTAINER,
        "OEBPS/book.opf": opf,
        "OEBPS/text/ch 1.xhtml": chapter.format("<h1>Un</h1><p>Premier&nbsp;chapitre.</p>"),
        "two.html": chapter.format(
            '<nav epub:type="toc"><p>Table</p></nav><h1>Deux</h1><ul><li>point</li></ul>'
        ),
        "OEBPS/nav.xhtml": chapter.format("<p>Navigation</p>"),
        "OEBPS/cover.jpg": "image",
    } | members
    return zipped(contents)


def test_chapters_in_the_reading_order() -> None:
    extraction = read_epub(book(package(spine="cover nav two one two gone")))
    assert extraction.text == "Deux\n\n- point\n\nUn\n\nPremier chapitre."
    assert [block.kind for block in extraction.blocks] == [
        BlockKind.HEADING,
        BlockKind.LIST_ITEM,
        BlockKind.HEADING,
        BlockKind.PARAGRAPH,
    ]


@pytest.mark.parametrize(
    ("declared", "metadata"),
    [
        ("", Metadata()),
        ("<dc:title> Un\n livre </dc:title><dc:title>Tome</dc:title>", Metadata("Un livre")),
        ("<dc:title/><dc:date>2012-06</dc:date>", Metadata(date=PartialDate("2012-06"))),
        (
            '<dc:date opf:event="modification">2020-01-02</dc:date>'
            '<dc:date opf:event="publication">2012</dc:date>',
            Metadata(date=PartialDate("2012")),
        ),
        ('<dc:date opf:event="creation">2012-01-02</dc:date>', Metadata()),
        ("<dc:date>0101-01-01T00:00:00+00:00</dc:date>", Metadata()),
        (
            "<dc:creator>Jean Dupont</dc:creator><dc:creator>Marie Curie</dc:creator>",
            Metadata(authors=(Name("Dupont", "Jean"), Name("Curie", "Marie"))),
        ),
        (
            "<dc:creator>Unknown</dc:creator><dc:language>fr-FR</dc:language>",
            Metadata(language="fr"),
        ),
        ("<dc:language>und</dc:language><dc:language>eng</dc:language>", Metadata(language="en")),
        (
            '<dc:creator opf:role="trl">Paul Durand</dc:creator><dc:creator opf:role="aut">Jean Dupont'
            '</dc:creator><dc:creator opf:role="ill">Marie Dubois</dc:creator>',
            Metadata(authors=(Name("Dupont", "Jean"),)),
        ),
        (
            '<dc:creator id="a">Jean Dupont</dc:creator><dc:creator id="b">Paul Durand</dc:creator>'
            '<meta refines="#b" property="role" scheme="marc:relators">trl</meta>'
            '<meta refines="#a" property="file-as">Dupont, Jean</meta>',
            Metadata(authors=(Name("Dupont", "Jean"),)),
        ),
        (
            '<dc:creator opf:role="edt">Jean Dupont</dc:creator><dc:contributor opf:role="trl">Paul Durand'
            "</dc:contributor>",
            Metadata(authors=(Name("Dupont", "Jean"),)),
        ),
        ('<dc:creator opf:role="trl">Paul Durand</dc:creator>', Metadata()),
        (
            '<dc:creator opf:file-as="García Márquez, Gabriel">Gabriel García Márquez</dc:creator>',
            Metadata(authors=(Name("García Márquez", "Gabriel"),)),
        ),
        (
            '<dc:title id="s">Sous-titre</dc:title><dc:title id="t">Titre</dc:title>'
            '<meta refines="#t" property="title-type">main</meta>',
            Metadata("Titre"),
        ),
        (
            "<dc:publisher>Éditions</dc:publisher><dc:identifier>urn:isbn:978-2-07-036822-8</dc:identifier>"
            "<dc:identifier>urn:uuid:12345678-1234-1234-1234-123456789012</dc:identifier>"
            "<dc:subject>Santé</dc:subject><dc:subject>Santé</dc:subject><dc:rights>CC BY</dc:rights>"
            "<dc:description>&lt;p&gt;Un &lt;b&gt;résumé&lt;/b&gt;.&lt;/p&gt;</dc:description>",
            Metadata(
                publisher="Éditions",
                identifiers={"isbn": "9782070368228"},
                tags=("Santé",),
                licence="CC BY",
                abstract="Un résumé.",
            ),
        ),
    ],
)
def test_metadata(declared: str, metadata: Metadata) -> None:
    assert read_epub(book(package(declared))).metadata == metadata


def chapter(body: str, more: str = "", **members: str) -> list[tuple[str, int | None]]:
    """Return the texts and pages of a book of one chapter, given the body and other items of the manifest."""
    page = f'<?xml version="1.0"?><html xmlns:epub="http://x"><head><title/></head><body>{body}</body></html>'
    made = book(package(spine="one", more=more), **{"OEBPS/text/ch 1.xhtml": page} | members)
    return [(block.content.text, block.page) for block in read_epub(made).blocks]


@pytest.mark.parametrize(
    ("body", "blocks"),
    [
        (
            '<p>un <span epub:type="pagebreak" id="p12">12</span>mot</p><p>b</p>',
            [("un mot", None), ("b", 12)],
        ),
        ('<p>hospi<span role="doc-pagebreak" title="13"/>talier</p>', [("hospitalier", None)]),
        ('<p>un <span epub:type="pagebreak" title="13"/> mot</p>', [("un mot", None)]),
        ('<div epub:type="pagebreak" aria-label="Page 7."/><p>un</p>', [("un", 7)]),
        ('<p>a</p><hr epub:type="pagebreak" title="8"/><p>b</p>', [("a", None), ("b", 8)]),
        ('<p><span class="pagenum">[Pg 9]</span>un</p>', [("un", 9)]),
        ('<p><span class="pagenum">une note en marge</span></p>', [("une note en marge", None)]),
        ('<pagenum id="p4">4</pagenum><p>un</p>', [("un", 4)]),
        ('<p><a epub:type="pagebreak" title="xii"/>un</p>', [("un", None)]),
        ('<h2>Titre<span epub:type="pagebreak">5</span></h2><p>un</p>', [("Titre", None), ("un", 5)]),
        (
            '<p epub:type="pagebreak">Un paragraphe entier que personne ne voudrait perdre.</p>',
            [("Un paragraphe entier que personne ne voudrait perdre.", None)],
        ),
    ],
)
def test_breaks_of_pages_are_no_text_and_tell_the_page(
    body: str, blocks: list[tuple[str, int | None]]
) -> None:
    assert chapter(body) == blocks


BODY = '<p id="a">un</p><p>de<a id="p2"/>ux</p><p><span id="p3">3</span>trois</p>'
LINKS = '<a href="text/ch%201.xhtml#p2">2</a><a href="text/CH%201.xhtml#p3">3</a>'
NAV = f'<nav epub:type="page-list">{LINKS}</nav>'
TARGETS = "".join(
    f'<pageTarget value="{page}"><content src="text/ch%201.xhtml#p{page}"/></pageTarget>' for page in (2, 3)
)


@pytest.mark.parametrize(
    ("more", "members"),
    [
        ("", {"OEBPS/nav.xhtml": f"<html><body>{NAV}</body></html>"}),
        (
            '<item id="ncx" href="toc.ncx" media-type="application/x-dtbncx+xml"/>',
            {"OEBPS/toc.ncx": f"<ncx><pageList>{TARGETS}</pageList></ncx>"},
        ),
    ],
)
def test_pages_that_the_book_lists(more: str, members: dict[str, str]) -> None:
    assert chapter(BODY, more, **members) == [("un", None), ("deux", None), ("trois", 3)]


def test_listed_pages_lose_no_text() -> None:
    nav = '<nav epub:type="page-list"><a href="text/ch%201.xhtml#a">xii</a></nav>'
    assert chapter(BODY, **{"OEBPS/nav.xhtml": nav})[0] == ("un", None)


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ('un mot<a epub:type="noteref" href="n.xhtml#n1">1</a> ici', "un mot ici"),
        ('un mot<a role="doc-noteref" href="n.xhtml#n1"><sup>1</sup></a> ici', "un mot ici"),
        ('<a role="doc-backlink" href="c.xhtml#r1">1</a> la note', "la note"),
        ("un <i/>mot <b />ici", "un mot ici"),
        ("du CO<sub>2</sub> et C<sub>max</sub>", "du CO₂ et Cmax"),
        ("5×<math><msup><mn>10</mn><mn>9</mn></msup></math> germes", "5×10⁹ germes"),
        ("<m:math><m:mfrac><m:mi>a</m:mi><m:mi>b</m:mi></m:mfrac></m:math>", "a/b"),
    ],
)
def test_marks_are_no_text(body: str, text: str) -> None:
    assert chapter(f"<p>{body}</p>") == [(text, None)]


def test_text_of_drawings() -> None:
    drawing = (
        "<svg><title>Figure</title><style>a{}</style><text>For<tspan>mation</tspan> <tspan x='1'>des</tspan>"
        "<tspan x='2'>soignants</tspan></text><g><text>Durée</text></g>"
        "<foreignObject><p>un</p><p>deux</p></foreignObject></svg>"
    )
    texts = [text for text, _ in chapter(f"<p>avant {drawing} après</p>")]
    assert texts == ["avant", "Formation des soignants", "Durée", "un deux", "après"]
    assert chapter("<svg><path/></svg><p>un") == [("un", None)]


@pytest.mark.parametrize("tag", ["tspan", "mrow", "sub"])
def test_what_nests_beyond_reason_costs_nothing_else(tag: str) -> None:
    around = {"tspan": "svg><text", "mrow": "math", "sub": "p"}[tag]
    inside = f"<{tag}>" * 1500 + "x" + f"</{tag}>" * 1500
    assert chapter(f"<p>un</p><div><{around}>{inside}</{around.rpartition('<')[2]}></div>")[0] == ("un", None)


@pytest.mark.parametrize(
    ("item", "text"),
    [
        ('href="a.html" media-type="application/octet-stream"', "un texte"),
        ('href="a.html"', "un texte"),
        ('href="a.html" media-type="Application/XHTML+XML; charset=utf-8"', "un texte"),
        ('href="A.HTML" media-type="text/x-oeb1-document"', "un texte"),
        ('href="/OEBPS/a.html" media-type="text/html"', "un texte"),
        ('href="a.svg" media-type="image/svg+xml"', "un dessin"),
        ('href="cover.jpg" media-type="image/jpeg" fallback="two"', "Deux\n\n- point"),
        ('href="cover.jpg" media-type="image/jpeg" fallback="odd"', ""),
        ('href="a.html" media-type="text/css"', ""),
    ],
)
def test_chapters_are_told_by_their_type_or_name(item: str, text: str) -> None:
    members = {
        "OEBPS/a.html": "<p>un texte",
        "OEBPS/a.svg": '<?xml version="1.0"?><svg xmlns="http://x"><text>un dessin</text></svg>',
    }
    made = book(package(spine="odd", more=f'<item id="odd" {item}/>'), **members)
    assert read_epub(made).text == text


def encryption(name: str) -> dict[str, str]:
    reference = f'<c:CipherReference xmlns:c="http://www.w3.org/2001/04/xmlenc#" URI="{name}"/>'
    return {"META-INF/encryption.xml": f"<encryption>{reference}</encryption>"}


def test_a_protected_book() -> None:
    with pytest.raises(Unreadable, match="protected against copying"):
        read_epub(book(package(), **encryption("OEBPS/text/ch%201.xhtml")))
    assert read_epub(book(package(), **encryption("OEBPS/font.otf"))).blocks


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({"META-INF/container.xml": "<container/>"}, "is missing in its archive"),
        ({"META-INF/container.xml": "no XML"}, "what lists its chapters is no XML"),
        ({"OEBPS/book.opf": "<package>"}, "what lists its chapters is no XML"),
        ({"OEBPS/text/ch 1.xhtml": "<div>" * 100_000}, "its HTML is broken"),
        ({"OEBPS/text/ch 1.xhtml": "a\0" * 1000 + "b"}, "binary data"),
    ],
)
def test_a_damaged_book(members: dict[str, str], reason: str) -> None:
    with pytest.raises(Unreadable, match=reason):
        read_epub(book(package(), **members))


def test_entities_are_not_expanded() -> None:
    opf = f"{ENTITIES}]>{package('<dc:title>Un &a;livre</dc:title>')}"
    assert read_epub(book(opf)).metadata.title == "Un"
    with pytest.raises(Unreadable, match="is no XML"):
        read_epub(book(opf.replace("&a;livre", "&i;")))
    chapter = f"{ENTITIES}]><html><body><p>&i; texte</p></body></html>"
    assert len(read_epub(book(package(), **{"two.html": chapter})).text) < 1000


def test_a_book_without_text() -> None:
    assert read_epub(book(package(spine="cover gone"))).blocks == ()
