"""DOCX → the text of a Word document after its tracked changes, with its notes and text boxes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from indexer.readers.extraction import Extraction, Unreadable
from indexer.readers.metadata.file_properties import trusted_properties
from indexer.readers.office import attribute, child, children, content, flat, local, unpack
from indexer.readers.text.gathering import RawBlock, gather, table_row
from indexer.readers.zip_archive import ZipArchive
from indexer.records import BlockKind

DOCUMENT = "word/document.xml"
NOTES = {"footnoteReference": "word/footnotes.xml", "endnoteReference": "word/endnotes.xml"}
CORE = "docProps/core.xml"

AROUND_BLOCKS = frozenset({"sdt", "sdtContent", "customXml", "ins", "moveTo", "smartTag"})
"""Elements whose content counts as if it stood in their place."""
HIDDEN = frozenset(
    {"del", "moveFrom", "pPr", "rPr", "instrText", "delText", "rt", "Fallback", "sdtPr", "object"}
)
"""Elements whose content is not text of the document; a Fallback repeats what stands beside it."""
CHARACTERS = {"tab": "\t", "ptab": "\t", "cr": "\n", "noBreakHyphen": "-"}
"""Elements that stand for one character."""

STYLES = "word/styles.xml"
HEADING = re.compile(r"(?:heading|titre|überschrift|título|titolo)\s?(\d)", re.IGNORECASE)
CONTENTS = re.compile(r"(?:toc|tm) ?\d|toc heading|table of figures", re.IGNORECASE)
"""Names of the styles of tables of contents, which repeat the headings."""
DEEPEST_HEADING = 6
LONGEST_CHAIN = 20
"""Styles based on one another; a longer chain runs in a circle."""


def read_docx(data: bytes) -> Extraction:
    """Read a Word document. Raises Unreadable when it is damaged, encrypted or too large."""
    archive = unpack(data)
    name = _main_part(archive)
    body = child(archive.xml(name), "body")
    if body is None:
        raise Unreadable(f"it is damaged: {name} has no body")
    text, blocks = gather(_Body(archive).blocks(body))
    core = archive.xml(CORE) if CORE in archive else None
    metadata = trusted_properties(content(core, "title"), content(core, "creator"), text)
    return Extraction("docx", text, blocks, metadata)


def _main_part(archive: ZipArchive) -> str:
    """Return the name of the part that holds the document's text."""
    for relation in archive.xml("_rels/.rels"):
        if (attribute(relation, "Type") or "").endswith("/officeDocument"):
            return (attribute(relation, "Target") or DOCUMENT).lstrip("/")
    return DOCUMENT


@dataclass(slots=True)
class _ParagraphText:
    """The text of a paragraph or table cell, and the text boxes and notes anchored in it."""

    parts: list[str] = field(default_factory=list)
    boxes: list[Any] = field(default_factory=list)
    """Contents of text boxes."""
    notes: list[Any] = field(default_factory=list)

    def __str__(self) -> str:
        return "".join(self.parts)


