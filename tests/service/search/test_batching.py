"""QuestionEncoder: what is encoded with what, what is remembered, and that nobody is left waiting."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
import pytest

from models.encoder import Vectors
from service.search.batching import MOST, QuestionEncoder
from tests.serving import wait_until
from tests.standin import StandInEncoder


class Gated(StandInEncoder):
    """Encodes only while its gate is open, and keeps a list of what it was given at a time."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = threading.Event()
        self.given: list[list[str]] = []

    def queries(self, texts: Sequence[str]) -> Vectors:
        self.given.append(list(texts))
        assert self.gate.wait(10)
        if "fail" in texts:
            raise ValueError("It failed.")
        return super().queries(texts)


@pytest.fixture
def gated() -> Gated:
    return Gated()


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(64) as each:
        yield each


def ask_while_busy(
    encoder: QuestionEncoder, gated: Gated, pool: ThreadPoolExecutor, *asked: Sequence[str]
) -> list[Future[Vectors]]:
    """The first is being encoded when the others arrive, in this order; then the gate opens."""
    asking = []
    for place, texts in enumerate(asked):
        asking.append(pool.submit(encoder.queries, texts))
        if place == 0:
            wait_until(lambda: bool(gated.given))
        else:
            wait_until(lambda place=place: len(encoder._waiting) == place)  # type: ignore[misc]
    gated.gate.set()
    return asking


def test_what_comes_while_the_encoder_is_busy_is_encoded_together(
    gated: Gated, pool: ThreadPoolExecutor
) -> None:
    encoder = QuestionEncoder(gated, 0)
    asked = [["one"], ["two", "deux"], ["three"], ["four", "quatre", "vier"]]
    asking = ask_while_busy(encoder, gated, pool, *asked)
    for texts, each in zip(asked, asking, strict=True):
        assert np.array_equal(each.result(10), StandInEncoder().queries(texts))
    assert gated.given == [["one"], ["two", "deux", "three", "four", "quatre", "vier"]]


def test_a_batch_is_bounded_and_in_the_order_of_arrival(gated: Gated, pool: ThreadPoolExecutor) -> None:
    asked = [[f"{n} a", f"{n} b", f"{n} c"] for n in range(12)]
    asking = ask_while_busy(QuestionEncoder(gated, 0), gated, pool, *asked)
    for texts, each in zip(asked, asking, strict=True):
        assert np.array_equal(each.result(10), StandInEncoder().queries(texts))
    assert [len(batch) for batch in gated.given] == [3, 15, 15, 3]
    assert [text for batch in gated.given for text in batch] == [text for texts in asked for text in texts]


def test_a_question_of_more_texts_than_a_batch_is_encoded_all_the_same(gated: Gated) -> None:
    gated.gate.set()
    texts = [str(n) for n in range(MOST + 1)]
    assert np.array_equal(QuestionEncoder(gated, 0).queries(texts), StandInEncoder().queries(texts))


def test_a_failure_reaches_all_it_concerns_and_nobody_else(gated: Gated, pool: ThreadPoolExecutor) -> None:
    encoder = QuestionEncoder(gated, 10)
    many = [f"{n}" for n in range(MOST - 2)]
    asking = ask_while_busy(encoder, gated, pool, ["first"], ["fail"], ["beside"], many, ["later"])
    for place in (1, 2, 3):
        with pytest.raises(ValueError, match="It failed"):
            asking[place].result(10)
    for place, text in (0, "first"), (4, "later"):
        assert np.array_equal(asking[place].result(10), StandInEncoder().queries([text]))
    assert np.array_equal(encoder.queries(["beside"]), StandInEncoder().queries(["beside"]))


def test_many_threads_each_get_their_own(pool: ThreadPoolExecutor) -> None:
    encoder = QuestionEncoder(StandInEncoder(), 20)
    asked = [[f"mot{n % 37}", f"mot{n % 11}"] for n in range(500)]
    for texts, vectors in zip(asked, pool.map(encoder.queries, asked, timeout=30), strict=True):
        assert np.array_equal(vectors, StandInEncoder().queries(texts))


def test_what_was_asked_before_is_not_encoded_again(gated: Gated) -> None:
    gated.gate.set()
    encoder = QuestionEncoder(gated, 3)
    encoder.queries(["a", "b"])
    assert np.array_equal(encoder.queries(["b", "c", "b"]), StandInEncoder().queries(["b", "c", "b"]))
    assert gated.given == [["a", "b"], ["c"]]


def test_what_was_not_asked_for_longest_is_forgotten_first(gated: Gated) -> None:
    gated.gate.set()
    encoder = QuestionEncoder(gated, 2)
    for text in ("a", "b", "a", "c", "a", "b"):
        encoder.queries([text])
    assert gated.given == [["a"], ["b"], ["c"], ["b"]]


def test_a_memory_of_nothing_remembers_nothing(gated: Gated) -> None:
    gated.gate.set()
    encoder = QuestionEncoder(gated, 0)
    encoder.queries(["a"])
    encoder.queries(["a"])
    assert gated.given == [["a"], ["a"]]


def test_what_a_caller_does_with_its_vectors_is_its_own_affair() -> None:
    encoder = QuestionEncoder(StandInEncoder(), 10)
    encoder.queries(["a"])[:] = 0
    encoder.queries(["a"])[:] = 0
    assert np.array_equal(encoder.queries(["a"]), StandInEncoder().queries(["a"]))


def test_no_texts_have_no_vectors() -> None:
    encoder = QuestionEncoder(StandInEncoder(), 10)
    assert encoder.queries([]).shape == (0, encoder.dim)


def test_all_else_is_the_encoders() -> None:
    encoder = StandInEncoder("a model", "f" * 16)
    wrapped = QuestionEncoder(encoder, 10)
    assert (wrapped.name, wrapped.fingerprint, wrapped.engine) == ("a model", "f" * 16, encoder.engine)
    assert np.array_equal(wrapped.passages(["a"]), encoder.passages(["a"]))
