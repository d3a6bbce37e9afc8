"""Makes documents for tests of the steps after reading; their blocks stand verbatim in their source."""

from __future__ import annotations

from indexer.records import Block, BlockKind, CleanText, Document, Metadata

KINDS = {"#": BlockKind.HEADING, "-": BlockKind.LIST_ITEM}


def block(text: str, level: int = 0) -> Block:
    """Return a heading where there is a level, else a paragraph, that is all of its source."""
    kind = BlockKind.HEADING if level else BlockKind.PARAGRAPH
    return Block(kind, CleanText.verbatim(text, 0, len(text)), level)


def document(*pieces: str, title: str = "Titre", source: str = "a.md") -> Document:
    """Return a document of these blocks: "## A" is a heading of level 2, "- a" an item, else a paragraph."""
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
    """Return a text of so many words, in sentences of so many words each."""
    words = [word] * tokens
    for first in range(0, tokens, sentence):
        words[first] = word.capitalize()
        words[min(first + sentence, tokens) - 1] += "."
    return " ".join(words)