class _Body:
    """Reads the body of one document into raw blocks."""

    def __init__(self, archive: ZipArchive) -> None:
        self._styles = _Styles(archive)
        # A note is removed once it is read, so that it is read once even where it refers to itself.
        self._notes = {
            (kind, attribute(note, "id")): note
            for kind, name in NOTES.items()
            if name in archive
            for note in archive.xml(name)
            if attribute(note, "type") in (None, "normal")
        }

    def blocks(self, parent: Any) -> Iterator[RawBlock]:
        """Yield the paragraphs, list items, headings and table rows within an element, in order."""
        for element in parent:
            name = local(element)
            if name == "p":
                yield from self._paragraph(element)
            elif name == "tbl":
                yield from self._table(element)
            elif name in AROUND_BLOCKS:
                yield from self.blocks(element)

    def _paragraph(self, element: Any) -> Iterator[RawBlock]:
        role = self._styles.role(child(element, "pPr"))
        text = _ParagraphText()
        self._collect(element, text)
        if not role.is_contents:
            yield RawBlock(role.kind, str(text), role.level)
            yield from self._anchored(text)

    def _anchored(self, text: _ParagraphText) -> Iterator[RawBlock]:
        for element in (*text.boxes, *text.notes):
            yield from self.blocks(element)

    def _table(self, table: Any) -> Iterator[RawBlock]:
        rows = [row for row in self._within(table, "tr") if child(row, "trPr", "del") is None]
        cells = [list(self._within(row, "tc")) for row in rows]
        is_frame = max(map(len, cells), default=0) == 1
        for row in cells:
            if is_frame and row:
                yield from self.blocks(row[0])
                continue
            texts = [_ParagraphText() for _ in row]
            for cell, text in zip(row, texts, strict=True):
                for paragraph in cell.iter("{*}p"):
                    self._collect(paragraph, text)
                    text.parts.append(" ")
            yield table_row(map(str, texts))
            for text in texts:
                yield from self._anchored(text)

    def _within(self, parent: Any, name: str) -> Iterator[Any]:
        """Yield the children of a name, also those within elements that stand around them."""
        for element in parent:
            if local(element) == name:
                yield element
            elif local(element) in AROUND_BLOCKS:
                yield from self._within(element, name)

    def _collect(self, parent: Any, text: _ParagraphText) -> None:
        """Add the text within an element, and what is anchored there."""
        for element in parent:
            name = local(element)
            if name == "t":
                text.parts.append(flat(element.text))
            elif name in CHARACTERS:
                text.parts.append(CHARACTERS[name])
            elif name == "br":
                text.parts.append("\n" if attribute(element, "type") in (None, "textWrapping") else " ")
            elif name in NOTES and (name, attribute(element, "id")) in self._notes:
                text.notes.append(self._notes.pop((name, attribute(element, "id"))))
            elif name == "txbxContent":
                text.boxes.append(element)
            elif name not in HIDDEN and not (name == "r" and child(element, "rPr", "vanish") is not None):
                self._collect(element, text)


@dataclass(frozen=True, slots=True)
class _ParagraphRole:
    """The role that style and numbering give a paragraph."""

    kind: BlockKind = BlockKind.PARAGRAPH
    level: int = 0
    is_contents: bool = False
    """Whether it is a line of a table of contents."""


class _Styles:
    """The styles of one document, by their identifiers."""

    def __init__(self, archive: ZipArchive) -> None:
        """Read the styles of a document, which may have none."""
        styles = children(archive.xml(STYLES), "style") if STYLES in archive else ()
        self._styles = {attribute(style, "styleId") or "": style for style in styles}

    def role(self, properties: Any) -> _ParagraphRole:
        """Return the role of a paragraph with these properties (its w:pPr element or None)."""
        styles = self._chain(_value(properties, "pStyle"))
        names = [_value(style, "name") or "" for style in styles]
        if any(CONTENTS.fullmatch(name) for name in names):
            return _ParagraphRole(is_contents=True)
        all_properties = [properties, *(child(style, "pPr") for style in styles)]
        outlines = filter(None, (_value(each, "outlineLvl") for each in all_properties))
        level = _heading_level(names, next(outlines, None))
        if level:
            return _ParagraphRole(BlockKind.HEADING, level)
        numberings = (child(each, "numPr") for each in all_properties)
        numbering = next((each for each in numberings if each is not None), None)
        if _value(numbering, "numId") in (None, "0"):
            return _ParagraphRole()
        depth = _value(numbering, "ilvl") or "0"
        return _ParagraphRole(
            BlockKind.LIST_ITEM, 1 + int(depth) if depth.isdecimal() and len(depth) == 1 else 1
        )

    def _chain(self, name: str | None) -> list[Any]:
        """Return a style and those it is based on, nearest first."""
        chain: list[Any] = []
        while name in self._styles and len(chain) < LONGEST_CHAIN:
            chain.append(self._styles[name])
            name = _value(chain[-1], "basedOn")
        return chain


def _heading_level(names: list[str], outline: str | None) -> int:
    """Return 1…6 for a heading, 0 for any other paragraph; an outline level counts from 0, and 9 is none."""
    for name in names:
        heading = HEADING.fullmatch(name)
        if heading:
            return min(DEEPEST_HEADING, max(1, int(heading.group(1))))
    if outline is not None and outline in "012345678":
        return min(DEEPEST_HEADING, int(outline) + 1)
    return 1 if "title" in (name.lower() for name in names) else 0


def _value(parent: Any, name: str) -> str | None:
    """Return the w:val of a child, None where there is no such child."""
    element = child(parent, name)
    return None if element is None else attribute(element, "val")
