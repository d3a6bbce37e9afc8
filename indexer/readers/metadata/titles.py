"""Choose a document's title from its text, and make the line it stands on a heading."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from indexer.readers.metadata.header import HEADER_BLOCKS, line_date
from indexer.readers.plain_text import SENTENCE_END
from indexer.records import Block, BlockKind

LONGEST = 200
"""Characters of a title."""
LONGEST_OPENING = 120
"""Characters of the text's opening, before its "…", when it must serve as title."""

FURNITURE = re.compile(
    r"(?:logo|menu|accueil|home|image|photo|cr[eé]dit|rechercher|recherche|search|partager|share|imprimer|print"
    r"|skip to|aller au contenu|retour|back|newsletter|connexion|login|actualit[eé]s?|news)\b.{0,20}"
    r"|\S+@\S+|(?:https?://|www\.)\S+",
    re.IGNORECASE,
)
"""Lines that pages carry above their titles."""

BYLINE = re.compile(r"(?:[Pp]ar|[Bb]y)(?: [A-ZÀ-Ý][\w.'’-]*){1,4}")

QUESTION = re.compile(r"[?!]\W*$")
SENTENCE = re.compile(r".+?[.!?…][\"'»”’)]*(?=\s+[^\W\d_a-zà-ÿ]|\s*$)")
CLAUSE = re.compile(r"[,;:]|\s[–—-]\s|\)")


def choose_title(blocks: Sequence[Block], stem: str) -> tuple[str, tuple[Block, ...]]:
    """Return a document's title, and its blocks with the title's line made a heading of level 1.

    The title is, in this order of preference: the level-1 heading or the title-like line at the top; the
    first heading; the opening of the text; the file's name, given as stem.
    """
    for block in blocks[:HEADER_BLOCKS]:
        if block.kind is BlockKind.HEADING and block.level == 1 and _is_text(_line(block)):
            return _line(block), tuple(blocks)
    top = _top_line(blocks)
    if top:
        index, start, end = top
        title = blocks[index].content.text[start:end].replace("\n", " ")
        return title, (*blocks[:index], *_headed(blocks[index], start, end), *blocks[index + 1 :])
    headings = [block for block in blocks if block.kind is BlockKind.HEADING and _is_text(_line(block))]
    for block in sorted(headings, key=lambda block: block.level != 1):
        return _line(block)[:LONGEST], tuple(blocks)
    for line in (line for block in blocks for line in block.content.text.split("\n") if _is_text(line)):
        return opening(line), tuple(blocks)
    return readable(stem), tuple(blocks)


def opening(text: str) -> str:
    """Return the first sentence, when it is long cut with "…" at the end of a clause or else of a word."""
    sentence = SENTENCE.match(text[: LONGEST_OPENING * 2])
    first = sentence.group().rstrip(" .") if sentence else text
    if len(first) <= LONGEST_OPENING:
        return first
    room = text[: LONGEST_OPENING + 1]
    cuts = [match.start() for match in CLAUSE.finditer(room) if match.start() >= LONGEST_OPENING // 2]
    cut = cuts[-1] if cuts else room.rfind(" ")
    return room[: cut if cut > 0 else LONGEST_OPENING].rstrip(" ,;:–—-") + "…"


def readable(stem: str) -> str:
    """Return a file name as words."""
    return " ".join(re.split(r"[\s_-]+", stem)).strip() or stem


def _top_line(blocks: Sequence[Block]) -> tuple[int, int, int] | None:
    """Return (block index, start, end) of the first line of text if it looks like a title, else None.

    Start and end are offsets in the block's clean text.
    """
    for index, start, end in _top_lines(blocks):
        line = blocks[index].content.text[start:end]
        if not _is_text(line):
            continue
        followed = index + 1 < len(blocks) or end < len(blocks[index].content)
        is_heading = blocks[index].kind is BlockKind.HEADING
        ended = SENTENCE_END.search(line) and not QUESTION.search(line)
        if len(line) <= LONGEST and followed and (is_heading or not ended):
            return index, start, end
        return None
    return None


def _top_lines(blocks: Sequence[Block]) -> Iterator[tuple[int, int, int]]:
    """Yield (block index, start, end) of the lines at the top, up to the first list, table or code."""
    for index, block in enumerate(blocks[:HEADER_BLOCKS]):
        if block.kind is BlockKind.HEADING:
            yield index, 0, len(block.content)
        elif block.kind is BlockKind.PARAGRAPH:
            for line in re.finditer(r"[^\n]+", block.content.text):
                yield index, line.start(), line.end()
        else:
            return


def _headed(block: Block, start: int, end: int) -> Iterator[Block]:
    """Yield a block in three parts: the text above one of its lines, that line as heading, and the rest."""
    content = block.content
    for kind, level, part in (
        (block.kind, block.level, content.slice(0, start).strip()),
        (BlockKind.HEADING, 1, content.slice(start, end)),
        (block.kind, block.level, content.slice(end, len(content)).strip()),
    ):
        if part:
            yield replace(block, kind=kind, level=level, content=part)


def _line(block: Block) -> str:
    return block.content.text.replace("\n", " ")


def _is_text(line: str) -> bool:
    """Return whether a line may be a title at all."""
    if not any(char.isalpha() for char in line) or FURNITURE.fullmatch(line) or BYLINE.fullmatch(line):
        return False
    return line_date(line) is None
