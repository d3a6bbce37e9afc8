"""Who wrote a document: the names its metadata give, or the byline under its title."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from indexer.readers.metadata.dates import find_dates, plain_letters
from indexer.readers.metadata.header import BODY, HEADER_BLOCKS, header_lines
from indexer.readers.text.gathering import one_line
from indexer.records import Block, BlockKind

MOST_NAMES = 20
"""Given; some papers have thousands."""
LONGEST_NAME = 120
"""Characters; longer is no name."""
OPENING = 4000
"""Characters of a text among which its author's name may stand."""

ADDRESS = re.compile(r"://|\bwww\.|\.\w+/|\\")
"""Of a page or of an account."""
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
"""Whom programs name when nobody has told them; accents aside."""

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
    r"[\s,|–—·•(-]+(?:(?:publiée?|posted|published|mis à jour|updated)\s)?(?:(?:le|on|du)\s)?"
    r"(?:(?:lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|(?:mon|tues|wednes|thurs|fri|satur|sun)day),?\s)?\Z",
    re.IGNORECASE,
)
"""What stands between a name and a date on one line."""
LINES_BELOW = 3
"""Of a title, among which a byline stands."""


def named(names: Iterable[str | None]) -> str | None:
    """The names that are somebody's, each once, joined by ", "; None where there are none."""
    found = dict.fromkeys(name for name in map(_tidy, names) if name)
    several = list(found)[:MOST_NAMES]
    return ", ".join([*several, "…"] if len(found) > MOST_NAMES else several) or None


def trusted_author(author: str | None, text: str) -> str | None:
    """Names from the properties of a file, where the account on somebody's computer often stands instead.

    Kept are those of two capitalised words or more, as people and institutions have, and those that
    the text opens with.
    """
    opening = text[:OPENING]
    names = map(one_line, re.split(r"[;\n]", author or ""))
    return named(name for name in names if _is_full(name) or _stands_in(name, opening))


def turned(name: str) -> str:
    """A name in the order it is spoken: "Dupont, Jean" → "Jean Dupont"."""
    last, comma, first = name.partition(",")
    return f"{first.strip()} {last.strip()}" if comma and first.strip() and "," not in first else name


def byline(blocks: Sequence[Block]) -> str | None:
    """The author whom a line just below the title names, and nothing else but perhaps a date."""
    for line in (line for line in _below_title(blocks) if len(line) <= BODY):
        dates = list(find_dates(line))
        lead = SET_OFF.sub("", line[: dates[0].start]) if dates else line
        found = BYLINE.fullmatch(lead.strip(" .|*"))
        if found:
            return named([found["persons"] or found["given"] or found["named"]])
    return None


def _below_title(blocks: Sequence[Block]) -> Iterator[str]:
    for at, block in enumerate(blocks[:HEADER_BLOCKS]):
        if block.kind is BlockKind.HEADING and block.level == 1:
            lines = header_lines(blocks[at + 1 : at + 1 + HEADER_BLOCKS])
            yield from (line for line, _ in zip(lines, range(LINES_BELOW), strict=False))
            return


def _tidy(name: str | None) -> str:
    """A name on one line; empty for what is none."""
    clean = one_line(name or "").strip(" ,;")
    if not clean or len(clean) > LONGEST_NAME or not any(char.isalpha() for char in clean):
        return ""
    return "" if ADDRESS.search(clean) or NOBODY.fullmatch(plain_letters(clean)) else clean


def _is_full(name: str) -> bool:
    words = name.split()
    return sum(word[0].isupper() for word in words) >= 2 and not any(char.isdigit() for char in name)


def _stands_in(name: str, text: str) -> bool:
    return bool(name and re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text))
