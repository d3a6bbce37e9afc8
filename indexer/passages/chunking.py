"""Cut a document into passages that respect its structure, each with its sentences and their source spans."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from indexer.passages import sentences
from indexer.passages.kinds import block_kinds
from indexer.records import (
    Block,
    BlockKind,
    CleanText,
    Document,
    Passage,
    PassageKind,
    Sentence,
    short_heading,
)
from models import languages

CountTokens = Callable[[Sequence[str]], list[int]]
"""Tokens of each text as the model counts them."""
CHARACTERS_A_TOKEN = 16
"""Characters that count as a token at the least: a model may take a megabyte of unknown letters for one."""


@dataclass(frozen=True, slots=True)
class ChunkSettings:
    """Lengths of passages, in tokens of the model; every index records them."""

    target: int = 200
    """Tokens that a passage is filled up to."""
    least: int = 48
    """A passage shorter than this joins a neighbour."""
    most: int = 360
    """No passage is longer; a sentence that alone is longer is cut."""

    def within(self, limit: int) -> ChunkSettings:
        """Return these lengths, shortened for a model that reads no more than `limit` tokens.

        A quarter of the limit is left to the document's title, the prompt and the special tokens.
        """
        most = min(self.most, limit * 3 // 4)
        target = min(self.target, most * 3 // 4)
        return ChunkSettings(target, min(self.least, target // 4), most)


@dataclass(frozen=True, slots=True)
class _Unit:
    """A sentence or a heading on its way into a passage."""

    content: CleanText
    tokens: int
    separator: str
    """What parts it from the unit before it: " " within a block, a line break between blocks."""
    is_heading: bool
    section: tuple[str, ...]
    source: Block
    """Its block."""
    block: int
    """Index of its block: passages are cut between blocks where they can be."""
    kind: PassageKind
    """Kind of its block: no passage holds text of several."""

    @property
    def page(self) -> int | None:
        """Page it begins on."""
        return self.source.page_at(self.content.start)


@dataclass(frozen=True, slots=True)
class _Chunk:
    units: tuple[_Unit, ...]

    @property
    def tokens(self) -> int:
        return sum(unit.tokens for unit in self.units)

    @property
    def section(self) -> tuple[str, ...]:
        """Headings that the text stands under; where there are only headings, the last one's."""
        return next((unit.section for unit in self.units if not unit.is_heading), self.units[-1].section)

    def __add__(self, other: _Chunk) -> _Chunk:
        return _Chunk(self.units + other.units)


def chunk(document: Document, count_tokens: CountTokens, settings: ChunkSettings) -> list[Passage]:
    """Return the document's passages in reading order; none for a document without text.

    Between headings, blocks are gathered up to `target` tokens; a block that is longer is cut between
    sentences, a sentence longer than `most` between words. A heading stands at the head of the first
    passage under it. What is left shorter than `least` joins a neighbour of its kind.
    """
    units = list(_units(document, _at_least_by_length(count_tokens), settings))
    parts = (list(part) for _, part in groupby(units, key=lambda unit: unit.kind))
    return [_passage(piece, document.language) for part in parts for piece in _chunks(part, settings)]


