"""An HTML tree → raw blocks in reading order: headings, paragraphs, list items, table rows, code."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

from lxml.etree import iterwalk
from lxml.html import HtmlElement

from indexer.readers.html.raised import MAY_CALL, is_note_call, raised_text
from indexer.readers.text.gathering import RawBlock, table_row
from indexer.records import BlockKind

HEADINGS = {f"h{level}": level for level in range(1, 7)}
LISTS = frozenset({"ul", "ol", "dl", "menu", "dir"})
CODE = frozenset({"pre", "listing", "xmp", "plaintext"})
BLOCKS = frozenset(
    "address article aside blockquote body caption center dd details dir div dl dt fieldset figcaption figure"
    " footer form h1 h2 h3 h4 h5 h6 header hgroup hr html legend li listing main menu nav ol p plaintext pre"
    " search section summary table tbody td tfoot th thead tr ul xmp".split()
)
"""Elements that begin and end a block of text; any other is part of a line."""

NO_TEXT = frozenset(
    "annotation annotation-xml applet area audio base button canvas datalist embed head iframe input link map"
    " meta noembed noframes noscript object option param progress rp rt script select source style svg"
    " template textarea title track video".split()
)
"""Elements without text to read: scripts, form controls, pictures."""

WHITE = re.compile(r"[ \t\n\r\f]+")
EMPTY_LINE = re.compile(r"\n[^\S\n]*\n\s*")
HIDDEN_STYLE = re.compile(r"(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*hidden)", re.IGNORECASE)
REVEALED_ROLES = frozenset({"tabpanel", "region", "main"})
"""Roles of elements that are hidden until the user opens them, or while a page loads."""
PAGE_TAGS = frozenset({"html", "body", "main", "article"})
RAISED_CONTEXT = 12
"""Characters before raised text that tell whether it is an exponent or the call of a note."""
LONGEST_CELL = 2000
"""Characters of a table cell above which the table lays out a page rather than data."""


@dataclass(frozen=True, slots=True)
class WalkedBlock(RawBlock):
    """A raw block, and what tells whether it is part of the text or stands around it."""

    linked: int = 0
    """Characters of its text that stand in links."""
    doubted: bool = False
    """Whether it stands in an element that is doubted to be part of the text."""


class _Line:
    """The text since the last block tag, and which of its characters stand in links."""

    def __init__(self) -> None:
        self._text: list[str] = []
        self._linked: list[str] = []

    def add(self, text: str, linked: bool) -> None:
        """Put text at the end of the line."""
        if not text:
            return
        self._text.append(text)
        self._linked.append(("1" if linked else "0") * len(text))

    def end(self, length: int) -> str:
        """Return some of the last characters, at least length of them where there are as many."""
        tail = ""
        for text in reversed(self._text):
            if len(tail) >= length:
                break
            tail = text + tail
        return tail

    def take(self) -> tuple[str, str]:
        """Empty the line; return its text, and "1" for each character of it in a link, "0" for each other."""
        taken = "".join(self._text), "".join(self._linked)
        self._text.clear()
        self._linked.clear()
        return taken


def walk(
    root: HtmlElement, left_out: Collection[HtmlElement] = (), doubted: Collection[HtmlElement] = ()
) -> Iterator[WalkedBlock]:
    """Yield the raw blocks of a tree, without elements that are hidden, hold no text or are left out.

    A block tag ends a paragraph, and so do two <br>; one <br> is a line break. Text in a list is an item of
    the list's depth, a definition one level deeper than its term. Blocks in doubted elements are marked.
    """
    line = _Line()
    heading = depth = links = doubts = 0
    walker = iterwalk(root, events=("start", "end"))
    for event, element in walker:
        tag = str(element.tag)
        if tag in BLOCKS:
            yield from _blocks(line, heading, depth, doubts > 0)
        step = 1 if event == "start" else -1
        heading = HEADINGS.get(tag, 0) * (step > 0) if tag in HEADINGS else heading
        depth += step * (tag in LISTS or tag == "dd")
        links += step * (tag == "a")
        doubts += step * (element in doubted)
        if event == "end":
            line.add(WHITE.sub(" ", element.tail or "") if element is not root else "", links > 0)
        elif (
            element in left_out
            or _is_no_text(element)
            or (tag in MAY_CALL and is_note_call(element, line.end(1)))
        ):
            walker.skip_subtree()
        elif tag in CODE:
            yield WalkedBlock(BlockKind.CODE, _code(element), doubted=doubts > 0)
            walker.skip_subtree()
        elif tag == "table" and _holds_data(element):
            yield from _rows(element, left_out, doubts > 0)
            walker.skip_subtree()
        elif tag == "sup" and (raised := raised_text(element, line.end(RAISED_CONTEXT))) is not None:
            line.add(raised, links > 0)
            walker.skip_subtree()
        else:
            line.add("\n" if tag == "br" else WHITE.sub(" ", element.text or ""), links > 0)
    yield from _blocks(line, heading, depth, doubts > 0)


def _blocks(line: _Line, heading: int, depth: int, doubted: bool) -> Iterator[WalkedBlock]:
    """Yield the blocks that the text between two block tags makes."""
    text, linked = line.take()
    if heading:
        yield WalkedBlock(
            BlockKind.HEADING, text.replace("\n", " "), heading, None, linked.count("1"), doubted
        )
        return
    kind = BlockKind.LIST_ITEM if depth else BlockKind.PARAGRAPH
    start = 0
    for gap in (*EMPTY_LINE.finditer(text), None):
        end = gap.start() if gap else len(text)
        yield WalkedBlock(kind, text[start:end], depth, None, linked.count("1", start, end), doubted)
        start = gap.end() if gap else end


def _is_no_text(element: HtmlElement) -> bool:
    """Return whether an element is hidden, or a mark on the text rather than a part of it."""
    if element.tag in NO_TEXT or element.get("aria-hidden") == "true" or _is_hidden(element):
        return True
    if HIDDEN_STYLE.search(element.get("style", "")):
        return True
    if element.tag == "a" and element.get("href", "").startswith("#"):  # the "¶" beside a heading
        return not any(char.isalnum() for part in element.itertext() for char in part)
    return False


def _is_hidden(element: HtmlElement) -> bool:
    """Return whether an element is hidden for good: neither the page itself nor, say, a tab to be opened."""
    hidden = element.get("hidden")
    if hidden is None or hidden.lower() == "until-found" or element.get("role") in REVEALED_ROLES:
        return False
    return element.tag not in PAGE_TAGS


def _code(pre: HtmlElement) -> str:
    """Return the text of an element with its white space."""
    text = []
    for event, element in iterwalk(pre, events=("start", "end")):
        if event == "start":
            text.append("\n" if element.tag == "br" else element.text or "")
        elif element is not pre:
            text.append(element.tail or "")
    return "".join(text)


def _holds_data(table: HtmlElement) -> bool:
    """Return whether a table holds data, rather than laying out a page."""
    if table.get("role") in ("presentation", "none") or any(True for _ in table.iterdescendants("table")):
        return False
    if any(True for _ in table.iterdescendants(*HEADINGS, *CODE)):
        return False
    rows = [
        [len("".join(cell.itertext())) for cell in row.iterchildren("td", "th")] for row in table.iter("tr")
    ]
    return any(len(row) > 1 for row in rows) and all(max(row, default=0) <= LONGEST_CELL for row in rows)


def _rows(table: HtmlElement, left_out: Collection[HtmlElement], doubted: bool) -> Iterator[WalkedBlock]:
    for part in table.iter("caption", "tr"):
        if _is_no_text(part):
            continue
        if part.tag == "caption":
            yield from (replace(block, doubted=doubted) for block in walk(part, left_out))
        else:
            cells = part.iterchildren("td", "th")
            row = table_row(_cell_text(cell, left_out) for cell in cells if not _is_no_text(cell))
            linked = sum(len("".join(link.itertext())) for link in part.iter("a"))
            yield WalkedBlock(row.kind, row.text, linked=linked, doubted=doubted)


def _cell_text(cell: HtmlElement, left_out: Collection[HtmlElement]) -> str:
    if not len(cell):
        return cell.text or ""
    return " ".join(raw.text for raw in walk(cell, left_out))
