"""The records that travel from a corpus file to an index: CorpusFile, Document, Passage and their parts.

Two texts are told apart everywhere. The *source* is a file's decoded text, character for character
(what a reader sees on opening the file); the *clean* text is what is embedded and shown (no markup,
NFC). Every clean character remembers the source characters it came from, so that any piece of clean
text can be cited as source[start:end]. Offsets count Unicode code points, as Python's str does.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256
from operator import itemgetter
from pathlib import Path

from indexer.metadata import Described, Metadata, Name, PartialDate

__all__ = [
    "Block",
    "BlockKind",
    "CleanText",
    "CorpusFile",
    "Described",
    "Document",
    "Metadata",
    "Name",
    "PartialDate",
    "Passage",
    "PassageKind",
    "Sentence",
    "Skipped",
]


@dataclass(frozen=True, slots=True)
class CleanText:
    """Clean text with, for each of its characters, the source span it stands for."""

    text: str
    starts: Sequence[int]
    """starts[i]: source offset of the first source character behind text[i]; never decreases."""
    ends: Sequence[int]
    """ends[i]: source offset one past the last source character behind text[i]."""

    def __post_init__(self) -> None:
        if not len(self.text) == len(self.starts) == len(self.ends):
            raise ValueError("CleanText needs one start and one end for each character")

    def __len__(self) -> int:
        return len(self.text)

    def slice(self, start: int, end: int) -> CleanText:
        """Return characters [start, end) of the clean text, with their source spans."""
        return CleanText(self.text[start:end], self.starts[start:end], self.ends[start:end])

    def strip(self) -> CleanText:
        """Return the text without white space at either end."""
        lead = len(self.text) - len(self.text.lstrip())
        return self.slice(lead, max(lead, len(self.text.rstrip())))

    @property
    def start(self) -> int:
        """Source offset where the text begins. Raises ValueError when the text is empty."""
        if not self.text:
            raise ValueError("an empty CleanText stands nowhere in its source")
        return self.starts[0]

    @property
    def end(self) -> int:
        """Source offset one past where the text ends. Raises ValueError when the text is empty."""
        if not self.text:
            raise ValueError("an empty CleanText stands nowhere in its source")
        return self.ends[-1]

    @staticmethod
    def verbatim(source: str, start: int, end: int) -> CleanText:
        """Return source[start:end] unchanged, each character standing for itself."""
        return CleanText(
            source[start:end], array("q", range(start, end)), array("q", range(start + 1, end + 1))
        )

    @staticmethod
    def join(parts: Sequence[CleanText], separator: str) -> CleanText:
        """Join parts, given in source order; each separator stands for the gap between its two neighbours."""
        text: list[str] = []
        starts, ends = array("q"), array("q")
        for part in parts:
            if not part.text:
                continue
            if text:
                text.append(separator)
                starts.extend([ends[-1]] * len(separator))
                ends.extend([part.start] * len(separator))
            text.append(part.text)
            starts.extend(part.starts)
            ends.extend(part.ends)
        return CleanText("".join(text), starts, ends)


class BlockKind(StrEnum):
    """What a block is in its document's structure."""

    HEADING = "heading"
    PARAGRAPH = "paragraph"
    LIST_ITEM = "list_item"
    TABLE_ROW = "table_row"
    CODE = "code"


@dataclass(frozen=True, slots=True)
class Block:
    """One structural piece of a document, in reading order."""

    kind: BlockKind
    content: CleanText
    """Never blank. Line breaks the author meant stand as "\\n"; soft wraps have become spaces."""
    level: int = 0
    """Depth: 1…6 for a heading (1 the highest), 1… for a list item, 0 otherwise."""
    page: int | None = None
    """Page the block begins on, counted from 1; None where the format has no pages."""
    turns: tuple[tuple[int, int], ...] = ()
    """(source offset, page) where its text goes on on another page, in order."""

    def page_at(self, offset: int) -> int | None:
        """Return the page on which the character at a source offset within the block stands."""
        turn = bisect_right(self.turns, offset, key=itemgetter(0))
        return self.turns[turn - 1][1] if turn else self.page


WITHIN = "#"
"""Sign between the source of a file and the name of what it holds."""
OCR_FOLDER = "ocr"
"""Folder of an index that keeps what OCR has read, for all its generations."""
LONGEST_HEADING = 500
"""Characters of a title or heading that are kept: both are repeated with every passage below them."""


