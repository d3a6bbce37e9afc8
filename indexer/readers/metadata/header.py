"""The date a document gives itself, in the lines above its body or in its file name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from indexer.readers.metadata.dates import Found, find_dates, iso_date, plain_letters
from indexer.records import Block, BlockKind, PartialDate

MARKER = re.compile(r"date\s?:?\s(\d{4}(?:-\d\d){0,2})(?=\s|$)\s*", re.IGNORECASE)
"""What some collections glue to the first line: " date 2019-10 Signature d’une convention…"."""

PLACE = re.compile(r"^[^\W\d_][\w'’-]*(?: [^\W\d_][\w'’-]*){0,3}\s?, (?=(?:le|the|on)\b)", re.IGNORECASE)
AUTHOR = re.compile(r"^(?:par|by)\s[^\d|]{2,80}?(?:\s?[,|–-]\s|\s(?=(?:le|on)\b))", re.IGNORECASE)
HOUR = re.compile(
    r"\b\d{1,2}\s?[:hH]\s?(?:\d\d)?(?::\d\d)?(?:\s?[ap]\.?m\b\.?)?|T?\d\d:\d\d\S*|\b(?:GMT|UTC|CET)\b"
)
FRAME = re.compile(
    r"\b(?:lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|lun|mar|mer|jeu|ven|sam|dim"
    r"|(?:mon|tues|wednes|thurs|fri|satur|sun)day|mon|tue|wed|thu|fri|sat|sun"
    r"|publiee?|paru|parution|poste|cree|redige|ecrit|mise? a jour|modifiee?|actualisee?|date|article"
    r"|(?:de )?publication|derniere|published|posted|updated|last|created|written|modified"
    r"|le|la|les|du|de|au|a|en|on|at|the|from|to|in)\b",
    re.IGNORECASE,
)
"""Words that may stand around a date without making a sentence of it."""

REVISED = re.compile(r"\b(?:jour|updated|modified|modifiee?|actualisee?)\b", re.IGNORECASE)

HEADER_BLOCKS = 8
LONGEST_EVENT = 2
"""Years that the first and last date of one line may be apart."""
BODY = 200
"""Characters from which a block is body and no more header."""

NAMED = re.compile(r"(?<![^\W_])(\d{4})(?:-(\d\d)(?:-(\d\d))?|(\d\d)(\d\d))(?![^\W_]|-\d)", re.ASCII)


def without_marker(blocks: Sequence[Block]) -> tuple[PartialDate | None, tuple[Block, ...]]:
    """The date glued to the first line, and the blocks without it."""
    marker = MARKER.match(blocks[0].content.text) if blocks else None
    marked = iso_date(marker.group(1)) if marker else None
    if not marker or not marked:
        return None, tuple(blocks)
    rest = blocks[0].content.slice(marker.end(), len(blocks[0].content))
    # A line that is nothing but its marker stays: no text of the file is lost to search.
    return marked, (replace(blocks[0], content=rest), *blocks[1:]) if rest else tuple(blocks)


def header_date(blocks: Sequence[Block]) -> PartialDate | None:
    """The date that stands by itself above the body; the first of several, one of revision only for want
    of another."""
    revised = None
    for line in header_lines(blocks):
        found = line_date(line)
        if found and not REVISED.search(plain_letters(line)):
            return found
        revised = revised or found
    return revised


def agreed(marked: PartialDate | None, written: PartialDate | None) -> PartialDate | None:
    """Of a marker's date and a written one: the finer where they agree, the marker's where they do not."""
    if marked is None or (written is not None and written.iso.startswith(marked.iso)):
        return written
    return marked


def line_date(line: str) -> PartialDate | None:
    """The date of a line that holds nothing else but what announces one; None for any other line."""
    dates = list(find_dates(line)) if len(line) <= BODY else []
    if not dates or _is_life(dates):
        return None
    bare = plain_letters(line)
    for found in reversed(dates):
        bare = bare[: found.start] + " " + bare[found.end :]
    lead = AUTHOR.sub("", PLACE.sub("", bare))
    rest = FRAME.sub(" ", HOUR.sub(" ", lead))
    return None if re.search(r"[^\W_]", rest) else dates[0].date


def _is_life(dates: Sequence[Found]) -> bool:
    """Whether dates are years apart, as those of a life or of a reign are."""
    years = [int(found.date.iso[:4]) for found in dates]
    return max(years) - min(years) > LONGEST_EVENT


def named_date(stem: str) -> PartialDate | None:
    """The date in a file name such as "2019-10-18-titre" or "article_20191018"."""
    for year, month, day, month8, day8 in NAMED.findall(stem):
        found = iso_date("-".join(part for part in (year, month or month8, day or day8) if part))
        if found:
            return found
    return None


def header_lines(blocks: Sequence[Block]) -> Iterator[str]:
    """The lines above the body."""
    for block in blocks[:HEADER_BLOCKS]:
        if block.kind is BlockKind.PARAGRAPH and len(block.content) > BODY:
            return
        yield from block.content.text.split("\n")
