"""What is embedded of a passage: the passage itself, its sentences and their parts, under the title."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

from indexer.passages import units
from indexer.records import BlockKind, Document, Passage, Sentence

LONGEST_TITLE = 200
"""Characters of a title put before a passage; fewer where the model reads little."""


@dataclass(frozen=True, slots=True)
class PassageTexts:
    """The texts of one passage that are embedded."""

    passage: str
    units: tuple[str, ...]
    """Sentences and their parts, at least one."""
    sentences: tuple[int, ...]
    """Which sentence of the passage each unit is, or is part of."""

    @property
    def key(self) -> int:
        """64 bits that stand for all this; two passages share them once in 10¹¹ corpora of a million."""
        told = "\0".join((self.passage, *self.units, *map(str, self.sentences)))
        return int.from_bytes(blake2b(told.encode(), digest_size=8).digest())


def embedded_texts(document: Document, passages: Sequence[Passage], max_tokens: int) -> list[PassageTexts]:
    """What is embedded of a document's passages by a model that reads so many tokens."""
    if not passages:
        return []
    title = document.title[: min(LONGEST_TITLE, max_tokens * 3 // 4)]
    own = own_title(document)
    found = []
    for passage in passages:
        texts = [
            (place, text)
            for place, sentence in telling_sentences(passage, document.title)
            for text in unit_texts(sentence, title, own=own)
        ]
        found.append(
            PassageTexts(
                under_title(title if own else "", passage.text, "\n"),
                tuple(text for _, text in texts),
                tuple(place for place, _ in texts),
            )
        )
    return found


def own_title(document: Document) -> bool:
    """Whether the title is the document's own, and not only the opening of its text."""
    first = document.blocks[0]
    opening = document.title.removesuffix("…")
    return first.kind is BlockKind.HEADING or not first.content.text.startswith(opening)


def under_title(title: str, text: str, separator: str) -> str:
    """A text as it is embedded: under its document's title, unless it begins with it."""
    return text if not title or text.startswith(title) else f"{title}{separator}{text}"


def telling_sentences(passage: Passage, title: str) -> list[tuple[int, Sentence]]:
    """The passage's sentences, by their places, that say something which the title does not.

    The title alone, or a bare date or number under it, would answer every question about the document
    as a whole and be cited for it. All of them where there is no other.
    """
    numbered = list(enumerate(passage.sentences))
    telling = [
        (place, each)
        for place, each in numbered
        if each.text != title and any(char.isalpha() for char in each.text)
    ]
    return telling or numbered


def unit_texts(sentence: Sentence, title: str, *, own: bool) -> list[str]:
    """What is embedded of a sentence: itself and its parts, under the document's title.

    Where the title is only the opening of the text, a whole sentence does better by itself; a part torn
    out of one still has to be told what it is about.
    """
    parts = [sentence.text[start:end] for start, end in units.parts(sentence.text)]
    whole = under_title(title if own else "", sentence.text, " : ")
    return [whole, *(under_title(title, part, " : ") for part in parts)]
