"""Pages of a printed book within its chapters: breaks are no text, and tell the page of what follows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from lxml.html import HtmlElement

from indexer.readers.html.walk import BLOCKS
from indexer.readers.text.gathering import RawBlock

BREAK_TYPES = frozenset({"pagebreak", "doc-pagebreak"})
NUMBER_CLASSES = re.compile(r"page-?(?:num(?:ber)?|no|break)s?", re.IGNORECASE)
"""Classes that books without EPUB's types give to the numbers of pages."""
NUMBER = re.compile(r"\W*(?:p(?:age|g)?\W*)?(\d{1,5}|[ivxlcdm]{1,9})?\W*", re.IGNORECASE)
"""Text of a page break: a number, perhaps in brackets or behind "p."."""
LONGEST_LABEL = 30
"""Characters of a page break's text; more is text that should not stand there, and is kept."""
LAST_NUMBER = re.compile(r"(\d{1,5})\W*\Z")

OPEN, CLOSE = "\ue0f0", "\ue0f1"
MARK = re.compile(f"{OPEN}(\\d*){CLOSE}")
"""A break in the text of blocks until they are paged: private characters around the page's number."""


def mark_pages(body: HtmlElement, targets: Mapping[str, str]) -> None:
    """Put a mark in place of each page break in a chapter.

    Targets gives the labels of pages by the ids of elements, as the book lists them.
    """
    for element in list(body.iterdescendants()):
        if not isinstance(element.tag, str):
            continue
        target = targets.get(element.get("id") or element.get("name") or "")
        is_break = _is_break(element)
        if is_break or target is not None:
            text = "".join(element.itertext()).strip()
            named = element.get("title") or element.get("aria-label") or text or element.get("id", "")
            number = _number(target or named)
            says_no_more = NUMBER.fullmatch(text) is not None and _number(text) == number
            _mark(
                element,
                f"{OPEN}{number}{CLOSE}",
                empties=says_no_more or (is_break and len(text) <= LONGEST_LABEL),
            )


def paged(blocks: Iterable[RawBlock]) -> Iterator[RawBlock]:
    """Yield blocks without marks, each with the page it begins on; None before the first page in figures."""
    page: int | None = None
    for block in blocks:
        marks = list(MARK.finditer(block.text))
        if not marks:
            yield replace(block, page=page)
            continue
        leading = [mark for mark in marks if not MARK.sub("", block.text[: mark.start()]).strip()]
        begins = _page(leading[-1]) if leading else page
        page = _page(marks[-1])
        yield replace(block, text=MARK.sub("", block.text), page=begins)


def _page(mark: re.Match[str]) -> int | None:
    return int(mark[1]) if mark[1] else None


def _is_break(element: HtmlElement) -> bool:
    """Return whether an element stands for the break between two pages."""
    kinds = f"{element.get('epub:type', '')} {element.get('role', '')}".split()
    if BREAK_TYPES.intersection(kinds) or element.tag == "pagenum":
        return True
    classes = element.get("class", "").split()
    return any(map(NUMBER_CLASSES.fullmatch, classes)) and bool(NUMBER.fullmatch("".join(element.itertext())))


def _number(label: str) -> str:
    """Return the number at the end of a label in figures, "" where there is none."""
    match = LAST_NUMBER.search(label)
    return str(int(match[1])) if match else ""


def _mark(element: HtmlElement, mark: str, empties: bool) -> None:
    """Put a mark before the text of an element, or in place of it; an element within a line goes itself.

    Nothing else comes between the texts around it, for a page may end within a word.
    """
    if not empties:
        element.text = mark + (element.text or "")
        return
    for inner in list(element):
        element.remove(inner)
    element.text = mark
    if element.tag not in BLOCKS and element.getparent() is not None:
        element.drop_tag()
