"""ODT and flat ODT → the text of an OpenDocument file after its tracked changes, with its notes and text boxes."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from indexer.readers.extraction import Extraction, Unreadable
from indexer.readers.metadata.file_properties import trusted_properties
from indexer.readers.office import attribute, child, children, content, flat, local, unpack
from indexer.readers.text.gathering import RawBlock, gather, table_row
from indexer.readers.zip_archive import parse_xml
from indexer.records import BlockKind, Metadata

CONTENT, META, MANIFEST = "content.xml", "meta.xml", "META-INF/manifest.xml"
DEEPEST_HEADING = 6
MOST_SPACES = 100
"""Spaces that one <text:s> element may stand for."""

HIDDEN = frozenset(
    {
        "tracked-changes", "table-of-content", "illustration-index", "table-index", "alphabetical-index",
        "annotation", "annotation-end", "sequence-decls", "forms", "note-citation", "ruby-text", "title",
        "desc", "covered-table-cell", "binary-data",
    }
)  # fmt: skip
"""Elements whose content is no text of the document, or repeats what stands elsewhere in it."""
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
    return archive.xml(CONTENT), child(archive.xml(META), "meta") if META in archive else None


def properties(meta: Any, text: str) -> Metadata:
    """Return what can be believed of a file's metadata element, given its text."""
    # "creator" is who saved it last.
    author = content(meta, "initial-creator") or content(meta, "creator")
    return trusted_properties(content(meta, "title"), author, text)


@dataclass(slots=True)
class _ParagraphText:
    """The text of a paragraph or table cell, and the text boxes and notes anchored in it."""

    parts: list[str] = field(default_factory=list)
    anchored: list[Any] = field(default_factory=list)

    def __str__(self) -> str:
        return "".join(self.parts)


class Body:
    """Reads the body of one document into raw blocks."""

    def __init__(self, root: Any) -> None:
        styles = child(root, "automatic-styles")
        self._titles: set[str | None] = {"Title"}
        self._titles |= {
            attribute(style, "name")
            for style in (styles if styles is not None else ())
            if attribute(style, "parent-style-name") == "Title"
        }

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
            elif name not in HIDDEN:
                yield from self.blocks(element, depth + (name == "list"))

    def _paragraph(self, element: Any, depth: int) -> Iterator[RawBlock]:
        text = _ParagraphText()
        _collect(element, text)
        if local(element) == "h":
            level = attribute(element, "outline-level") or "1"
            depth = min(DEEPEST_HEADING, max(1, int(level))) if level.isdecimal() and len(level) < 3 else 1
            yield RawBlock(BlockKind.HEADING, str(text), depth)
        elif attribute(element, "style-name") in self._titles:
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
            texts = [_ParagraphText() for _ in row]
            for cell, text in zip(row, texts, strict=True):
                _collect(cell, text)
            yield table_row(map(str, texts))
            for text in texts:
                for anchored in text.anchored:
                    yield from self.blocks(anchored)


def _rows(table: Any) -> Iterator[Any]:
    """Yield the rows of a table, also those in groups of rows."""
    for element in table:
        if local(element) == "table-row":
            yield element
        elif local(element) in ("table-header-rows", "table-rows", "table-row-group"):
            yield from _rows(element)


def _collect(element: Any, text: _ParagraphText) -> None:
    """Add the text within an element, its paragraphs separated by spaces, and what is anchored there."""
    text.parts.append(flat(element.text))
    for inner in element:
        name = local(inner)
        if name in CHARACTERS:
            text.parts.append(CHARACTERS[name])
        elif name == "s":
            count = attribute(inner, "c") or "1"
            text.parts.append(" " * min(int(count) if count.isdecimal() else 1, MOST_SPACES))
        elif name in ("note-body", "text-box"):
            text.anchored.append(inner)
        elif name and name not in HIDDEN:
            _collect(inner, text)
            text.parts.append(" " if name in ("p", "h") else "")
        text.parts.append(flat(inner.tail))
