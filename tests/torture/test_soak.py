"""The soak: what counts as wrong, the slope, and a short one of the service with the stand-in model."""

from __future__ import annotations

import asyncio
import socket
from copy import deepcopy
from typing import Any

import pytest

from bench.processes import BenchError
from tests.torture import soak
from tests.torture.clients import Clients, Tally, Truth
from tests.torture.soak import slope

ANSWER: dict[str, Any] = {
    "query": "a",
    "index": {"generation": "g000001", "documents": 2},
    "hits": [{"source": "a.txt", "score": 0.9}, {"source": "b.txt", "score": 0.5}],
}
TRUTH = Truth(frozenset({"a.txt", "b.txt"}), {"a": ANSWER})


def changed(*path: Any, to: Any) -> dict[str, Any]:
    answer: Any = deepcopy(ANSWER)
    place = answer
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = to
    return answer  # type: ignore[no-any-return]


@pytest.mark.parametrize("answer", [ANSWER, changed("hits", 1, "score", to=0.505)])
def test_an_answer_that_is_right_but_for_rounding(answer: dict[str, Any]) -> None:
    assert not TRUTH.wrong("a", answer)


@pytest.mark.parametrize(
    "answer",
    [
        changed("query", to="b"),
        changed("hits", to=ANSWER["hits"][:1]),
        changed("hits", 0, "source", to="c.txt"),
        changed("hits", 0, "score", to=0.8),
        changed("index", "documents", to=3),
    ],
)
def test_an_answer_that_is_wrong(answer: dict[str, Any]) -> None:
    assert TRUTH.wrong("a", answer)


@pytest.mark.parametrize(
    ("held", "expected"),
    [
        ([], 0.0),
        ([(0.0, 5.0)], 0.0),
        ([(0.0, 100.0), (1800.0, 100.0), (3600.0, 100.0)], 0.0),
        ([(0.0, 100.0), (36.0, 101.0), (72.0, 102.0)], 100.0),
    ],
)
def test_the_slope_is_in_megabytes_an_hour(held: list[tuple[float, float]], expected: float) -> None:
    assert slope(held) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(
    ("generations", "documents"),
    [(("g000001", "g000002"), 2), (("g000002", "g000002"), 2), (("g000001",) * 2, 3)],
)
def test_what_another_worker_said_in_between_is_no_truth(
    generations: tuple[str, str], documents: int
) -> None:
    sources = frozenset(f"{number}.txt" for number in range(documents))
    answers = {
        question: {"index": {"generation": name, "documents": 2}, "hits": []}
        for question, name in zip("ab", generations, strict=True)
    }
    with pytest.raises(BenchError, match="Answers of g000001 were wanted"):
        soak._check(Truth(sources, answers), "g000001")


async def ask_and_close(asking: Clients, tally: Tally) -> None:
    await asking.ask("a", tally)
    asking.close()
    await asyncio.sleep(0)  # the loop closes what was aborted


def test_a_request_that_is_never_answered_has_failed() -> None:
    tally = Tally()
    with socket.create_server(("127.0.0.1", 0)) as listener:  # takes connections and says nothing
        asyncio.run(ask_and_close(Clients(listener.getsockname()[1], {}, patience=0.05), tally))
    assert tally.outcomes == {"failed": 1}
