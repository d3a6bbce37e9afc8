"""Reference libraries (BibTeX, RIS, NBIB, CSL-JSON) of Zotero, JabRef and PubMed → their entries."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import PurePosixPath

from indexer.readers.extraction import Extraction
from indexer.readers.library.bibtex import bibtex_entries
from indexer.readers.library.csl import csl_entries, is_csl
from indexer.readers.library.entry import Entry
from indexer.readers.library.ris import nbib_entries, ris_entries
from indexer.readers.text.decoding import decode
from indexer.readers.text.gathering import RawBlock, gather
from indexer.records import BlockKind

__all__ = ["LIBRARY_SUFFIXES", "Entry", "entries", "is_csl", "read_library"]

_PARSERS: dict[str, Callable[[str], list[Entry]]] = {
    ".bib": bibtex_entries,
    ".bibtex": bibtex_entries,
    ".ris": ris_entries,
    ".nbib": nbib_entries,
    ".json": csl_entries,
}
LIBRARY_SUFFIXES = frozenset(_PARSERS)
"""Suffixes of reference libraries; a .json file is one where it holds CSL-JSON."""


def entries(name: str, data: bytes) -> list[Entry]:
    """Return the entries of a library of this name, in order; none where a .json file is no CSL-JSON.

    Raises Unreadable when it is damaged, KeyError for another suffix.
    """
    return _PARSERS[PurePosixPath(name).suffix.lower()](decode(data))


def read_library(suffix: str) -> Callable[[bytes], Iterator[Extraction]]:
    """Return the reader of libraries of a suffix, a document an entry: its title and abstract."""

    def read(data: bytes) -> Iterator[Extraction]:
        return map(_extraction, entries(f"library{suffix}", data))

    return read


def _extraction(entry: Entry) -> Extraction:
    text, blocks = gather(_blocks(entry))
    return Extraction("reference", text, blocks, entry.metadata)


def _blocks(entry: Entry) -> Sequence[RawBlock]:
    paragraphs = [RawBlock(BlockKind.PARAGRAPH, part) for part in entry.metadata.abstract.split("\n") if part]
    return [RawBlock(BlockKind.HEADING, entry.metadata.title, 1), *paragraphs]
