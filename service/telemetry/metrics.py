"""The metrics of the service: their names, meanings and kinds, and the page that Prometheus reads."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

import psutil
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
    multiprocess,
)
from prometheus_client.metrics_core import GaugeMetricFamily, Metric

from indexer.store.manifest import Manifest
from service.search.observer import Observer
from service.telemetry import shared_files

SHARED_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""Environment variable with the folder in which several workers share their figures; unset for one worker."""
BUCKETS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
"""Upper bounds, in seconds, of the histograms of requests and their stages."""

shared_files.install()
disable_created_metrics()  # type: ignore[no-untyped-call] # twice the lines, for what START_TIME says already
_REGISTRY = CollectorRegistry()

REQUESTS = Counter(
    "repere_requests",
    "Requests, by route template, method and status; 499: the client hung up first.",
    ["route", "method", "status"],
    registry=_REGISTRY,
)
REQUEST_SECONDS = Histogram(
    "repere_request_seconds",
    "Seconds from a request's head to the end of its answer, by route template.",
    ["route"],
    buckets=BUCKETS,
    registry=_REGISTRY,
)
STAGE_SECONDS = Histogram(
    "repere_stage_seconds",
    "Seconds of each stage of a search, by collection: read, encode, candidates, score, fetch.",
    ["collection", "stage"],
    buckets=(0.0005, 0.001, 0.002, *BUCKETS),
    registry=_REGISTRY,
)
WORKING = Gauge(
    "repere_requests_working",
    "Requests that hold a place, those given up whose thread has not ended included.",
    registry=_REGISTRY,
    multiprocess_mode="livesum",
)
WAITING = Gauge(
    "repere_requests_waiting",
    "Requests that wait for a place.",
    registry=_REGISTRY,
    multiprocess_mode="livesum",
)
REFUSED = Counter(
    "repere_requests_refused",
    "Requests refused with 503, by reason: overloaded, timeout, stopping.",
    ["reason"],
    registry=_REGISTRY,
)
QUESTION_CACHE = Counter(
    "repere_question_cache",
    "Texts whose vectors were remembered (hit) or had to be encoded (miss).",
    ["outcome"],
    registry=_REGISTRY,
)
BATCH_TEXTS = Histogram(
    "repere_batch_texts",
    "Texts encoded at a time.",
    buckets=(1, 2, 4, 8, 16, 32),
    registry=_REGISTRY,
)
RELOADS = Counter(
    "repere_reloads",
    "Generations opened (ok) or refused (failed), by collection; each worker counts its own.",
    ["collection", "outcome"],
    registry=_REGISTRY,
)
QUERY_LOG_LOST = Counter(
    "repere_query_log_lost",
    "Lines of the query log that could not be written.",
    registry=_REGISTRY,
)
QUERY_LOG_WAITING = Gauge(
    "repere_query_log_waiting",
    "Lines of the query log that wait to be written.",
    registry=_REGISTRY,
    multiprocess_mode="livesum",
)
RESIDENT = Gauge(
    "repere_resident_memory_bytes",
    "Memory of the process, mapped files included; by pid where there are several workers.",
    registry=_REGISTRY,
    multiprocess_mode="liveall",
)
WATCHED = Gauge(
    "repere_index_watched_seconds",
    "When it was last looked for a newer index, in seconds since 1970; of several workers the longest ago.",
    ["collection"],
    registry=_REGISTRY,
    multiprocess_mode="livemin",
)
START_TIME = Gauge(
    "repere_start_time_seconds",
    "When the process started, in seconds since 1970; by pid where there are several workers.",
    registry=_REGISTRY,
    multiprocess_mode="liveall",
)

for _reason in ("overloaded", "timeout", "stopping"):  # without a first value Prometheus has no rate
    REFUSED.labels(_reason)
for _outcome in ("hit", "miss"):
    QUESTION_CACHE.labels(_outcome)
START_TIME.set(time.time())


@dataclass(frozen=True, slots=True)
class State:
    """What one worker serves now of a collection; the others differ for at most one poll of the index."""

    collection: str | None
    """Its name; None for one index without a name, whose figures bear no such label."""
    manifest: Manifest | None
    """None while it does not answer."""
    engine: str
    degraded: bool
    """Whether the newest index could not be opened."""


