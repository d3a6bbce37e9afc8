"""DOCX → the text of a Word document after its tracked changes, with notes, text boxes and inserted files."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from posixpath import join, normpath, split
from typing import Any

from indexer.readers.docx_math import MATH, math_text
from indexer.readers.docx_styles import Styles
from indexer.readers.email_message import read_eml
from indexer.readers.extraction import Extraction, Unreadable
from indexer.readers.html.tree import body_of, parse_html
from indexer.readers.html.walk import walk
from indexer.readers.metadata.file_properties import trusted_properties
from indexer.readers.office import (
    ParagraphText,
    RunFormat,
    attribute,
    child,
    children,
    content,
    flat,
    local,
    unpack,
)
from indexer.readers.plain_text import read_plain
from indexer.readers.rtf import read_rtf
from indexer.readers.text.decoding import decode
from indexer.readers.text.gathering import RawBlock, gather, table_row
from indexer.readers.text.symbols import of_font
from indexer.readers.zip_archive import ZipArchive
from indexer.records import Block

DOCUMENT = "word/document.xml"
NOTES = {"footnoteReference": "word/footnotes.xml", "endnoteReference": "word/endnotes.xml"}
CORE = "docProps/core.xml"

AROUND_BLOCKS = frozenset({"sdtContent", "customXml", "ins", "moveTo", "smartTag"})
"""Elements whose content counts as if it stood in their place."""
HIDDEN = frozenset(
    {"del", "moveFrom", "pPr", "rPr", "instrText", "delText", "rt", "Fallback", "sdtPr", "object"}
)
"""Elements whose content is not text of the document; a Fallback repeats what stands beside it."""
CHARACTERS = {"tab": "\t", "ptab": "\t", "cr": "\n", "noBreakHyphen": "-"}
"""Elements that stand for one character."""
DELETED_MARKS = ("del", "moveFrom")
"""Properties of the mark of a paragraph that goes on in the next one, its end having been deleted."""

DEFAULT_PROMPT = "DefaultPlaceholder"
"""First letters of the names of the prompts that come with Word."""
PROMPT = re.compile(
    r"\s*\W?(?:click|tap|choose|select|enter|cliquez|appuyez|choisis|sélectionne|entrez|saisi)", re.IGNORECASE
)

DEEPEST_CHUNK = 3
"""Documents inserted one into another."""
SYMBOL_CODE = re.compile(r"[0-9A-Fa-f]{1,4}")
ZIP, RTF = b"PK\x03\x04", b"{\\rtf"
"""First bytes of files."""


def read_docx(data: bytes) -> Extraction:
    """Read a Word document. Raises Unreadable when it is damaged, encrypted or too large."""
    archive = unpack(data)
    text, blocks = gather(_blocks(archive))
    core = archive.xml(CORE) if CORE in archive else None
    metadata = trusted_properties(content(core, "title"), content(core, "creator"), text)
    return Extraction("docx", text, blocks, metadata)


def _blocks(archive: ZipArchive, depth: int = 0) -> Iterator[RawBlock]:
    """Yield the blocks of a document that is inserted into depth others."""
    name = _main_part(archive)
    body = child(archive.xml(name), "body")
    if body is None:
        raise Unreadable(f"it is damaged: {name} has no body")
    yield from _Body(archive, name, depth).blocks(body)


def _main_part(archive: ZipArchive) -> str:
    """Return the name of the part that holds the document's text."""
    for relation in archive.xml("_rels/.rels"):
        if (attribute(relation, "Type") or "").endswith("/officeDocument"):
            return (attribute(relation, "Target") or DOCUMENT).lstrip("/")
    return DOCUMENT


