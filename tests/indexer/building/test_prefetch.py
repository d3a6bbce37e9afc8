"""Items made ahead come in order, a bounded way ahead, with their errors, and no thread stays behind."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Event, active_count

import pytest

from indexer.building.prefetch import Prefetch


@pytest.mark.parametrize("most", [1, 3, 1000])
@pytest.mark.parametrize("count", [0, 1, 100])
def test_items_come_in_order(count: int, most: int) -> None:
    threads = active_count()
    with Prefetch(range(count), lambda _: 1, most) as items:
        assert list(items) == list(range(count))
    assert active_count() == threads


@pytest.mark.parametrize(("weight", "ahead"), [(1, 5), (2, 3), (5, 1), (50, 1), (0, 200)])
def test_it_runs_ahead_until_what_waits_is_heavy(weight: int, ahead: int) -> None:
    made: list[int] = []
    waits = Event()

    def items() -> Iterator[int]:
        for number in range(200):
            made.append(number)
            if len(made) > ahead:
                waits.set()
            yield number
        waits.set()

    with Prefetch(items(), lambda _: weight, 5) as prefetch:
        assert waits.wait(10)
        waits.clear()
        assert len(made) == min(ahead + 1, 200)  # one more is in hand
        assert list(prefetch) == list(range(200))


def test_an_error_comes_where_its_item_would_have_come() -> None:
    def items() -> Iterator[int]:
        yield 1
        yield 2
        raise OSError("the disk is gone")

    with Prefetch(items(), lambda _: 1, 10) as prefetch:
        coming = iter(prefetch)
        assert (next(coming), next(coming)) == (1, 2)
        with pytest.raises(OSError, match="the disk is gone"):
            next(coming)


def test_leaving_early_stops_the_making() -> None:
    made: list[int] = []

    def items() -> Iterator[int]:
        for number in range(10**9):
            made.append(number)
            yield number

    threads = active_count()
    with Prefetch(items(), lambda _: 1, 3) as prefetch:
        assert next(iter(prefetch)) == 0
    assert active_count() == threads and len(made) < 10
