"""An HTML tree → pieces of text in reading order: headings, paragraphs, list items, table rows, code."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from lxml.etree import iterwalk
from lxml.html import HtmlElement

from indexer.readers.text.gathering import Piece, table_row
from indexer.records import BlockKind

HEADINGS = {f"h{level}": level for level in range(1, 7)}
LISTS = frozenset({"ul", "ol", "dl", "menu", "dir"})
CODE = frozenset({"pre", "listing", "xmp", "plaintext"})
BLOCKS = frozenset(
    "address article aside blockquote body caption center dd details dir div dl dt fieldset figcaption figure"
    " footer form h1 h2 h3 h4 h5 h6 header hgroup hr html legend li listing main menu nav ol p plaintext pre"
    " search section summary table tbody td tfoot th thead tr ul xmp".split()
)
"""Elements that begin and end a block of text; any other stands within a line."""

NO_TEXT = frozenset(
    "annotation annotation-xml applet area audio base button canvas datalist embed head iframe input link map"
    " meta noembed noframes noscript object option param progress rp rt script select source style svg"
    " template textarea title track video".split()
)
"""Elements that hold nothing to read: programs, controls, pictures."""

WHITE = re.compile(r"[ \t\n\r\f]+")
EMPTY_LINE = re.compile(r"\n[^\S\n]*\n\s*")
UNSEEN = re.compile(r"(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*hidden)", re.IGNORECASE)
SHOWN_LATER = frozenset({"tabpanel", "region", "main"})
"""Roles of elements that are hidden until a reader asks for them, or while a page loads."""
PAGE = frozenset({"html", "body", "main", "article"})
LONGEST_CELL = 2000
"""Characters of a cell beyond which a table lays out a page rather than data."""


def walk(root: HtmlElement, left_out: Collection[HtmlElement] = ()) -> Iterator[Piece]:
    """Pieces of a tree, without what cannot be seen, holds no text or is left out.

    A block tag ends a paragraph, and so do two <br>; one <br> is a line break. What stands in a list is an
    item of its depth, a definition one deeper than its term.
    """
    line: list[str] = []
    heading = depth = 0
    walker = iterwalk(root, events=("start", "end"))
    for event, element in walker:
        tag = str(element.tag)
        if tag in BLOCKS:
            yield from _pieces("".join(line), heading, depth)
            line.clear()
        step = 1 if event == "start" else -1
        heading = HEADINGS.get(tag, 0) * (step > 0) if tag in HEADINGS else heading
        depth += step * (tag in LISTS or tag == "dd")
        if event == "end":
            line.append(WHITE.sub(" ", element.tail or "") if element is not root else "")
        elif element in left_out or _is_no_text(element):
            walker.skip_subtree()
        elif tag in CODE:
            yield Piece(BlockKind.CODE, _code(element))
            walker.skip_subtree()
        elif tag == "table" and _holds_data(element):
            yield from _rows(element, left_out)
            walker.skip_subtree()
        else:
            line.append("\n" if tag == "br" else WHITE.sub(" ", element.text or ""))
    yield from _pieces("".join(line), heading, depth)


def _pieces(text: str, heading: int, depth: int) -> Iterator[Piece]:
    """What stands between two block tags."""
    if heading:
        yield Piece(BlockKind.HEADING, text.replace("\n", " "), heading)
    elif depth:
        yield from (Piece(BlockKind.LIST_ITEM, part, depth) for part in EMPTY_LINE.split(text))
    else:
        yield from (Piece(BlockKind.PARAGRAPH, part) for part in EMPTY_LINE.split(text))


def _is_no_text(element: HtmlElement) -> bool:
    """Whether an element is out of sight, or a mark on the text rather than a part of it."""
    if element.tag in NO_TEXT or element.get("aria-hidden") == "true" or _is_hidden(element):
        return True
    if UNSEEN.search(element.get("style", "")):
        return True
    if element.tag == "sup":  # the number of a note
        return any(child.tag == "a" and child.get("href", "").startswith("#") for child in element)
    if element.tag == "a" and element.get("href", "").startswith("#"):  # the "¶" beside a heading
        return not any(char.isalnum() for part in element.itertext() for char in part)
    return False


def _is_hidden(element: HtmlElement) -> bool:
    """Whether an element is hidden for good: neither the page nor what a reader brings up, as a tab."""
    hidden = element.get("hidden")
    if hidden is None or hidden.lower() == "until-found" or element.get("role") in SHOWN_LATER:
        return False
    return element.tag not in PAGE


def _code(pre: HtmlElement) -> str:
    """The text of an element with its white space."""
    text = []
    for event, element in iterwalk(pre, events=("start", "end")):
        if event == "start":
            text.append("\n" if element.tag == "br" else element.text or "")
        elif element is not pre:
            text.append(element.tail or "")
    return "".join(text)


def _holds_data(table: HtmlElement) -> bool:
    """Whether a table's rows are lines to read, not the columns of a page."""
    if table.get("role") in ("presentation", "none") or any(True for _ in table.iterdescendants("table")):
        return False
    if any(True for _ in table.iterdescendants(*HEADINGS, *CODE)):
        return False
    rows = [
        [len("".join(cell.itertext())) for cell in row.iterchildren("td", "th")] for row in table.iter("tr")
    ]
    return any(len(row) > 1 for row in rows) and all(max(row, default=0) <= LONGEST_CELL for row in rows)


def _rows(table: HtmlElement, left_out: Collection[HtmlElement]) -> Iterator[Piece]:
    for part in table.iter("caption", "tr"):
        if _is_no_text(part):
            continue
        if part.tag == "caption":
            yield from walk(part, left_out)
        else:
            cells = part.iterchildren("td", "th")
            yield table_row(_cell_text(cell, left_out) for cell in cells if not _is_no_text(cell))


def _cell_text(cell: HtmlElement, left_out: Collection[HtmlElement]) -> str:
    if not len(cell):
        return cell.text or ""
    return " ".join(piece.text for piece in walk(cell, left_out))
