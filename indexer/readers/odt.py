"""ODT: the text of an OpenDocument file, with its notes and text boxes; deleted text is kept apart in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from indexer.readers.errors import Unreadable
from indexer.readers.extraction import Reading
from indexer.readers.metadata.authors import trusted_author
from indexer.readers.metadata.declared import trusted
from indexer.readers.office import attribute, child, children, content, flat, local, part, unpack
from indexer.readers.text.gathering import Piece, gather, table_row
from indexer.records import BlockKind

CONTENT, META, MANIFEST = "content.xml", "meta.xml", "META-INF/manifest.xml"
DEEPEST_HEADING = 6
MOST_SPACES = 100

UNSEEN = frozenset(
    {
        "tracked-changes", "table-of-content", "illustration-index", "table-index", "alphabetical-index",
        "annotation", "annotation-end", "sequence-decls", "forms", "note-citation", "ruby-text", "title",
        "desc", "covered-table-cell",
    }
)  # fmt: skip
"""Elements whose content is no text of the document, or says again what stands elsewhere in it."""
SIGNS = {"tab": "\t", "line-break": "\n"}


def read_odt(data: bytes) -> Reading:
    """An OpenDocument text. Its dates are those of the file, and are left alone."""
    packed = unpack(data)
    if MANIFEST in packed and b"encryption-data" in packed.read(MANIFEST):
        raise Unreadable("encrypted: it opens only with a password")
    root = part(packed, CONTENT)
    body = child(root, "body", "text")
    if body is None:
        raise Unreadable(f"it is damaged: {CONTENT} holds no text document")
    text, blocks = gather(_Reader(root).blocks(body))
    meta = child(part(packed, META), "meta") if META in packed else None
    title = content(meta, "title")
    # "creator" is who saved it last.
    author = content(meta, "initial-creator") or content(meta, "creator")
    return Reading("odt", text, blocks, trusted(title, text), author=trusted_author(author, text))


@dataclass(slots=True)
class _Text:
    """A paragraph's text, and the text boxes and notes that hang on it."""

    text: list[str] = field(default_factory=list)
    hanging: list[Any] = field(default_factory=list)

    def __str__(self) -> str:
        return "".join(self.text)


class _Reader:
    """The pieces of one document."""

    def __init__(self, root: Any) -> None:
        styles = child(root, "automatic-styles")
        self._titles: set[str | None] = {"Title"}
        self._titles |= {
            attribute(style, "name")
            for style in (styles if styles is not None else ())
            if attribute(style, "parent-style-name") == "Title"
        }

    def blocks(self, parent: Any, depth: int = 0) -> Iterator[Piece]:
        """Paragraphs, items, headings and table rows within an element, in order; depth counts lists."""
        for element in parent:
            name = local(element)
            if name in ("p", "h"):
                yield from self._paragraph(element, depth)
            elif name == "table":
                yield from self._table(element)
            elif name not in UNSEEN:
                yield from self.blocks(element, depth + (name == "list"))

    def _paragraph(self, element: Any, depth: int) -> Iterator[Piece]:
        found = _Text()
        _gather(element, found)
        if local(element) == "h":
            level = attribute(element, "outline-level") or "1"
            shown = min(DEEPEST_HEADING, max(1, int(level))) if level.isdecimal() and len(level) < 3 else 1
            yield Piece(BlockKind.HEADING, str(found), shown)
        elif attribute(element, "style-name") in self._titles:
            yield Piece(BlockKind.HEADING, str(found), 1)
        elif depth:
            yield Piece(BlockKind.LIST_ITEM, str(found), depth)
        else:
            yield Piece(BlockKind.PARAGRAPH, str(found))
        for holder in found.hanging:
            yield from self.blocks(holder)

    def _table(self, table: Any) -> Iterator[Piece]:
        rows = [list(children(row, "table-cell")) for row in _rows(table)]
        is_frame = max(map(len, rows), default=0) == 1
        for row in rows:
            if is_frame and row:
                yield from self.blocks(row[0])
                continue
            cells = [_Text() for _ in row]
            for cell, text in zip(row, cells, strict=True):
                _gather(cell, text)
            yield table_row(map(str, cells))
            for text in cells:
                for holder in text.hanging:
                    yield from self.blocks(holder)


def _rows(table: Any) -> Iterator[Any]:
    for element in table:
        if local(element) == "table-row":
            yield element
        elif local(element) in ("table-header-rows", "table-rows", "table-row-group"):
            yield from _rows(element)


def _gather(element: Any, found: _Text) -> None:
    """The text within an element, paragraphs in it parted by spaces; text boxes and notes are put aside."""
    found.text.append(flat(element.text))
    for each in element:
        name = local(each)
        if name in SIGNS:
            found.text.append(SIGNS[name])
        elif name == "s":
            count = attribute(each, "c") or "1"
            found.text.append(" " * min(int(count) if count.isdecimal() else 1, MOST_SPACES))
        elif name in ("note-body", "text-box"):
            found.hanging.append(each)
        elif name and name not in UNSEEN:
            _gather(each, found)
            found.text.append(" " if name in ("p", "h") else "")
        found.text.append(flat(each.tail))
