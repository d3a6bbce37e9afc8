"""Drop lines that are no text of a document: running heads and feet, page numbers, tables of contents.

Of other text that comes again near by, such as slides built step by step or letters from one template, one
copy stays.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from operator import itemgetter
from statistics import median

from indexer.readers.pdf.lines import Line

Pages = Sequence[Sequence[Line]]
"""The lines of each page in reading order."""

EDGE = 3
"""Lines from the top or the bottom of a page among which a running head or foot stands."""
NEAR = 2
"""Pages within which a running head comes again: left and right pages may have their own."""
SAME_HEIGHT = 3.0
"""Points between the heights of two lines that count as the same."""
MANY = 2
"""Copies near by from which a line is a running head."""
SMALL_PART = 0.25
"""Share of a page's characters up to which repeated lines are running heads rather than a template."""
NUMBER = re.compile(r"\d{1,9}")
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
SCALE = re.compile(
    r"\W*(?:jamais|rarement|parfois|quelquefois|souvent|toujours|oui|non|aucune?|pas du tout|plut[oô]t|assez|"
    r"tout [aà] fait|tr[eè]s|(?:un )?peu|moyenne(?:ment)?|mod[eé]r[eé]e?|beaucoup|(?:pas )?d.accord|"
    r"ne sai[st]|never|rarely|sometimes|often|always|yes|no|not at all|somewhat|very|mild|moderate|severe|"
    r"extreme|(?:strongly )?(?:dis)?agree|"
    r"(?:plusieurs|presque|plus de|several|nearly|more than)\b.*\b(?:jours?|days?))\b",
    re.IGNORECASE,
)
"""Answers to a question, which dots part from what they count."""
FEWEST_ENTRIES = 3
"""Entries of a table of contents."""
ENTRY_LINES = 2
"""Lines of an entry; those above its dots are its beginning."""


def without_copies(pages: Pages) -> list[list[Line]]:
    """Return the lines of each page, none where all of them stand in the same place on a page near by.

    Of a slide built step by step the last page stays, of equal pages the first.
    """
    texts = [_placed_texts(lines, number) for number, lines in enumerate(pages)]
    kept: list[list[Line]] = []
    for number, (lines, text) in enumerate(zip(pages, texts, strict=True)):
        earlier = texts[max(0, number - NEAR) : number]
        later = texts[number + 1 : number + 1 + NEAR]
        is_copy = any(text <= other for other in earlier) or any(text < other for other in later)
        kept.append([] if is_copy else list(lines))
    return kept


def _placed_texts(lines: Sequence[Line], number: int) -> frozenset[tuple[str, int, int]]:
    """Return the texts of a page with their places, without its own number."""
    own = re.compile(rf"\b{number + 1}\b")
    placed = [(line.text.strip(), round(line.left), round(line.y)) for line in lines]
    return frozenset((own.sub("#", text), x, y) for text, x, y in placed if not PAGE_NUMBER.fullmatch(text))


def without_running_heads(pages: Pages) -> list[list[Line]]:
    """Return the lines of each page without running heads, running feet and page numbers.

    Such a line comes again at the same height on pages near by, digits aside, and is a small part of each; or
    it counts pages. Of any other line at an edge that comes again, the first copy stays, aside from the text.
    """
    edges = [_edge_lines(lines) for lines in pages]
    lines_of: dict[tuple[str, int], list[tuple[int, Line]]] = defaultdict(list)
    for number, edge in enumerate(edges):
        for line in edge:
            lines_of[_key(line)].append((number, line))
    return [
        _text_lines(lines, {id(line): _copies(line, number, lines_of) for line in edge})
        for number, (lines, edge) in enumerate(zip(pages, edges, strict=True))
    ]


Copies = Sequence[tuple[int, Line]]
"""The lines that are like one line: how many pages further each stands, and the line."""


def _text_lines(lines: Sequence[Line], copies: Mapping[int, Copies]) -> list[Line]:
    """Return the lines of one page that are text, given the copies of each line at an edge by its id."""
    repeated = sum(len(line.text) for line in lines if copies.get(id(line)))
    is_template = repeated > SMALL_PART * sum(len(line.text) for line in lines)
    usual = median(line.size for line in lines) if lines else 0.0
    text: list[Line] = []
    for line in lines:
        same = copies.get(id(line))
        if not same and not (same is not None and _is_page_number(line, lines)):
            text.append(line)
        elif same and not _is_furniture(line, lines, same, is_template or line.size > usual):
            text.append(replace(line, aside=True))
    return text


def _is_furniture(line: Line, lines: Sequence[Line], copies: Copies, may_be_text: bool) -> bool:
    """Return whether a line at an edge that has copies is no text, or a copy of an earlier line."""
    if _is_page_number(line, lines) or any(_counts(line, copy, pages) for pages, copy in copies):
        return True
    if len(copies) >= MANY and not may_be_text:
        return True
    return any(pages < 0 and copy.text == line.text for pages, copy in copies)


def _copies(line: Line, number: int, lines_of: Mapping[tuple[str, int], Copies]) -> Copies:
    """Return the lines like one at an edge of a page, given by their texts and heights with their pages."""
    text, height = _key(line)
    return [
        (other - number, copy)
        for near in (height - 1, height, height + 1)
        for other, copy in _near(lines_of.get((text, near), ()), number)
    ]


def _near(copies: Copies, number: int) -> Copies:
    """Return those of some lines, in the order of their pages, that stand on other pages near one."""
    first = bisect_left(copies, number - NEAR, key=itemgetter(0))
    last = bisect_right(copies, number + NEAR, key=itemgetter(0))
    return [copy for copy in copies[first:last] if copy[0] != number]


def _counts(line: Line, copy: Line, pages: int) -> bool:
    """Return whether the one number in which two lines differ grows as their pages do."""
    numbers = zip(NUMBER.findall(line.text), NUMBER.findall(copy.text), strict=False)
    return [int(after) - int(before) for before, after in numbers if before != after] == [pages]


def _edge_lines(lines: Sequence[Line]) -> list[Line]:
    heights = sorted({round(line.y) for line in lines})
    if not heights:
        return []
    top, bottom = heights[:EDGE][-1], heights[-EDGE:][0]
    return [line for line in lines if not top < round(line.y) < bottom]


def _key(line: Line) -> tuple[str, int]:
    """Return the text of a line, digits aside, and its height in steps of SAME_HEIGHT."""
    return re.sub(r"\d+", "#", line.text.casefold()), round(line.y / SAME_HEIGHT)


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
    """Yield the place of a table of contents, if it has enough entries to be one and no scale of answers."""
    if len(entries) >= FEWEST_ENTRIES and not _is_scale([texts[at] for at in entries]):
        has_heading = entries[0] > 0 and CONTENTS.fullmatch(texts[entries[0] - 1].strip())
        yield range(entries[0] - bool(has_heading), entries[-1] + 1)


def _is_scale(entries: Sequence[str]) -> bool:
    """Return whether lines with dots are answers and what they count: no page has the number 0."""
    answers = sum(SCALE.match(entry) is not None for entry in entries)
    return 2 * answers >= len(entries) or any(re.search(r"\D0+\s*\Z", entry) for entry in entries)
