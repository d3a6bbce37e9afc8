"""What holds of the passages of any document, by hypothesis."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.passages.chunking import ChunkSettings, chunk
from indexer.records import BlockKind, Document, Passage, Sentence
from tests.indexer.documents import document, prose
from tests.standin import StandInEncoder

count_tokens = StandInEncoder().count_tokens
SMALL = ChunkSettings(target=20, least=5, most=36)

PROSE = st.builds(prose, st.integers(1, 90), st.integers(1, 50))
ODD = st.text(alphabet=st.sampled_from("aB é.…!?«»\n3½-他。"), min_size=1, max_size=80).filter(str.strip)
HEADING = st.builds(
    lambda level, words: "#" * level + " " + prose(words), st.integers(1, 3), st.integers(1, 8)
)
ITEM = PROSE.map(lambda text: f"- {text}")
DOCUMENTS = st.lists(st.one_of(PROSE, ODD, HEADING, ITEM), max_size=25).map(lambda pieces: document(*pieces))


@given(DOCUMENTS)
@settings(deadline=None)
def test_sentences_cover_the_document_in_order(made: Document) -> None:
    passages = chunk(made, count_tokens, SMALL)
    sentences = [sentence for passage in passages for sentence in passage.sentences]
    at = 0
    for sentence in sentences:
        assert at <= sentence.start < sentence.end
        assert " ".join(made.text[sentence.start : sentence.end].split()) == " ".join(sentence.text.split())
        at = sentence.end
    said = "".join("".join(sentence.text.split()) for sentence in sentences)
    assert said == "".join("".join(block.content.text.split()) for block in made.blocks)


@given(DOCUMENTS)
@settings(deadline=None)
def test_passages_are_made_of_their_sentences(made: Document) -> None:
    for passage in chunk(made, count_tokens, SMALL):
        assert passage.sentences
        assert (passage.start, passage.end) == (passage.sentences[0].start, passage.sentences[-1].end)
        assert passage.text.split() == " ".join(sentence.text for sentence in passage.sentences).split()


@given(DOCUMENTS)
@settings(deadline=None)
def test_no_passage_is_too_long(made: Document) -> None:
    for passage in chunk(made, count_tokens, SMALL):
        weights = [
            weight_of(sentence.text) for sentence in passage.sentences if not is_heading(sentence, made)
        ]
        headings = weight(passage) - sum(weights)
        assert sum(weights) <= SMALL.most
        assert weight(passage) <= SMALL.most or headings < 2 * SMALL.least


@given(DOCUMENTS)
@settings(deadline=None)
def test_a_passage_of_a_few_headings_alone_is_the_only_one(made: Document) -> None:
    passages = chunk(made, count_tokens, SMALL)
    for passage in passages:
        if all(is_heading(sentence, made) for sentence in passage.sentences):
            assert len(passages) == 1 or weight(passage) >= SMALL.least


@given(DOCUMENTS)
@settings(deadline=None)
def test_no_crumb_is_left_that_has_room(made: Document) -> None:
    passages = chunk(made, count_tokens, SMALL)
    for before, after in pairwise(passages):
        if min(weight(before), weight(after)) < SMALL.least and not waits(after, made):
            assert weight(before) + weight(after) > SMALL.most


@given(DOCUMENTS)
@settings(deadline=None)
def test_a_heading_ends_no_passage_that_had_room(made: Document) -> None:
    for passage, following in pairwise(chunk(made, count_tokens, SMALL)):
        if waits(passage, made):
            assert weight(passage) + weight_of(following.sentences[0].text) > SMALL.most


def is_heading(sentence: Sentence, made: Document) -> bool:
    """Whether the sentence is one of the document's headings."""
    return any(
        block.kind is BlockKind.HEADING and block.content.start == sentence.start for block in made.blocks
    )


def waits(passage: Passage, made: Document) -> bool:
    """Whether the passage ends in a heading."""
    ends = {block.content.end for block in made.blocks if block.kind is BlockKind.HEADING}
    return passage.end in ends


def weight(passage: Passage) -> int:
    return sum(weight_of(sentence.text) for sentence in passage.sentences)


def weight_of(sentence: str) -> int:
    """Its tokens; one where the stand-in sees no word."""
    return max(1, count_tokens([sentence])[0])
