"""The lines above a document's body, and the date that they or the file name give it."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import PurePosixPath

from indexer.readers.metadata.dates import DateMatch, find_dates, iso_date, plain_letters
from indexer.records import Block, BlockKind, PartialDate

MARKER = re.compile(r"date\s?:?\s(\d{4}(?:-\d\d){0,2})(?=\s|$)\s*", re.IGNORECASE)
"""A date that some collections put before the first line: " date 2019-10 Signature d’une convention…"."""

PLACE = re.compile(r"^[^\W\d_][\w'’-]*(?: [^\W\d_][\w'’-]*){0,3}\s?, (?=(?:le|the|on)\b)", re.IGNORECASE)
SIGNED = re.compile(
    r"\b(?:(?:par|by)\s|(?:auteure?s?|authors?)\s?:\s?)(?P<names>[^\d~|·•]{2,80}?)"
    r"(?=\s?,?\s(?:le|on|publi[eé]\w*|post[eé]\w*|mise?|updated|published|dans|in)\b.*\Z|\s?,?\s?~|\s?\Z)",
    re.IGNORECASE,
)
"""An author before or behind a date, which "~" stands for."""
SECTION = re.compile(r"\s(?:dans|in)\s[^\d~]{2,40}\Z", re.IGNORECASE)
"""The section of a site in which a text appeared: "dans Santé"."""
SET_APART = re.compile(r"\s*([|·•])\s*|\s+[–—-]\s+")
"""Marks between the date, the author and other parts of a line; a dash may also stand within a part."""
NAME = re.compile(r"[A-Z][\w.'’-]+(?: [\w.'’-]+){0,2} [A-Z][\w.'’-]+")
"""A name of two to four words in plain letters."""
LONGEST_LABEL = 40
"""Characters of a part of a line without a date, such as an author or a section: "Santé | 3 mai 2020"."""
READING_TIME = re.compile(
    r"\b(?:temps de lecture|lecture|reading time)\s?:?\s?\d{1,3}\s?m\w*"
    r"|\b\d{1,3}[\s-]?(?:min|mn|minutes?)\s(?:de lecture|read)\b",
    re.IGNORECASE,
)
HOUR = re.compile(
    r"\b\d{1,2}\s?[:hH]\s?(?:\d\d)?(?::\d\d)?(?:\s?[ap]\.?m\b\.?)?|T?\d\d:\d\d\S*|\b(?:GMT|UTC|CET)\b"
)
FRAME = re.compile(
    r"\b(?:lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|lun|mar|mer|jeu|ven|sam|dim"
    r"|(?:mon|tues|wednes|thurs|fri|satur|sun)day|mon|tue|wed|thu|fri|sat|sun"
    r"|publiee?s?|parue?|parution|postee?|creee?|redigee?|ecrite?|ajoutee?|diffusee?|revue?|en ligne"
    r"|mise?s? (?:a jour|en ligne)|modifiee?|modification|revisee?|revision|actualisee?|actualisation"
    r"|date|article|billet|page|communique(?: de presse)?|soumise?|submitted|(?:de )?publication|premiere"
    r"|derniere|published|posted|updated|last|created"
    r"|written|modified|revised|added|first|released|issued|online"
    r"|le|la|les|du|de|au|a|en|on|at|the|from|to|in)\b",
    re.IGNORECASE,
)
"""Words that may stand around a date without making a sentence of it."""

REVISED = re.compile(
    r"\b(?:jour|updated?|modified|modifi(?:ee?|cation)|actualis(?:ee?|ation)|revis(?:ee?|ed|ion))\b",
    re.IGNORECASE,
)

HEADER_BLOCKS = 8
"""Blocks at the top of a document that may stand above its body."""
LONGEST_EVENT = 2
"""Years between the first and the last date of one line above which they are those of a life or a reign."""
LONGEST_LINE = 200
"""Characters of a header line; a longer paragraph is body."""

FILE_NAME_DATE = re.compile(
    r"(?<![^\W_])(\d{4})(?:([-_.])(\d\d)(?:\2(\d\d)(?!\d)|(?!\2?\d|[^\W_]))|(\d\d)(\d\d)(?![^\W_]|-\d))",
    re.ASCII,
)
YEAR, TWO_DIGITS = re.compile(r"(?:19|20)\d\d", re.ASCII), re.compile(r"\d\d", re.ASCII)
"""Names of folders for a year, and for a month or a day in it."""


def without_marker(blocks: Sequence[Block]) -> tuple[PartialDate | None, tuple[Block, ...]]:
    """Return the date put before the first line, and the blocks without it."""
    marker = MARKER.match(blocks[0].content.text) if blocks else None
    date = iso_date(marker.group(1)) if marker else None
    if not marker or not date:
        return None, tuple(blocks)
    rest = blocks[0].content.slice(marker.end(), len(blocks[0].content))
    # A line that is nothing but its marker stays: no text of the file is lost to search.
    return date, (replace(blocks[0], content=rest), *blocks[1:]) if rest else tuple(blocks)


def header_date(blocks: Sequence[Block]) -> PartialDate | None:
    """Return the first date by itself on a line above the body, one of revision only if there is no other."""
    revised = None
    for line in header_lines(blocks):
        date = line_date(line)
        if date and not REVISED.search(plain_letters(line)):
            return date
        revised = revised or date
    return revised


def finer_date(marker: PartialDate | None, written: PartialDate | None) -> PartialDate | None:
    """Return the finer of a marker's date and a written one if they agree, else the marker's."""
    if marker is None or (written is not None and written.iso.startswith(marker.iso)):
        return written
    return marker


def line_date(line: str) -> PartialDate | None:
    """Return the date of a line that holds nothing but a date and words that announce one, else None.

    An author and parts that marks set off from the date may stand there as well.
    """
    dates = list(find_dates(line)) if len(line) <= LONGEST_LINE else []
    if not dates or _are_years_apart(dates):
        return None
    bare = plain_letters(without_dates(line))
    parts = [part for part in SET_APART.split(bare) if part]
    set_off = any(part in "|·•" for part in parts)
    is_header = all(_announces_a_date(part) or _is_label(part, set_off) for part in parts)
    return dates[0].date if is_header else None


def without_dates(line: str) -> str:
    """Return a line with "~" in place of each date, and without hours and the time that reading takes."""
    for match in reversed(list(find_dates(line))):
        line = line[: match.start] + "~" + line[match.end :]
    return HOUR.sub("", READING_TIME.sub("", line)).strip(" .")


def _announces_a_date(part: str) -> bool:
    """Return whether a part of a line holds nothing but dates, authors and words that go with them."""
    rest = SIGNED.sub(" ", SECTION.sub("", PLACE.sub("", part)))
    return not re.search(r"[^\W_]", FRAME.sub(" ", rest))


def _is_label(part: str, set_off: bool) -> bool:
    """Return whether a part without a date is an author's name or, between clear marks, any short label."""
    if "~" in part or len(part) > LONGEST_LABEL or any(char.isdigit() for char in part):
        return False
    return set_off or bool(NAME.fullmatch(part))


