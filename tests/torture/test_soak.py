"""The soak: what counts as wrong, the slope, and a short one of the service with the stand-in model."""

from __future__ import annotations

import asyncio
import os
import socket
from collections import Counter
from collections.abc import Callable, Coroutine
from copy import deepcopy
from typing import Any

import pytest

from bench.processes import BenchError
from service.app import build_app
from service.search.index_watcher import IndexWatcher
from tests.conftest import wait_until_ready
from tests.serving import serving
from tests.torture import clients, samples, soak
from tests.torture.clients import Clients, Tally, Times, Truth
from tests.torture.samples import slope

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


def test_latencies_are_kept_to_one_per_cent() -> None:
    times = Times()
    assert times.latency() is None
    for number in range(1, 1001):
        times.add(number / 1000)
    found = times.latency()
    assert found is not None
    assert (found.p50, found.p95, found.p99) == pytest.approx((500.5, 950.05, 990.01), rel=clients.STEP)


def test_of_a_hundred_clients_some_misbehave_here_and_there() -> None:
    turns = [each.__name__ for each in soak._turns(Clients(0, {}))]
    assert Counter(turns) == {"ask_badly": 1, "dawdle": 2, "hang_up": 10, "ask": 87}
    assert all(turns[start : start + 10].count("ask") >= 7 for start in range(91))


@pytest.mark.parametrize("length", [1, 7, 8, 9, 100])
def test_a_slow_request_is_sent_whole_in_few_pieces(length: int) -> None:
    request = bytes(range(length))
    cut = clients.pieces(request)
    assert b"".join(cut) == request and len(cut) <= clients.PIECES and all(cut)


def test_what_a_process_holds_is_told() -> None:
    held = samples.look(os.getpid())
    assert held.resident > held.anon > 10 and held.threads >= 1
    with socket.socket(), socket.socket():
        assert samples.look(os.getpid()).descriptors == held.descriptors + 2
    with pytest.raises((BenchError, FileNotFoundError)):
        samples.look(2**22 + 1)


Client = Callable[[Clients, Tally], Coroutine[None, None, None]]


@pytest.mark.parametrize(
    ("client", "times", "outcomes"),
    [
        (lambda who, tally: who.ask("robots", tally), 2, {"accepted": 2}),
        (lambda who, tally: who.dawdle("robots", tally), 1, {"slow": 1, "accepted": 1}),
        (lambda who, tally: who.ask_badly("", tally), len(clients.BAD), {"bad": len(clients.BAD)}),
        (lambda who, tally: who.hang_up("robots", tally), 2, {"hung up": 2}),
    ],
    ids=["asks", "is slow", "asks badly", "hangs up"],
)
def test_each_client_meets_what_it_should_at_the_service(
    client: Client, times: int, outcomes: dict[str, int], live: IndexWatcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clients, "PAUSE", 0.005)
    tally = Tally()

    async def act(port: int) -> None:
        answer = await clients.get(port, clients.path("robots"))
        truth = Truth(frozenset(hit["source"] for hit in answer["hits"]), {"robots": answer})
        who = Clients(port, {clients.generation(answer): truth})
        for _ in range(times):
            await client(who, tally)
        who.close()

    with serving(build_app(live)) as port:
        wait_until_ready(live)
        asyncio.run(act(port))
    assert (tally.outcomes, tally.wrong, tally.why) == (outcomes, {}, {})
    assert tally.taken.latency() is None or "slow" not in outcomes


async def ask_and_close(asking: Clients, tally: Tally) -> None:
    await asking.ask("a", tally)
    asking.close()
    await asyncio.sleep(0)  # the loop closes what was aborted


def test_a_request_that_is_never_answered_has_failed() -> None:
    tally = Tally()
    with socket.create_server(("127.0.0.1", 0)) as listener:  # takes connections and says nothing
        asyncio.run(ask_and_close(Clients(listener.getsockname()[1], {}, patience=0.05), tally))
    assert tally.outcomes == {"failed": 1} and tally.why == {"asked: TimeoutError()": 1}
