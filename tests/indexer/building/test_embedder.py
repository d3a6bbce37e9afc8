"""The embedder: every row where it belongs, whatever is carried over or kept, and nothing encoded twice."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from random import Random

import numpy as np
import pytest

from indexer.building.build_progress import BuildProgress
from indexer.building.embedder import SAMPLED, Embedder, as_asked
from indexer.building.local_workers import LocalWorkers
from indexer.building.sandbox import ReaderSandbox
from indexer.building.settings import BatchSettings
from indexer.passages.embedding_texts import PassageTexts
from indexer.records import Passage, Sentence
from indexer.store.journal import Journal
from indexer.store.manifest import NearestRecord
from indexer.store.vectors import VectorStore, VectorWriter
from models import background_texts
from models.encoder import Encoder, Vectors
from tests.indexer.recording import Recording, embedded, flat
from tests.standin import DIM

BATCHES = BatchSettings()


def workers(encoder: Encoder) -> LocalWorkers:
    made = LocalWorkers(ReaderSandbox())
    made.use(encoder)
    return made


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
    held: Path | None = None,
    most_bytes: int | None = None,
) -> tuple[VectorStore, Embedder]:
    """Vectors of documents, written and read; and the embedder that wrote them.

    `held` is the journal, which is taken up and left as it is; most_bytes bounds it.
    """
    folder.mkdir()
    path = held or folder.with_suffix(".journal")
    with (
        VectorWriter(folder, DIM) as writer,
        Journal(path, encoder.fingerprint, DIM, most_bytes) as journal,
        Embedder(encoder, writer, before, journal, batches, BuildProgress(), workers(encoder)) as made,
    ):
        for step in steps:
            if isinstance(step, range):
                made.carry(step)
            else:
                made.add(step)
        made.finish()
    return VectorStore(folder, NearestRecord()), made


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


@pytest.mark.parametrize(
    "batches",
    [
        BatchSettings(texts=1, passages=1),
        BatchSettings(texts=1, passages=1, characters=1, windows=0),
        BatchSettings(texts=4, characters=20, windows=2),
        BatchSettings(passages=2),
        BATCHES,
    ],
    ids=["one by one", "one by one, waited for", "small slices", "few passages", "default"],
)
@pytest.mark.parametrize(("steps", "same"), MIXTURES.values(), ids=MIXTURES)
def test_a_mixture_gives_what_embedding_all_gives(
    tmp_path: Path,
    steps: list[Step],
    same: list[list[int]],
    batches: BatchSettings,
) -> None:
    encoder = Recording()
    before, _ = embed(tmp_path / "before", encoder, None, texts(0, 1, 2), texts(3, 4, 5))
    _, anew = embed(tmp_path / "anew", encoder, None, *(texts(*numbers) for numbers in same))
    encoder.forget()
    made, by = embed(tmp_path / "made", encoder, before, *steps, batches=batches)
    assert stored(tmp_path / "made") == stored(tmp_path / "anew")
    numbers = [number for document in same for number in document]
    assert made.keys.tolist() == [each.key for each in texts(*numbers)]
    new = [number for number in numbers if number > 5]
    assert (by.carried, anew.carried) == (len(numbers) - len(new), 0)
    assert embedded(encoder) == set(flat(texts(*new)))
    assert (by.texts, by.embedded) == (len(flat(texts(*new))), len(set(flat(texts(*new)))))
    assert encoder.questions == []


def test_what_is_new_is_encoded_with_the_everyday_texts(tmp_path: Path) -> None:
    encoder = Recording()
    made, by = embed(tmp_path / "made", encoder, None, texts(0, 1))
    assert embedded(encoder) == {*flat(texts(0, 1)), *background_texts.TEXTS}
    assert encoder.questions == list(background_texts.QUESTIONS)
    assert by.carried == 0
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


class Batched(Recording):
    """Records the texts of each call to the encoder."""

    def __init__(self) -> None:
        super().__init__()
        self.batches: list[list[str]] = []

    def passages(self, texts: Sequence[str]) -> Vectors:
        self.batches.append(list(texts))
        return super().passages(texts)


def test_texts_wait_until_there_are_enough(tmp_path: Path) -> None:
    encoder = Batched()
    steps = [texts(number) for number in (0, 1, 2, 3, 4, 5)]
    embed(tmp_path / "made", encoder, None, *steps, batches=BatchSettings(texts=8))
    assert [len(batch) for batch in encoder.batches] == [9, 9, len(background_texts.TEXTS)]


def test_texts_of_a_slice_are_alike_in_length(tmp_path: Path) -> None:
    encoder = Batched()
    lengths = Random(2).sample(range(1, 600), 200)
    documents = [[PassageTexts("p" * length, (f"u{length}",), (0,))] for length in lengths]
    embed(
        tmp_path / "made",
        encoder,
        None,
        *documents,
        batches=BatchSettings(characters=3000, slices=range(20, 20)),
    )
    *batches, background = encoder.batches
    assert background == list(background_texts.TEXTS)
    # Two threads compute them: of slices that begin alike, the later may come first.
    ordered = sorted(batches, key=lambda batch: (-len(batch[0]), -len(batch[-1])))
    flattened = [len(text) for batch in ordered for text in batch]
    assert flattened == sorted(flattened, reverse=True)  # no slice reaches into the lengths of another
    assert all(3000 <= sum(map(len, batch)) < 3600 or len(batch) == 20 for batch in ordered[:-1])
    assert max(map(len, ordered)) == 20


REPEATED = {
    "a sentence of two passages": [("un", ("a", "b")), ("deux", ("b", "c"))],
    "a sentence twice in a passage": [("un", ("a", "a"))],
    "a passage that is its only sentence": [("a", ("a",))],
    "a sentence that is another passage": [("un", ("a",)), ("a", ("b",))],
    "the same passage thrice": [("un", ("a", "b"))] * 3,
}
"""Passages by their text and the texts of their units."""


@pytest.mark.parametrize("apart", [False, True], ids=["together", "windows apart"])
@pytest.mark.parametrize("most_bytes", [None, 1], ids=["journal", "journal without room"])
@pytest.mark.parametrize("held", REPEATED.values(), ids=REPEATED)
def test_no_text_is_embedded_twice(
    tmp_path: Path, held: list[tuple[str, tuple[str, ...]]], apart: bool, most_bytes: int | None
) -> None:
    if most_bytes and apart:
        pytest.skip("what the journal has no room for is known within a window only")
    encoder = Recording()
    documents = [[PassageTexts(text, units, tuple(range(len(units))))] for text, units in held]
    batches = BatchSettings(texts=1 if apart else 100, windows=0 if apart else 8)
    _, by = embed(tmp_path / "made", encoder, None, *documents, batches=batches, most_bytes=most_bytes)
    expected = {text for passage, units in held for text in (passage, *units)}
    assert embedded(encoder) == expected | set(background_texts.TEXTS)
    assert (by.texts, by.embedded) == (sum(1 + len(units) for _, units in held), len(expected))


@pytest.mark.parametrize("most_bytes", [1, 1000, None], ids=["nothing", "a little", "all"])
def test_a_journal_without_room_changes_nothing(tmp_path: Path, most_bytes: int | None) -> None:
    steps = [texts(*range(number, number + 3)) for number in range(20)]
    batches = BatchSettings(texts=5, windows=1)
    embed(tmp_path / "anew", Recording(), None, *steps)
    embed(tmp_path / "made", Recording(), None, *steps, batches=batches, most_bytes=most_bytes)
    assert stored(tmp_path / "made") == stored(tmp_path / "anew")


class Dies(Recording):
    """Encodes so many texts and then fails."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self.most = most

    def passages(self, texts: Sequence[str]) -> Vectors:
        if len(self.texts) + len(texts) > self.most:
            raise ArithmeticError("out of numbers")
        return super().passages(texts)


