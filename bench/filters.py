"""What filters cost: searches without encoding, under filters that let much or little through, and facets.

All are asked of one index, a question at a time by turns, so that what else the machine does meets all.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from bench import scale
from bench.datasets import Dataset
from bench.figures import Figure, Latency, Measured, latency
from bench.plan import Plan
from bench.processes import alone
from bench.searching import DEPTH, WARM_UP, Asked, Fixed
from bench.synthetic import KINDS
from indexer.store.filters import EVERYTHING, Filters
from indexer.store.open_index import open_index
from service.search import facets
from service.search.searcher import Searcher

MOST = 3.0
"""How many times as long as without filters the median search may take."""
WITHOUT = "without filters"


@dataclass(frozen=True, slots=True)
class Filtered:
    """What was measured under one filter."""

    share: float
    """Share of all passages that the filter lets through."""
    made: float
    """Seconds to find out which they are, the first time."""
    search: Latency
    facets: Latency


def cases() -> dict[str, Filters]:
    """Return name → filter: each kind by itself, with each share, and several together."""
    found = {WITHOUT: EVERYTHING}
    for place, share in enumerate(("0.1 %", "5 %", "50 %")):
        year = KINDS["year"][place]
        found |= {
            f"folder, {share}": Filters(source=f"{KINDS['folder'][place]}/*"),
            f"format, {share}": Filters(formats=(KINDS["format"][place],)),
            f"year, {share}": Filters(first=f"{year}-01-01", last=f"{year}-12-31"),
            f"language, {share}": Filters(languages=(KINDS["language"][place],)),
        }
    half = {kind: values[2] for kind, values in KINDS.items()}
    year = half["year"]
    return found | {
        "folder and language, 25 %": Filters(source=f"{half['folder']}/*", languages=(half["language"],)),
        "all four, 6 %": Filters(
            f"{half['folder']}/*", (half["language"],), (half["format"],), f"{year}-01-01", f"{year}-12-31"
        ),
    }


def measure(data: Dataset, plan: Plan, scratch: Path) -> Measured:
    """Measure every case over one index, in a process of its own."""
    real, asked = alone(scale.encode, data, plan)
    index = scratch / "index"
    alone(scale.write, index, real, plan.filtered)
    return report(alone(search, index, asked, real.model.fingerprint), plan.filtered)


def report(results: Mapping[str, Filtered], passages: int) -> Measured:
    """Return the figures of every case beside those without filters; a case that is too slow is a fault."""
    plain = results[WITHOUT].search
    part = f"Filters, {passages} passages (baseline: {WITHOUT})"
    figures = [
        figure
        for name, case in results.items()
        for figure in (
            Figure(part, f"{name}: search, p50", "ms", case.search.p50, plain.p50),
            Figure(part, f"{name}: search, p99", "ms", case.search.p99, plain.p99),
            Figure(part, f"{name}: facets, p50", "ms", case.facets.p50, plain.p50),
        )
    ]
    slowest = max(case.made for case in results.values())
    figures.append(Figure(part, "finding out what a filter lets through, the slowest", "ms", slowest * 1000))
    faults = [
        f"Under the filter {name} a search takes {case.search.p50 / plain.p50:.1f} times as long as without;"
        f" {MOST:g} times is the most it may."
        for name, case in results.items()
        if case.search.p50 > MOST * plain.p50
    ]
    return Measured(figures, {name: asdict(case) for name, case in results.items()}, faults)


def search(index: Path, asked: Asked, fingerprint: str) -> dict[str, Filtered]:
    """Return name → what was measured; each question is asked under every filter before the next is."""
    threadpool_limits(1, user_api="blas")  # as the service does
    opened = open_index(index, fingerprint)
    searcher = Searcher(Fixed(asked, fingerprint), opened)
    filters = cases()
    made = {name: _seconds(partial(opened.allowed, each)) for name, each in filters.items()}
    names = list(filters)
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in names}
    for number, text in enumerate([*asked.texts[:WARM_UP], *asked.texts]):
        # By turns each is the first to read what the question needs, which the others then find in memory.
        turn = number % len(filters)
        for name in [*names[turn:], *names[:turn]]:
            each = filters[name]
            found = partial(searcher.search, text, DEPTH, per_source=3, filters=each)
            seconds = _seconds(found), _seconds(partial(facets.count, searcher, text, each))
            if number >= WARM_UP:
                taken[name].append(seconds)
    total = opened.manifest.passages
    return {
        name: Filtered(
            opened.allowed(each).count / total,
            made[name],
            *(latency(seconds) for seconds in zip(*taken[name], strict=True)),
        )
        for name, each in filters.items()
    }


def _seconds(call: Callable[[], object]) -> float:
    begun = time.perf_counter()
    call()
    return time.perf_counter() - begun
