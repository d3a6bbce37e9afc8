"""Replacing pieces of a text while every character keeps the source it stands for."""

from __future__ import annotations

from array import array

from indexer.records import CleanText


class Rewrite:
    """A copy of a text in which some pieces are replaced, from left to right."""

    def __init__(self, raw: CleanText) -> None:
        self._raw = raw
        self._reached = 0
        self._text: list[str] = []
        self._starts, self._ends = array("q"), array("q")

    def replace(self, start: int, end: int, text: str) -> None:
        """Put text in place of characters [start, end); each character of it stands for all of them."""
        self._keep(start)
        self._text.append(text)
        self._starts.extend([self._raw.starts[start]] * len(text))
        self._ends.extend([self._raw.ends[end - 1]] * len(text))
        self._reached = end

    def done(self) -> CleanText:
        """The text with its replacements."""
        if not self._reached:
            return self._raw
        self._keep(len(self._raw))
        return CleanText("".join(self._text), self._starts, self._ends)

    def _keep(self, end: int) -> None:
        kept = self._raw.slice(self._reached, end)
        self._text.append(kept.text)
        self._starts.extend(kept.starts)
        self._ends.extend(kept.ends)
