"""EPUB → the chapters of a book in reading order, with the metadata of its package file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from posixpath import dirname, join, normpath
from typing import Any
from urllib.parse import unquote

from lxml.html import HtmlElement

from indexer.readers.epub_drawings import show_drawings
from indexer.readers.epub_metadata import package_metadata
from indexer.readers.epub_pages import mark_pages, paged
from indexer.readers.extraction import Extraction, Unreadable
from indexer.readers.html.tree import body_of, decode_html, parse_text
from indexer.readers.html.walk import walk
from indexer.readers.text.gathering import RawBlock, gather, one_line
from indexer.readers.text.mathml import formula_text, is_formula
from indexer.readers.text.scripts import subscript
from indexer.readers.zip_archive import ZipArchive

CONTAINER, ENCRYPTION = "META-INF/container.xml", "META-INF/encryption.xml"
INDEX = "what lists its chapters"
"""Description of these files and of the package file for the reader of an error message."""
CHAPTER_TYPES = frozenset(
    {
        "application/xhtml+xml",
        "text/html",
        "text/x-oeb1-document",
        "application/x-dtbook+xml",
        "image/svg+xml",
    }
)
CHAPTER_NAMES = re.compile(r"\.(?:x?html?|xht|svg)\Z", re.IGNORECASE)
OTHER_TYPES = re.compile(r"(?:image/(?!svg)|audio/|video/|font/|text/css|application/x-dtbncx)")
NCX = "application/x-dtbncx+xml"

PAGE_LISTS = frozenset({"page-list", "doc-pagelist"})
NAVIGATION = PAGE_LISTS | {"toc", "landmarks", "loi", "lot", "doc-toc"}
"""What lists of the book's content that stand within a chapter are called."""
CALLS = frozenset({"noteref", "doc-noteref", "backlink", "doc-backlink"})
"""What calls of notes, and links back to them, are called."""
SELF_CLOSED = re.compile(
    r"<(?!(?:area|base|br|col|embed|hr|img|input|link|meta|param|source|track|wbr)[\s/>])"
    r"([A-Za-z][\w:.-]*)((?:\s[^<>]*?)?)/>"
)
"""An element without content that XHTML ends where it begins; in HTML it would go on."""


def read_epub(data: bytes) -> Extraction:
    """Read a book. Raises Unreadable when it is damaged, protected or absurdly large."""
    archive = ZipArchive(data)
    rootfile = archive.xml(CONTAINER, INDEX).find(".//{*}rootfile")
    where = unquote(rootfile.get("full-path", "")) if rootfile is not None else ""
    package = archive.xml(where, INDEX)
    text, blocks = gather(paged(_Book(archive, package, dirname(where)).blocks()))
    return Extraction("epub", text, blocks, package_metadata(package))


