"""EPUB books: their chapters in reading order, with what the book declares of itself."""

from __future__ import annotations

from collections.abc import Iterator
from posixpath import dirname, join, normpath
from typing import Any
from urllib.parse import unquote

from lxml.etree import XMLParser, XMLSyntaxError, fromstring

from indexer.readers.errors import Unreadable
from indexer.readers.extraction import Reading
from indexer.readers.html.tree import body_of, parse_html
from indexer.readers.html.walk import walk
from indexer.readers.metadata.authors import named
from indexer.readers.metadata.declared_dates import declared_date
from indexer.readers.metadata.languages import declared_language
from indexer.readers.text.gathering import Piece, gather, one_line
from indexer.readers.zip_archive import Packed
from indexer.records import PartialDate

CONTAINER, ENCRYPTION = "META-INF/container.xml", "META-INF/encryption.xml"
PAGES = frozenset({"application/xhtml+xml", "text/html", "application/x-dtbook+xml"})
EVENT = "{http://www.idpf.org/2007/opf}event"
LISTS = frozenset({"toc", "page-list", "landmarks", "loi", "lot"})
"""Navigation within a chapter: lists of what the book holds, by their epub:type."""


def read_epub(data: bytes) -> Reading:
    """A book without protection. Raises Unreadable when it is damaged, protected or absurdly large."""
    packed = Packed(data)
    rootfile = _xml(packed.read(CONTAINER)).find(".//{*}rootfile")
    where = unquote(rootfile.get("full-path", "")) if rootfile is not None else ""
    package = _xml(packed.read(where))
    text, blocks = gather(_chapters(packed, package, dirname(where)))
    return Reading(
        "epub",
        text,
        blocks,
        next(filter(None, map(one_line, _said(package, "title"))), None),
        _date(package),
        named(_said(package, "creator")),
        next(filter(None, map(declared_language, _said(package, "language"))), None),
    )


def _xml(data: bytes) -> Any:
    """The root of an XML file. No entity is expanded and nothing else is fetched."""
    parser = XMLParser(resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True)
    try:
        return fromstring(data, parser)
    except XMLSyntaxError:
        raise Unreadable("it is damaged: what lists its chapters is no XML") from None


def _chapters(packed: Packed, package: Any, folder: str) -> Iterator[Piece]:
    items = {item.get("id"): item for item in package.iterfind(".//{*}manifest/{*}item")}
    secret = _encrypted(packed)
    order = dict.fromkeys(ref.get("idref") for ref in package.iterfind(".//{*}spine/{*}itemref"))
    for item in (items[ref] for ref in order if ref in items):
        name = normpath(join(folder, unquote(item.get("href", "").partition("#")[0])))
        if item.get("media-type") not in PAGES or "nav" in item.get("properties", "").split():
            continue
        if name in secret:
            raise Unreadable("protected against copying: its chapters are encrypted")
        if name in packed:
            body = body_of(parse_html(packed.read(name)))
            lists = [
                each for each in body.iter("nav") if LISTS.intersection(each.get("epub:type", "").split())
            ]
            yield from walk(body, frozenset(lists))


def _encrypted(packed: Packed) -> frozenset[str]:
    """Names of the members that are encrypted; fonts often are, where the text is not."""
    if ENCRYPTION not in packed:
        return frozenset()
    references = _xml(packed.read(ENCRYPTION)).iterfind(".//{*}CipherReference")
    return frozenset(unquote(reference.get("URI", "")) for reference in references)


def _said(package: Any, name: str) -> Iterator[str]:
    """What the book's metadata say under a name, once or several times."""
    return (element.text or "" for element in package.iterfind(f".//{{*}}metadata/{{*}}{name}"))


def _date(package: Any) -> PartialDate | None:
    """The date of publication, or the one date that says not what it is of."""
    dates = list(package.iterfind(".//{*}metadata/{*}date"))
    for event in ("publication", "original-publication", None):
        for date in dates:
            found = declared_date(date.text) if date.get(EVENT) == event else None
            if found:
                return found
    return None
