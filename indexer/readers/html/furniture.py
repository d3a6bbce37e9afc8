"""Tell the text of a page from its furniture: teasers, captions, lists of tags, boxes about the author.

trafilatura judges well what is furniture, but drops short paragraphs, headings and rows that manuals and
notices are made of. So its verdict counts against what looks like furniture alone: short blocks, blocks of
links, and blocks in elements that are doubted by their names. Prose stays wherever it stands.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from copy import deepcopy
from itertools import pairwise

from lxml.html import HtmlElement

from indexer.readers.html.walk import WalkedBlock
from indexer.records import BlockKind

PROSE = 80
"""Characters outside links from which a block is text whatever stands around it."""
MOST_LINKED = 0.4
"""Share of a block's characters in links above which it leads elsewhere rather than says something."""
WIDEST_GAP = 8
"""Short blocks in a row between two blocks of the text that are text as well."""
SURE = 20
"""Characters of a block above which it does not stand in the verdict by chance."""
FEWEST_CHARACTERS = 500
"""Characters of prose on a page from which its text and its furniture can be told apart."""
LEAST_SHARE = 0.4
"""Share of a page's prose below which trafilatura has missed the text, as of pages made of short entries."""

MOST_ELEMENTS = 30_000
"""Elements of the largest page that trafilatura judges."""
MOST_COMPARISONS = 2e9
"""Blocks times characters of the verdict up to which blocks are looked for in it."""

NO_LETTERS = re.compile(r"[\W\d_⁰-₟²³¹]+")


def without_furniture(page: HtmlElement, blocks: Sequence[WalkedBlock]) -> list[WalkedBlock]:
    """Return the blocks of a page that are its text, all of them where that cannot be told."""
    verdict = _letters(_main_text(page))
    if not verdict or len(blocks) * len(verdict) > MOST_COMPARISONS:
        return list(blocks)
    return [block for block, kept in zip(blocks, is_text(blocks, verdict), strict=True) if kept]


def is_text(blocks: Sequence[WalkedBlock], verdict: str) -> list[bool]:
    """Return for each block whether it is text, given the letters of what a judge takes for the text."""
    named = [_stands_in(block, verdict) for block in blocks]
    prose = sum(map(_prose, blocks))
    found = sum(_prose(block) for block, is_named in zip(blocks, named, strict=True) if is_named)
    if prose < FEWEST_CHARACTERS or found < LEAST_SHARE * prose:
        return [True] * len(blocks)
    kept = [
        is_named or (not block.doubted and (_prose(block) >= PROSE or block.kind is BlockKind.CODE))
        for block, is_named in zip(blocks, named, strict=True)
    ]
    sure = [at for at, block in enumerate(blocks) if named[at] and len(block.text.strip()) >= SURE]
    for before, after in pairwise(sure):
        if after - before <= WIDEST_GAP + 1:
            for at in range(before + 1, after):
                kept[at] = kept[at] or not (blocks[at].doubted or _leads_elsewhere(blocks[at]))
    return _with_headings(blocks, kept)


def _with_headings(blocks: Sequence[WalkedBlock], kept: list[bool]) -> list[bool]:
    """Return the same with the headings that text follows, and the title of the page where there is one."""
    titles = [at for at, block in enumerate(blocks) if block.kind is BlockKind.HEADING and block.level == 1]
    for at in reversed(range(len(blocks) - 1)):
        if blocks[at].kind is BlockKind.HEADING and kept[at + 1] and not blocks[at].doubted:
            kept[at] = True
    if len(titles) == 1:
        kept[titles[0]] = True
    return kept


def _main_text(page: HtmlElement) -> str:
    """Return what trafilatura takes for the text of a page, "" where it finds none or would take long."""
    if sum(1 for _ in page.iter()) > MOST_ELEMENTS:
        return ""
    from trafilatura import extract

    try:
        return extract(deepcopy(page), fast=True, include_comments=False, include_tables=True) or ""
    except Exception:  # a page that its rules stumble over is judged by ours alone
        return ""


def _stands_in(block: WalkedBlock, verdict: str) -> bool:
    letters = _letters(block.text)
    return bool(letters) and letters in verdict


def _letters(text: str) -> str:
    """Return the letters of a text, which no treatment of figures, calls of notes and spaces changes."""
    return NO_LETTERS.sub("", text).casefold()


def _prose(block: WalkedBlock) -> int:
    """Return the number of a block's characters outside links."""
    return len(block.text.strip()) - block.linked


def _leads_elsewhere(block: WalkedBlock) -> bool:
    return block.linked > MOST_LINKED * len(block.text.strip())
