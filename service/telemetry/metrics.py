"""The metrics of the service: their names, meanings and kinds, and the page that Prometheus reads."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import suppress
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

SHARED_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""Environment variable with the folder in which several workers share their figures; unset for one worker."""
BUCKETS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
"""Upper bounds, in seconds, of the histograms of requests and their stages."""

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
    "Seconds of each stage of a search: read, encode, candidates, score, fetch.",
    ["stage"],
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
    "Generations opened (ok) or refused (failed); each worker counts its own.",
    ["outcome"],
    registry=_REGISTRY,
)
QUERY_LOG_LOST = Counter(
    "repere_query_log_lost",
    "Lines of the query log that could not be written.",
    registry=_REGISTRY,
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
for _outcome in ("ok", "failed"):
    RELOADS.labels(_outcome)
for _outcome in ("hit", "miss"):
    QUESTION_CACHE.labels(_outcome)
START_TIME.set(time.time())


class _State:
    """Collects what one worker serves now; the others differ for at most one poll of the index."""

    def __init__(self, manifest: Manifest | None, engine: str, *, degraded: bool) -> None:
        self._manifest, self._engine, self._degraded = manifest, engine, degraded

    def collect(self) -> Iterator[Metric]:
        """Yield the state as metrics; without an index, only that there is none."""
        yield GaugeMetricFamily("repere_ready", "1 while questions are answered.", int(bool(self._manifest)))
        degraded = "1 while the newest index could not be opened."
        yield GaugeMetricFamily("repere_degraded", degraded, int(self._degraded))
        manifest = self._manifest
        if manifest is None:
            return
        info = GaugeMetricFamily(
            "repere_generation_info", "1; what answers.", labels=["generation", "model", "engine"]
        )
        info.add_metric([manifest.generation, manifest.model.name, self._engine], 1)
        yield info
        created = datetime.fromisoformat(manifest.created).timestamp()
        meaning = "When the generation was built, in seconds since 1970."
        yield GaugeMetricFamily("repere_generation_created_seconds", meaning, created)
        yield GaugeMetricFamily("repere_documents", "Documents of the generation.", manifest.documents)
        yield GaugeMetricFamily("repere_passages", "Passages of the generation.", manifest.passages)


def page(manifest: Manifest | None, engine: str = "", *, degraded: bool = False) -> bytes:
    """Return the figures of all workers, and what this one serves, in Prometheus' text format."""
    figures = _REGISTRY
    if SHARED_FOLDER in os.environ:
        figures = CollectorRegistry()
        multiprocess.MultiProcessCollector(figures)  # type: ignore[no-untyped-call]
    state = CollectorRegistry()
    state.register(_State(manifest, engine, degraded=degraded))
    return generate_latest(figures) + generate_latest(state)


def forget(pid: int) -> None:
    """Drop the gauges of a worker that has ended; its counters stay."""
    multiprocess.mark_process_dead(pid, os.environ[SHARED_FOLDER])  # type: ignore[no-untyped-call]


class PrometheusObserver(Observer):
    """Counts what the search core reports in this process's metrics."""

    def stage(self, name: str, seconds: float) -> None:
        """Observe the duration of one stage of a search, in seconds."""
        STAGE_SECONDS.labels(name).observe(seconds)

    def batch(self, texts: int) -> None:
        """Observe how many texts are encoded together."""
        BATCH_TEXTS.observe(texts)

    def cache(self, hits: int, misses: int) -> None:
        """Count question vectors that were remembered and those that have to be encoded."""
        QUESTION_CACHE.labels("hit").inc(hits)
        QUESTION_CACHE.labels("miss").inc(misses)

    def reload(self, *, succeeded: bool) -> None:
        """Count a generation that was opened, or refused."""
        RELOADS.labels("ok" if succeeded else "failed").inc()

    def watched(self) -> None:
        """Refresh the gauges of resident memory and of when the index was looked for.

        Memory stays as it was told last while no file can be opened to read it from.
        """
        WATCHED.set(time.time())
        with suppress(OSError):
            RESIDENT.set(psutil.Process().memory_info().rss)
