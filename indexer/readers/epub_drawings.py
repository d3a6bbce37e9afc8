"""Text within drawings (SVG) of a page → paragraphs, one for each text of a drawing."""

from __future__ import annotations

from collections.abc import Iterator

from lxml.html import HtmlElement

DEEPEST = 100
"""Pieces of a text one within another."""


def show_drawings(body: HtmlElement) -> None:
    """Put in place of each drawing a paragraph for each text in it; drawings without text stay."""
    for drawing in list(body.iter("svg")):
        texts = list(_texts(drawing))
        if drawing.getparent() is None or not texts:
            continue
        tail = drawing.tail
        drawing.clear()
        drawing.tag, drawing.tail = "div", tail
        for text in texts:
            paragraph = drawing.makeelement("p")
            paragraph.text = text
            drawing.append(paragraph)


def _texts(drawing: HtmlElement) -> Iterator[str]:
    """Yield the texts of a drawing: those it places, and passages of HTML in it."""
    for element in drawing.iter("text", "foreignobject", "foreignObject"):
        text = "".join(_pieces(element))
        if text.strip():
            yield text


def _pieces(text: HtmlElement, depth: int = 0) -> Iterator[str]:
    """Yield the pieces of a text within depth others; one with a place of its own is set off by a space."""
    yield text.text or ""
    if depth == DEEPEST:
        return
    for piece in text:
        if not isinstance(piece.tag, str) or piece.tag in ("title", "desc", "style", "script"):
            yield piece.tail or ""
            continue
        placed = any(piece.get(name) is not None for name in ("x", "y", "dx", "dy"))
        yield " " if placed or piece.tag != "tspan" else ""
        yield from _pieces(piece, depth + 1)
        yield piece.tail or ""