def short_heading(text: str) -> str:
    """Return a title or heading on one line, ended with "…" where it is longer than LONGEST_HEADING."""
    line = " ".join(text.split())
    if len(line) <= LONGEST_HEADING:
        return line
    cut = line[: LONGEST_HEADING - 1]
    return (cut[: cut.rfind(" ", LONGEST_HEADING // 2)] if " " in cut[LONGEST_HEADING // 2 :] else cut) + "…"


@dataclass(frozen=True, slots=True)
class CorpusFile:
    """A file of the corpus that is worth opening but not yet read."""

    source: str
    """Path within the corpus: forward slashes, NFC. The name the file is cited by."""
    path: Path
    """Absolute path on this machine, without links, spelt as the file system spells it."""
    size: int
    """Bytes."""
    modified_ns: int
    """Time the content last changed (mtime), in nanoseconds since the epoch."""
    changed_ns: int
    """Time the content or the directory entry last changed (ctime), in nanoseconds since the epoch.

    No program can set it back.
    """
    sidecar: CorpusFile | None = None
    """File beside it that overrides its metadata; None where there is none."""
    described: Metadata | None = field(default=None, hash=False)
    """What a reference library of the corpus says of it; None where none does."""
    elsewhere: frozenset[int] = frozenset()
    """Numbers, from 1, of the entries of a reference library that other files or entries stand for."""

    @property
    def stamp(self) -> str:
        """Text that changes whenever the file, its sidecar or its description does.

        An equal one spares reading them.
        """
        stamp = f"{self.size} {self.modified_ns} {self.changed_ns}"
        return " ".join(filter(None, (stamp, self.sidecar.stamp if self.sidecar else "", self.remark)))

    @property
    def remark(self) -> str:
        """Digest of what reference libraries say of the file; empty where they say nothing."""
        if self.described is None and not self.elsewhere:
            return ""
        return sha256(repr((self.described, sorted(self.elsewhere))).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file left out of the index, and why."""

    source: str
    reason: str
    """One clause a person understands: what was found and, where it helps, what was expected."""


@dataclass(frozen=True, slots=True)
class Document(Described):
    """A corpus file, or one row of a table, that has been read: its text, structure and metadata."""

    source: str
    """Path within the corpus, with "#" and the number of the row for a row of a table."""
    format: str
    """Name of the reader that read it: "text", "markdown", …"""
    metadata: Metadata
    """Its title is never blank; its language is None when the text is too short or too odd to tell."""
    text: str = field(repr=False)
    """The source: the whole decoded file."""
    blocks: tuple[Block, ...] = field(repr=False)
    content_hash: str
    """sha256 of the file's bytes, hexadecimal."""
    size: int
    """Bytes."""
    copies: tuple[str, ...] = ()
    """Sources of the other files that hold the same bytes."""
    ocr_pages: tuple[int, ...] = ()
    """Pages that are pictures, from 1, whose text was read by optical character recognition."""
    page_labels: tuple[str, ...] = ()
    """What is printed as the number of each page ("iv", "A-3"); none where that is its place from 1."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of a passage."""

    text: str
    """Clean text."""
    start: int
    """Source offset of its first character."""
    end: int
    """Source offset one past its last character."""
    page: int | None = None
    """Page it begins on, from 1; None where the format has no pages."""


class PassageKind(StrEnum):
    """What a passage is to its document: text that may answer, or a list that leads elsewhere."""

    BODY = "body"
    REFERENCES = "references"
    """Works that the document cites."""
    GLOSSARY = "glossary"
    """Terms or abbreviations with what they mean."""
    CONTENTS = "contents"
    """Headings or figures of the document with where they stand."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of one document that makes sense by itself: the unit that is embedded, ranked and cited."""

    text: str
    """Clean text."""
    start: int
    """Source offset of its first character."""
    end: int
    """Source offset one past its last character."""
    section: tuple[str, ...]
    """Headings it stands under, outermost first; empty when there are none."""
    page: int | None
    """Page it begins on, from 1; None where the format has no pages."""
    language: str | None
    """ISO 639-1 code; that of the document where the passage is too short to tell."""
    sentences: tuple[Sentence, ...]
    """In order; at least one. Together they cover the passage's clean text but for white space."""
    kind: PassageKind = PassageKind.BODY
    last_page: int | None = None
    """Page it ends on."""

    def page_at(self, offset: int) -> int | None:
        """Return the page on which the sentence about a source offset begins."""
        return next((each.page for each in reversed(self.sentences) if each.start <= offset), self.page)