def _at_least_by_length(count_tokens: CountTokens) -> CountTokens:
    """Return the counter, by which no text has fewer tokens than its length makes likely."""

    def count(texts: Sequence[str]) -> list[int]:
        counts = zip(texts, count_tokens(texts), strict=True)
        return [max(tokens, -(-len(text) // CHARACTERS_A_TOKEN)) for text, tokens in counts]

    return count


def _chunks(units: Sequence[_Unit], settings: ChunkSettings) -> list[_Chunk]:
    """Return the chunks of units of one kind."""
    filled = [piece for run in _runs(units) for piece in _fill(run, settings)]
    return _join_bare_headings(_join_crumbs(filled, settings), settings)


def _units(document: Document, count_tokens: CountTokens, settings: ChunkSettings) -> Iterator[_Unit]:
    """Yield the sentences of every block, none longer than `most` tokens."""
    path: list[tuple[int, str]] = []
    units: list[_Unit] = []
    for index, (block, kind) in enumerate(zip(document.blocks, block_kinds(document.blocks), strict=True)):
        text = block.content.text
        is_heading = block.kind is BlockKind.HEADING
        if is_heading:
            while path and path[-1][0] >= block.level:
                path.pop()
            path.append((block.level, short_heading(text)))
        section = tuple(heading for _, heading in path if heading != document.title)
        last = 0
        for start, end in [(0, len(text))] if is_heading else sentences.split(text):
            breaks = last == 0 or "\n" in text[last:start]
            content = block.content.slice(start, end)
            units.append(_Unit(content, 0, "\n" if breaks else " ", is_heading, section, block, index, kind))
            last = end
    counts = count_tokens([unit.content.text for unit in units])
    for unit, tokens in zip(units, counts, strict=True):
        if tokens <= settings.most:
            yield replace(unit, tokens=max(1, tokens))  # so that no passage gathers without end
        else:
            yield from _cut(unit, count_tokens, settings)


def _cut(unit: _Unit, count_tokens: CountTokens, settings: ChunkSettings) -> Iterator[_Unit]:
    """Cut a sentence that alone is too long between words, and such a word between characters."""
    text, most = unit.content.text, settings.most
    words = (word.span() for word in re.finditer(r"\S+", text))
    spans = [(at, min(at + most, end)) for start, end in words for at in range(start, end, most)]
    atoms = list(_atoms(text, spans, count_tokens, most))
    begins = _shares([tokens for _, _, tokens in atoms], settings)
    for first, after in zip(begins, [*begins[1:], len(atoms)], strict=True):
        piece = atoms[first:after]
        content = unit.content.slice(piece[0][0], piece[-1][1])
        tokens = sum(tokens for _, _, tokens in piece)
        yield replace(unit, content=content, tokens=tokens, separator=" " if first else unit.separator)


def _atoms(
    text: str, spans: Sequence[tuple[int, int]], count_tokens: CountTokens, most: int
) -> Iterator[tuple[int, int, int]]:
    """Yield start, end and tokens of each span, halved while too long: a character can be many tokens."""
    counts = count_tokens([text[start:end] for start, end in spans])
    for (start, end), tokens in zip(spans, counts, strict=True):
        if tokens <= most or end - start == 1:
            yield start, end, max(1, tokens)
        else:
            middle = (start + end) // 2
            yield from _atoms(text, [(start, middle), (middle, end)], count_tokens, most)


def _shares(sizes: Sequence[int], settings: ChunkSettings, glued: Sequence[bool] | None = None) -> list[int]:
    """Return where each share begins when sizes are divided evenly, so that no short rest is left at the end.

    A share has about `target` tokens. It goes beyond `most` only for a single size, and begins at a glued
    size (one that belongs to the size before it) only when it would go beyond.
    """
    total = sum(sizes)
    share = total / max(1, round(total / settings.target))
    begins, held, before = [0], 0, 0
    for place, size in enumerate(sizes):
        is_due = before + size / 2 > share * len(begins) and not (glued and glued[place])
        if held and (is_due or held + size > settings.most):
            begins.append(place)
            held = 0
        held += size
        before += size
    return begins


def _runs(units: Sequence[_Unit]) -> Iterator[list[_Unit]]:
    """Yield runs of units: headings one after another, then everything up to the next heading."""
    run: list[_Unit] = []
    for unit in units:
        if unit.is_heading and run and not run[-1].is_heading:
            yield run
            run = []
        run.append(unit)
    if run:
        yield run


def _fill(run: Sequence[_Unit], settings: ChunkSettings) -> Iterator[_Chunk]:
    """Yield chunks of about `target` tokens, cut between blocks where possible, else between sentences."""
    group: list[_Unit] = []
    for block in _blocks(run):
        if group and _tokens(group) + _tokens(block) > settings.target and not group[-1].is_heading:
            yield _Chunk(tuple(group))
            group = []
        group += block
        if _tokens(group) > settings.most:
            *full, rest = _balanced(group, settings)
            yield from full
            group = list(rest.units)
    if group:
        yield _Chunk(tuple(group))


def _blocks(run: Sequence[_Unit]) -> Iterator[list[_Unit]]:
    group: list[_Unit] = []
    for unit in run:
        if group and unit.block != group[-1].block:
            yield group
            group = []
        group.append(unit)
    if group:
        yield group


def _balanced(units: Sequence[_Unit], settings: ChunkSettings) -> list[_Chunk]:
    """Cut units into chunks of like length, never right after a heading where that can be helped."""
    after_heading = [False, *(unit.is_heading for unit in units[:-1])]
    begins = _shares([unit.tokens for unit in units], settings, after_heading)
    ends = [*begins[1:], len(units)]
    return [_Chunk(tuple(units[begin:end])) for begin, end in zip(begins, ends, strict=True)]


def _join_crumbs(chunks: Sequence[_Chunk], settings: ChunkSettings) -> list[_Chunk]:
    """Join chunks shorter than `least` to the neighbour that fits best, the one before them first.

    A crumb that begins with a heading introduces what comes after it, so it goes forward; any other
    goes back. What finds no room there goes the other way. No result is longer than `most`.
    """
    joined = _join_where_it_belongs(chunks, settings)
    settled = joined[:1]
    for piece in joined[1:]:
        settled[-1:] = _settle(settled[-1], piece, settings, is_last=piece is joined[-1])
    return _join_where_it_belongs(settled, settings)  # evening out may have made room


def _join_where_it_belongs(chunks: Sequence[_Chunk], settings: ChunkSettings) -> list[_Chunk]:
    joined: list[_Chunk] = []
    for piece in chunks:
        introduces = joined and joined[-1].tokens < settings.least
        trails = piece.tokens < settings.least and not piece.units[0].is_heading
        if joined and (introduces or trails) and joined[-1].tokens + piece.tokens <= settings.most:
            joined[-1] += piece
        else:
            joined.append(piece)
    return joined


def _settle(before: _Chunk, piece: _Chunk, settings: ChunkSettings, is_last: bool) -> list[_Chunk]:
    """Join two neighbours when the second is a crumb and there is room; else even them out if that helps."""
    heads_next = piece.units[-1].is_heading and not is_last
    if piece.tokens >= settings.least or heads_next:
        return [before, piece]
    both = before + piece
    if both.tokens <= settings.most:
        return [both]
    evened = _balanced(both.units, settings)
    helps = not piece.units[0].is_heading and min(each.tokens for each in evened) >= settings.least
    return evened if helps else [before, piece]


def _join_bare_headings(chunks: Sequence[_Chunk], settings: ChunkSettings) -> list[_Chunk]:
    """Join chunks of nothing but headings to the next chunk, or to the last one, beyond `most` if need be.

    Such a passage would answer no question and be the nearest to many. Chunks of so many headings that they
    are no crumb stay as they are.
    """
    joined: list[_Chunk] = []
    pending: _Chunk | None = None
    for piece in chunks:
        whole = piece if pending is None else pending + piece
        is_bare = all(unit.is_heading for unit in whole.units) and whole.tokens < settings.least
        pending = whole if is_bare else None
        if not is_bare:
            joined.append(whole)
    if pending is not None:
        joined[-1:] = [joined[-1] + pending] if joined else [pending]
    return joined


def _tokens(units: Sequence[_Unit]) -> int:
    return sum(unit.tokens for unit in units)


def _passage(piece: _Chunk, language: str | None) -> Passage:
    text = "".join(
        (unit.separator if place else "") + unit.content.text for place, unit in enumerate(piece.units)
    )
    return Passage(
        text=text,
        start=piece.units[0].content.start,
        end=piece.units[-1].content.end,
        section=piece.section,
        page=piece.units[0].page,
        language=languages.detect(text, language) or language,
        sentences=tuple(
            Sentence(unit.content.text, unit.content.start, unit.content.end, unit.page)
            for unit in piece.units
        ),
        kind=piece.units[0].kind,
        last_page=piece.units[-1].source.page_at(piece.units[-1].content.end - 1),
    )
