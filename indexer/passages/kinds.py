"""The kind of each block of a document: body text, references, a glossary or a table of contents."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import accumulate, groupby

from indexer.passages.analysis import fold
from indexer.records import Block, BlockKind, PassageKind

NUMBER = r"(?:(?:\d+|[ivx]+|[a-z])\s?[.):–-]?\s?(?:\d+[.)]?\s?)*)?"
HEADINGS = {
    PassageKind.REFERENCES: re.compile(
        rf"{NUMBER}(?:liste (?:des )?|list of )?"
        r"(?:references?(?: bibliographiques?| cited| citees)?"
        r"|bibliograph(?:ie|y)(?: (?:indicative|selective|sommaire|generale))?"
        r"|(?:works|literature) cited"
        r"|(?:ouvrages|travaux) cites|notes et references|references and notes|sources? bibliographiques?)\W*"
    ),
    PassageKind.GLOSSARY: re.compile(
        rf"{NUMBER}(?:liste (?:des )?|list of )?(?:glossaires?|glossary|lexique"
        r"|(?:principa(?:ux|les) )?(?:sigles?|abreviations?|acronymes?|abbreviations?|acronyms?)"
        r"(?:(?: et |, | and | & )"
        r"(?:sigles?|abreviations?|acronymes?|abbreviations?|acronyms?|glossaires?|glossary))*"
        r"(?: utilise[e]?s?| used)?)\W*"
    ),
    PassageKind.CONTENTS: re.compile(
        rf"{NUMBER}(?:sommaire|(?:table )?(?:of )?contents|table des matieres"
        r"|(?:liste|table|list|index) (?:des |of )"
        r"(?:figures?|tableaux|tables?|illustrations?|annexes|encadres)"
        r"(?:(?: et (?:des )?| and )(?:figures?|tableaux|tables?|illustrations?))?)\W*"
    ),
}
"""Headings, in small letters without accents, of sections that are no body text."""
LOWEST_LEVEL = 6
"""Level of headings below which none stands; that of a heading that is a paragraph."""
LONGEST_HEADING = 80
"""Characters of a heading, also of one that stands as a paragraph of its own."""

YEAR = re.compile(r"\b(?:1[89]|20)\d\d[a-z]?\b")
CITED = re.compile(
    r"""
      \b[A-ZÀ-ÖØ-Þ][\w'’-]{1,40},?\ (?:[A-ZÀ-ÖØ-Þ]{1,3}|(?:[A-ZÀ-ÖØ-Þ]\.[\ -]?){1,9})(?=[,.;:\ ]|$)
      # Dupont, J.-P.
    | \b(?:[A-ZÀ-ÖØ-Þ]\.[\ -]?){1,9}[A-ZÀ-ÖØ-Þ][\w'’-]{1,40}  # J.-P. Dupont
    | \bet\ (?:al|coll)\b | \b10\.\d{4,9}/ | https?://
    | (?i:\b(?:doi|isbn|issn|pmid)\b | \b(?:vol|no|n°|pp?)\.?\ ?\d{1,9})
    | \b\d{1,9}\s?\(\d{1,9}(?:-\d{1,9})?\)\s?[:,] | \b\d{1,9}\s?:\s?e?\d{1,9}\s?[-–]\s?\d{1,9}
    | \b[ÉE]d(?:itions?\b|s?\.|ited\b) | \bPress(?:es)?\b | (?<=[A-Z]\.\ )\((?:19|20)\d\d[a-z]?\) | \bIn\ ?:
    | (?i:\bavailable\ (?:from|at)\b | \bdisponible\ (?:sur|à)\b)
    """,
    re.VERBOSE,
)
"""Signs of a cited work beside its year; each looks at some hundred characters, or "A-A-A-…" would be read
to its end from every "A"."""
INITIALS = re.compile(
    r"\b[A-ZÀ-ÖØ-Þ][\w'’-]{1,40},? (?:[A-ZÀ-ÖØ-Þ]\.|[A-ZÀ-ÖØ-Þ]{1,2}\b)"
    r"|\b[A-ZÀ-ÖØ-Þ]\. ?[A-ZÀ-ÖØ-Þ][\w'’-]{1,40}"
)
CHARACTERS_A_WORK = 450
"""Characters above which a text with one year and one sign is more than a list of cited works."""
LEAST_WORKS = 4
"""Cited works in a row that are a list of references without a heading."""
MOST_BETWEEN = 2
"""Blocks in a row within a list of references that do not look like a work, such as a group's heading."""

DEFINED = re.compile(r"^\W*\w[^\n:=–—\t|]{0,60}?\s?(?:[:=–—\t|]| - )\s?\S")
LONGEST_ENTRY = 600
"""Characters of an entry of a glossary."""
LEADERS = re.compile(r"(?:\.\s?){4,}\s?\d|[….]{2,}\s?\d|(?<=\D)\s\d{1,4}\s*$")
"""End of a line of contents: dots, or a space, and the number of a page."""
LONGEST_LINE = 160
"""Characters of a line of contents."""


def block_kinds(blocks: Sequence[Block]) -> list[PassageKind]:
    """Return the kind of each block, that of a section's heading that of the section.

    A section is told by its heading and must look like what the heading says; it ends at the next heading of
    its level or above, or where its blocks look like text again. A list of references is also told without
    a heading, by LEAST_WORKS works in a row. Time is linear in the blocks, whatever they announce.
    """
    kinds = [PassageKind.BODY] * len(blocks)
    ends = _section_ends(blocks)
    likeness = cache(lambda kind: _Likeness(blocks, kind))
    at = 0
    while at < len(blocks):
        kind = _announced(blocks[at])
        taken = likeness(kind).alike(at + 1, ends[at]) if kind else 0
        if kind and taken:
            kinds[at : at + 1 + taken] = [kind] * (1 + taken)
        at += 1 + taken
    for first, last in _unannounced(blocks, kinds):
        kinds[first:last] = [PassageKind.REFERENCES] * (last - first)
    return kinds


def is_cited_work(text: str) -> bool:
    """Return whether a text reads like one or several cited works: a year and signs of a work for each."""
    years, signs = len(YEAR.findall(text)), len(CITED.findall(text))
    works = max(1, len(text) / CHARACTERS_A_WORK)
    if "http" in text and len(text) < CHARACTERS_A_WORK and signs >= 2:
        return True
    return years >= works and signs >= 1.5 * works


def _announced(block: Block) -> PassageKind | None:
    """Return the kind of section that a block is the heading of, None where it is no such heading."""
    if len(block.content) > LONGEST_HEADING or block.kind not in (BlockKind.HEADING, BlockKind.PARAGRAPH):
        return None
    line = _plain(block)
    return next((kind for kind, heading in HEADINGS.items() if heading.fullmatch(line)), None)


def _section_ends(blocks: Sequence[Block]) -> list[int]:
    """Return where the section that each block opens would end: the next heading of its level or above."""
    ends = [len(blocks)] * len(blocks)
    following = [len(blocks)] * (LOWEST_LEVEL + 1)  # by level
    for at in range(len(blocks) - 1, -1, -1):
        is_heading = blocks[at].kind is BlockKind.HEADING
        level = min(blocks[at].level, LOWEST_LEVEL) if is_heading else LOWEST_LEVEL
        ends[at] = following[level]
        if is_heading:
            following[level:] = [at] * (LOWEST_LEVEL + 1 - level)
    return ends


class _Likeness:
    """Which blocks look like a part of a section of one kind, counted once for the whole document."""

    def __init__(self, blocks: Sequence[Block], kind: PassageKind) -> None:
        short = (each for each in blocks if len(each.content) <= LONGEST_LINE)
        headings = {_plain(each) for each in short if each.kind is BlockKind.HEADING}
        fits = [_looks(block, kind, headings) for block in blocks]
        self._fitting_before = list(accumulate(fits, initial=0))
        self._headings_before = list(
            accumulate((block.kind is BlockKind.HEADING for block in blocks), initial=0)
        )
        self._places = [at for at, fit in enumerate(fits) if fit]
        self._runs_end = list(range(len(self._places)))
        """By number of a fitting block: that of the last one which no wide gap parts from it."""
        for number in range(len(self._places) - 2, -1, -1):
            if self._places[number + 1] - self._places[number] - 1 <= MOST_BETWEEN:
                self._runs_end[number] = self._runs_end[number + 1]

    def alike(self, first: int, end: int) -> int:
        """Return how many blocks of [first, end), from the first on, look like the section; 0: it is none."""
        number, after = self._fitting_before[first], self._fitting_before[end]
        if number == after or self._places[number] - first > MOST_BETWEEN:
            return 0
        last = min(self._runs_end[number], after - 1)
        count = self._places[last] + 1 - first
        texts = count - (self._headings_before[end] - self._headings_before[first])
        return count if (last + 1 - number) * 2 >= texts else 0


def _looks(block: Block, kind: PassageKind, headings: set[str]) -> bool:
    """Return whether a block reads like a part of a section of this kind."""
    text = block.content.text
    if kind is PassageKind.REFERENCES:
        return is_cited_work(text)
    if kind is PassageKind.GLOSSARY:
        is_row = block.kind is BlockKind.TABLE_ROW
        return len(text) <= LONGEST_ENTRY and (is_row or bool(DEFINED.match(text)))
    lines = text.split("\n")
    listed = (bool(LEADERS.search(line)) or _folded(line) in headings for line in lines)
    return max(map(len, lines)) <= LONGEST_LINE and sum(listed) * 2 >= len(lines)


def _unannounced(blocks: Sequence[Block], kinds: Sequence[PassageKind]) -> Iterator[tuple[int, int]]:
    """Yield (first, end) of runs of at least LEAST_WORKS blocks of body that each read like a cited work."""
    works = (
        kind is PassageKind.BODY
        and block.kind in (BlockKind.PARAGRAPH, BlockKind.LIST_ITEM)
        and len(block.content) <= 2 * CHARACTERS_A_WORK
        and is_cited_work(block.content.text)
        for block, kind in zip(blocks, kinds, strict=True)
    )
    for is_work, run in groupby(enumerate(works), key=lambda each: each[1]):
        places = [at for at, _ in run]
        persons = sum(bool(INITIALS.search(blocks[at].content.text)) for at in places) if is_work else 0
        if len(places) >= LEAST_WORKS and persons * 2 >= len(places):
            yield places[0], places[-1] + 1


def _plain(block: Block) -> str:
    return _folded(block.content.text)


def _folded(text: str) -> str:
    """Return a line without case, accents, leaders and the number of its page."""
    bare = re.sub(r"[\s.…]*\d*\s*$", "", " ".join(text.split()))
    return fold(bare).strip(" :.")
