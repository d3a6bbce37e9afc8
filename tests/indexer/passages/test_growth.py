"""The steps after reading do twice the work for twice the text, counted in calls and not by the clock."""

from __future__ import annotations

import re
from re import _parser  # the only thing that knows how far a pattern looks

import pytest

from indexer.building.settings import DEFAULT
from indexer.passages import acronyms, chunking, kinds
from indexer.readers.markdown import read_markdown
from indexer.readers.plain_text import read_plain
from indexer.records import Block, Document, Metadata, Passage
from tests.indexer.work import calls
from tests.standin import StandInEncoder

MOST_GROWTH = 2.5
"""Times the calls that twice the text may take: what is quadratic takes four times."""
WORK = "Dupont J. (2019), Lancet, vol. 3, p. 4.\n\n"
TEXTS: dict[str, tuple[str, str]] = {
    "headings of lists that are none": ("", "Références\n\n"),
    "every third block a cited work": ("", f"Références\n\n{WORK}Références\n\n"),
    "headings of a table of contents": ("", "Sommaire\n\nTable des matières\n\n"),
    "headings of a glossary": ("", "Lexique\n\nUn texte. Un autre.\n\n"),
    "headings": ("", "## Un titre\n\n"),
    "a million sentences of a letter": ("", "A. "),
    "a heading longer than a book": ("# ", "mot long et plus "),
    "cells": ("", "| a | b |\n"),
    "nested lists": ("", "- a\n  - b\n    - c\n"),
    "no spaces": ("", "abcdefghij"),
    "dots": ("Un mot ", "…."),
    "acronyms": ("", "alpha beta gamma (ABG) "),
    "brackets": ("", "[a](b "),
}


def document(blocks: tuple[Block, ...], text: str) -> Document:
    metadata = Metadata(title="Un titre")
    return Document("a.md", "markdown", metadata, text, blocks, content_hash="", size=len(text))


def passages(blocks: tuple[Block, ...], text: str) -> list[Passage]:
    encoder = StandInEncoder()
    found = DEFAULT.chunk(document(blocks, text), encoder.count_tokens, DEFAULT.chunks)
    DEFAULT.texts(document(blocks, text), found, encoder.max_tokens)
    acronyms.mine(passage.text for passage in found)
    return found


@pytest.mark.slow
@pytest.mark.parametrize("name", TEXTS)
def test_twice_the_text_is_twice_the_work(name: str) -> None:
    before, again = TEXTS[name]
    read = read_markdown if set("#|-[") & set(before + again) else read_plain

    def work(characters: int) -> int:
        text = before + again * (characters // len(again))
        return calls(lambda: passages(read(text), text))

    work(6_000)  # fills what is remembered
    once, twice = work(6_000), work(12_000)
    assert once > 0 and twice <= MOST_GROWTH * once


@pytest.mark.parametrize("pattern", [kinds.CITED, kinds.INITIALS], ids=["CITED", "INITIALS"])
def test_signs_of_a_cited_work_look_no_further_than_a_name_is_long(pattern: re.Pattern[str]) -> None:
    assert _parser.parse(pattern.pattern, pattern.flags).getwidth()[1] < 200


@pytest.mark.parametrize("word", ["\U00013000" * 100_000, "." * 100_000, "a" * 100_000])
def test_no_passage_is_long_that_the_model_takes_for_a_token(word: str) -> None:
    one_token: chunking.CountTokens = lambda texts: [1 for _ in texts]  # noqa: E731
    found = chunking.chunk(document(read_plain(f"Un {word} mot"), word), one_token, DEFAULT.chunks)
    assert max(len(each.text) for each in found) <= chunking.CHARACTERS_A_TOKEN * DEFAULT.chunks.most
    assert sum(len(each.text) for each in found) >= 100_000


def test_long_forms_are_looked_for_once_each_way() -> None:
    small = "a " * 16
    assert calls(lambda: acronyms.long_form("AAAAAAAAAB", small)) < 20_000


def test_brackets_a_thousand_deep_keep_their_markup() -> None:
    (block,) = read_markdown("[" * 3_000 + "texte" + "]" * 3_000)
    assert "texte" in block.content.text
