"""PPTX → the slides of a presentation: titles as headings, text, tables, diagrams and speaker's notes."""

from __future__ import annotations

from collections.abc import Iterator
from posixpath import dirname, join, normpath
from typing import Any

from indexer.readers.extraction import Extraction, Unreadable
from indexer.readers.metadata.file_properties import trusted_properties
from indexer.readers.office import attribute, child, children, content, flat, local, unpack
from indexer.readers.text.gathering import RawBlock, gather, table_row
from indexer.readers.zip_archive import ZipArchive
from indexer.records import BlockKind

PRESENTATION, CORE = "ppt/presentation.xml", "docProps/core.xml"
TITLES = frozenset({"title", "ctrTitle"})
FURNITURE = frozenset({"sldNum", "dt", "ftr", "hdr", "sldImg"})
"""Types of placeholders that hold no text of the slide: numbers, dates, running heads and feet."""
OUTLINES = frozenset({"body", "obj", ""})
"""Types of placeholders whose paragraphs are the points of a slide."""
AROUND_SHAPES = frozenset({"grpSp", "AlternateContent", "Choice"})
PARTS = {"relIds": "dm", "chart": "id"}
"""Element that stands for a diagram or a chart → its attribute that refers to the part that holds it."""
LABELS = "{http://schemas.openxmlformats.org/drawingml/2006/main}p"
"""Paragraphs of a diagram or a chart."""
RELATIONSHIP = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"


def read_pptx(data: bytes) -> Extraction:
    """Read a presentation; a block's page is its slide, hidden ones counted.

    Raises Unreadable when it is damaged, encrypted or too large.
    """
    archive = unpack(data)
    presentation = _main_part(archive)
    listed = child(archive.xml(presentation), "sldIdLst")
    if listed is None:
        raise Unreadable(f"it is damaged: {presentation} lists no slides")
    targets = _relations(archive, presentation)
    names = [targets.get(slide.get(f"{RELATIONSHIP}id", ""), ("", ""))[1] for slide in listed]
    text, blocks = gather(
        raw
        for number, name in enumerate(names, 1)
        if name in archive
        for raw in _slide(archive, name, number)
    )
    core = archive.xml(CORE) if CORE in archive else None
    metadata = trusted_properties(content(core, "title"), content(core, "creator"), text)
    return Extraction("pptx", text, blocks, metadata)


def _main_part(archive: ZipArchive) -> str:
    """Return the name of the part that lists the slides."""
    for kind, name in _relations(archive, "").values():
        if kind == "officeDocument":
            return name
    return PRESENTATION


def _relations(archive: ZipArchive, part: str) -> dict[str, tuple[str, str]]:
    """Return, by their identifiers, the kinds and names of the parts that a part refers to."""
    name = join(dirname(part), "_rels", part.rpartition("/")[2] + ".rels")
    found = {}
    for relation in archive.xml(name) if name in archive else ():
        kind = (attribute(relation, "Type") or "").rpartition("/")[2]
        target = normpath(join("/", dirname(part), attribute(relation, "Target") or ""))
        found[attribute(relation, "Id") or ""] = kind, target.lstrip("/")
    return found


def _slide(archive: ZipArchive, name: str, number: int) -> Iterator[RawBlock]:
    """Yield the blocks of one slide: its title, its other shapes in their order, then its notes."""
    shapes = list(_shapes(child(archive.xml(name), "cSld", "spTree")))
    relations = _relations(archive, name)
    for shape in sorted(shapes, key=lambda shape: _placeholder(shape) not in TITLES):
        if local(shape) == "graphicFrame":
            yield from _graphic(archive, shape, relations, number)
        else:
            yield from _text(shape, number)
    notes = [part for kind, part in relations.values() if kind == "notesSlide" and part in archive]
    for part in notes[:1]:
        for shape in _shapes(child(archive.xml(part), "cSld", "spTree")):
            if _placeholder(shape) == "body":
                yield from _paragraphs(child(shape, "txBody"), BlockKind.PARAGRAPH, number)


def _shapes(parent: Any) -> Iterator[Any]:
    """Yield the shapes and frames within an element, also those in groups."""
    for element in parent if parent is not None else ():
        name = local(element)
        if name in ("sp", "graphicFrame"):
            yield element
        elif name in AROUND_SHAPES:
            yield from _shapes(element)


def _placeholder(shape: Any) -> str | None:
    """Return the type of placeholder that a shape fills, "" for a plain one, None where it fills none."""
    properties = next((each for each in shape if local(each).startswith("nv")), None)
    placeholder = child(properties, "nvPr", "ph")
    return None if placeholder is None else attribute(placeholder, "type") or ""


def _text(shape: Any, number: int) -> Iterator[RawBlock]:
    """Yield the blocks of a shape's text: a heading, the points of an outline, or paragraphs."""
    kind, body = _placeholder(shape), child(shape, "txBody")
    if kind in FURNITURE or body is None:
        return
    if kind in TITLES:
        title = " ".join(filter(None, (_line(paragraph) for paragraph in children(body, "p"))))
        yield RawBlock(BlockKind.HEADING, title.replace("\n", " "), 1 if number == 1 else 2, number)
    else:
        outline = kind in OUTLINES
        yield from _paragraphs(body, BlockKind.LIST_ITEM if outline else BlockKind.PARAGRAPH, number)


def _paragraphs(body: Any, kind: BlockKind, number: int) -> Iterator[RawBlock]:
    for paragraph in children(body, "p") if body is not None else ():
        level = attribute(child(paragraph, "pPr"), "lvl") if child(paragraph, "pPr") is not None else None
        depth = 1 + int(level) if level and level in "012345678" else 1
        yield RawBlock(kind, _line(paragraph), depth if kind is BlockKind.LIST_ITEM else 0, number)


def _line(paragraph: Any) -> str:
    """Return the text of a paragraph, with its line breaks and formulas but without the slide's number."""
    parts = []
    for element in paragraph.iter("{*}t", "{*}br"):
        if local(element) == "br":
            parts.append("\n")
        elif attribute(element.getparent(), "type") != "slidenum":
            parts.append(flat(element.text))
    return "".join(parts)


def _graphic(
    archive: ZipArchive, frame: Any, relations: dict[str, tuple[str, str]], number: int
) -> Iterator[RawBlock]:
    """Yield the rows of a table, the labels of a diagram, or the title of a chart and its axes."""
    data = child(frame, "graphic", "graphicData")
    for element in data if data is not None else ():
        if local(element) == "tbl":
            for row in children(element, "tr"):
                cells = ("\n".join(_line(line) for line in cell.iter("{*}p")) for cell in children(row, "tc"))
                yield table_row(cells, number)
        part = relations.get(attribute(element, PARTS.get(local(element), "")) or "", ("", ""))[1]
        for label in archive.xml(part).iter(LABELS) if part in archive else ():
            yield RawBlock(BlockKind.LIST_ITEM, _line(label), 1, number)
