"""Drop lines that are no text of a document: running heads and feet, page numbers, tables of contents."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence

from indexer.readers.pdf.lines import Line

Pages = Sequence[Sequence[Line]]
"""The lines of each page in reading order."""

EDGE = 3
"""Lines from the top or the bottom of a page among which a running head or foot stands."""
NEAR = 2
"""Pages within which a running head comes again: left and right pages may have their own."""
SAME_HEIGHT = 3.0
"""Points between the heights of two lines that count as the same."""
PAGE_NUMBER = re.compile(
    r"(?:page|p\.)?\s*[-–—|(]*\s*(?:\d{1,4}|[ivxlc]{1,6})(?:\s*(?:/|sur|of|de)\s*\d{1,4})?\s*[-–—|)]*",
    re.IGNORECASE,
)

LEADERS = re.compile(r"(?:[.·_]\s?){4}|…\s?…")
"""Dots between a title and its page number in a table of contents."""
ENTRY = re.compile(r".*?[^\W_].*?(?:(?:\s?[.·_]){4,}|(?:\s?…){2,})[\s.·_…]*(\d{1,4}|[ivxlc]{1,6})\s*")
CONTENTS = re.compile(r"(?:sommaire|table des mati[eè]res|(?:table of )?contents|plan)\s*:?", re.IGNORECASE)
"""Heading of a table of contents."""
LONGEST_ENTRY = 200
"""Characters of an entry; the time its pattern takes grows faster than they do."""
FEWEST_ENTRIES = 3
"""Entries of a table of contents."""
ENTRY_LINES = 2
"""Lines of an entry; those above its dots are its beginning."""


def without_running_heads(pages: Pages) -> list[list[Line]]:
    """Return the lines of each page without running heads, running feet and page numbers.

    Such a line comes again at the same height on a page near by, digits aside, or is a page number by itself
    at an edge of its page.
    """
    edges = [_edge_lines(lines) for lines in pages]
    pages_of: dict[tuple[str, int], list[int]] = defaultdict(list)
    for number, edge in enumerate(edges):
        for line in edge:
            pages_of[_key(line)].append(number)
    text_pages = []
    for number, (lines, edge) in enumerate(zip(pages, edges, strict=True)):
        dropped = {
            id(line) for line in edge if _is_page_number(line, lines) or _comes_again(line, number, pages_of)
        }
        text_pages.append([line for line in lines if id(line) not in dropped])
    return text_pages


def _edge_lines(lines: Sequence[Line]) -> list[Line]:
    heights = sorted({round(line.y) for line in lines})
    if not heights:
        return []
    top, bottom = heights[:EDGE][-1], heights[-EDGE:][0]
    return [line for line in lines if not top < round(line.y) < bottom]


def _key(line: Line) -> tuple[str, int]:
    """Return the text of a line, digits aside, and its height in steps of SAME_HEIGHT."""
    return re.sub(r"\d+", "#", line.text.casefold()), round(line.y / SAME_HEIGHT)


def _comes_again(line: Line, number: int, pages_of: dict[tuple[str, int], list[int]]) -> bool:
    text, height = _key(line)
    pages = (page for near in (height - 1, height, height + 1) for page in pages_of.get((text, near), ()))
    return any(0 < abs(page - number) <= NEAR for page in pages)


def _is_page_number(line: Line, lines: Sequence[Line]) -> bool:
    """Return whether a line looks like a page number and stands above or below all others of its page."""
    if not PAGE_NUMBER.fullmatch(line.text.strip()):
        return False
    others = [other.y for other in lines if other is not line]
    return bool(others) and not min(others) <= line.y <= max(others)


def without_contents(pages: Pages) -> list[list[Line]]:
    """Return the lines of each page without tables of contents.

    These are lines of titles, dots and page numbers that never go down, and the heading above them.
    """
    lines = [line for page in pages for line in page]
    dropped = {id(lines[at]) for table in _tables([line.text for line in lines]) for at in table}
    return [[line for line in page if id(line) not in dropped] for page in pages]


def _tables(texts: Sequence[str]) -> Iterator[range]:
    """Yield the place of each table of contents among the lines, with its heading."""
    entries: list[int] = []
    reached = 0
    for at, text in enumerate([*texts, *[""] * (ENTRY_LINES + 1)]):
        entry = ENTRY.fullmatch(text) if LEADERS.search(text) and len(text) <= LONGEST_ENTRY else None
        if entry:
            number = int(entry.group(1)) if entry.group(1).isdecimal() else reached
            if entries and number < reached:
                yield from _table(entries, texts)
                entries = []
            reached = number
            entries.append(at)
        elif entries and at - entries[-1] > ENTRY_LINES:
            yield from _table(entries, texts)
            entries, reached = [], 0


def _table(entries: Sequence[int], texts: Sequence[str]) -> Iterator[range]:
    """Yield the place of a table of contents, if it has enough entries to be one."""
    if len(entries) >= FEWEST_ENTRIES:
        has_heading = entries[0] > 0 and CONTENTS.fullmatch(texts[entries[0] - 1].strip())
        yield range(entries[0] - bool(has_heading), entries[-1] + 1)
