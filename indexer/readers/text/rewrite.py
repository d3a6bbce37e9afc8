"""Replace parts of a text while every character keeps the source span that it stands for."""

from __future__ import annotations

from array import array

from indexer.records import CleanText


class Rewrite:
    """A copy of a text in which some parts are replaced, from left to right."""

    def __init__(self, raw: CleanText) -> None:
        self._raw = raw
        self._reached = 0
        self._text: list[str] = []
        self._starts, self._ends = array("q"), array("q")

    def replace(self, start: int, end: int, text: str) -> None:
        """Put text in place of characters [start, end); each new character stands for all of them."""
        self._copy(start)
        self._text.append(text)
        self._starts.extend([self._raw.starts[start]] * len(text))
        self._ends.extend([self._raw.ends[end - 1]] * len(text))
        self._reached = end

    def done(self) -> CleanText:
        """Return the text with its replacements."""
        if not self._reached:
            return self._raw
        self._copy(len(self._raw))
        return CleanText("".join(self._text), self._starts, self._ends)

    def _copy(self, end: int) -> None:
        unchanged = self._raw.slice(self._reached, end)
        self._text.append(unchanged.text)
        self._starts.extend(unchanged.starts)
        self._ends.extend(unchanged.ends)
