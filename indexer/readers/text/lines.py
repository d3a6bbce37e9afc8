"""The lines of a source text, with where each begins and ends."""

from __future__ import annotations

import re
from dataclasses import dataclass

from indexer.records import CleanText

LINE_END = re.compile(r"\r\n|\n|\r")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the source, or the part of it that is text."""

    text: str
    """Without its line end."""
    start: int
    """Source offset of its first character."""

    @property
    def end(self) -> int:
        """Source offset one past its last character."""
        return self.start + len(self.text)

    def cut(self, lead: int) -> Line:
        """Without its first characters."""
        return Line(self.text[lead:], self.start + lead)

    def raw(self, source: str) -> CleanText:
        """Its characters, each with its own source span."""
        return CleanText.verbatim(source, self.start, self.end)


def lines_of(source: str, start: int = 0) -> list[Line]:
    """All lines from a source offset on; a last line without a line end counts."""
    lines = []
    for match in LINE_END.finditer(source, start):
        lines.append(Line(source[start : match.start()], start))
        start = match.end()
    lines.append(Line(source[start:], start))
    return lines
