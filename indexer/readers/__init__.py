"""Read a corpus file into Documents: the reader of its suffix extracts text, the rest is common to all.

A new format is a new file in this package and a new line in READERS, or in ROW_READERS.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterator, Sequence, Set
from dataclasses import replace
from itertools import chain, count
from pathlib import PurePosixPath

from indexer.readers.docx import read_docx
from indexer.readers.email_message import read_eml
from indexer.readers.epub import read_epub
from indexer.readers.extraction import Attachment, Extraction, Unreadable
from indexer.readers.html import read_html
from indexer.readers.markdown import is_markdown, read_md
from indexer.readers.metadata.authors import byline
from indexer.readers.metadata.header import file_name_date, finer_date, header_date, without_marker
from indexer.readers.metadata.titles import choose_title
from indexer.readers.odt import read_odt
from indexer.readers.pdf import read_pdf
from indexer.readers.plain_text import read_plain
from indexer.readers.tables import read_csv, read_jsonl
from indexer.readers.text.decoding import decode
from indexer.readers.text.gathering import check_length
from indexer.records import CorpusFile, Document
from models.languages import SAMPLE, detect

__all__ = ["READERS", "ROW_READERS", "Unreadable", "check_format", "read"]

Reader = Callable[[bytes], Extraction]
RowReader = Callable[[bytes], Iterator[Extraction]]


def read_txt(data: bytes) -> Extraction:
    """Read a text file, which often is Markdown under another name."""
    text = decode(data)
    return read_md(data) if is_markdown(text) else Extraction("text", text, read_plain(text))


READERS: dict[str, Reader] = {
    ".txt": read_txt,
    ".md": read_md,
    ".markdown": read_md,
    ".html": read_html,
    ".htm": read_html,
    ".xhtml": read_html,
    ".epub": read_epub,
    ".eml": read_eml,
    ".pdf": read_pdf,
    ".docx": read_docx,
    ".odt": read_odt,
}
"""Reader of each format whose files are one document, by suffix in lower case."""

ROW_READERS: dict[str, RowReader] = {
    ".csv": read_csv,
    ".tsv": read_csv,
    ".jsonl": read_jsonl,
    ".ndjson": read_jsonl,
}
"""Reader of each format whose files hold a document a row, by suffix in lower case."""

NO_TEXT = "it holds no text"
LOG = logging.getLogger(__name__)
WITHIN = "#"
"""Sign between the source of a file and the name of what it holds."""
DEEPEST_ATTACHMENT = 3
"""Files one within another: a message attached to a message may itself have attachments."""


def check_format(source: str) -> None:
    """Raise Unreadable, with the suffixes that are read, when no reader reads files of this name."""
    suffix = PurePosixPath(source).suffix
    if suffix.lower() not in READERS.keys() | ROW_READERS.keys():
        kind = f"{suffix} files" if suffix else "files without a suffix"
        raise Unreadable(f"{kind} are not read; {', '.join((*READERS, *ROW_READERS))} are")


def read(file: CorpusFile, data: bytes, depth: int = 0) -> tuple[Document, ...]:
    """Return the documents that a file's bytes hold: one and those attached to it, or one a row.

    A row's source is that of the file, "#" and its number from 1; its size and hash are those of its text.
    An attachment's source is that of the file, "#" and the attachment's name ("lettre.eml#bilan.pdf"); its
    depth is the number of files around it.
    Raises Unreadable with the reason when there is no document.
    """
    check_format(file.source)
    path = PurePosixPath(file.source.rpartition(WITHIN)[2] if depth else file.source)
    row_reader = ROW_READERS.get(path.suffix.lower())
    if row_reader:
        return _rows(file.source, path.stem, row_reader(data))
    extraction = READERS[path.suffix.lower()](data)
    own = (_document(file.source, path.stem, extraction, data),) if extraction.blocks else ()
    attached = _attached(file, extraction.attachments, depth + 1)
    documents = (*own, *(_part_of(own[0].title, document) if own else document for document in attached))
    if not documents:
        raise Unreadable(NO_TEXT)
    return documents


def _attached(file: CorpusFile, attachments: Sequence[Attachment], depth: int) -> Iterator[Document]:
    """Yield the documents that the attachments of a file hold; one that cannot be read holds none."""
    if depth > DEEPEST_ATTACHMENT:
        return
    length = 0
    sources: set[str] = set()
    for attachment in attachments:
        source = _unique(f"{file.source}{WITHIN}{attachment.name}", sources)
        sources.add(source)
        try:
            documents = read(replace(file, source=source, size=len(attachment.data)), attachment.data, depth)
        except Exception as error:  # a bad attachment must not cost the message it was sent with
            LOG.debug("no document of %s", source, exc_info=error)
            continue
        length += sum(len(document.text) for document in documents)
        check_length(length)
        yield from documents


def _part_of(title: str, attached: Document) -> Document:
    """Return the document of an attachment with the title of the file around it as what it appeared in."""
    container = attached.metadata.container or title
    return replace(attached, metadata=replace(attached.metadata, container=container))


def _unique(source: str, taken: Set[str]) -> str:
    """Return a source, numbered before its suffix where it is taken: "a.eml#b (2).pdf"."""
    path = PurePosixPath(source)
    numbered = (str(path.with_stem(f"{path.stem} ({number})")) for number in count(2))
    return next(name for name in chain([source], numbered) if name not in taken)


def _rows(source: str, stem: str, rows: Iterator[Extraction]) -> tuple[Document, ...]:
    documents: list[Document] = []
    length = 0
    for number, row in enumerate(rows, 1):
        length += len(row.text)
        check_length(length)
        if row.blocks:
            documents.append(_document(f"{source}#{number}", f"{stem} {number}", row, row.text.encode()))
    if not documents:
        raise Unreadable(NO_TEXT)
    return tuple(documents)


def _document(source: str, stem: str, extraction: Extraction, data: bytes) -> Document:
    """Return the document of an extraction, called stem without a better title; data gives size and hash."""
    marker_date, blocks = without_marker(extraction.blocks)
    title, blocks = choose_title(blocks, stem)
    declared = extraction.metadata
    return Document(
        source=source,
        format=extraction.format,
        metadata=replace(
            declared,
            title=declared.title or title,
            date=declared.date or finer_date(marker_date, header_date(blocks)) or file_name_date(stem),
            authors=declared.authors or byline(blocks),
            language=detect("\n".join(block.content.text for block in blocks)[:SAMPLE]) or declared.language,
        ),
        text=extraction.text,
        blocks=blocks,
        content_hash=hashlib.sha256(data).hexdigest(),
        size=len(data),
    )
