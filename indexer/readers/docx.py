"""DOCX: the text of a Word document as it stands after its tracked changes, with its notes and text boxes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from indexer.readers.docx_styles import Styles
from indexer.readers.errors import Unreadable
from indexer.readers.extraction import Reading
from indexer.readers.metadata.authors import trusted_author
from indexer.readers.metadata.declared import trusted
from indexer.readers.office import attribute, child, content, flat, local, part, unpack
from indexer.readers.text.gathering import Piece, gather, table_row
from indexer.readers.zip_archive import Packed

DOCUMENT = "word/document.xml"
NOTES = {"footnoteReference": "word/footnotes.xml", "endnoteReference": "word/endnotes.xml"}
CORE = "docProps/core.xml"

AROUND_BLOCKS = frozenset({"sdt", "sdtContent", "customXml", "ins", "moveTo", "smartTag"})
"""Elements whose content stands in their place."""
UNSEEN = frozenset(
    {"del", "moveFrom", "pPr", "rPr", "instrText", "delText", "rt", "Fallback", "sdtPr", "object"}
)
"""Elements whose content is not text of the document; a fallback says again what stands beside it."""
SIGNS = {"tab": "\t", "ptab": "\t", "cr": "\n", "noBreakHyphen": "-"}


def read_docx(data: bytes) -> Reading:
    """A Word document. Its dates are those of the file, and are left alone."""
    packed = unpack(data)
    name = _main_part(packed)
    body = child(part(packed, name), "body")
    if body is None:
        raise Unreadable(f"it is damaged: {name} has no body")
    text, blocks = gather(_Reader(packed).blocks(body))
    core = part(packed, CORE) if CORE in packed else None
    title, author = content(core, "title"), content(core, "creator")
    return Reading("docx", text, blocks, trusted(title, text), author=trusted_author(author, text))


def _main_part(packed: Packed) -> str:
    for relation in part(packed, "_rels/.rels"):
        if (attribute(relation, "Type") or "").endswith("/officeDocument"):
            return (attribute(relation, "Target") or DOCUMENT).lstrip("/")
    return DOCUMENT


@dataclass(slots=True)
class _Text:
    """A paragraph's text, and what hangs on it."""

    text: list[str] = field(default_factory=list)
    boxes: list[Any] = field(default_factory=list)
    """Contents of its text boxes."""
    notes: list[Any] = field(default_factory=list)

    def __str__(self) -> str:
        return "".join(self.text)


class _Reader:
    """The pieces of one document."""

    def __init__(self, packed: Packed) -> None:
        self._styles = Styles.of(packed)
        # A note leaves this table as it is read: once, whatever refers to it, be it the note itself.
        self._notes = {
            (kind, attribute(note, "id")): note
            for kind, name in NOTES.items()
            if name in packed
            for note in part(packed, name)
            if attribute(note, "type") in (None, "normal")
        }

    def blocks(self, parent: Any) -> Iterator[Piece]:
        """Paragraphs, items, headings and table rows within an element, in order."""
        for element in parent:
            name = local(element)
            if name == "p":
                yield from self._paragraph(element)
            elif name == "tbl":
                yield from self._table(element)
            elif name in AROUND_BLOCKS:
                yield from self.blocks(element)

    def _paragraph(self, element: Any) -> Iterator[Piece]:
        look = self._styles.look(child(element, "pPr"))
        found = self._text(element)
        if not look.is_contents:
            yield Piece(look.kind, str(found), look.level)
            yield from self._hanging(found)

    def _hanging(self, found: _Text) -> Iterator[Piece]:
        for holder in (*found.boxes, *found.notes):
            yield from self.blocks(holder)

    def _table(self, table: Any) -> Iterator[Piece]:
        rows = [row for row in self._within(table, "tr") if child(row, "trPr", "del") is None]
        cells = [list(self._within(row, "tc")) for row in rows]
        is_frame = max(map(len, cells), default=0) == 1
        for row in cells:
            if is_frame and row:
                yield from self.blocks(row[0])
                continue
            found = [_Text() for _ in row]
            for cell, text in zip(row, found, strict=True):
                for paragraph in cell.iter("{*}p"):
                    self._gather(paragraph, text)
                    text.text.append(" ")
            yield table_row(map(str, found))
            for text in found:
                yield from self._hanging(text)

    def _within(self, parent: Any, name: str) -> Iterator[Any]:
        """Children of a name, also of the elements around them."""
        for element in parent:
            if local(element) == name:
                yield element
            elif local(element) in AROUND_BLOCKS:
                yield from self._within(element, name)

    def _text(self, paragraph: Any) -> _Text:
        found = _Text()
        self._gather(paragraph, found)
        return found

    def _gather(self, parent: Any, found: _Text) -> None:
        for element in parent:
            name = local(element)
            if name == "t":
                found.text.append(flat(element.text))
            elif name in SIGNS:
                found.text.append(SIGNS[name])
            elif name == "br":
                found.text.append("\n" if attribute(element, "type") in (None, "textWrapping") else " ")
            elif name in NOTES and (name, attribute(element, "id")) in self._notes:
                found.notes.append(self._notes.pop((name, attribute(element, "id"))))
            elif name == "txbxContent":
                found.boxes.append(element)
            elif name not in UNSEEN and not (name == "r" and child(element, "rPr", "vanish") is not None):
                self._gather(element, found)
