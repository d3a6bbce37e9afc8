"""The embedder: every row where it belongs, whatever is carried over, and nothing encoded twice."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from random import Random

import numpy as np
import pytest

from indexer.building.embedder import SAMPLED, Embedder
from indexer.building.settings import BatchSettings
from indexer.passages.embedding_texts import PassageTexts
from indexer.records import Passage, Sentence
from indexer.store.manifest import NearestRecord
from indexer.store.vectors import VectorStore, VectorWriter
from models import background_texts
from tests.indexer.recording import Recording, flat
from tests.standin import DIM

BATCHES = BatchSettings()
Step = range | list[PassageTexts]
"""A document: rows of the generation before that are carried over, or texts that are embedded."""


def texts(*numbers: int) -> list[PassageTexts]:
    """Passages told by their numbers, of one to three units each."""
    return [
        PassageTexts(
            f"passage {number}",
            tuple(f"unité {number} {place}" for place in range(number % 3 + 1)),
            tuple(place // 2 for place in range(number % 3 + 1)),
        )
        for number in numbers
    ]


def embed(
    folder: Path,
    encoder: Recording,
    before: VectorStore | None,
    *steps: Step,
    batches: BatchSettings = BATCHES,
) -> tuple[VectorStore, int]:
    """Vectors of documents, written and read; and how many passages were carried over."""
    folder.mkdir()
    with VectorWriter(folder, DIM) as writer:
        made = Embedder(encoder, writer, before, batches)
        for step in steps:
            if isinstance(step, range):
                made.carry(step)
            else:
                made.add(step)
        made.finish()
    return VectorStore(folder, NearestRecord()), made.carried


def stored(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


MIXTURES: dict[str, tuple[list[Step], list[list[int]]]] = {
    "all carried": ([range(6)], [[0, 1, 2, 3, 4, 5]]),
    "all known": ([texts(0, 1, 2, 3, 4, 5)], [[0, 1, 2, 3, 4, 5]]),
    "all new": ([texts(10, 11), texts(12)], [[10, 11], [12]]),
    "by turns": ([range(4, 6), texts(9), range(1), texts(8, 2, 7)], [[4, 5], [9], [0], [8, 2, 7]]),
    "known, backwards": ([texts(5, 3, 1), texts(20), texts(0)], [[5, 3, 1], [20], [0]]),
    "twice the same": ([range(2, 4), texts(2, 2, 30, 30), range(2, 3)], [[2, 3], [2, 2, 30, 30], [2]]),
    "a document of nothing": ([texts(), range(3, 3), texts(9), range(1, 2)], [[], [], [9], [1]]),
    "nothing": ([], []),
}


@pytest.mark.parametrize(("most", "passages"), [(1, 1), (4, 8192), (1024, 2), (1024, 8192)])
@pytest.mark.parametrize(("steps", "same"), MIXTURES.values(), ids=MIXTURES)
def test_a_mixture_gives_what_embedding_all_gives(
    tmp_path: Path,
    steps: list[Step],
    same: list[list[int]],
    most: int,
    passages: int,
) -> None:
    encoder = Recording()
    before, _ = embed(tmp_path / "before", encoder, None, texts(0, 1, 2), texts(3, 4, 5))
    _, none = embed(tmp_path / "anew", encoder, None, *(texts(*numbers) for numbers in same))
    encoder.forget()
    batches = BatchSettings(most, passages)
    made, carried = embed(tmp_path / "made", encoder, before, *steps, batches=batches)
    assert stored(tmp_path / "made") == stored(tmp_path / "anew")
    numbers = [number for document in same for number in document]
    assert made.keys.tolist() == [each.key for each in texts(*numbers)]
    new = [number for number in numbers if number > 5]
    assert (carried, none) == (len(numbers) - len(new), 0)
    assert encoder.texts == flat(texts(*new))
    assert encoder.questions == []


def test_what_is_new_is_encoded_with_the_everyday_texts(tmp_path: Path) -> None:
    encoder = Recording()
    made, carried = embed(tmp_path / "made", encoder, None, texts(0, 1))
    assert encoder.texts == [*flat(texts(0, 1)), *background_texts.TEXTS]
    assert encoder.questions == list(background_texts.QUESTIONS)
    assert carried == 0
    np.testing.assert_allclose(made.mean_question, encoder.queries(background_texts.QUESTIONS).mean(axis=0))
    np.testing.assert_array_equal(made.background, encoder.passages(background_texts.TEXTS))


def test_everyday_vectors_are_those_of_before(tmp_path: Path) -> None:
    encoder = Recording()
    with VectorWriter(tmp_path, DIM) as writer:
        own = encoder.passages(["un", "deux", "trois"])
        writer.add_background(own)
    before = VectorStore(tmp_path, NearestRecord())
    made, _ = embed(tmp_path / "made", encoder, before, texts(1))
    np.testing.assert_array_equal(np.vstack([made.mean_question, made.background]), own)


def test_texts_wait_until_there_are_enough(tmp_path: Path) -> None:
    batches: list[int] = []

    class Counting(Recording):
        def passages(self, texts: Sequence[str]) -> np.ndarray:
            batches.append(len(texts))
            return super().passages(texts)

    steps = [texts(number) for number in (0, 1, 2, 0, 1, 2)]
    embed(tmp_path / "made", Counting(), None, *steps, batches=BatchSettings(texts=8))
    assert [size for size in batches if size] == [9, 9, len(background_texts.TEXTS)]


def asked(folder: Path, passages: Sequence[Passage], parts: int = 1) -> list[str]:
    """The sentences that an embedder keeps of passages, seen so many at a time."""
    folder.mkdir()
    encoder = Recording()
    with VectorWriter(folder, DIM) as writer:
        made = Embedder(encoder, writer, None, BatchSettings())
        for part in range(parts):
            made.sample(passages[part * len(passages) // parts : (part + 1) * len(passages) // parts])
        assert made.questions().shape == (len(encoder.questions), DIM)
    return encoder.questions


def passages(count: int) -> list[Passage]:
    """Passages of two sentences: "12 0" and "12 1" are those of the one numbered 12."""
    return [
        Passage("", 0, 0, (), None, None, tuple(Sentence(f"{n} {place}", 0, 0) for place in (0, 1)))
        for n in range(count)
    ]


@pytest.mark.parametrize("count", [0, 1, 255, 256, 257, 3000])
def test_the_sample_is_small_and_always_the_same(tmp_path: Path, count: int) -> None:
    found = asked(tmp_path / "a", passages(count))
    assert len(found) == min(count, SAMPLED)
    numbers = [int(each.split()[0]) for each in found]
    assert len(set(numbers)) == len(numbers) and all(number < count for number in numbers)
    assert asked(tmp_path / "b", passages(count), parts=7) == found


def test_the_sample_is_of_all_passages_and_of_all_sentences(tmp_path: Path) -> None:
    found = [each.split() for each in asked(tmp_path / "a", passages(4000))]
    quarters = np.bincount([int(number) // 1000 for number, _ in found], minlength=4)
    sentences = np.bincount([int(place) for _, place in found])
    assert quarters.min() > 32 and sentences.min() > 64  # of 64 and 128 expected


def test_a_key_is_found_among_many(tmp_path: Path) -> None:
    numbers = list(range(300))
    Random(1).shuffle(numbers)
    encoder = Recording()
    before, _ = embed(tmp_path / "before", encoder, None, texts(*numbers))
    encoder.forget()
    wanted = [*range(500)]
    made, carried = embed(tmp_path / "made", encoder, before, texts(*wanted))
    assert (carried, encoder.texts) == (300, flat(texts(*range(300, 500))))
    expected = encoder.passages([each.passage for each in texts(*wanted)])
    np.testing.assert_array_equal(made.passages(np.arange(500)), expected)
