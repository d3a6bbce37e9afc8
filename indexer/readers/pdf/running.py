"""What is printed on page after page: running heads and feet, page numbers."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence

from indexer.readers.pdf.rows import Line

EDGE = 3
"""Lines from the top or the bottom of a page among which a running head or foot stands."""
NEAR = 2
"""Pages within which it comes again: left and right pages may have their own."""
SAME_HEIGHT = 3.0
"""Points."""
NUMBER = re.compile(
    r"(?:page|p\.)?\s*[-–—|(]*\s*(?:\d{1,4}|[ivxlc]{1,6})(?:\s*(?:/|sur|of|de)\s*\d{1,4})?\s*[-–—|)]*",
    re.IGNORECASE,
)


def without_running(pages: Sequence[Sequence[Line]]) -> list[list[Line]]:
    """The lines of each page without those that come again at the same height on a page near by, figures
    aside, and without a page number that stands alone at an edge.
    """
    at_edges = [_edges(lines) for lines in pages]
    seen: dict[tuple[str, int], list[int]] = defaultdict(list)
    for number, edge in enumerate(at_edges):
        for line in edge:
            seen[_key(line)].append(number)
    kept = []
    for number, (lines, edge) in enumerate(zip(pages, at_edges, strict=True)):
        running = {id(line) for line in edge if _is_number(line, lines) or _comes_again(line, number, seen)}
        kept.append([line for line in lines if id(line) not in running])
    return kept


def _edges(lines: Sequence[Line]) -> list[Line]:
    heights = sorted({round(line.y) for line in lines})
    if not heights:
        return []
    top, bottom = heights[:EDGE][-1], heights[-EDGE:][0]
    return [line for line in lines if not top < round(line.y) < bottom]


def _key(line: Line) -> tuple[str, int]:
    return re.sub(r"\d+", "#", line.text.casefold()), round(line.y / SAME_HEIGHT)


def _comes_again(line: Line, number: int, seen: dict[tuple[str, int], list[int]]) -> bool:
    text, height = _key(line)
    pages = (page for near in (height - 1, height, height + 1) for page in seen.get((text, near), ()))
    return any(0 < abs(page - number) <= NEAR for page in pages)


def _is_number(line: Line, lines: Sequence[Line]) -> bool:
    """Whether a line is a page number by its looks, above or below all others of its page."""
    if not NUMBER.fullmatch(line.text.strip()):
        return False
    others = [other.y for other in lines if other is not line]
    return bool(others) and not min(others) <= line.y <= max(others)