@pytest.mark.parametrize("most", [0, 40, 200, 400])
def test_what_was_embedded_is_not_embedded_again(tmp_path: Path, most: int) -> None:
    steps = [texts(*range(number, number + 10)) for number in range(0, 200, 10)]
    batches = BatchSettings(texts=50, characters=300)
    embed(tmp_path / "anew", Recording(), None, *steps, batches=batches)
    dies, again = Dies(most), Recording()
    with pytest.raises(ArithmeticError):
        embed(tmp_path / "died", dies, None, *steps, batches=batches, held=tmp_path / "journal")
    _, by = embed(tmp_path / "made", again, None, *steps, batches=batches, held=tmp_path / "journal")
    assert stored(tmp_path / "made") == stored(tmp_path / "anew")
    everything = {*flat(texts(*range(200))), *background_texts.TEXTS}
    assert embedded(again) == everything - embedded(dies)
    assert by.embedded + len(dies.texts) == len(set(flat(texts(*range(200)))))
    assert (len(dies.texts) > most // 2) is (most > 0)


def asked(folder: Path, passages: Sequence[Passage], parts: int = 1) -> list[str]:
    """The sentences that an embedder keeps of passages, seen so many at a time."""
    folder.mkdir()
    encoder = Recording()
    with (
        VectorWriter(folder, DIM) as writer,
        Journal(folder / "journal", encoder.fingerprint, DIM) as journal,
        Embedder(encoder, writer, None, journal, BATCHES, BuildProgress(), workers(encoder)) as made,
    ):
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


@pytest.mark.parametrize(
    ("sentence", "asked"),
    [
        ("", ""),
        ("Oui.", "Oui."),
        ("Un deux.", "Un deux."),
        ("un deux trois", "un deux"),
        ("un deux trois quatre cinq six", "trois quatre"),
        ("a b c d e f g h i j k l m", "f g h"),
    ],
)
def test_a_sentence_is_asked_for_by_a_few_of_its_words(sentence: str, asked: str) -> None:
    assert as_asked(sentence) == asked


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
    made, by = embed(tmp_path / "made", encoder, before, texts(*wanted))
    assert (by.carried, embedded(encoder)) == (300, set(flat(texts(*range(300, 500)))))
    expected = encoder.passages([each.passage for each in texts(*wanted)])
    np.testing.assert_array_equal(made.passages(np.arange(500)), expected)
