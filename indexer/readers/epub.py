"""EPUB → the chapters of a book in reading order, with the metadata of its package file."""

from __future__ import annotations

from collections.abc import Iterator
from posixpath import dirname, join, normpath
from typing import Any
from urllib.parse import unquote

from indexer.readers.extraction import Extraction, Unreadable
from indexer.readers.html.tree import body_of, parse_html
from indexer.readers.html.walk import walk
from indexer.readers.metadata.authors import author_names
from indexer.readers.metadata.dates import declared_date
from indexer.readers.metadata.languages import declared_language
from indexer.readers.text.gathering import RawBlock, gather, one_line
from indexer.readers.zip_archive import ZipArchive
from indexer.records import Metadata, PartialDate

CONTAINER, ENCRYPTION = "META-INF/container.xml", "META-INF/encryption.xml"
INDEX = "what lists its chapters"
"""Description of these files and of the package file for the reader of an error message."""
CHAPTER_TYPES = frozenset({"application/xhtml+xml", "text/html", "application/x-dtbook+xml"})
EVENT = "{http://www.idpf.org/2007/opf}event"
NAVIGATION = frozenset({"toc", "page-list", "landmarks", "loi", "lot"})
"""Values of epub:type of lists of the book's content that stand within a chapter."""


def read_epub(data: bytes) -> Extraction:
    """Read a book. Raises Unreadable when it is damaged, protected or absurdly large."""
    archive = ZipArchive(data)
    rootfile = archive.xml(CONTAINER, INDEX).find(".//{*}rootfile")
    where = unquote(rootfile.get("full-path", "")) if rootfile is not None else ""
    package = archive.xml(where, INDEX)
    text, blocks = gather(_chapters(archive, package, dirname(where)))
    metadata = Metadata(
        next(filter(None, map(one_line, _declared(package, "title"))), ""),
        _date(package),
        author_names(_declared(package, "creator")),
        next(filter(None, map(declared_language, _declared(package, "language"))), None),
    )
    return Extraction("epub", text, blocks, metadata)


def _chapters(archive: ZipArchive, package: Any, folder: str) -> Iterator[RawBlock]:
    """Yield the blocks of each chapter. Raises Unreadable when one is encrypted."""
    items = {item.get("id"): item for item in package.iterfind(".//{*}manifest/{*}item")}
    encrypted = _encrypted(archive)
    order = dict.fromkeys(ref.get("idref") for ref in package.iterfind(".//{*}spine/{*}itemref"))
    for item in (items[ref] for ref in order if ref in items):
        name = normpath(join(folder, unquote(item.get("href", "").partition("#")[0])))
        if item.get("media-type") not in CHAPTER_TYPES or "nav" in item.get("properties", "").split():
            continue
        if name in encrypted:
            raise Unreadable("protected against copying: its chapters are encrypted")
        if name in archive:
            body = body_of(parse_html(archive.read(name)))
            navs = body.iter("nav")
            lists = (nav for nav in navs if NAVIGATION.intersection(nav.get("epub:type", "").split()))
            yield from walk(body, frozenset(lists))


def _encrypted(archive: ZipArchive) -> frozenset[str]:
    """Return the names of encrypted members; fonts often are encrypted where the text is not."""
    if ENCRYPTION not in archive:
        return frozenset()
    references = archive.xml(ENCRYPTION, INDEX).iterfind(".//{*}CipherReference")
    return frozenset(unquote(reference.get("URI", "")) for reference in references)


def _declared(package: Any, name: str) -> Iterator[str]:
    """Yield the values of a metadata element, which may stand once or several times."""
    return (element.text or "" for element in package.iterfind(f".//{{*}}metadata/{{*}}{name}"))


def _date(package: Any) -> PartialDate | None:
    """Return the date of publication, or else a date without an event, or None."""
    dates = list(package.iterfind(".//{*}metadata/{*}date"))
    for event in ("publication", "original-publication", None):
        for date in dates:
            published = declared_date(date.text) if date.get(EVENT) == event else None
            if published:
                return published
    return None
