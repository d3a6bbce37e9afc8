"""The text of an XML article, element by element, in reading order; JATS and TEI name them differently."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape
from typing import Any

from lxml.etree import Entity

from indexer.readers.text.gathering import CELL_GAP, RawBlock, one_line
from indexer.readers.text.scripts import subscript, superscript
from indexer.records import BlockKind

DEEPEST_HEADING = 6
EMPTY_BRACKETS = re.compile(r"\s?[\[(][\s,;–-]*[\])]")
"""What is left around the numbers of cited works once they are gone."""


@dataclass(frozen=True, slots=True)
class Elements:
    """Names of the elements of one kind of XML, by what they are in the text."""

    sections: frozenset[str]
    headings: frozenset[str]
    paragraphs: frozenset[str]
    items: frozenset[str]
    rows: frozenset[str]
    cells: frozenset[str]
    code: frozenset[str]
    skipped: frozenset[str]
    """Elements without text of the article, lists of references among them."""
    calls: frozenset[str]
    """Elements that call a note or cite a work: numbers in them are no text."""
    raised: frozenset[str] = frozenset()
    lowered: frozenset[str] = frozenset()
    breaks: frozenset[str] = frozenset()

    @property
    def blocks(self) -> frozenset[str]:
        """Elements that stand apart from the text around them."""
        return self.sections | self.headings | self.paragraphs | self.items | self.rows | self.code


@dataclass(slots=True)
class _Line:
    """Text of a paragraph, and the blocks found within it, which stand after it."""

    parts: list[str] = field(default_factory=list)
    apart: list[Any] = field(default_factory=list)

    def __str__(self) -> str:
        return EMPTY_BRACKETS.sub("", "".join(self.parts))


def local(element: Any) -> str:
    """Return an element's name without its namespace, "" for an entity that is not expanded."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def plain(element: Any, elements: Elements) -> str:
    """Return the text of an element on one line, without calls of notes; "" for None."""
    if element is None:
        return ""
    line = _Line()
    _gather(element, elements, line, inside=True)
    return one_line(str(line))


def walk(element: Any, elements: Elements, level: int = 1) -> Iterator[RawBlock]:
    """Yield the blocks within an element; headings of its own are of this level."""
    for child in element:
        name = local(child)
        if not name or name in elements.skipped:
            continue
        if name in elements.sections:
            yield from walk(child, elements, level + 1)
        elif name in elements.headings:
            if heading := plain(child, elements):
                yield RawBlock(BlockKind.HEADING, heading, min(level, DEEPEST_HEADING))
        elif name in elements.rows:
            cells = (plain(cell, elements) for cell in child if local(cell) in elements.cells)
            yield RawBlock(BlockKind.TABLE_ROW, CELL_GAP.join(cells))
        elif name in elements.code:
            yield RawBlock(BlockKind.CODE, "".join(child.itertext()))
        elif name in elements.paragraphs | elements.items or not _holds_blocks(child, elements):
            yield from _paragraph(child, elements, level)
        else:
            yield from walk(child, elements, level)


def _paragraph(element: Any, elements: Elements, level: int) -> Iterator[RawBlock]:
    line = _Line()
    _gather(element, elements, line)
    is_item = local(element) in elements.items
    apart = line.apart
    if is_item and not str(line).strip() and apart and local(apart[0]) in elements.paragraphs:
        _gather(apart.pop(0), elements, line)  # an item's first paragraph is the item
    yield RawBlock(BlockKind.LIST_ITEM if is_item else BlockKind.PARAGRAPH, str(line), int(is_item))
    for block in apart:
        holder = [block]
        yield from walk(holder, elements, level)


def _gather(element: Any, elements: Elements, line: _Line, *, inside: bool = False) -> None:
    """Add an element's text to a line; with `inside` also that of blocks in it, which else stand apart."""
    line.parts.append(_soft(element.text))
    for child in element:
        name = local(child)
        if child.tag is Entity:
            line.parts.append(
                unescape(child.text or "")
            )  # those of HTML; one of the file's own stays its name
        elif name and name not in elements.skipped:
            if name in elements.breaks:
                line.parts.append("\n")
            elif name in elements.calls:
                line.parts.append(_called(child))
            elif name in elements.raised or (name == "hi" and "sup" in (child.get("rend") or "")):
                line.parts.append(superscript(plain(child, elements), "".join(line.parts[-3:])))
            elif name in elements.lowered or (name == "hi" and "sub" in (child.get("rend") or "")):
                line.parts.append(subscript(plain(child, elements)))
            elif not inside and (name in elements.blocks or _holds_blocks(child, elements)):
                line.apart.append(child)
                line.parts.append(" ")
            else:
                if name in elements.blocks:
                    line.parts.append(" ")
                _gather(child, elements, line, inside=inside)
        line.parts.append(_soft(child.tail))


def _soft(text: str | None) -> str:
    """Return a text with its line breaks as spaces, as XML means them."""
    return re.sub(r"\s+", " ", text or "")


def _called(element: Any) -> str:
    """Return the text of a call: "Dupont, 2019" stays, "12" or "*" goes."""
    text = "".join(element.itertext()).strip()
    is_number = not re.search(r"[^\W\d_]{2}", text)
    kind = element.get("ref-type") or element.get("type") or element.get("place") or ""
    return (
        ""
        if is_number and kind not in ("fig", "table", "sec", "disp-formula", "supplementary-material")
        else text
    )


def _holds_blocks(element: Any, elements: Elements) -> bool:
    return any(local(each) in elements.blocks for each in element.iterdescendants() if local(each))
