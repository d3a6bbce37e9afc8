"""The styles of a DOCX file: what makes a paragraph a heading, a list item or a line of the contents."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from indexer.readers.office import attribute, child, children, part
from indexer.readers.zip_archive import Packed
from indexer.records import BlockKind

STYLES = "word/styles.xml"
HEADING = re.compile(r"(?:heading|titre|überschrift|título|titolo)\s?(\d)", re.IGNORECASE)
CONTENTS = re.compile(r"(?:toc|tm) ?\d|toc heading|table of figures", re.IGNORECASE)
"""Styles of tables of contents: they say again what the headings say."""
DEEPEST_HEADING = 6
DEEPEST_STYLE = 20
"""Styles based on one another; a chain that is longer runs in a circle."""


@dataclass(frozen=True, slots=True)
class Look:
    """What a paragraph is by its style."""

    kind: BlockKind = BlockKind.PARAGRAPH
    level: int = 0
    is_contents: bool = False


class Styles:
    """What the styles of one document say of its paragraphs."""

    def __init__(self, styles: dict[str, Any]) -> None:
        self._styles = styles

    @staticmethod
    def of(packed: Packed) -> Styles:
        """The styles of an unpacked document; it may have none."""
        found = children(part(packed, STYLES), "style") if STYLES in packed else ()
        return Styles({attribute(style, "styleId") or "": style for style in found})

    def look(self, properties: Any) -> Look:
        """What a paragraph with these properties (w:pPr or None) is."""
        styles = self._chain(_value(properties, "pStyle"))
        names = [_value(style, "name") or "" for style in styles]
        if any(CONTENTS.fullmatch(name) for name in names):
            return Look(is_contents=True)
        said = [properties, *(child(style, "pPr") for style in styles)]
        level = _heading_level(names, next(filter(None, (_value(each, "outlineLvl") for each in said)), None))
        if level:
            return Look(BlockKind.HEADING, level)
        numbering = next((each for each in (child(one, "numPr") for one in said) if each is not None), None)
        if _value(numbering, "numId") in (None, "0"):
            return Look()
        depth = _value(numbering, "ilvl") or "0"
        return Look(BlockKind.LIST_ITEM, 1 + int(depth) if depth.isdecimal() and len(depth) == 1 else 1)

    def _chain(self, name: str | None) -> list[Any]:
        """A style and those it is based on, nearest first."""
        chain: list[Any] = []
        while name in self._styles and len(chain) < DEEPEST_STYLE:
            chain.append(self._styles[name])
            name = _value(chain[-1], "basedOn")
        return chain


def _heading_level(names: list[str], outline: str | None) -> int:
    """1…6 for a heading, 0 for any other paragraph; an outline level counts from 0, and 9 is none."""
    for name in names:
        found = HEADING.fullmatch(name)
        if found:
            return min(DEEPEST_HEADING, max(1, int(found.group(1))))
    if outline is not None and outline in "012345678":
        return min(DEEPEST_HEADING, int(outline) + 1)
    return 1 if "title" in (name.lower() for name in names) else 0


def _value(parent: Any, name: str) -> str | None:
    """The w:val of a child; None where there is no such child."""
    found = child(parent, name)
    return None if found is None else attribute(found, "val")
