"""The authors of a document: the names its metadata give, or the byline under its title."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from indexer.readers.metadata.dates import plain_letters
from indexer.readers.metadata.header import (
    HEADER_BLOCKS,
    LONGEST_LINE,
    SET_APART,
    SIGNED,
    header_lines,
    line_date,
    without_dates,
)
from indexer.readers.metadata.names import parse_names
from indexer.readers.text.gathering import one_line
from indexer.records import Block, BlockKind, Name

MOST_NAMES = 100
"""Names that are kept; some papers have thousands."""
LONGEST_NAME = 120
"""Characters of a name."""
LONGEST_LIST = 5000
"""Characters of a text that names authors."""

ADDRESS = re.compile(r"://|\bwww\.|\.\w+/|\\")
"""Signs of a web address or of a user account."""
NOBODY = re.compile(
    r"""
      (?:the\ )?(?:admin\w*|root|system|staff|guest|tests?|default|owner|web\ ?master)\d*
    | (?:the\ |l.)?(?:editor|auteure?|authors?)|(?:un-?known|inconnue?|anonym\w*)(?:\ author)?
    | un-?named|untitled|none|null|undefined|n[./]?a\.?
    | (?:(?:default|guest|mac|microsoft|ms|new|office|pc|standard|windows|\w{1,8})\ )*users?\d*
    | utilisateur\b.*|(?:un\ )?(?:compte|account)\ microsoft
    | (?:microsoft|ms)(?:[ ](?:office|word|excel|powerpoint|corporation))*(?:[ ]\d.*)?
    | (?:office|word|mac|macbook.*|imac|pc|windows)(?:[ -]?\d.*)?|apple(?:\ inc\.?)?
    | (?:libre|open)office\b.*|google\ docs?.*|apache\ \w+|python-docx|openpyxl|docx4j|pandoc|calibre\b.*
    | (?:adobe|acrobat|indesign|quarkxpress|scribus|ghostscript|itext|reportlab|\w*(?:pdf|tex))\b.*
    | (?:canva|wordpress|drupal|joomla)(?:[ ]\d.*)?
    | (?:hp|hewlett.packard|dell|acer|asus|lenovo|toshiba|samsung|sony)(?:[ -](?:inc\.?|pc|computer|\d.*))?
    """,
    re.VERBOSE | re.IGNORECASE,
)
"""Names that programs fill in by themselves, without accents."""

_particle = r"(?:de|du|des|d['’]|da|di|van|von|der|den|la|le|el|al|ben|bin|bint|ould)"
_word = r"(?:[A-ZÀ-ÖØ-ÞŒ][\w.'’-]*)"
_person = rf"{_word}(?: (?:{_particle} ?)*{_word}){{1,4}}"
_label = r"(?:(?:auteure?s?|autrices?|authors?)(?:\(s\))?|written by|(?:rédigé|écrit)e? par)\s?:"
_anyone = r"[^\W\d_][^:;!?|]{1,100}"
_and = r"(?:, | et | and | & |, and )"
BYLINE = re.compile(
    rf"(?i:par|by) (?P<persons>{_person}(?:{_and}{_person}){{0,5}})"
    rf"|(?i:{_label})\s?(?P<given>{_anyone})"
    rf"|(?i:written by|(?:rédigé|écrit)e? par) (?P<named>{_person}(?:{_and}{_person}){{0,5}})"
)
SET_OFF = re.compile(
    r"[\s,|–—·•(-]+(?:(?:publiée?|posted|published|mise? (?:à jour|en ligne)|updated)\s)?(?:(?:le|on|du)\s)?"
    r"(?:(?:lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|(?:mon|tues|wednes|thurs|fri|satur|sun)day),?\s)?\Z",
    re.IGNORECASE,
)
"""Text between a name and a date on one line."""
PERSONS = re.compile(rf"{_person}(?:{_and}{_person}){{0,5}}")
MARK = re.compile(r"[|·•]")
LINES_BELOW = 3
"""Lines below a title among which a byline stands."""


def author_names(given: Iterable[str | Name | None]) -> tuple[Name, ...]:
    """Return the names that are somebody's, each once; a text may hold several, however they are joined."""
    names = (
        name
        for each in given
        if each and (isinstance(each, Name) or not _is_nobody(each))
        for name in ((each,) if isinstance(each, Name) else parse_names(each[:LONGEST_LIST]))
        if _is_somebody(name.spoken)
    )
    return tuple(islice(dict.fromkeys(names), MOST_NAMES))


def byline(blocks: Sequence[Block]) -> tuple[Name, ...]:
    """Return the authors named by a line just below the title that holds nothing else but perhaps a date."""
    for line in (line for line in _below_title(blocks) if len(line) <= LONGEST_LINE):
        names = line_authors(line)
        if names:
            return names
    return ()


def line_authors(line: str) -> tuple[Name, ...]:
    """Return the authors that a line names: "Par Jean Roux", "Posted on June 3 by J. Roe", "J. Roe | 3 mai".

    A name without "par" or "by" counts beside a date, where a clear mark or the date stands before it: what
    stands before a date may be a place.
    """
    is_dated = line_date(line) is not None
    before = ""
    for part in filter(None, SET_APART.split(without_dates(line))):
        match = BYLINE.fullmatch(SET_OFF.sub("", part.replace("~", "")).strip(" .*,"))
        signed = SIGNED.search(part) if is_dated else None
        if match:
            return author_names([match["persons"] or match["given"] or match["named"]])
        if signed and PERSONS.fullmatch(signed["names"]):
            return author_names([signed["names"]])
        if is_dated and PERSONS.fullmatch(part) and ("~" in before or MARK.search(line)):
            names = author_names([part])
            if all(name.family for name in names):
                return names
        before += part
    return ()


def _below_title(blocks: Sequence[Block]) -> Iterator[str]:
    for at, block in enumerate(blocks[:HEADER_BLOCKS]):
        if block.kind is BlockKind.HEADING and block.level == 1:
            lines = header_lines(blocks[at + 1 : at + 1 + HEADER_BLOCKS])
            yield from (line for line, _ in zip(lines, range(LINES_BELOW), strict=False))
            return


def _is_somebody(name: str) -> bool:
    """Return whether a name is that of a person or an institution, not one that a program filled in."""
    if len(name) > LONGEST_NAME or not any(char.isalpha() for char in name):
        return False
    return not (ADDRESS.search(name) or _is_nobody(name))


def _is_nobody(name: str) -> bool:
    return len(name) <= LONGEST_NAME and NOBODY.fullmatch(plain_letters(one_line(name))) is not None
