"""HTML → the main text of a page, without menus and notices, and the metadata it declares."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile

from indexer.readers.extraction import Extraction
from indexer.readers.html.furniture import without_furniture
from indexer.readers.html.main_text import main_text
from indexer.readers.html.page_metadata import page_metadata
from indexer.readers.html.tree import body_of, parse_html
from indexer.readers.html.walk import WalkedBlock, walk
from indexer.readers.text.gathering import RawBlock, gather
from indexer.records import Block, BlockKind

TOP = 30
"""Blocks from the title on that are searched for a date and an author; many are blank."""
LONGEST = 1000
"""Characters of a block that may hold them."""

__all__ = ["read_html"]


def read_html(data: bytes) -> Extraction:
    """Read a page as saved or published. Raises Unreadable when it is no text or nested beyond reason."""
    page = parse_html(data)
    main = main_text(body_of(page))
    walked = list(walk(main.root, main.left_out, main.doubted))
    text, blocks = gather(without_furniture(page, walked))
    return Extraction("html", text, blocks, page_metadata(page, blocks, _top(walked)))


def _top(walked: Sequence[WalkedBlock]) -> tuple[Block, ...]:
    """Return the first blocks of a page from its title on, before furniture is taken from them."""
    titles = (at for at, block in enumerate(walked) if block.kind is BlockKind.HEADING and block.level == 1)
    start = next(titles, 0)
    return gather(takewhile(_is_short, walked[start : start + TOP]))[1]


def _is_short(block: RawBlock) -> bool:
    return len(block.text) <= LONGEST
