"""ODP → the slides of an OpenDocument presentation: titles as headings, text, tables and speaker's notes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from indexer.readers.extraction import Extraction, Unreadable
from indexer.readers.odt import Body, open_document, properties
from indexer.readers.office import attribute, child, children, local
from indexer.readers.text.gathering import RawBlock, gather
from indexer.records import BlockKind

TITLE = "title"
FURNITURE = frozenset({"date-time", "footer", "header", "page-number", "page"})
"""Classes of frames that hold no text of the slide."""


def read_odp(data: bytes) -> Extraction:
    """Read a presentation; a block's page is its slide, hidden ones counted.

    Raises Unreadable when it is damaged, encrypted or too large.
    """
    root, meta = open_document(data)
    slides = child(root, "body", "presentation")
    if slides is None:
        raise Unreadable("it is damaged: it holds no presentation")
    body = Body(root)
    text, blocks = gather(
        replace(raw, page=number)
        for number, slide in enumerate(children(slides, "page"), 1)
        for raw in _slide(body, slide, 1 if number == 1 else 2)
    )
    return Extraction("odp", text, blocks, properties(meta, text))


def _slide(body: Body, slide: Any, level: int) -> Iterator[RawBlock]:
    """Yield the blocks of one slide: its title, its other shapes in their order, then its notes."""
    shapes = sorted(slide, key=lambda shape: (local(shape) == "notes", _class(shape) != TITLE))
    for shape in shapes:
        if local(shape) == "notes":
            for frame in children(shape, "frame"):
                if _class(frame) not in FURNITURE:
                    yield from body.blocks([frame])
        elif _class(shape) == TITLE:
            title = " ".join(raw.text for raw in body.blocks([shape]))
            yield RawBlock(BlockKind.HEADING, title.replace("\n", " "), level)
        elif _class(shape) not in FURNITURE:
            yield from body.blocks([shape])


def _class(shape: Any) -> str | None:
    return attribute(shape, "class")
