"""Tables of contents: lines of titles, dots and page numbers, which say again what stands in the document."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from indexer.readers.pdf.rows import Line

LEADERS = re.compile(r"(?:[.·_]\s?){4}|…\s?…")
ENTRY = re.compile(r".*?[^\W_].*?(?:(?:\s?[.·_]){4,}|(?:\s?…){2,})[\s.·_…]*(\d{1,4}|[ivxlc]{1,6})\s*")
HEADING = re.compile(r"(?:sommaire|table des mati[eè]res|(?:table of )?contents|plan)\s*:?", re.IGNORECASE)
LONGEST = 200
"""Characters of an entry; the time its pattern takes grows faster than they do."""
FEWEST = 3
"""Entries of a table of contents."""
WITHIN = 2
"""Lines that an entry may take: those above its dots are its beginning."""


def without_contents(pages: Sequence[Sequence[Line]]) -> list[list[Line]]:
    """The lines of each page without those of tables of contents, whose page numbers never go down."""
    lines = [line for page in pages for line in page]
    left_out = {id(lines[at]) for run in _runs([line.text for line in lines]) for at in run}
    return [[line for line in page if id(line) not in left_out] for page in pages]


def _runs(texts: Sequence[str]) -> Iterator[range]:
    """Where each table of contents stands among the lines, with its heading."""
    run: list[int] = []
    reached = 0
    for at, text in enumerate([*texts, *[""] * (WITHIN + 1)]):
        entry = ENTRY.fullmatch(text) if LEADERS.search(text) and len(text) <= LONGEST else None
        if entry:
            number = int(entry.group(1)) if entry.group(1).isdecimal() else reached
            if run and number < reached:
                yield from _whole(run, texts)
                run = []
            reached = number
            run.append(at)
        elif run and at - run[-1] > WITHIN:
            yield from _whole(run, texts)
            run, reached = [], 0


def _whole(run: Sequence[int], texts: Sequence[str]) -> Iterator[range]:
    if len(run) >= FEWEST:
        has_heading = run[0] > 0 and HEADING.fullmatch(texts[run[0] - 1].strip())
        yield range(run[0] - bool(has_heading), run[-1] + 1)