def _are_years_apart(dates: Sequence[DateMatch]) -> bool:
    """Return whether dates are years apart, as those of a life or of a reign are."""
    years = [int(match.date.iso[:4]) for match in dates]
    return max(years) - min(years) > LONGEST_EVENT


def path_date(source: str) -> PartialDate | None:
    """Return the date in the name of a file, or else of the folders it stands in ("2019/10/"), else None."""
    path = PurePosixPath(source)
    # An attachment or a row has its own name behind that of its file.
    for name in reversed(path.name.split("#")):
        date = file_name_date(PurePosixPath(name).stem)
        if date:
            return date
    return folder_date(path.parts[:-1])


def folder_date(folders: Sequence[str]) -> PartialDate | None:
    """Return the date that the innermost folder of a year gives, with those of a month and a day in it."""
    for at in reversed(range(len(folders))):
        if YEAR.fullmatch(folders[at]):
            within = itertools.takewhile(TWO_DIGITS.fullmatch, folders[at + 1 : at + 3])
            parts = (folders[at], *within)
            dates = (iso_date("-".join(parts[:count])) for count in range(len(parts), 0, -1))
            return next(filter(None, dates), None)
        date = file_name_date(folders[at])
        if date:
            return date
    return None


def file_name_date(stem: str) -> PartialDate | None:
    """Return the date in a file name such as "2019-10-18-titre" or "article_20191018", else None."""
    for match in FILE_NAME_DATE.finditer(stem):
        year, _, month, day, month8, day8 = match.groups()
        date = iso_date("-".join(part for part in (year, month or month8, day or day8) if part))
        if date:
            return date
    return None


def header_lines(blocks: Sequence[Block]) -> Iterator[str]:
    """Yield the lines above the body."""
    for block in blocks[:HEADER_BLOCKS]:
        if block.kind is BlockKind.PARAGRAPH and len(block.content) > LONGEST_LINE:
            return
        yield from block.content.text.split("\n")
