"""The lines of a document → its headings, paragraphs, list items and table rows.

Lines are first grouped into drafts, each a row, an item or a paragraph; which paragraphs are headings shows
only when all of the document's text is known.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from indexer.readers.pdf.hyphens import parts, vocabulary
from indexer.readers.pdf.lines import Line
from indexer.readers.pdf.typesetting import Step, Typesetting, step
from indexer.readers.plain_text import BULLET, LONG_LINE, LONGEST_HEADING, NUMBERED, SENTENCE_END
from indexer.readers.text.gathering import RawBlock, table_row
from indexer.records import BlockKind

LARGE = 1.15
"""Font size, in multiples of the body's, from which text is large enough for a heading."""
BODY_SIZE = 0.95
"""Font size, in multiples of the body's, from which text is no smaller than the body."""
MOST_HEADINGS = 0.25
"""Share of a document's characters above which text of one style is no heading."""
LONGEST_LARGE = 200
"""Characters of a heading in large type."""
DEEPEST_HEADING = 6
INSET = 0.5
"""Indent, in multiples of the font size, from which italic text is set in like a quotation."""
CAPTION = re.compile(r"(?:fig(?:ure)?|tab(?:le(?:au)?)?|photo|image|source|cr[eé]dits?|ph)\b", re.IGNORECASE)

GLYPH = re.compile(r"(?:[\uf000-\uf0ff•·▪◦‣●○■□►➢➤✓✔❖]\s*|[-–—]\s+)(?=\S)")
"""A sign before a list item; symbol fonts have theirs in the private use area."""
LETTER_O = re.compile(r"o\s+(?=\S)")
"""The letter with which Word draws the circle of a second-level item, where a wide gap follows."""
WIDE_GAP = 0.8
"""Gap after the letter, in multiples of the font size, from which it is such a circle."""

TextStyle = tuple[float, bool, bool]
"""Font size in points, whether the text is bold, and whether it is italic."""


@dataclass(frozen=True, slots=True)
class _Text:
    """Text with its pages."""

    text: str
    page: int
    turns: tuple[tuple[int, int], ...] = ()
    """(offset, page) where it goes on on another page."""


def _joined(texts: Sequence[_Text], separator: str) -> _Text:
    """Return several texts as one."""
    turns: list[tuple[int, int]] = []
    page, length = texts[0].page, 0
    for text in texts:
        for offset, number in ((0, text.page), *text.turns):
            if number != page:
                turns.append((length + offset, number))
                page = number
        length += len(text.text) + len(separator)
    return _Text(separator.join(text.text for text in texts), texts[0].page, tuple(turns))


@dataclass(slots=True)
class _Draft:
    """A block while its lines are gathered."""

    kind: BlockKind
    lines: list[Line]
    pages: list[int]
    """Page of each line."""
    breaks: list[int] = field(default_factory=list)
    """Indices of lines before which the author broke the line."""

    @property
    def style(self) -> TextStyle:
        """Style of all of its text; bold text does not count as italic too."""
        bold = all(line.bold for line in self.lines)
        return self.lines[0].size, bold, not bold and all(line.italic for line in self.lines)

    @property
    def length(self) -> int:
        """Characters of its lines, each with a line end."""
        return sum(len(line.text) + 1 for line in self.lines)

    def paragraphs(self, words: frozenset[str]) -> list[_Text]:
        """Return its text between the author's line breaks, given the document's words."""
        return [self._text(start, end, words) for start, end in pairwise([0, *self.breaks, len(self.lines)])]

    def whole(self, words: frozenset[str]) -> _Text:
        """Return its text on one line."""
        return self._text(0, len(self.lines), words)

    def _text(self, start: int, end: int, words: frozenset[str]) -> _Text:
        """Return the text of some of its lines."""
        pieces = parts([line.text for line in self.lines[start:end]], words)
        pages = zip(pieces, self.pages[start:end], strict=True)
        return _joined([_Text(piece, page) for piece, page in pages], "")


