"""The styles of an OpenDocument file: what they make of its paragraphs and of the text within them."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from indexer.readers.office import RunFormat, Script, attribute, child, children

LONGEST_CHAIN = 20
"""Styles based on one another; a longer chain runs in a circle."""
TITLE = "Title"
SHIFT = re.compile(r"(?P<below>-?)(?P<share>\d+(?:\.\d+)?)%")
"""Height above the line, as a share of the font's size."""


class Styles:
    """The styles of one document, by their kinds and names."""

    def __init__(self, root: Any) -> None:
        """Read the styles under the root element of a document."""
        groups = (child(root, name) for name in ("styles", "automatic-styles"))
        self._styles = {
            (attribute(style, "family") or "paragraph", attribute(style, "name")): style
            for group in groups
            if group is not None
            for style in children(group, "style")
        }
        faces = child(root, "font-face-decls")
        self._fonts = {
            attribute(face, "name"): attribute(face, "font-family")
            for face in (faces if faces is not None else ())
        }
        self._formats: dict[tuple[str, str | None, RunFormat], RunFormat] = {}

    def is_title(self, name: str | None) -> bool:
        """Return whether the paragraph style of a name is that of titles or made from it."""
        style = self._styles.get(("paragraph", name))
        return TITLE in (name, attribute(style, "parent-style-name") if style is not None else None)

    def format(self, family: str, name: str | None, around: RunFormat) -> RunFormat:
        """Return how text of a style is read within text of a format; the family is "paragraph" or "text"."""
        if name is None:
            return around
        key = family, name, around
        if key not in self._formats:
            self._formats[key] = self._format(family, name, around)
        return self._formats[key]

    def _format(self, family: str, name: str | None, around: RunFormat) -> RunFormat:
        chain: list[Any] = []
        while (family, name) in self._styles and len(chain) < LONGEST_CHAIN:
            chain.append(self._styles[family, name])
            name = attribute(chain[-1], "parent-style-name")
        found = around
        for style in reversed(chain):
            properties = child(style, "text-properties")
            found = self._changed(found, properties) if properties is not None else found
        return found

    def _changed(self, before: RunFormat, properties: Any) -> RunFormat:
        """Return a format with what the properties of one style set."""
        found = before
        display, position = attribute(properties, "display"), attribute(properties, "text-position")
        name = attribute(properties, "font-name")
        font = (self._fonts.get(name) or name) if name else attribute(properties, "font-family")
        if display:
            found = replace(found, is_hidden=display == "none")
        if position:
            found = replace(found, script=_script(position))
        return replace(found, font=font) if font else found


def _script(position: str) -> Script:
    """Return where a text position puts text: "super 58%", "sub 58%", "33% 58%", "-33% 58%", "0% 100%"."""
    shift = SHIFT.match(position)
    if position.startswith("super") or (shift and not shift["below"] and float(shift["share"]) > 0):
        return Script.RAISED
    return Script.LOWERED if position.startswith("sub") or (shift and shift["below"]) else Script.NORMAL