class _States:
    """Collects what one worker serves now."""

    def __init__(self, states: Sequence[State]) -> None:
        self._states = states

    def collect(self) -> Iterator[Metric]:
        """Yield the states as metrics; without an index, only that there is none."""
        yield self._gauge("ready", "1 while questions are answered.", lambda _: 1, without=0)
        degraded = "1 while the newest index could not be opened."
        metric = self._metric("degraded", degraded)
        for state in self._states:
            metric.add_metric(_labels(state), int(state.degraded))
        yield metric
        if not any(state.manifest for state in self._states):
            return
        info = self._metric("generation_info", "1; what answers.", "generation", "model", "engine")
        for state in self._states:
            if state.manifest:
                about = (state.manifest.generation, state.manifest.model.name, state.engine)
                info.add_metric([*_labels(state), *about], 1)
        yield info
        meaning = "When the generation was built, in seconds since 1970."
        yield self._gauge("generation_created_seconds", meaning, _created)
        yield self._gauge("documents", "Documents of the generation.", lambda manifest: manifest.documents)
        yield self._gauge("passages", "Passages of the generation.", lambda manifest: manifest.passages)

    def _metric(self, name: str, meaning: str, *labels: str) -> GaugeMetricFamily:
        named = ["collection"] if any(state.collection is not None for state in self._states) else []
        return GaugeMetricFamily(f"repere_{name}", meaning, labels=[*named, *labels])

    def _gauge(
        self, name: str, meaning: str, value: Callable[[Manifest], float], without: float | None = None
    ) -> GaugeMetricFamily:
        """Return a value of each collection's generation; `without`: that of those that do not answer."""
        metric = self._metric(name, meaning)
        for state in self._states:
            number = value(state.manifest) if state.manifest else without
            if number is not None:
                metric.add_metric(_labels(state), number)
        return metric


def _labels(state: State) -> list[str]:
    return [] if state.collection is None else [state.collection]


def _created(manifest: Manifest) -> float:
    return datetime.fromisoformat(manifest.created).timestamp()


def page(states: Sequence[State]) -> bytes:
    """Return the figures of all workers, and what this one serves, in Prometheus' text format."""
    figures = _REGISTRY
    if SHARED_FOLDER in os.environ:
        figures = CollectorRegistry()
        multiprocess.MultiProcessCollector(figures)  # type: ignore[no-untyped-call]
    state = CollectorRegistry()
    state.register(_States(states))
    return generate_latest(figures) + generate_latest(state)


def forget(pid: int) -> None:
    """Drop the gauges of a worker that has ended, where there are any; its counters stay."""
    if SHARED_FOLDER not in os.environ:
        return
    multiprocess.mark_process_dead(pid, os.environ[SHARED_FOLDER])  # type: ignore[no-untyped-call]


class PrometheusObserver(Observer):
    """Counts what the search core reports of a collection in this process's metrics."""

    def __init__(self, collection: str | None = None) -> None:
        """`collection`: its name; None for one index without a name, whose label is empty."""
        self._collection = collection or ""
        self._stages: dict[str, Histogram] = {}
        for outcome in ("ok", "failed"):  # without a first value Prometheus has no rate
            RELOADS.labels(self._collection, outcome)

    def stage(self, name: str, seconds: float) -> None:
        """Observe the duration of one stage of a search, in seconds."""
        known = self._stages.get(name)  # twice as fast as asking for the labels again
        if known is None:
            known = self._stages[name] = STAGE_SECONDS.labels(self._collection, name)
        known.observe(seconds)

    def batch(self, texts: int) -> None:
        """Observe how many texts are encoded together."""
        BATCH_TEXTS.observe(texts)

    def cache(self, hits: int, misses: int) -> None:
        """Count question vectors that were remembered and those that have to be encoded."""
        QUESTION_CACHE.labels("hit").inc(hits)
        QUESTION_CACHE.labels("miss").inc(misses)

    def reload(self, *, succeeded: bool) -> None:
        """Count a generation that was opened, or refused."""
        RELOADS.labels(self._collection, "ok" if succeeded else "failed").inc()

    def watched(self) -> None:
        """Refresh the gauges of resident memory and of when the index was looked for.

        Memory stays as it was told last while no file can be opened to read it from.
        """
        WATCHED.labels(self._collection).set(time.time())
        with suppress(OSError):
            RESIDENT.set(psutil.Process().memory_info().rss)
