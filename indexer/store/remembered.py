"""Remember the passages that were shown lately: a page asks for the same ones again and again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")


class Remembered(Generic[T]):
    """Passages by their rows, at most so many, then all are forgotten; any thread may use it."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._known: dict[int, T] = {}

    def of(self, rows: Sequence[int], read: Callable[[list[int]], Mapping[int, T]]) -> list[T]:
        """Return the passages of rows, in order; `read` returns those, each once, that are not known."""
        known = self._known
        found = {row: each for row in rows if (each := known.get(row))}
        if missing := [row for row in dict.fromkeys(rows) if row not in found]:
            new = read(missing)
            if len(known) + len(new) > self._most:
                self._known = known = {}  # a request that goes on with the old one loses nothing
            known.update(new)
            found |= new
        return [found[row] for row in rows]
