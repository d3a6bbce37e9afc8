"""RTF → headings, paragraphs, list items, table rows and notes, by way of striprtf."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby

from striprtf.striprtf import rtf_to_text

from indexer.readers.extraction import Extraction, Unreadable
from indexer.readers.metadata.file_properties import trusted_properties
from indexer.readers.plain_text import read_plain
from indexer.readers.text.gathering import RawBlock, gather, table_row
from indexer.records import BlockKind

START = "{\\rtf"
BRACKET = re.compile(r"\\bin(\d{1,9}) ?|\\[^a-zA-Z]|[{}]")
"""Brackets of groups, and what must not be taken for one: escaped signs and binary data."""
OPENING = re.compile(r"\{(?:\\\*)?((?:\\[a-z]+-?\d*[ \r\n]?){0,40})")
"""Beginning of a group: the control words that stand before its text."""
DROPPED = frozenset("pict objdata themedata datastore fldinst latentstyles deleted v".split())
"""Words of groups without text of the document: pictures, addresses of links, deleted and hidden text."""
DECLARED = frozenset({"title", "author"})
STYLE = re.compile(
    r"\\s(\d{1,5})(?!\d)[^{};]{0,400}?(?:heading|titre|überschrift|título|titolo) ?(\d);", re.I
)
"""Definition of a style of headings, with its number and level."""
OUTLINE = re.compile(r"\\(outlinelevel|s)(\d{1,5})(?!\d) ?")
STRAY_STAR = re.compile(r"(?<=[a-z0-9])\\\*")
"""Mark of a group that may be ignored, in the midst of a group, where old programs put it."""
DEEPEST_HEADING = 6
MARK = "\ue000"
"""Private character that stands before a heading's level on its way through striprtf."""
MARKED = re.compile(f"{MARK}([1-{DEEPEST_HEADING}])")
CELL = "|"
"""What striprtf writes after each cell of a table."""


def read_rtf(data: bytes) -> Extraction:
    """Read an RTF file. Raises Unreadable when it is none or its parts cannot be told apart."""
    rtf = data.decode("latin-1").lstrip()
    if not rtf.startswith(START):
        raise Unreadable("it is no RTF file, whatever its name; saved as DOCX or ODT it can be read")
    parts = _split(rtf)
    declared = {name: _text(f"{START}1{{{value}}}}}").strip() for name, value in parts.declared.items()}
    body = STRAY_STAR.sub("", "".join(parts.body)).rstrip().removesuffix("}")
    notes = "".join(f"\\par {note}" for note in parts.notes)
    text, blocks = gather(_raw_blocks(_text(f"{_with_marks(body)}{notes}}}")))
    metadata = trusted_properties(declared.get("title"), declared.get("author"), text)
    return Extraction("rtf", text, blocks, metadata)


@dataclass(slots=True)
class _Parts:
    """An RTF file taken apart."""

    body: list[str] = field(default_factory=list)
    """Pieces of the file without pictures, deleted text and notes."""
    notes: list[str] = field(default_factory=list)
    declared: dict[str, str] = field(default_factory=dict)


def _split(rtf: str) -> _Parts:
    """Return the parts of a file, in one pass over its brackets."""
    parts = _Parts()
    at = kept = depth = 0
    cut_depth = cut_from = 0
    kind = ""
    while bracket := BRACKET.search(rtf, at):
        at = bracket.end() + int(bracket.group(1) or 0)
        if bracket.group() == "{":
            depth += 1
            if not kind and depth > 1 and (kind := _kind(rtf, bracket.start())):
                cut_depth, cut_from = depth, bracket.start()
                parts.body.append(rtf[kept:cut_from])
        elif bracket.group() == "}":
            if kind and depth == cut_depth:
                _keep(parts, kind, rtf[cut_from:at])
                kept, kind = at, ""
            depth -= 1
    if not kind:
        parts.body.append(rtf[kept:])
    return parts


def _kind(rtf: str, start: int) -> str:
    """Return what a group is that is cut out of the body: "dropped", "footnote", "title", "author", or ""."""
    opening = OPENING.match(rtf, start)
    words = opening.group(1).replace("\\", " ").split() if opening else []
    if DROPPED.intersection(words):
        return "dropped"
    if "footnote" in words:
        return "footnote"
    return words[0] if words and words[0] in DECLARED else ""


def _keep(parts: _Parts, kind: str, group: str) -> None:
    if kind == "footnote":
        parts.notes.append(group.replace("\\*", "", 1).replace("\\footnote", "", 1))
    elif kind in DECLARED:
        parts.declared.setdefault(kind, group[1:-1].strip().removeprefix(f"\\{kind}"))


def _with_marks(body: str) -> str:
    """Return the body with a mark in each heading, which its outline level or its style makes one."""
    styles = {number: level for number, level in STYLE.findall(body) if level in "123456"}

    def marked(word: re.Match[str]) -> str:
        name, number = word.groups()
        level = styles.get(number, "") if name == "s" else str(min(int(number) + 1, DEEPEST_HEADING))
        if not level or (name == "outlinelevel" and number not in "012345678"):
            return word.group()
        return f"{word.group().rstrip()} {MARK}{level}"

    return OUTLINE.sub(marked, body)


def _text(rtf: str) -> str:
    """Return the text that striprtf finds, its pairs of surrogates joined."""
    try:
        text = str(rtf_to_text(rtf, errors="replace"))
    except (LookupError, ValueError, OverflowError, TypeError):
        raise Unreadable(
            "it is damaged: its RTF cannot be followed; saved as DOCX or ODT it may be read"
        ) from None
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _raw_blocks(text: str) -> Iterator[RawBlock]:
    """Yield the blocks of the text: each line is a paragraph, or a row of a table, or begins with marks."""
    for is_plain, lines in groupby(text.split("\n"), key=lambda line: not _is_special(line)):
        if is_plain:
            for block in read_plain("\n\n".join(lines)):
                yield RawBlock(block.kind, block.content.text, block.level)
            continue
        for line in lines:
            heading = MARKED.search(line)
            if heading:
                yield RawBlock(BlockKind.HEADING, MARKED.sub("", line), int(heading.group(1)))
            else:
                yield table_row(line.split(CELL))


def _is_special(line: str) -> bool:
    return MARKED.search(line) is not None or line.rstrip().endswith(CELL)
