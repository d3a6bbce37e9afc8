"""ODT and flat ODT → the text of a document after its tracked changes, with its notes and text boxes."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from typing import Any

from indexer.readers.extraction import Extraction, Unreadable
from indexer.readers.metadata.file_properties import trusted_properties
from indexer.readers.odt_styles import Styles
from indexer.readers.office import (
    ParagraphText,
    RunFormat,
    attribute,
    child,
    children,
    content,
    flat,
    local,
    unpack,
)
from indexer.readers.text.gathering import RawBlock, gather, table_row
from indexer.readers.text.mathml import formula_text, is_formula
from indexer.readers.text.symbols import of_font
from indexer.readers.zip_archive import ZipArchive, parse_xml
from indexer.records import BlockKind, Metadata

CONTENT, STYLES, META = "content.xml", "styles.xml", "meta.xml"
MANIFEST = "META-INF/manifest.xml"
DEEPEST_HEADING = 6
MOST_SPACES = 100
"""Spaces that one <text:s> element may stand for."""

HIDDEN = frozenset(
    {
        "tracked-changes", "table-of-content", "illustration-index", "table-index", "alphabetical-index",
        "annotation", "annotation-end", "sequence-decls", "forms", "note-citation", "ruby-text", "script",
        "covered-table-cell", "binary-data",
    }
)  # fmt: skip
"""Elements whose content is no text of the document, or repeats what stands elsewhere in it."""
NAMES = ("title", "desc")
"""Elements that name and describe a picture, unless they are fields of the text."""
TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
ANCHORED = frozenset(
    {
        "note-body", "text-box", "custom-shape", "rect", "circle", "ellipse", "line", "polyline", "polygon",
        "regular-polygon", "path", "connector", "caption", "measure",
    }
)  # fmt: skip
"""Elements whose paragraphs follow the paragraph in which they stand: notes, text boxes and shapes."""
CHARACTERS = {"tab": "\t", "line-break": "\n"}
"""Elements that stand for one character."""


def read_odt(data: bytes) -> Extraction:
    """Read an OpenDocument text. Raises Unreadable when it is damaged, encrypted or too large."""
    root, meta = open_document(data)
    body = child(root, "body", "text")
    if body is None:
        raise Unreadable(f"it is damaged: {CONTENT} holds no text document")
    text, blocks = gather(Body(root).blocks(body))
    return Extraction("odt", text, blocks, properties(meta, text))


def open_document(data: bytes) -> tuple[Any, Any]:
    """Return the root element of an OpenDocument file, packed or flat, and its metadata, None without any.

    Raises Unreadable when it is damaged, encrypted or too large.
    """
    if data.lstrip(codecs.BOM_UTF8).lstrip().startswith(b"<"):
        root = parse_xml(data, "its text")
        return root, child(root, "meta")
    archive = unpack(data)
    if MANIFEST in archive and b"encryption-data" in archive.read(MANIFEST):
        raise Unreadable("encrypted: it opens only with a password")
    return _content(archive), child(archive.xml(META), "meta") if META in archive else None


def _content(archive: ZipArchive) -> Any:
    """Return the root element of a packed document, with its formulas and shared styles, as a flat one is."""
    root = archive.xml(CONTENT)
    for element in root.iter("{*}object"):
        name = f"{(attribute(element, 'href') or '').removeprefix('./')}/{CONTENT}"
        formula = archive.xml(name) if name in archive else None
        if formula is not None and is_formula(formula):
            element.append(formula)
    shared = child(archive.xml(STYLES), "styles") if STYLES in archive else None
    if shared is not None:
        root.append(shared)
    return root


def properties(meta: Any, text: str) -> Metadata:
    """Return what can be believed of a file's metadata element, given its text."""
    # "creator" is who saved it last.
    author = content(meta, "initial-creator") or content(meta, "creator")
    return trusted_properties(content(meta, "title"), author, text)


