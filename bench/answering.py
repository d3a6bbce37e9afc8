"""Answering over HTTP: our service and the baseline over the same passages, by turns, at rising load."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path

from bench import load, material, processes, servers
from bench.datasets import Dataset
from bench.figures import Figure, Measured
from bench.load import Load
from bench.plan import REQUESTS_EACH, Plan
from bench.processes import alone
from bench.servers import Server
from indexer import progress
from indexer.building import build as builder
from indexer.store.open_index import open_index
from models.load import ModelChoice

PART = "Answering over HTTP"
STATES = ("cold", "warm")
"""Questions that the service was never asked, then the same ones again."""
WORKERS_CLIENTS = 16
"""Clients that ask services of one and of two workers."""
WARM_UP = 10
"""Questions asked before those that count."""


@dataclass(frozen=True, slots=True)
class Run:
    """One service, asked by one number of clients."""

    service: str
    state: str
    """One of STATES."""
    load: Load
    cpu: float
    """Milliseconds of CPU that the service took for an answer."""


def measure(data: Dataset, plan: Plan, scratch: Path) -> Measured:
    """Ask both services the same questions about the same passages."""
    index, passages = scratch / "index", scratch / "passages.jsonl"
    alone(prepare, data, index, passages)
    with servers.baseline(passages):
        pass  # has encoded its corpus, and kept the vectors for the start that counts
    with servers.ours(index) as ours, servers.baseline(passages) as baseline:
        both = {"ours": ours, "baseline": baseline}
        runs = under_load(both, data, plan)
        held = {name: processes.memory_of(each.pid) for name, each in both.items()}
    figures = [
        *_figures(runs),
        Figure(PART, "start to first answer", "s", ours.ready, baseline.ready),
        Figure(PART, "memory after all", "MB", held["ours"].resident, held["baseline"].resident),
        Figure(PART, "of which its own", "MB", held["ours"].anon, held["baseline"].anon),
    ]
    faults = [
        f"{each.service}, {each.load.clients} clients, {each.state}: {each.load.errors} requests failed."
        for each in runs
        if each.load.errors
    ]
    detail = {
        "runs": [asdict(each) for each in runs],
        "memory": {name: asdict(each) for name, each in held.items()},
        "ready": {name: each.ready for name, each in both.items()},
    }
    return Measured(figures, detail, faults)


def prepare(data: Dataset, index: Path, passages: Path) -> None:
    """Index the dataset's documents, and write their passages for the baseline."""
    encoder = ModelChoice().load()
    manifest = builder.publish_documents(data.documents or [], data.name, index, encoder)
    entries = open_index(index, encoder.fingerprint).catalogue.passages(range(manifest.passages))
    with passages.open("w", encoding="utf-8") as file:
        for each in entries:
            row = {
                "source": each.document.source,
                "title": each.document.title,
                "text": each.passage.text,
            }
            print(json.dumps(row, ensure_ascii=False), file=file)


def under_load(both: Mapping[str, Server], data: Dataset, plan: Plan) -> list[Run]:
    """Ask with every number of clients, in every state, both services by turns."""
    fresh = material.distinct([each.text for each in data.asks])
    for server in both.values():
        load.ask(server.port, list(islice(fresh, WARM_UP)), 1)
    runs = []
    for clients, asked in progress.track(_asked(fresh, plan), len(plan.clients), "Asking over HTTP"):
        for name, server in both.items():
            runs += [_run(name, state, server, asked, clients) for state in STATES]
    return runs


def _run(name: str, state: str, server: Server, asked: Sequence[str], clients: int) -> Run:
    before = processes.cpu_of_family(server.pid)
    answered = load.ask(server.port, asked, clients)
    taken = processes.cpu_of_family(server.pid) - before
    return Run(name, state, answered, taken * 1000 / answered.answers)


def _asked(fresh: Iterator[str], plan: Plan) -> Iterator[tuple[int, list[str]]]:
    """Yield the number of clients of each run, and its questions."""
    for clients in plan.clients:
        yield clients, list(islice(fresh, max(plan.requests, clients * REQUESTS_EACH)))


def _figures(runs: Sequence[Run]) -> Iterator[Figure]:
    theirs = {(each.state, each.load.clients): each for each in runs if each.service == "baseline"}
    for each in sorted((each for each in runs if each.service == "ours"), key=lambda each: each.state):
        plain = theirs[each.state, each.load.clients]
        mine, other = each.load, plain.load
        at = f"{each.state}, {mine.clients} client{'s' * (mine.clients > 1)}"
        yield Figure(PART, at, "answers/s", mine.rate, other.rate, "more")
        yield Figure(PART, f"{at}, p50", "ms", mine.latency.p50, other.latency.p50)
        yield Figure(PART, f"{at}, p95", "ms", mine.latency.p95, other.latency.p95)
        yield Figure(PART, f"{at}, p99", "ms", mine.latency.p99, other.latency.p99)
        yield Figure(PART, f"{at}, CPU of an answer", "ms", each.cpu, plain.cpu)
    failed = Counter[str]()
    for each in runs:
        failed[each.service] += each.load.errors
    yield Figure(PART, "requests that failed", "", failed["ours"], failed["baseline"], "")


def measure_workers(data: Dataset, plan: Plan, scratch: Path) -> Measured:
    """Measure the service with two workers beside the service with one, asked by turns, and their memory."""
    alone(prepare, data, scratch / "index", scratch / "passages.jsonl")
    part = f"Two workers (baseline: one), {WORKERS_CLIENTS} clients"
    questions = list(islice(material.distinct([ask.text for ask in data.asks]), plan.requests))
    with (
        servers.ours(scratch / "index", REPERE_WORKERS="2") as two,
        servers.ours(scratch / "index", REPERE_WORKERS="1") as one,
    ):
        figures, faults = [], []
        for state in STATES:
            runs = load.by_turns({"two": two.port, "one": one.port}, questions, WORKERS_CLIENTS, turns=8)
            a, b = runs["two"], runs["one"]
            figures += [
                Figure(part, state, "answers/s", a.rate, b.rate, "more"),
                Figure(part, f"{state}, p50", "ms", a.latency.p50, b.latency.p50),
                Figure(part, f"{state}, p99", "ms", a.latency.p99, b.latency.p99),
            ]
            if failed := a.errors + b.errors:
                faults.append(f"{state}: {failed} requests failed.")
        held, other = processes.memory_of_family(two.pid), processes.memory_of_family(one.pid)
    figures.append(Figure(part, "memory of its own", "MB", held.anon, other.anon))
    figures.append(Figure(part, "mapped files", "MB", held.file, other.file))
    return Measured(figures, [asdict(figure) for figure in figures], faults)
