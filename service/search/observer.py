"""The hooks by which the search core reports what it does, without knowing who listens."""

from __future__ import annotations


class Observer:
    """Receives reports from the search core and ignores them; telemetry overrides what it counts."""

    def stage(self, name: str, seconds: float) -> None:
        """Take note that one stage of a search took so many seconds."""

    def batch(self, texts: int) -> None:
        """Take note that so many question texts are encoded together."""

    def cache(self, hits: int, misses: int) -> None:
        """Take note of how many question vectors were remembered and how many have to be encoded."""

    def reload(self, *, succeeded: bool) -> None:
        """Take note that a newly published generation was opened, or could not be."""

    def watched(self) -> None:
        """Take note that the index watcher has looked once more at what is published."""


SILENT = Observer()
"""The observer of a search core that nobody listens to."""
