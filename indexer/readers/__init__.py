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

from indexer.readers.doc import read_doc
from indexer.readers.docx import read_docx
from indexer.readers.email_message import read_eml
from indexer.readers.epub import read_epub
from indexer.readers.extraction import Attachment, Extraction, Unreadable
from indexer.readers.html import read_html
from indexer.readers.library import LIBRARY_SUFFIXES, entries, read_library
from indexer.readers.mailbox import read_mbox, read_msg
from indexer.readers.markdown import is_markdown, read_md
from indexer.readers.metadata.authors import byline
from indexer.readers.metadata.header import finer_date, header_date, path_date, without_marker
from indexer.readers.metadata.titles import choose_title
from indexer.readers.mhtml import read_mhtml
from indexer.readers.odp import read_odp
from indexer.readers.odt import read_odt
from indexer.readers.pdf import read_pdf
from indexer.readers.picture import read_picture
from indexer.readers.plain_text import read_plain
from indexer.readers.pptx import read_pptx
from indexer.readers.rtf import read_rtf
from indexer.readers.scholarly import read_xml
from indexer.readers.spreadsheet import read_workbook
from indexer.readers.subtitles import read_subtitles
from indexer.readers.tables import read_csv, read_json, read_jsonl
from indexer.readers.tex import read_tex
from indexer.readers.text.decoding import decode
from indexer.readers.text.gathering import check_length
from indexer.readers.zip_folder import read_zip
from indexer.records import WITHIN, CorpusFile, Document, Name
from models.languages import SAMPLE, detect

__all__ = ["READERS", "ROW_READERS", "Unreadable", "check_format", "read"]

Reader = Callable[[bytes], Extraction]
RowReader = Callable[[bytes], Iterator[Extraction]]


def read_txt(data: bytes) -> Extraction:
    """Read a text file, which often is Markdown under another name."""
    text = decode(data)
    return read_md(data) if is_markdown(text) else Extraction("text", text, read_plain(text))


def _read_json(data: bytes) -> Iterator[Extraction]:
    """Yield the entries of CSL-JSON, or else the objects of a list."""
    return read_library(".json")(data) if entries("library.json", data) else read_json(data)


PICTURES = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp")
READERS: dict[str, Reader] = {
    **dict.fromkeys((".txt", ".text"), read_txt),
    **dict.fromkeys((".md", ".markdown"), read_md),
    **dict.fromkeys((".html", ".htm", ".xhtml", ".shtml"), read_html),
    ".epub": read_epub,
    ".eml": read_eml,
    ".msg": read_msg,
    **dict.fromkeys((".mhtml", ".mht"), read_mhtml),
    **dict.fromkeys((".srt", ".vtt"), read_subtitles),
    ".tex": read_tex,
    **dict.fromkeys((".xml", ".nxml", ".tei"), read_xml),
    ".zip": read_zip,
    ".pdf": read_pdf,
    **dict.fromkeys((".docx", ".docm", ".dotx", ".dotm"), read_docx),
    ".doc": read_doc,
    ".rtf": read_rtf,
    **dict.fromkeys((".odt", ".ott", ".fodt"), read_odt),
    **dict.fromkeys((".pptx", ".pptm", ".ppsx", ".potx"), read_pptx),
    **dict.fromkeys((".odp", ".otp", ".fodp"), read_odp),
    **dict.fromkeys((".xlsx", ".xlsm", ".xltx", ".xlsb", ".xls", ".ods", ".ots"), read_workbook),
    **dict.fromkeys(PICTURES, read_picture),
}
"""Reader of each format whose files are one document, by suffix in lower case."""

ROW_READERS: dict[str, RowReader] = {
    ".csv": read_csv,
    ".tsv": read_csv,
    ".jsonl": read_jsonl,
    ".ndjson": read_jsonl,
    ".json": _read_json,
    **{suffix: read_library(suffix) for suffix in sorted(LIBRARY_SUFFIXES - {".json"})},
    ".mbox": read_mbox,
}
"""Reader of each format whose files hold a document a row, by suffix in lower case."""

