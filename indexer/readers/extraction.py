"""What the reader of one format hands back: an Extraction, or Unreadable."""

from __future__ import annotations

from dataclasses import dataclass, field

from indexer.records import Block, Metadata


class Unreadable(Exception):  # not …Error: it is a finding about a file, as common as a good one
    """A file holds nothing that can be indexed; the message is one clause a person understands."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file within a file, such as one that was sent with an e-mail; it is read as documents of its own."""

    name: str
    """File name with its suffix, without folders; several attachments of a file may bear the same."""
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Extraction:
    """The text and structure of a file, or of one row of a table, and the metadata declared in it."""

    format: str
    """Name of the reader: "text", "markdown", …"""
    text: str
    """The source: the whole decoded file."""
    blocks: tuple[Block, ...]
    metadata: Metadata = field(default_factory=Metadata)
    """As declared. Programs often write a default language there, so the text itself decides first."""
    attachments: tuple[Attachment, ...] = ()
    """Files within the file, in order, readable or not."""
    ocr_pages: tuple[int, ...] = ()
    """Pages that are pictures, from 1, whose text was read by optical character recognition."""
    page_labels: tuple[str, ...] = ()
    """What is printed as the number of each page; none where that is its place from 1."""
