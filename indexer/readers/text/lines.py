"""Split a source text into lines that know their offsets."""

from __future__ import annotations

import re
from dataclasses import dataclass

from indexer.records import CleanText

LINE_END = re.compile(r"\r\n|\n|\r")


@dataclass(frozen=True, slots=True)
class SourceLine:
    """One line of the source, or the part of it that is text."""

    text: str
    """The characters of the line, without its line end."""
    start: int
    """Source offset of its first character."""

    @property
    def end(self) -> int:
        """Source offset one past its last character."""
        return self.start + len(self.text)

    def cut(self, lead: int) -> SourceLine:
        """Return the line without its first lead characters."""
        return SourceLine(self.text[lead:], self.start + lead)

    def raw(self, source: str) -> CleanText:
        """Return the line's characters, each standing for itself."""
        return CleanText.verbatim(source, self.start, self.end)


def lines_of(source: str, start: int = 0) -> list[SourceLine]:
    """Return all lines from a source offset on; what follows the last line end is a line as well."""
    lines = []
    for match in LINE_END.finditer(source, start):
        lines.append(SourceLine(source[start : match.start()], start))
        start = match.end()
    lines.append(SourceLine(source[start:], start))
    return lines