MAY_NEED_OCR = frozenset({".pdf", *PICTURES})
"""Suffixes of the formats whose pages may be pictures."""

ADVISED = "saved as PDF, DOCX, ODT, HTML or plain text they can be"
"""What to do about a file of a format that is not read."""
AS_PICTURES = "saved as PNG or JPEG they can be"
UNPACKED = "unpacked, what is in them can be"
HEARD = "with a transcript beside them as .txt, .srt or .vtt, that can be"
AS_OFFICE = "saved as DOCX, PPTX, XLSX or PDF they can be"
AS_EPUB = "converted to EPUB they can be, by Calibre for example"
ADVICE = {
    ".ppt": "saved as PPTX or PDF they can be",
    ".pps": "saved as PPTX or PDF they can be",
    **dict.fromkeys(
        (".pages", ".key", ".numbers", ".wpd", ".wps", ".sxw", ".sxi", ".sxc", ".pub"), AS_OFFICE
    ),
    **dict.fromkeys((".gif", ".bmp", ".heic", ".heif", ".avif", ".svg", ".psd", ".jp2"), AS_PICTURES),
    **dict.fromkeys((".rar", ".7z", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".zst"), UNPACKED),
    **dict.fromkeys((".mp3", ".m4a", ".wav", ".ogg", ".mp4", ".mkv", ".mov", ".avi", ".webm"), HEARD),
    **dict.fromkeys((".mobi", ".azw", ".azw3", ".fb2", ".lit"), AS_EPUB),
    **dict.fromkeys((".djvu", ".ps", ".eps", ".xps", ".oxps"), "converted to PDF they can be"),
    **dict.fromkeys((".pst", ".ost"), "exported as MBOX, EML or MSG they can be"),
}
"""Suffix → what to do about files that are not read, where there is more to say than ADVISED."""

DECLARED_BY_PROGRAM = frozenset("pdf docx doc odt odp rtf pptx spreadsheet".split())
"""Formats whose metadata are properties that programs fill in, with the account's owner as the author."""

NO_TEXT = "it holds no text"
LOG = logging.getLogger(__name__)
DEEPEST_ATTACHMENT = 3
"""Files one within another: a message attached to a message may itself have attachments."""


def check_format(source: str) -> None:
    """Raise Unreadable, with what to do about it, when no reader reads files of this name."""
    suffix = PurePosixPath(source).suffix
    if suffix.lower() not in READERS.keys() | ROW_READERS.keys():
        kind = f"{suffix} files" if suffix else "files without a suffix"
        raise Unreadable(f"{kind} are not read; {ADVICE.get(suffix.lower(), ADVISED)}")


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
        return _rows(file, path.stem, row_reader(data), depth + 1)
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


def _rows(file: CorpusFile, stem: str, rows: Iterator[Extraction], depth: int) -> tuple[Document, ...]:
    documents: list[Document] = []
    length = 0
    for number, row in enumerate(rows, 1):
        length += len(row.text)
        check_length(length)
        source = f"{file.source}{WITHIN}{number}"
        if row.blocks:
            documents.append(_document(source, f"{stem} {number}", row, row.text.encode()))
        documents += _attached(replace(file, source=source), row.attachments, depth)
    if not documents:
        raise Unreadable(NO_TEXT)
    return tuple(documents)


def _authors(reader: str, declared: tuple[Name, ...], signed: tuple[Name, ...]) -> tuple[Name, ...]:
    """Return the declared authors or those of the byline, which comes first where a program declared them."""
    return signed or declared if reader in DECLARED_BY_PROGRAM else declared or signed


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
            date=declared.date or finer_date(marker_date, header_date(blocks)) or path_date(source),
            authors=_authors(extraction.format, declared.authors, byline(blocks)),
            language=detect("\n".join(block.content.text for block in blocks)[:SAMPLE]) or declared.language,
        ),
        text=extraction.text,
        blocks=blocks,
        ocr_pages=extraction.ocr_pages,
        page_labels=extraction.page_labels,
        content_hash=hashlib.sha256(data).hexdigest(),
        size=len(data),
    )