class Body:
    """Reads the body of one document into raw blocks."""

    def __init__(self, root: Any) -> None:
        self._styles = Styles(root)

    def blocks(self, parent: Any, depth: int = 0) -> Iterator[RawBlock]:
        """Yield the paragraphs, list items, headings and table rows within an element, in order.

        Depth counts the lists around the element.
        """
        for element in parent:
            name = local(element)
            if name in ("p", "h"):
                yield from self._paragraph(element, depth)
            elif name == "table":
                yield from self._table(element)
            elif not _is_hidden(element):
                yield from self.blocks(element, depth + (name == "list"))

    def _paragraph(self, element: Any, depth: int) -> Iterator[RawBlock]:
        if any(attribute(field, "is-hidden") == "true" for field in element.iter("{*}hidden-paragraph")):
            return
        text = ParagraphText()
        self._collect_paragraph(element, text)
        if local(element) == "h":
            level = attribute(element, "outline-level") or "1"
            depth = min(DEEPEST_HEADING, max(1, int(level))) if level.isdecimal() and len(level) < 3 else 1
            yield RawBlock(BlockKind.HEADING, str(text), depth)
        elif self._styles.is_title(attribute(element, "style-name")):
            yield RawBlock(BlockKind.HEADING, str(text), 1)
        elif depth:
            yield RawBlock(BlockKind.LIST_ITEM, str(text), depth)
        else:
            yield RawBlock(BlockKind.PARAGRAPH, str(text))
        for anchored in text.anchored:
            yield from self.blocks(anchored)

    def _table(self, table: Any) -> Iterator[RawBlock]:
        rows = [list(children(row, "table-cell")) for row in _rows(table)]
        is_frame = max(map(len, rows), default=0) == 1
        for row in rows:
            if is_frame and row:
                yield from self.blocks(row[0])
                continue
            texts = [ParagraphText() for _ in row]
            for cell, text in zip(row, texts, strict=True):
                self._collect(cell, text, RunFormat())
            yield table_row(map(str, texts))
            for text in texts:
                for anchored in text.anchored:
                    yield from self.blocks(anchored)

    def _collect_paragraph(self, element: Any, text: ParagraphText) -> None:
        """Add the text of a paragraph in the format of its style."""
        self._collect(
            element, text, self._styles.format("paragraph", attribute(element, "style-name"), RunFormat())
        )

    def _collect(self, element: Any, text: ParagraphText, style: RunFormat) -> None:
        """Add the text within an element, its paragraphs separated by spaces, and what is anchored there."""
        _add(element.text, text, style)
        for inner in element:
            name = local(inner)
            if name in CHARACTERS:
                text.add(CHARACTERS[name])
            elif name == "s":
                count = attribute(inner, "c") or "1"
                text.add(" " * min(int(count) if count.isdecimal() else 1, MOST_SPACES))
            elif name in ANCHORED:
                text.anchored.append(inner)
            elif name == "span":
                own = attribute(inner, "style-name")
                self._collect(inner, text, self._styles.format("text", own, style))
            elif name in ("p", "h"):
                self._collect_paragraph(inner, text)
                text.add(" ")
            elif name == "math":
                text.add(formula_text(inner))
            elif name and not _is_hidden(inner):
                self._collect(inner, text, style)
            _add(inner.tail, text, style)


def _add(characters: str | None, text: ParagraphText, style: RunFormat) -> None:
    """Add characters of a format, unless it hides them."""
    if characters and not style.is_hidden:
        text.add(of_font(flat(characters), style.font), style.script)


def _is_hidden(element: Any) -> bool:
    """Return whether an element is no text of the document, or is text that is not shown."""
    if local(element) in HIDDEN:
        return True
    if local(element) in NAMES and not element.tag.startswith(TEXT):
        return True
    return attribute(element, "display") == "none" or attribute(element, "is-hidden") == "true"


def _rows(table: Any) -> Iterator[Any]:
    """Yield the rows of a table, also those in groups of rows."""
    for element in table:
        if local(element) == "table-row":
            yield element
        elif local(element) in ("table-header-rows", "table-rows", "table-row-group"):
            yield from _rows(element)
