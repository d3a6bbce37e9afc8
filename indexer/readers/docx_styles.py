"""The styles of a Word document: what they make of its paragraphs and runs."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from indexer.readers.office import RunFormat, Script, attribute, child, children
from indexer.readers.zip_archive import ZipArchive
from indexer.records import BlockKind

T = TypeVar("T")

STYLES = "word/styles.xml"
HEADING = re.compile(r"(?:heading|titre|überschrift|título|titolo)\s?(\d)", re.IGNORECASE)
CONTENTS = re.compile(r"(?:toc|tm) ?\d|toc heading|table of figures", re.IGNORECASE)
"""Names of the styles of tables of contents, which repeat the headings."""
DEEPEST_HEADING = 6
LONGEST_CHAIN = 20
"""Styles based on one another; a longer chain runs in a circle."""
OFF = frozenset({"0", "false", "off", "none"})
"""Values of a property that switch it off."""
SCRIPTS = {"superscript": Script.RAISED, "subscript": Script.LOWERED}


@dataclass(frozen=True, slots=True)
class ParagraphRole:
    """The role that style and numbering give a paragraph."""

    kind: BlockKind = BlockKind.PARAGRAPH
    level: int = 0
    is_contents: bool = False
    """Whether it is a line of a table of contents."""


class Styles:
    """The styles of one document, by their identifiers."""

    def __init__(self, archive: ZipArchive) -> None:
        """Read the styles of a document, which may have none."""
        styles = children(archive.xml(STYLES), "style") if STYLES in archive else ()
        self._styles = {attribute(style, "styleId") or "": style for style in styles}
        self._formats: dict[str, RunFormat] = {}

    def role(self, properties: Any) -> ParagraphRole:
        """Return the role of a paragraph with these properties (its w:pPr element or None)."""
        styles = self._chain(value(properties, "pStyle"))
        names = [value(style, "name") or "" for style in styles]
        if any(CONTENTS.fullmatch(name) for name in names):
            return ParagraphRole(is_contents=True)
        all_properties = [properties, *(child(style, "pPr") for style in styles)]
        outlines = filter(None, (value(each, "outlineLvl") for each in all_properties))
        level = _heading_level(names, next(outlines, None))
        if level:
            return ParagraphRole(BlockKind.HEADING, level)
        numberings = (child(each, "numPr") for each in all_properties)
        numbering = next((each for each in numberings if each is not None), None)
        if value(numbering, "numId") in (None, "0"):
            return ParagraphRole()
        depth = value(numbering, "ilvl") or "0"
        return ParagraphRole(
            BlockKind.LIST_ITEM, 1 + int(depth) if depth.isdecimal() and len(depth) == 1 else 1
        )

    def paragraph_format(self, properties: Any) -> RunFormat:
        """Return how the style of a paragraph with these properties (w:pPr or None) has its runs read."""
        name = value(properties, "pStyle") or ""
        if name not in self._formats:
            styles = [child(style, "rPr") for style in self._chain(name)]
            self._formats[name] = _format(styles, RunFormat())
        return self._formats[name]

    def run_format(self, properties: Any, around: RunFormat) -> RunFormat:
        """Return how a run with these properties (w:rPr or None) is read in a paragraph of a format."""
        if properties is None:
            return around
        styles = self._chain(value(properties, "rStyle"))
        return _format([properties, *(child(style, "rPr") for style in styles)], around)

    def _chain(self, name: str | None) -> list[Any]:
        """Return a style and those it is based on, nearest first."""
        chain: list[Any] = []
        while name in self._styles and len(chain) < LONGEST_CHAIN:
            chain.append(self._styles[name])
            name = value(chain[-1], "basedOn")
        return chain


def value(parent: Any, name: str) -> str | None:
    """Return the w:val of a child, None where there is no such child."""
    element = child(parent, name)
    return None if element is None else attribute(element, "val")


def _format(all_properties: Sequence[Any], otherwise: RunFormat) -> RunFormat:
    """Return the format that w:rPr elements make, the first that sets a property counting."""
    return RunFormat(
        _setting(all_properties, "vanish", _is_on, otherwise.is_hidden),
        _setting(all_properties, "rFonts", _font, otherwise.font),
        _setting(all_properties, "vertAlign", _script, otherwise.script),
    )


def _setting(all_properties: Sequence[Any], name: str, meaning: Callable[[Any], T], otherwise: T) -> T:
    for properties in all_properties:
        element = child(properties, name)
        if element is not None:
            return meaning(element)
    return otherwise


def _is_on(element: Any) -> bool:
    return (attribute(element, "val") or "on").lower() not in OFF


def _font(element: Any) -> str | None:
    return attribute(element, "ascii")


def _script(element: Any) -> Script:
    return SCRIPTS.get(attribute(element, "val") or "", Script.NORMAL)


def _heading_level(names: list[str], outline: str | None) -> int:
    """Return 1…6 for a heading, 0 for any other paragraph; an outline level counts from 0, and 9 is none."""
    for name in names:
        heading = HEADING.fullmatch(name)
        if heading:
            return min(DEEPEST_HEADING, max(1, int(heading.group(1))))
    if outline is not None and outline in "012345678":
        return min(DEEPEST_HEADING, int(outline) + 1)
    return 1 if "title" in (name.lower() for name in names) else 0
