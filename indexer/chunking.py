"""Cut a document into passages that respect its structure, each with its sentences and their source spans."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from indexer import sentences
from indexer.documents import BlockKind, CleanText, Document, Passage, Sentence
from models import languages

CountTokens = Callable[[Sequence[str]], list[int]]
"""Tokens of each text as the model counts them."""


@dataclass(frozen=True, slots=True)
class ChunkSettings:
    """How long passages are, in tokens of the model. Recorded in every index."""

    target: int = 200
    """What a passage is filled up to."""
    least: int = 48
    """A passage shorter than this joins a neighbour."""
    most: int = 360
    """No passage is longer; a sentence that alone is longer is cut."""


@dataclass(frozen=True, slots=True)
class _Unit:
    """A sentence or a heading on its way into a passage."""

    content: CleanText
    tokens: int
    separator: str
    """What parts it from the unit before it in clean text: " " within a block, a line break between blocks."""
    is_heading: bool
    section: tuple[str, ...]
    page: int | None
    block: int
    """Index of its block: passages are cut between blocks where they can be."""


@dataclass(frozen=True, slots=True)
class _Chunk:
    units: tuple[_Unit, ...]

    @property
    def tokens(self) -> int:
        return sum(unit.tokens for unit in self.units)

    @property
    def section(self) -> tuple[str, ...]:
        """Where its text stands; a chunk of nothing but headings stands under the last of them."""
        return next((unit.section for unit in self.units if not unit.is_heading), self.units[-1].section)

    def __add__(self, other: _Chunk) -> _Chunk:
        return _Chunk(self.units + other.units)


def chunk(document: Document, count_tokens: CountTokens, settings: ChunkSettings) -> list[Passage]:
    """The document's passages in reading order; none for a document without text.

    Between headings, blocks are gathered up to `target` tokens; a block that is longer is cut between
    sentences, a sentence longer than `most` between words. A heading stands at the head of the first
    passage under it. What is left shorter than `least` joins a neighbour.
    """
    units = list(_units(document, count_tokens, settings.most))
    chunks = [piece for run in _runs(units) for piece in _fill(run, settings)]
    return [_passage(piece, document.language) for piece in _join_crumbs(chunks, settings)]


def _units(document: Document, count_tokens: CountTokens, most: int) -> Iterator[_Unit]:
    """Every block's sentences, none longer than most tokens."""
    path: list[tuple[int, str]] = []
    units: list[_Unit] = []
    for index, block in enumerate(document.blocks):
        text = block.content.text
        is_heading = block.kind is BlockKind.HEADING
        if is_heading:
            while path and path[-1][0] >= block.level:
                path.pop()
            path.append((block.level, " ".join(text.split())))
        section = tuple(heading for _, heading in path if heading != document.title)
        last = 0
        for start, end in [(0, len(text))] if is_heading else sentences.split(text):
            breaks = last == 0 or "\n" in text[last:start]
            content = block.content.slice(start, end)
            units.append(
                _Unit(content, 0, "\n" if breaks else " ", is_heading, section, block.page, index)
            )
            last = end
    counts = count_tokens([unit.content.text for unit in units])
    for unit, tokens in zip(units, counts, strict=True):
        if tokens <= most:
            yield replace(unit, tokens=tokens)
        else:
            yield from _cut(unit, count_tokens, most)


def _cut(unit: _Unit, count_tokens: CountTokens, most: int) -> Iterator[_Unit]:
    """A sentence that alone is too long, cut between words; a word that alone is, between characters."""
    text = unit.content.text
    atoms = [
        (start, min(start + most, word.end()))  # a token is at least one character
        for word in re.finditer(r"\S+", text)
        for start in range(word.start(), word.end(), most)
    ]
    counts = count_tokens([text[start:end] for start, end in atoms])
    pieces: list[tuple[int, int, int]] = []
    for (start, end), tokens in zip(atoms, counts, strict=True):
        if pieces and pieces[-1][2] + tokens <= most:
            pieces[-1] = (pieces[-1][0], end, pieces[-1][2] + tokens)
        else:
            pieces.append((start, end, tokens))
    for start, end, tokens in pieces:
        separator = unit.separator if start == pieces[0][0] else " "
        yield replace(unit, content=unit.content.slice(start, end), tokens=tokens, separator=separator)


def _runs(units: Sequence[_Unit]) -> Iterator[list[_Unit]]:
    """What stands together: some headings one after another, then all up to the next heading."""
    run: list[_Unit] = []
    for unit in units:
        if unit.is_heading and run and not run[-1].is_heading:
            yield run
            run = []
        run.append(unit)
    if run:
        yield run


def _fill(run: Sequence[_Unit], settings: ChunkSettings) -> Iterator[_Chunk]:
    """Chunks of about `target` tokens, cut between blocks where possible, else between sentences."""
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
    """Units cut into chunks of like length, so that no short rest is left at the end."""
    total = _tokens(units)
    share = total / max(1, round(total / settings.target))
    chunks: list[list[_Unit]] = [[]]
    for unit in units:
        current = chunks[-1]
        held = _tokens(current)
        heads_only = all(each.is_heading for each in current)
        full = held + unit.tokens / 2 > share or held + unit.tokens > settings.most
        if current and full and (not heads_only or held + unit.tokens > settings.most):
            chunks.append([])
        chunks[-1].append(unit)
    return [_Chunk(tuple(each)) for each in chunks]


def _join_crumbs(chunks: Sequence[_Chunk], settings: ChunkSettings) -> list[_Chunk]:
    """Chunks shorter than `least` joined to the neighbour that fits best, the one they follow first.

    A crumb that begins with a heading introduces what comes after it, so it goes forward; any other
    goes back. Either way the result may not be longer than `most`.
    """
    joined: list[_Chunk] = []
    for piece in chunks:
        if joined:
            before = joined[-1]
            fits = before.tokens + piece.tokens <= settings.most
            introduces = before.tokens < settings.least
            trails = piece.tokens < settings.least and not piece.units[0].is_heading
            if fits and (introduces or trails):
                joined[-1] = before + piece
                continue
        joined.append(piece)
    if len(joined) > 1 and joined[-1].tokens < settings.least:
        if joined[-2].tokens + joined[-1].tokens <= settings.most:
            joined[-2:] = [joined[-2] + joined[-1]]
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
        language=languages.detect(text) or language,
        sentences=tuple(
            Sentence(unit.content.text, unit.content.start, unit.content.end) for unit in piece.units
        ),
    )
