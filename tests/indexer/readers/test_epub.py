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
    ],
)
def test_metadata(declared: str, metadata: Metadata) -> None:
    assert read_epub(book(package(declared))).metadata == metadata


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
