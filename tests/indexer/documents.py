"""Makes documents for the tests of what comes after reading: blocks that stand verbatim in their source."""

from __future__ import annotations

from indexer.records import Block, BlockKind, CleanText, Document, Metadata

KINDS = {"#": BlockKind.HEADING, "-": BlockKind.LIST_ITEM}


def document(*pieces: str, title: str = "Titre", source: str = "a.md") -> Document:
    """A document of these blocks: "## Méthodes" is a heading of level 2, "- un" an item, else a paragraph."""
    text, blocks = "", []
    for piece in pieces:
        mark = piece.split(" ", 1)[0]
        kind = (
            KINDS.get(mark[:1], BlockKind.PARAGRAPH) if set(mark) in ({"#"}, {"-"}) else BlockKind.PARAGRAPH
        )
        lead = len(text) + (len(mark) + 1 if kind is not BlockKind.PARAGRAPH else 0)
        text += piece
        level = len(mark) if kind is not BlockKind.PARAGRAPH else 0
        blocks.append(Block(kind, CleanText.verbatim(text, lead, len(text)), level))
        text += "\n\n"
    return Document(
        source=source,
        format="markdown",
        metadata=Metadata(title),
        text=text,
        blocks=tuple(blocks),
        content_hash="0" * 64,
        size=len(text.encode()),
    )


def prose(tokens: int, sentence: int = 10, word: str = "mot") -> str:
    """Sentences of so many words each, as many words together as tokens."""
    words = [word] * tokens
    for first in range(0, tokens, sentence):
        words[first] = word.capitalize()
        words[min(first + sentence, tokens) - 1] += "."
    return " ".join(words)
