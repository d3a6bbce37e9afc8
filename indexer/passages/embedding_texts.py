"""Derive the texts that are embedded of a passage: the passage itself, its sentences and its headings."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from hashlib import blake2b

from indexer.records import Block, BlockKind, Document, Passage, Sentence

LONGEST_TITLE = 200
"""Characters of a title put before a passage or a sentence; fewer where the model reads little."""
LONGEST_HEADING = 100
"""Characters of a heading put before the sentences under it."""
LEAST_WORDS = 3
"""A sentence of fewer words ("Oui.") is embedded only where its passage holds no longer one."""
HEADING_WORDS = 8
"""A paragraph of one line and at most so many words, above a longer one, may be a heading without markup."""
_ENDS_OPEN = re.compile(r"[^.!?…:;,»\s]\s*$")
_ENDS_SENTENCE = re.compile(r"[.!?…:;»]\s*$")


@dataclass(frozen=True, slots=True)
class PassageTexts:
    """The texts of one passage that are embedded."""

    passage: str
    units: tuple[str, ...]
    """Sentences and headings under the document's title; at least one."""
    sentences: tuple[int, ...]
    """Index, within the passage, of the sentence that each unit is shown as."""

    @property
    def all(self) -> tuple[str, ...]:
        """The text of the passage, then those of its units."""
        return self.passage, *self.units

    @property
    def key(self) -> int:
        """64 bits that identify these texts; a collision is expected once in 10¹¹ corpora of a million."""
        joined = "\0".join((*self.all, *map(str, self.sentences)))
        return int.from_bytes(blake2b(joined.encode(), digest_size=8).digest())


def embedded_texts(
    document: Document, passages: Sequence[Passage], max_tokens: int, *, heading_units: bool = True
) -> list[PassageTexts]:
    """Return what is embedded of each passage of a document by a model that reads `max_tokens` tokens.

    A sentence stands under the title and the heading above it ("Title : Heading : sentence"). A heading is
    a unit of its own as well, unless heading_units is false, since questions often repeat it, but it is
    shown as the sentence after it: a bare heading answers nothing. Of a passage that is one sentence, passage
    and sentence are one text.
    """
    if not passages:
        return []
    title = document.title[: min(LONGEST_TITLE, max_tokens * 3 // 4)] if own_title(document) else ""
    headings = _heading_starts(document.blocks)
    return [
        _passage_texts(passage, title, list(_units(passage, document.title, headings, heading_units)))
        for passage in passages
    ]


def own_title(document: Document) -> bool:
    """Return whether the title is the document's own, and not only the opening of its text."""
    first = document.blocks[0]
    opening = document.title.removesuffix("…")
    return first.kind is BlockKind.HEADING or not first.content.text.startswith(opening)


def under_title(title: str, text: str, separator: str) -> str:
    """Return a text under a title, unless there is none or the text begins with it."""
    return text if not title or text.startswith(title) else f"{title}{separator}{text}"


def _passage_texts(passage: Passage, title: str, units: Sequence[tuple[int, str]]) -> PassageTexts:
    # A passage that is one sentence is embedded once: the sentence is then the very same text.
    return PassageTexts(
        under_title(title, passage.text, "\n"),
        tuple(under_title(title, text, "\n" if text == passage.text else " : ") for _, text in units),
        tuple(place for place, _ in units),
    )


def _units(
    passage: Passage, full_title: str, headings: Set[int], heading_units: bool
) -> Iterator[tuple[int, str]]:
    """Yield (index of the sentence that is shown, text) of every unit of a passage."""
    shown = _shown_sentences(passage, full_title, headings)
    heading = passage.section[-1] if passage.section else ""
    for place, sentence in enumerate(passage.sentences):
        if place in shown:
            yield place, under_title(heading[:LONGEST_HEADING], sentence.text, " : ")
        elif sentence.start in headings and _says_more(sentence, full_title):
            heading = sentence.text
            if heading_units:
                following = [other for other in shown if other > place]
                yield min(following, default=max(shown)), heading


def _shown_sentences(passage: Passage, full_title: str, headings: Set[int]) -> Set[int]:
    """Return the indexes of the sentences that may be shown as the best of a passage; at least one.

    The title alone, or a bare date or number under it, would answer every question about the document as a
    whole and be cited for it; a heading or a word or two answer none.
    """
    numbered = list(enumerate(passage.sentences))
    telling = [(place, sentence) for place, sentence in numbered if _says_more(sentence, full_title)]
    plain = [(place, sentence) for place, sentence in telling if sentence.start not in headings]
    long = [(place, sentence) for place, sentence in plain if len(sentence.text.split()) >= LEAST_WORDS]
    return {place for place, _ in long or plain or telling or numbered}


def _says_more(sentence: Sentence, title: str) -> bool:
    """Return whether a sentence holds words, and others than the title."""
    return sentence.text != title and any(char.isalpha() for char in sentence.text)


def _heading_starts(blocks: Sequence[Block]) -> Set[int]:
    """Return the source offsets at which headings begin, those of plain text that have no markup included."""
    followed = zip(blocks, [*blocks[1:], None], strict=True)
    return {block.content.start for block, following in followed if _is_heading(block, following)}


def _is_heading(block: Block, following: Block | None) -> bool:
    """Return whether a block is a heading: marked as one, or a short open line above a longer paragraph."""
    if block.kind is not BlockKind.PARAGRAPH or following is None:
        return block.kind is BlockKind.HEADING
    line, text = block.content.text, following.content.text
    return (
        following.kind in (BlockKind.PARAGRAPH, BlockKind.LIST_ITEM)
        and "\n" not in line
        and len(line.split()) <= HEADING_WORDS
        and not any(char.isdigit() for char in line)
        and _ENDS_OPEN.search(line) is not None
        and _ENDS_SENTENCE.search(text) is not None
        and len(text) > 1.5 * len(line)
    )