class _Body:
    """Reads the body of one document into raw blocks."""

    def __init__(self, archive: ZipArchive, name: str, depth: int) -> None:
        """Prepare to read the part of this name; depth counts the documents it is inserted into."""
        self._archive = archive
        self._depth = depth
        self._styles = Styles(archive)
        # Notes and inserted files are removed once they are read, so that each is read once even where it
        # refers to itself.
        self._notes = {
            (kind, attribute(note, "id")): note
            for kind, name in NOTES.items()
            if name in archive
            for note in archive.xml(name)
            if attribute(note, "type") in (None, "normal")
        }
        self._files = _related_files(archive, name)

    def blocks(self, parent: Any) -> Iterator[RawBlock]:
        """Yield the paragraphs, list items, headings and table rows within an element, in order."""
        text = ParagraphText()
        for element in _shown(parent):
            name = local(element)
            if name == "p":
                self._collect(element, text)
                if not _goes_on(element):
                    yield from self._paragraph(element, text)
                    text = ParagraphText()
            elif name == "tbl":
                yield from self._table(element)
            elif name == "altChunk":
                yield from self._chunk(attribute(element, "id"))
            elif name in AROUND_BLOCKS:
                yield from self.blocks(element)
        yield from self._paragraph(None, text)

    def _paragraph(self, element: Any, text: ParagraphText) -> Iterator[RawBlock]:
        role = self._styles.role(child(element, "pPr"))
        if not role.is_contents:
            yield RawBlock(role.kind, str(text), role.level)
            yield from self._anchored(text)

    def _anchored(self, text: ParagraphText) -> Iterator[RawBlock]:
        for element in text.anchored:
            yield from self.blocks(element)

    def _table(self, table: Any) -> Iterator[RawBlock]:
        rows = [row for row in _within(table, "tr") if child(row, "trPr", "del") is None]
        cells = [
            [cell for cell in _within(row, "tc") if child(cell, "tcPr", "cellDel") is None] for row in rows
        ]
        is_frame = max(map(len, cells), default=0) == 1
        for row in cells:
            if is_frame and row:
                yield from self.blocks(row[0])
                continue
            texts = [ParagraphText() for _ in row]
            for cell, text in zip(row, texts, strict=True):
                self._collect_cell(cell, text)
            yield table_row(map(str, texts))
            for text in texts:
                yield from self._anchored(text)

    def _collect_cell(self, parent: Any, text: ParagraphText) -> None:
        """Add the text of the paragraphs in a cell, also those of tables in it, separated by spaces."""
        for element in _shown(parent):
            name = local(element)
            if name == "p":
                self._collect(element, text)
                text.add("" if _goes_on(element) else " ")
            elif name in ("tbl", "tr", "tc") or name in AROUND_BLOCKS:
                self._collect_cell(element, text)

    def _collect(self, paragraph: Any, text: ParagraphText) -> None:
        """Add the text of a paragraph, and what is anchored there."""
        self._collect_runs(paragraph, text, self._styles.paragraph_format(child(paragraph, "pPr")))

    def _collect_runs(self, parent: Any, text: ParagraphText, style: RunFormat) -> None:
        """Add the text within an element whose runs are read in a format unless they have their own."""
        for element in _shown(parent):
            name = local(element)
            if name == "r":
                own = self._styles.run_format(child(element, "rPr"), style)
                if not own.is_hidden:
                    self._collect_runs(element, text, own)
            elif name == "t":
                text.add(of_font(flat(element.text), style.font), style.script)
            elif name == "sym":
                text.add(_symbol(element), style.script)
            elif name in CHARACTERS:
                text.add(CHARACTERS[name])
            elif name == "br":
                text.add("\n" if attribute(element, "type") in (None, "textWrapping") else " ")
            elif name in NOTES:
                note = self._notes.pop((name, attribute(element, "id")), None)
                text.anchored += [note] if note is not None else []
                if attribute(element, "customMarkFollows") not in (None, "0", "false"):
                    return
            elif name == "txbxContent":
                text.anchored.append(element)
            elif name in MATH:
                text.add(math_text(element))
            elif name not in HIDDEN:
                self._collect_runs(element, text, style)

    def _chunk(self, identifier: str | None) -> Iterator[RawBlock]:
        """Yield the blocks of a file that is inserted whole; none of one that cannot be read."""
        name = self._files.pop(identifier, "")
        if name not in self._archive or self._depth >= DEEPEST_CHUNK:
            return
        try:
            yield from _file_blocks(name, self._archive.read(name), self._depth + 1)
        except Unreadable:
            return


def _file_blocks(name: str, data: bytes, depth: int) -> Iterator[RawBlock]:
    """Yield the blocks of a file inserted into depth documents: a Word document, a page, a message, text."""
    suffix = name.rpartition(".")[2].lower()
    if data.startswith(ZIP):
        yield from _blocks(ZipArchive(data), depth)
    elif data.startswith(RTF):
        yield from _raw(read_rtf(data).blocks)
    elif suffix in ("mht", "mhtml", "eml"):
        yield from _raw(read_eml(data).blocks[1:])
    elif suffix in ("htm", "html", "xhtml", "xht", "xml") or data.lstrip()[:1] == b"<":
        yield from walk(body_of(parse_html(data)))
    else:
        yield from _raw(read_plain(decode(data)))


def _raw(blocks: Iterable[Block]) -> Iterator[RawBlock]:
    return (RawBlock(block.kind, block.content.text, block.level) for block in blocks)


def _related_files(archive: ZipArchive, name: str) -> dict[str | None, str]:
    """Return the members that a part of a document refers to, by the identifiers it calls them by."""
    folder, file = split(name)
    relations = f"{folder}/_rels/{file}.rels"
    if relations not in archive:
        return {}
    targets = ((attribute(each, "Id"), attribute(each, "Target") or "") for each in archive.xml(relations))
    return {
        identifier: target[1:] if target.startswith("/") else normpath(join(folder, target))
        for identifier, target in targets
    }


def _shown(parent: Any) -> Iterator[Any]:
    """Yield the elements within an element that Word shows.

    Of the same thing in several versions it is the first with text; of a field to be filled in, its content
    unless that only asks to be filled in.
    """
    for element in parent:
        name = local(element)
        if name == "AlternateContent":
            yield from _shown(_version(element))
        elif name == "sdt":
            if not _is_prompt(element):
                yield from children(element, "sdtContent")
        else:
            yield element


def _is_prompt(field: Any) -> bool:
    """Return whether a field to be filled in is empty and only asks to be filled in."""
    properties = child(field, "sdtPr")
    if child(properties, "showingPlcHdr") is None:
        return False
    part = child(properties, "placeholder", "docPart")
    is_default = part is not None and (attribute(part, "val") or "").startswith(DEFAULT_PROMPT)
    return is_default or bool(PROMPT.match("".join(text.text or "" for text in field.iter("{*}t"))))


def _version(alternate: Any) -> Any:
    versions = children(alternate, "Choice", "Fallback")
    return next((each for each in versions if any(True for _ in each.iter("{*}t", "{*}sym"))), ())


def _within(parent: Any, name: str) -> Iterator[Any]:
    """Yield the children of a name, also those within elements that stand around them."""
    for element in _shown(parent):
        if local(element) == name:
            yield element
        elif local(element) in AROUND_BLOCKS:
            yield from _within(element, name)


def _goes_on(paragraph: Any) -> bool:
    """Return whether a paragraph goes on in the next one: its end has been deleted or moved away."""
    mark = child(paragraph, "pPr", "rPr")
    return any(child(mark, name) is not None for name in DELETED_MARKS)


def _symbol(element: Any) -> str:
    """Return the character that a w:sym element stands for."""
    code = attribute(element, "char") or ""
    if not SYMBOL_CODE.fullmatch(code):
        return ""
    return of_font(chr(int(code, 16)), attribute(element, "font"))