class _Book:
    """The chapters of one book."""

    def __init__(self, archive: ZipArchive, package: Any, folder: str) -> None:
        self._archive = archive
        self._package = package
        self._folder = folder
        """Folder of the package file, from which the addresses of chapters count."""
        self._items = {item.get("id"): item for item in package.iterfind(".//{*}manifest/{*}item")}
        self._names = {name.casefold(): name for name in archive.names()}
        self._page_labels = self._listed_pages()

    def blocks(self) -> Iterator[RawBlock]:
        """Yield the blocks of each chapter, with marks of pages. Raises Unreadable when one is encrypted."""
        encrypted = _encrypted(self._archive)
        order = dict.fromkeys(ref.get("idref") for ref in self._package.iterfind(".//{*}spine/{*}itemref"))
        for item in filter(None, map(self._readable, order)):
            name = self._name(item.href)
            if name in encrypted:
                raise Unreadable("protected against copying: its chapters are encrypted")
            if name in self._archive:
                yield from self._chapter(name)

    def _chapter(self, name: str) -> Iterator[RawBlock]:
        body = body_of(self._page(name))
        mark_pages(body, self._page_labels.get(name, {}))
        show_drawings(body)
        _write_formulas(body)
        yield from walk(body, frozenset(filter(_is_left_out, body.iterdescendants())))

    def _page(self, name: str) -> HtmlElement:
        """Return the tree of a chapter, which is XHTML: an element may end where it begins."""
        return parse_text(SELF_CLOSED.sub(r"<\1\2></\1>", decode_html(self._archive.read(name))))

    def _readable(self, identifier: str | None) -> _Item | None:
        """Return an item of the book, or what stands in for it where it is no text; None for no chapter."""
        seen: set[str | None] = set()
        while identifier in self._items and identifier not in seen:
            seen.add(identifier)
            item = _Item.of(self._items[identifier])
            if item.is_text:
                return None if "nav" in item.properties else item
            identifier = item.fallback
        return None

    def _name(self, href: str, base: str | None = None) -> str:
        """Return the member that an address leads to, whatever its case; base is the member it stands in."""
        folder = self._folder if base is None else dirname(base)
        path = unquote(href.partition("#")[0])
        name = path[1:] if path.startswith("/") else normpath(join(folder, path))
        return name if name in self._archive else self._names.get(name.casefold(), name)

    def _listed_pages(self) -> dict[str, dict[str, str]]:
        """Return the labels of the pages that the book lists, by chapter and id."""
        labels: dict[str, dict[str, str]] = {}
        for href, label, base in self._page_list():
            if "#" in href:
                labels.setdefault(self._name(href, base), {})[href.partition("#")[2]] = one_line(label)
        return labels

    def _page_list(self) -> Iterator[tuple[str, str, str]]:
        """Yield (address, label, member that lists it) of each page, in EPUB 3's list or else EPUB 2's."""
        for element in self._items.values():
            item = _Item.of(element)
            name = self._name(item.href)
            if name not in self._archive:
                continue
            if "nav" in item.properties:
                navs = (nav for nav in self._page(name).iter("nav") if PAGE_LISTS & _kinds(nav))
                for link in (link for nav in navs for link in nav.iter("a")):
                    yield link.get("href", ""), "".join(link.itertext()), name
            elif item.type == NCX:
                for target in self._archive.xml(name, INDEX).iterfind(".//{*}pageTarget"):
                    link = target.find("{*}content")
                    label = target.get("value") or target.findtext(".//{*}text") or ""
                    yield link.get("src", "") if link is not None else "", label, name


@dataclass(frozen=True, slots=True)
class _Item:
    """A file of a book, as its manifest lists it."""

    href: str
    type: str
    properties: Sequence[str]
    fallback: str | None
    """Identifier of the item to be shown by programs that cannot show this one."""

    @classmethod
    def of(cls, element: Any) -> _Item:
        """Return the item that an element of the manifest describes."""
        return cls(
            element.get("href", ""),
            element.get("media-type", "").partition(";")[0].strip().lower(),
            element.get("properties", "").split(),
            element.get("fallback"),
        )

    @property
    def is_text(self) -> bool:
        """Whether it is a chapter or a drawing: by its type, or by its name where that says nothing."""
        return self.type in CHAPTER_TYPES or (
            not OTHER_TYPES.match(self.type) and bool(CHAPTER_NAMES.search(self.href.partition("#")[0]))
        )


def _write_formulas(body: HtmlElement) -> None:
    """Put formulas and lowered text on the line, where nothing of them is lost."""
    for element in list(body.iterdescendants()):
        lowered = element.tag == "sub" and not len(element) and element.text
        if lowered or is_formula(element):
            text, tail = subscript(element.text) if lowered else formula_text(element), element.tail
            element.clear()
            element.tag, element.text, element.tail = "span", text, tail


def _kinds(element: HtmlElement) -> frozenset[str]:
    """Return what EPUB and ARIA call an element."""
    return frozenset(f"{element.get('epub:type', '')} {element.get('role', '')}".split())


def _is_left_out(element: HtmlElement) -> bool:
    """Return whether an element is a list of the book's content, or the call of a note."""
    kinds = _kinds(element)
    if element.tag == "nav":
        return not NAVIGATION.isdisjoint(kinds)
    return element.tag in ("a", "sup", "span") and not CALLS.isdisjoint(kinds)


def _encrypted(archive: ZipArchive) -> frozenset[str]:
    """Return the names of encrypted members; fonts often are encrypted where the text is not."""
    if ENCRYPTION not in archive:
        return frozenset()
    references = archive.xml(ENCRYPTION, INDEX).iterfind(".//{*}CipherReference")
    return frozenset(unquote(reference.get("URI", "")) for reference in references)
