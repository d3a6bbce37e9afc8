"""The styles of a DOCX file, which make a paragraph a heading, a list item or a line of the contents."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from indexer.readers.office import attribute, child, children, part
from indexer.readers.zip_archive import ZipArchive
from indexer.records import BlockKind

STYLES = "word/styles.xml"
HEADING = re.compile(r"(?:heading|titre|überschrift|título|titolo)\s?(\d)", re.IGNORECASE)
CONTENTS = re.compile(r"(?:toc|tm) ?\d|toc heading|table of figures", re.IGNORECASE)
"""Names of the styles of tables of contents, which repeat the headings."""
DEEPEST_HEADING = 6
LONGEST_CHAIN = 20
"""Styles based on one another; a longer chain runs in a circle."""


@dataclass(frozen=True, slots=True)
class ParagraphRole:
    """The role that style and numbering give a paragraph."""

    kind: BlockKind = BlockKind.PARAGRAPH
    level: int = 0
    is_contents: bool = False
    """Whether it is a line of a table of contents."""


class Styles:
    """The styles of one document, by their identifiers."""

    def __init__(self, styles: dict[str, Any]) -> None:
        self._styles = styles

    @staticmethod
    def of(archive: ZipArchive) -> Styles:
        """Read the styles of a document, which may have none."""
        styles = children(part(archive, STYLES), "style") if STYLES in archive else ()
        return Styles({attribute(style, "styleId") or "": style for style in styles})

    def role(self, properties: Any) -> ParagraphRole:
        """Return the role of a paragraph with these properties (its w:pPr element or None)."""
        styles = self._chain(_value(properties, "pStyle"))
        names = [_value(style, "name") or "" for style in styles]
        if any(CONTENTS.fullmatch(name) for name in names):
            return ParagraphRole(is_contents=True)
        all_properties = [properties, *(child(style, "pPr") for style in styles)]
        outlines = filter(None, (_value(each, "outlineLvl") for each in all_properties))
        level = _heading_level(names, next(outlines, None))
        if level:
            return ParagraphRole(BlockKind.HEADING, level)
        numberings = (child(each, "numPr") for each in all_properties)
        numbering = next((each for each in numberings if each is not None), None)
        if _value(numbering, "numId") in (None, "0"):
            return ParagraphRole()
        depth = _value(numbering, "ilvl") or "0"
        return ParagraphRole(
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
