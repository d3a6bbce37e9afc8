"""Markdown → blocks, by the block structure that markdown-it finds."""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterator, Sequence

from markdown_it.token import Token

from indexer.readers.extraction import Extraction
from indexer.readers.markdown_inline import inline_parser, inline_text
from indexer.readers.metadata.front_matter import front_matter
from indexer.readers.plain_text import read_plain
from indexer.readers.text.cleaning import Rewrite, tidy
from indexer.readers.text.decoding import decode
from indexer.readers.text.gathering import CELL_GAP
from indexer.readers.text.html_text import strip_tags
from indexer.readers.text.lines import SourceLine, lines_of
from indexer.records import Block, BlockKind, CleanText

SURE_MARKS = re.compile(
    r"""
      \*\*(?=[^\s*])[^*\n]{1,300}(?<=\S)\*\*(?!\w)    # **bold**
    | \[[^\]\[\n]{1,300}\]\((?:https?://|mailto:|/|\#)[^)\s]*\)    # [text](address)
    | ^\#{2,6}[ ]\S    # ## heading
    | <su[bp]>[^<>\n]{1,40}</su[bp]>
    """,
    re.VERBOSE | re.MULTILINE,
)
"""Markup that plain text does not hold by chance."""
TITLE_MARK = re.compile(r"\s*# \S")
"""A level-1 heading, a sure sign only at the top: further on, "# " opens a comment or a number."""
SAMPLE = 100_000
"""Characters from which Markdown is recognised."""

ABSURD_NESTING = re.compile(r"^(?:[ \t]*[>*+\-]){30}(?![ \t*+\-]*$)|^[ \t]{200}[ \t]*\S", re.MULTILINE)
"""Nesting deeper than people write: markdown-it would recurse that deep, or drop the text."""

PARSER = inline_parser()


def read_md(data: bytes) -> Extraction:
    """Read a Markdown file, or a text file in Markdown; front matter is not text, but gives its metadata."""
    text = decode(data)
    metadata, start = front_matter(text)
    return Extraction("markdown", text, read_markdown(text, start), metadata)


def is_markdown(text: str) -> bool:
    """Return whether a text that may be plain shows Markdown's marks."""
    return bool(TITLE_MARK.match(text) or SURE_MARKS.search(text, 0, SAMPLE))


def read_markdown(source: str, start: int = 0) -> tuple[Block, ...]:
    """Return the blocks of the Markdown text that begins at an offset of the source."""
    if ABSURD_NESTING.search(source, start):
        return read_plain(source)
    lines = lines_of(source, start)
    references: dict[str, object] = {}
    tokens = PARSER.parse("\n".join(line.text.replace("\0", "\ufffd") for line in lines), references)
    blocks = []
    for kind, level, raw in _raw_blocks(tokens, source, lines, references):
        content = tidy(raw)
        if any(char.isalnum() for char in content.text):
            blocks.append(Block(kind, content, level))
    return tuple(blocks)


def _raw_blocks(
    tokens: Sequence[Token], source: str, lines: Sequence[SourceLine], references: dict[str, object]
) -> Iterator[tuple[BlockKind, int, CleanText]]:
    """Yield (kind, level, text with its spans) of each block."""
    depth = heading = column = 0
    cells: list[CleanText] | None = None
    """Cells of the table row being read; None outside tables."""
    for token in tokens:
        spanned = lines[token.map[0] : token.map[1]] if token.map else []
        match token.type:
            case "bullet_list_open" | "ordered_list_open":
                depth += 1
            case "bullet_list_close" | "ordered_list_close":
                depth -= 1
            case "heading_open":
                heading = int(token.tag[1])
            case "heading_close":
                heading = 0
            case "tr_open":
                cells = []
                column = 0
            case "tr_close":
                yield BlockKind.TABLE_ROW, 0, CleanText.join(cells or [], CELL_GAP)
                cells = None
            case "inline" if cells is not None:
                content, column = _cell(token.content, spanned[0], column)
                cells.append(tidy(inline_text(PARSER, content, references)))
            case "inline":
                raw = inline_text(PARSER, _content(token.content, spanned), references)
                kind = BlockKind.HEADING if heading else BlockKind.LIST_ITEM if depth else BlockKind.PARAGRAPH
                yield kind, heading or depth, raw
            case "fence":
                yield BlockKind.CODE, 0, _content(token.content.removesuffix("\n"), spanned[1:])
            case "html_block":
                html = CleanText.verbatim(source, spanned[0].start, spanned[-1].end)
                yield BlockKind.PARAGRAPH, 0, strip_tags(html)


def _content(content: str, lines: Sequence[SourceLine]) -> CleanText:
    """Return a block's inline content, each character with its source span.

    Each line of the content is the end of a source line, less what encloses it ("> ", "## ", indentation,
    closing "#"), so it is found by searching from the right. Indentation that stands for a tab is in neither.
    """
    starts, ends = array("q"), array("q")
    for index, (text, line) in enumerate(zip(content.split("\n"), lines, strict=False)):
        if index:
            starts.append(lines[index - 1].end)
            ends.append(line.start)
        written = text if text in line.text else text.lstrip()
        at = line.start + max(0, line.text.rfind(written))
        lead = len(text) - len(written)
        starts.extend([at] * lead)
        ends.extend([at + 1 if written else at] * lead)
        starts.extend(range(at, at + len(written)))
        ends.extend(range(at + 1, at + 1 + len(written)))
    return CleanText(content, starts, ends)


def _cell(content: str, line: SourceLine, column: int) -> tuple[CleanText, int]:
    """Return a table cell, found in its line from a column on, and the column where it ends."""
    written = content.replace("|", "\\|")  # any other would have ended the cell
    start = line.start + max(column, line.text.find(written, column))
    rewrite = Rewrite(
        CleanText(written, range(start, start + len(written)), range(start + 1, start + 1 + len(written)))
    )
    if written != content:
        for pipe in re.finditer(r"\\\|", written):
            rewrite.replace(pipe.start(), pipe.end(), "|")
    return rewrite.done(), start + len(written) - line.start
