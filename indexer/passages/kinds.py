"""The kind of each block of a document: body text, references, a glossary or a table of contents."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise

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
LONGEST_HEADING = 80
"""Characters of a heading, also of one that stands as a paragraph of its own."""

YEAR = re.compile(r"\b(?:1[89]|20)\d\d[a-z]?\b")
CITED = re.compile(
    r"""
      \b[A-ZÀ-ÖØ-Þ][\w'’-]+,?\ (?:[A-ZÀ-ÖØ-Þ]{1,3}|(?:[A-ZÀ-ÖØ-Þ]\.[\ -]?)+)(?=[,.;:\ ]|$)  # Dupont, J.-P.
    | \b(?:[A-ZÀ-ÖØ-Þ]\.[\ -]?)+[A-ZÀ-ÖØ-Þ][\w'’-]+  # J.-P. Dupont
    | \bet\ (?:al|coll)\b | \b10\.\d{4,9}/ | https?://
    | (?i:\b(?:doi|isbn|issn|pmid)\b | \b(?:vol|no|n°|pp?)\.?\ ?\d+)
    | \b\d+\s?\(\d+(?:-\d+)?\)\s?[:,] | \b\d+\s?:\s?e?\d+\s?[-–]\s?\d+
    | \b[ÉE]d(?:itions?\b|s?\.|ited\b) | \bPress(?:es)?\b | (?<=[A-Z]\.\ )\((?:19|20)\d\d[a-z]?\) | \bIn\ ?:
    | (?i:\bavailable\ (?:from|at)\b | \bdisponible\ (?:sur|à)\b)
    """,
    re.VERBOSE,
)
"""Signs of a cited work beside its year."""
INITIALS = re.compile(
    r"\b[A-ZÀ-ÖØ-Þ][\w'’-]+,? (?:[A-ZÀ-ÖØ-Þ]\.|[A-ZÀ-ÖØ-Þ]{1,2}\b)|\b[A-ZÀ-ÖØ-Þ]\. ?[A-ZÀ-ÖØ-Þ][\w'’-]+"
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
    a heading, by LEAST_WORKS works in a row.
    """
    kinds = [PassageKind.BODY] * len(blocks)
    headings = {_plain(block) for block in blocks if block.kind is BlockKind.HEADING}
    at = 0
    while at < len(blocks):
        kind = _announced(blocks[at])
        end = _section_end(blocks, at) if kind else at
        taken = _alike(blocks[at + 1 : end], kind, headings) if kind else 0
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


def _section_end(blocks: Sequence[Block], at: int) -> int:
    """Return the index of the next heading that is no part of the section which the block at `at` opens."""
    level = blocks[at].level if blocks[at].kind is BlockKind.HEADING else 6
    return next(
        (
            place
            for place in range(at + 1, len(blocks))
            if blocks[place].kind is BlockKind.HEADING and blocks[place].level <= level
        ),
        len(blocks),
    )


def _alike(blocks: Sequence[Block], kind: PassageKind, headings: set[str]) -> int:
    """Return how many blocks, from the first on, look like a section of this kind; 0 where it is none."""
    looks = [_looks(block, kind, headings) for block in blocks]
    fitting = [at for at, fits in enumerate(looks) if fits]
    if not fitting or fitting[0] > MOST_BETWEEN:
        return 0
    end = fitting[0]
    for before, after in pairwise(fitting):
        if after - before - 1 > MOST_BETWEEN:
            break
        end = after
    is_most = sum(looks[: end + 1]) * 2 >= end + 1 - sum(block.kind is BlockKind.HEADING for block in blocks)
    return end + 1 if is_most else 0


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