def raw_blocks(pages: Sequence[Sequence[Line]]) -> Iterator[RawBlock]:
    """Yield the blocks of a document, given the lines of each of its pages in reading order."""
    lines = [line for page in pages for line in page]
    if not lines:
        return
    typesetting = Typesetting.of(lines)
    words = vocabulary(line.text for line in lines)
    drafts = _drafts(pages, typesetting)
    headings = _headings(drafts, typesetting)
    levels = _heading_levels(headings, lines)
    are_headings = {id(draft) for draft in headings}
    depths: list[float] = []
    for draft in drafts:
        if draft.kind is not BlockKind.LIST_ITEM:
            depths = []
            level = levels.get(draft.style, 0) if id(draft) in are_headings else 0
            yield from _row_heading_or_paragraphs(draft, level, words)
            continue
        first = draft.lines[0]
        depths = [*(depth for depth in depths if depth < first.indent - first.size / 2), first.indent]
        text, mark = _joined(draft.paragraphs(words), "\n"), _mark_length(first)
        turns = tuple((offset - mark, page) for offset, page in text.turns)
        yield RawBlock(draft.kind, text.text[mark:], len(depths), text.page, turns=turns)


def _row_heading_or_paragraphs(draft: _Draft, level: int, words: frozenset[str]) -> Iterator[RawBlock]:
    """Yield the blocks of a draft that is no list item.

    It is a heading where it has a level, and several paragraphs where the lines the author broke are long.
    """
    if draft.kind is BlockKind.TABLE_ROW:
        yield table_row(draft.lines[0].cells, draft.pages[0])
    elif level:
        text = draft.whole(words)
        yield RawBlock(BlockKind.HEADING, text.text, level, text.page, turns=text.turns)
    else:
        texts = draft.paragraphs(words)
        are_long = sum(len(text.text) for text in texts) >= LONG_LINE * len(texts)
        for text in texts if are_long else [_joined(texts, "\n")]:
            yield RawBlock(BlockKind.PARAGRAPH, text.text, page=text.page, turns=text.turns)


def _drafts(pages: Sequence[Sequence[Line]], typesetting: Typesetting) -> list[_Draft]:
    """Group the lines of a document into drafts, those that stand aside by themselves."""
    drafts: list[_Draft] = []
    text: _Draft | None = None
    aside: _Draft | None = None
    for number, lines in enumerate(pages, 1):
        for at, line in enumerate(lines):
            before = aside if line.aside else text
            goes_on = before is not None and not _is_row(lines, at)
            current = _continued(before, drafts, line, typesetting) if before and goes_on else None
            if current:
                current.lines.append(line)
                current.pages.append(number)
            else:
                current = _Draft(_kind(lines, at, typesetting), [line], [number])
                drafts.append(current)
            text, aside = (text, current) if line.aside else (current, None)
    return drafts


def _kind(lines: Sequence[Line], at: int, typesetting: Typesetting) -> BlockKind:
    if _is_row(lines, at):
        return BlockKind.TABLE_ROW
    # "1. Introduction" in bold is a heading, "• Introduction" is not.
    stands_out = lines[at].bold or lines[at].size >= LARGE * typesetting.body
    is_item = _mark_length(lines[at]) and (GLYPH.match(lines[at].text) or not stands_out)
    return BlockKind.LIST_ITEM if is_item else BlockKind.PARAGRAPH


def _mark_length(line: Line) -> int:
    """Return the characters of the mark that makes a line a list item, 0 where it has none."""
    mark = GLYPH.match(line.text)
    if not mark and not NUMBERED.match(line.text):
        mark = BULLET.match(line.text)
    if not mark and line.first_gap > WIDE_GAP * line.size:
        mark = LETTER_O.match(line.text)
    return mark.end() if mark else 0


def _continued(
    draft: _Draft, drafts: Sequence[_Draft], line: Line, typesetting: Typesetting
) -> _Draft | None:
    """Return the draft that a line continues, mostly the one it follows; None when it begins another."""
    if draft.kind is BlockKind.TABLE_ROW or GLYPH.match(line.text):
        return None
    is_item = draft.kind is BlockKind.LIST_ITEM
    how = step(draft.lines, line, typesetting, is_item)
    if how is Step.NEW:
        return _left_open(drafts, line, typesetting)
    is_beside = is_item and line.left <= draft.lines[0].left + line.size / 4
    if _mark_length(line) and (how is Step.BREAK or is_beside):
        return None
    if how is Step.BREAK:
        if draft.lines[-1].bold != line.bold:
            return None
        draft.breaks.append(len(draft.lines))
    return draft


