"""One file a format: a reader turns bytes into Readings, read() and read_rows() make Documents of them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath

from indexer.readers.docx import read_docx
from indexer.readers.email_message import read_eml
from indexer.readers.epub import read_epub
from indexer.readers.errors import Unreadable
from indexer.readers.extraction import Reading
from indexer.readers.html import read_html
from indexer.readers.markdown import read_markdown
from indexer.readers.metadata.authors import byline, named
from indexer.readers.metadata.declared_dates import declared_date
from indexer.readers.metadata.front_matter import front_matter, listed
from indexer.readers.metadata.header import agreed, header_date, named_date, without_marker
from indexer.readers.metadata.languages import declared_language
from indexer.readers.metadata.titles import choose_title
from indexer.readers.odt import read_odt
from indexer.readers.pdf import read_pdf
from indexer.readers.plain_text import read_plain
from indexer.readers.tables import read_csv, read_jsonl
from indexer.readers.text.decoding import decode
from indexer.readers.text.gathering import MOST_CHARACTERS
from indexer.readers.text.sniffing import is_markdown
from indexer.records import CorpusFile, Document, Metadata
from models.languages import SAMPLE, detect

__all__ = ["READERS", "RECORDS", "Unreadable", "is_records", "read", "read_rows", "reader_of"]


def read_md(data: bytes) -> Reading:
    """A Markdown file; the keys above its text are not text, but may give its metadata."""
    return _markdown(decode(data))


def read_txt(data: bytes) -> Reading:
    """A text file, which often is Markdown under another name."""
    text = decode(data)
    return _markdown(text) if is_markdown(text) else Reading("text", text, read_plain(text))


def _markdown(text: str) -> Reading:
    keys, start = front_matter(text)
    return Reading(
        "markdown",
        text,
        read_markdown(text, start),
        keys.get("title"),
        declared_date(keys.get("date")),
        named(listed(text, "author", "authors")),
        declared_language(keys.get("lang") or keys.get("language")),
    )


Reader = Callable[[bytes], Reading]

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
"""The reader of each suffix, in lower case. A new format is a new file here and a new line."""


RowReader = Callable[[bytes], Iterator[Reading]]

RECORDS: dict[str, RowReader] = {
    ".csv": read_csv,
    ".tsv": read_csv,
    ".jsonl": read_jsonl,
    ".ndjson": read_jsonl,
}
"""The same of files whose every row is a document."""

NO_TEXT = "it holds no text"


def reader_of(source: str) -> Reader | RowReader:
    """The reader of a file, by its name. Raises Unreadable, naming what is read, when there is none."""
    suffix = PurePosixPath(source).suffix
    reader = READERS.get(suffix.lower()) or RECORDS.get(suffix.lower())
    if reader is None:
        kind = f"{suffix} files" if suffix else "files without a suffix"
        raise Unreadable(f"{kind} are not read; {', '.join((*READERS, *RECORDS))} are")
    return reader


def is_records(source: str) -> bool:
    """Whether every row of a file is a document: read_rows() reads it, and read() any other."""
    return PurePosixPath(source).suffix.lower() in RECORDS


def read(file: CorpusFile, data: bytes) -> Document:
    """The document that a file's bytes hold. Raises Unreadable with the reason when there is none."""
    reader_of(file.source)
    reading = READERS[PurePosixPath(file.source).suffix.lower()](data)
    if not reading.blocks:
        raise Unreadable(NO_TEXT)
    return _document(file.source, reading, PurePosixPath(file.source).stem, data)


def read_rows(file: CorpusFile, data: bytes) -> tuple[Document, ...]:
    """The documents that the rows of a file hold, each named by the file and the row's number, from 1.

    A row's size and hash are those of its text. Raises Unreadable with the reason when there is none.
    """
    stem = PurePosixPath(file.source).stem
    documents: list[Document] = []
    length = 0
    for number, reading in enumerate(RECORDS[PurePosixPath(file.source).suffix.lower()](data), 1):
        length += len(reading.text)
        if length > MOST_CHARACTERS:
            raise Unreadable(f"too large: it holds more than {MOST_CHARACTERS // 2**20} million characters")
        if reading.blocks:
            row = reading.text.encode()
            documents.append(_document(f"{file.source}#{number}", reading, f"{stem} {number}", row))
    if not documents:
        raise Unreadable(NO_TEXT)
    return tuple(documents)


def _document(source: str, reading: Reading, stem: str, data: bytes) -> Document:
    """The document of a reading, named stem where nothing better does; size and hash are those of data."""
    marked, blocks = without_marker(reading.blocks)
    title, blocks = choose_title(blocks, stem)
    return Document(
        source=source,
        format=reading.format,
        metadata=Metadata(
            title=reading.title or title,
            date=reading.date or agreed(marked, header_date(blocks)) or named_date(stem),
            author=reading.author or byline(blocks),
            language=detect("\n".join(block.content.text for block in blocks)[:SAMPLE]) or reading.language,
        ),
        text=reading.text,
        blocks=blocks,
        content_hash=hashlib.sha256(data).hexdigest(),
        size=len(data),
    )
