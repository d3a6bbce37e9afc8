"""Passages follow a document's structure; the rules one by one."""

from __future__ import annotations

import time
from collections.abc import Sequence

import pytest

from indexer.passages.chunking import ChunkSettings, chunk
from indexer.records import Document, Passage
from tests.indexer.documents import document, prose
from tests.standin import StandInEncoder

count_tokens = StandInEncoder().count_tokens
SMALL = ChunkSettings(target=20, least=5, most=36)


def cut(made: Document, settings: ChunkSettings = SMALL) -> list[Passage]:
    return chunk(made, count_tokens, settings)


def tokens(passages: Sequence[Passage]) -> list[int]:
    return count_tokens([passage.text for passage in passages])


@pytest.mark.parametrize(
    ("pieces", "texts"),
    [
        pytest.param([], [], id="nothing"),
        pytest.param(["Un mot."], ["Un mot."], id="one crumb is all there is"),
        pytest.param(
            ["## Un", prose(10), "## Deux", prose(12)],
            ["Un\n" + prose(10), "Deux\n" + prose(12)],
            id="a heading travels with what it heads",
        ),
        pytest.param(["# Un", "## Deux", prose(10)], ["Un\nDeux\n" + prose(10)], id="and so do two in a row"),
        pytest.param(
            [prose(18), "## Fin", prose(30)], [prose(18), "Fin\n" + prose(30)], id="however full the last was"
        ),
        pytest.param([prose(10), "Fax : 12"], [prose(10) + "\nFax : 12"], id="no crumb at the end"),
        pytest.param(["Tél : 1", prose(18)], ["Tél : 1\n" + prose(18)], id="nor at the beginning"),
        pytest.param(
            [prose(34), "Fax : 12 34", prose(34)],
            # 37 tokens with the one before, 37 with the one after: so the one before is shared with it.
            ["Mot " + "mot " * 8 + "mot. " + prose(10), prose(14) + "\nFax : 12 34", prose(34)],
            id="nor where it has no room on either side",
        ),
        pytest.param(
            [prose(16), "## Contact", "Fax : 12", "## Plan", prose(33)],
            [prose(16) + "\nContact\nFax : 12", "Plan\n" + prose(33)],
            id="a crumb under its own heading goes back when it cannot go on",
        ),
        pytest.param(
            ["## Contact", "Fax : 12", "## Plan", prose(15)],
            ["Contact\nFax : 12\nPlan\n" + prose(15)],
            id="and on when it can",
        ),
        pytest.param([prose(9), "## Fin"], [prose(9) + "\nFin"], id="a heading that heads nothing"),
        pytest.param(
            [f"- {prose(8)}"] * 5,
            ["\n".join([prose(8)] * 2), "\n".join([prose(8)] * 2), prose(8)],
            id="a list is cut between items",
        ),
        pytest.param(
            [prose(40)], [prose(20), prose(20)], id="a long paragraph is cut evenly between sentences"
        ),
        pytest.param([prose(44)], [prose(20), prose(24)], id="without a short rest"),
        pytest.param([prose(36)], [prose(36)], id="one that fits is not cut"),
        pytest.param(["… !", "…", "Un."], ["… !\n…\nUn."], id="what has no words is kept"),
    ],
)
def test_structure(pieces: list[str], texts: list[str]) -> None:
    assert [passage.text for passage in cut(document(*pieces))] == texts


def test_section_paths() -> None:
    made = document(
        prose(10), "# Titre", prose(10), "## Un", "### Un a", prose(10), "## Deux", prose(10), "# Annexe"
    )
    assert [passage.section for passage in cut(made, ChunkSettings(10, 2, 20))] == [
        (),
        (),  # the document's own title is no section
        ("Un", "Un a"),
        ("Deux",),
    ]


def test_offsets_lead_back_to_the_source() -> None:
    made = document("# Un titre", "Le Dr. Ali dort. Il rêve.", "- Un item.", "Fin.")
    (passage,) = cut(made)
    said = ["Un titre", "Le Dr. Ali dort.", "Il rêve.", "Un item.", "Fin."]
    assert [sentence.text for sentence in passage.sentences] == said
    assert [made.text[sentence.start : sentence.end] for sentence in passage.sentences] == said
    assert passage.text == "Un titre\nLe Dr. Ali dort. Il rêve.\nUn item.\nFin."
    assert made.text[passage.start : passage.end] == made.text[2:-2]


def test_a_sentence_alone_too_long_is_cut_evenly_between_words() -> None:
    made = document("un " * 99 + "fin.")
    passages = cut(made)
    assert tokens(passages) == [20] * 5
    assert " ".join(passage.text for passage in passages) == made.text.strip()


@pytest.mark.parametrize(
    ("word", "count"), [("a" * 200, 5), ("½" * 50, 8), ("é." * 100, 10)], ids=["word", "½", "é."]
)
def test_a_word_alone_too_long_is_cut(word: str, count: int) -> None:
    # The stand-in counts a long word as one token; here every character counts, "½" as three.
    def letters(texts: Sequence[str]) -> list[int]:
        return [len(text) + 2 * text.count("½") for text in texts]

    passages = chunk(document(word), letters, SMALL)
    assert "".join(passage.text for passage in passages) == word
    assert len(passages) == pytest.approx(count, abs=count / 2)
    assert max(letters([passage.text for passage in passages])) <= SMALL.most


def test_a_sentence_of_most_tokens_is_not_cut_for_its_heading() -> None:
    passages = cut(document("## Méthode", prose(36, sentence=36)))
    assert tokens(passages) == [37]
    assert passages[0].section == ("Méthode",)


@pytest.mark.parametrize(
    ("limit", "settings"),
    [
        (8192, ChunkSettings(200, 48, 360)),
        (512, ChunkSettings(200, 48, 360)),
        (256, ChunkSettings(144, 36, 192)),
        (128, ChunkSettings(72, 18, 96)),
    ],
)
def test_a_model_that_reads_less_gets_less(limit: int, settings: ChunkSettings) -> None:
    assert ChunkSettings().within(limit) == settings


def test_the_language_of_a_passage() -> None:
    english, french = "The hospital trains nurses and doctors.", "Le centre forme des infirmiers."
    made = document("## Un", english, "## Deux", french, "## 3", "12 34 56 78")
    languages = [passage.language for passage in cut(made, ChunkSettings(6, 1, 12))]
    assert languages == ["en", "fr", None]


@pytest.mark.slow
def test_ten_thousand_blocks_take_seconds() -> None:
    made = document(*[f"## {n}" if n % 7 == 0 else prose(12 + n % 40) for n in range(10_000)])
    begun = time.monotonic()
    passages = cut(made, ChunkSettings())
    assert time.monotonic() - begun < 10
    assert max(tokens(passages)) <= 360


@pytest.mark.parametrize("piece", ["…", "## Titre", "- a", "a"], ids=repr)
def test_ten_thousand_blocks_of_nothing_much(piece: str) -> None:
    begun = time.monotonic()
    passages = cut(document(*[piece] * 10_000), ChunkSettings())
    assert time.monotonic() - begun < 10
    assert sum(len(passage.sentences) for passage in passages) == 10_000
    assert max(tokens(passages)) <= 360