def _left_open(drafts: Sequence[_Draft], line: Line, typesetting: Typesetting) -> _Draft | None:
    """Return the paragraph that goes on in the next column, after the notes at the foot of its own."""
    if drafts[-1].lines[0].size >= typesetting.body or not line.text[0].islower():
        return None
    body = next((draft for draft in reversed(drafts) if draft.lines[0].size >= typesetting.body), None)
    if body is None or body.kind is BlockKind.TABLE_ROW or SENTENCE_END.search(body.lines[-1].text):
        return None
    how = step(body.lines, line, typesetting, body.kind is BlockKind.LIST_ITEM)
    return body if how is Step.FLOW and line.y <= body.lines[-1].y else None


def _is_row(lines: Sequence[Line], at: int) -> bool:
    """Return whether a line is a row of a table: it has cells, and so has the line before or after it."""
    near = [*lines[max(0, at - 1) : at], *lines[at + 1 : at + 2]]
    return _has_cells(lines[at]) and any(_has_cells(line) for line in near)


def _has_cells(line: Line) -> bool:
    return len(line.cells) > 1 and not _mark_length(line)


def _headings(drafts: Sequence[_Draft], typesetting: Typesetting) -> list[_Draft]:
    """Return the drafts that may be headings.

    Italics also mark captions, mottoes and the authors' institutions: in italics, a heading is a line between
    two paragraphs of the body that is not set in like a quotation.
    """
    headings, after_prose = [], False
    for draft, after in zip(drafts, [*drafts[1:], None], strict=True):
        between = after_prose and after is not None and _is_prose(after, typesetting)
        if _may_head(draft, typesetting) or (between and _may_head_in_italics(draft, typesetting)):
            headings.append(draft)
        after_prose = after_prose or _is_prose(draft, typesetting)
    return headings


def _is_prose(draft: _Draft, typesetting: Typesetting) -> bool:
    size, bold, italic = draft.style
    is_body = not (bold or italic) and BODY_SIZE * typesetting.body <= size < LARGE * typesetting.body
    return is_body and draft.kind is BlockKind.PARAGRAPH and len(draft.lines) > 1


def _may_head(draft: _Draft, typesetting: Typesetting) -> bool:
    size, bold, _ = draft.style
    if draft.kind is not BlockKind.PARAGRAPH:
        return False
    if size >= LARGE * typesetting.body:
        return draft.length <= LONGEST_LARGE
    is_heavy = bold and size >= BODY_SIZE * typesetting.body
    return is_heavy and draft.length <= LONGEST_HEADING and not SENTENCE_END.search(draft.lines[-1].text)


def _may_head_in_italics(draft: _Draft, typesetting: Typesetting) -> bool:
    size, _, italic = draft.style
    first, last = draft.lines[0], draft.lines[-1]
    is_inset = first.indent > INSET * size
    is_small = size < BODY_SIZE * typesetting.body
    if draft.kind is not BlockKind.PARAGRAPH or not italic or is_inset or is_small:
        return False
    is_line = draft.length <= LONGEST_HEADING and not SENTENCE_END.search(last.text)
    return is_line and not first.text[0].islower() and not CAPTION.match(first.text)


def _heading_levels(headings: Sequence[_Draft], lines: Sequence[Line]) -> dict[TextStyle, int]:
    """Return the level of each style that headings have, the largest first.

    Level 1 is kept for a style that occurs once, as a title's does.
    """
    characters: Counter[TextStyle] = Counter()
    for line in lines:
        characters[line.size, line.bold, line.italic and not line.bold] += len(line.text)
    most = MOST_HEADINGS * characters.total()
    styles = Counter(draft.style for draft in headings)
    ranked = sorted((style for style in styles if characters[style] <= most), reverse=True)
    first = 1 if ranked and styles[ranked[0]] == 1 else 2
    return {style: min(DEEPEST_HEADING, level) for level, style in enumerate(ranked, first)}
