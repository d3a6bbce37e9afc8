"""What a reader of one format finds in a file, before titles, dates and languages are looked for."""

from __future__ import annotations

from dataclasses import dataclass

from indexer.records import Block, PartialDate


@dataclass(frozen=True, slots=True)
class Reading:
    """A file's source text and structure, and what its metadata declare."""

    format: str
    """Name of the reader: "text", "markdown", …"""
    text: str
    """The source: the whole decoded file."""
    blocks: tuple[Block, ...]
    title: str | None = None
    """Title declared in the file's metadata."""
    date: PartialDate | None = None
    """Date declared in the file's metadata."""
    author: str | None = None
    """Who wrote it, as declared, several joined by ", "."""
    language: str | None = None
    """ISO 639-1 code declared; programs often write a default there, so the text itself decides first."""
