"""How everything grows with the number of passages: synthetic indexes of several sizes, each measured alone.

For each size, in processes of their own: the index is written; opened and searched without encoding;
exact search over the same vectors gives its recall and is its baseline; then both services are started over
it and asked over HTTP.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import faiss

from bench import load, material, processes, searching, servers, synthetic
from bench.datasets import Dataset
from bench.figures import Figure, Measured
from bench.load import Load
from bench.plan import Plan
from bench.processes import Memory, alone
from bench.searching import DEPTH, WARM_UP, Asked, Opened
from bench.servers import Server
from bench.synthetic import Real
from indexer import progress
from indexer.store import generation as store
from indexer.store.cells import recall_of
from models.load import ModelChoice

TURNS = 5
"""Turns in which the two services alternate over HTTP."""
MAPPED = "the index in memory, mapped files"
"""Figure that is better neither way: the system takes mapped files back when it needs them."""


@dataclass(frozen=True, slots=True)
class Side:
    """Ours or the baseline, at one size."""

    written: float
    """Seconds to write every file, vectors given."""
    bytes: int
    """Size of all files."""
    opened: Opened
    ready: float
    """Seconds from the start of the service's process to its first answer."""
    asked: Load
    """New questions of one client over HTTP."""
    cpu: float
    """Milliseconds of CPU for an answer to one of them that was asked before."""
    memory: Memory
    """Memory of the service afterwards."""


def measure(data: Dataset, plan: Plan, scratch: Path) -> Measured:
    """Measure every size, one after the other; each is gone from the disk before the next."""
    real, asked = alone(encode, data, plan)
    figures: list[Figure] = []
    detail = []
    for count in progress.track(plan.sizes, len(plan.sizes), "Measuring sizes"):
        folder = scratch / str(count)
        folder.mkdir(parents=True)
        ours, baseline = at_size(folder, real, asked, count)
        shutil.rmtree(folder)
        recall = recall_of(ours.opened.nearest, baseline.opened.nearest)
        figures += _figures(f"{count:,} passages".replace(",", " "), recall, ours, baseline)
        sides = {"ours": _detail(ours), "baseline": _detail(baseline)}
        detail.append({"passages": count, "recall": recall} | sides)
    return Measured(figures, detail)


def encode(data: Dataset, plan: Plan) -> tuple[Real, Asked]:
    """Return what every index is made up of, and the questions that are asked of it."""
    texts = list(islice(material.distinct([ask.text for ask in data.asks]), plan.asked))
    return synthetic.real(data, plan.real), Asked(texts, ModelChoice().load().queries(texts))


def at_size(folder: Path, real: Real, asked: Asked, count: int) -> tuple[Side, Side]:
    """Measure ours and the baseline over the same passages."""
    index, passages = folder / "index", folder / "passages.jsonl"
    written = alone(write, index, real, count)
    plainly = alone(write_plainly, passages, real, count)
    opened = alone(searching.ours, index, asked, real.model.fingerprint)
    exact = alone(searching.baseline, passages, asked, real.background[0])
    with servers.ours(index) as ours, servers.baseline(passages) as baseline:
        ports = {"ours": ours.port, "baseline": baseline.port}
        load.by_turns(ports, asked.texts[:WARM_UP], 1, turns=1)
        runs = load.by_turns(ports, asked.texts[WARM_UP:], 1, turns=TURNS)
        warm, warm_plainly = cpu_of_answer(ours, asked), cpu_of_answer(baseline, asked)
        held, held_plainly = processes.memory_of(ours.pid), processes.memory_of(baseline.pid)
    generation = store.generation_folder(index, store.read_pointer(index).current)
    size = sum(path.stat().st_size for path in generation.rglob("*") if path.is_file())
    plain_size = passages.with_suffix(".faiss").stat().st_size
    return (
        Side(written, size, opened, ours.ready, runs["ours"], warm, held),
        Side(plainly, plain_size, exact, baseline.ready, runs["baseline"], warm_plainly, held_plainly),
    )


def cpu_of_answer(server: Server, asked: Asked) -> float:
    """Return the milliseconds of CPU that a service takes for a question it was asked before."""
    load.ask(server.port, asked.texts, 1)
    before = processes.cpu_of_family(server.pid)
    answered = load.ask(server.port, asked.texts, 1)
    return (processes.cpu_of_family(server.pid) - before) * 1000 / answered.answers


def write(index: Path, real: Real, count: int) -> float:
    """Write an index; return the seconds it took."""
    begun = time.perf_counter()
    synthetic.write(index, real, count)
    return time.perf_counter() - begun


def write_plainly(passages: Path, real: Real, count: int) -> float:
    """Write the baseline's passages and, beside them, their vectors; return the seconds both took."""
    begun = time.perf_counter()
    with passages.open("w", encoding="utf-8") as file:
        for row, parts in enumerate(synthetic.passage_texts(real, count)):
            line = {"source": str(row), "title": synthetic.title(row), "text": " ".join(parts)}
            print(json.dumps(line, ensure_ascii=False), file=file)
    exact = faiss.IndexFlatIP(real.model.dim)
    for block in synthetic.passage_vectors(real, count):
        exact.add(block)
    faiss.write_index(exact, str(passages.with_suffix(".faiss")))
    return time.perf_counter() - begun


def _figures(part: str, recall: float, ours: Side, baseline: Side) -> Iterator[Figure]:
    yield Figure(part, f"recall@{DEPTH} of the vectors to exact search", "", recall, 1.0, "")
    for (name, unit, value), (_, _, other) in zip(_values(ours), _values(baseline), strict=True):
        yield Figure(part, name, unit, value, other, "" if name == MAPPED else "less")


def _values(side: Side) -> Iterator[tuple[str, str, float]]:
    """Yield name, unit and value of every figure of one side."""
    opened, search, http = side.opened, side.opened.search, side.asked.latency
    yield "index written, vectors given", "s", side.written
    yield "on disk (baseline: vectors of passages only)", "MB", side.bytes / 1e6
    yield "opened", "s", opened.seconds
    for name in "p50", "p95", "p99":
        yield f"search without encoding, {name}", "ms", getattr(search, name)
    for name in "p50", "p99":
        yield f"over HTTP with encoding, {name}", "ms", getattr(http, name)
    yield "asked again, CPU of an answer", "ms", side.cpu
    yield "start to first answer", "s", side.ready
    yield "the index in memory, its own", "MB", opened.after.anon - opened.before.anon
    yield MAPPED, "MB", opened.after.file - opened.before.file
    yield "the service in memory, its own", "MB", side.memory.anon
    yield "the service in memory, with mapped files", "MB", side.memory.resident


def _detail(side: Side) -> dict[str, Any]:
    """Return a side for the JSON, without the rows that were found."""
    content = asdict(side)
    del content["opened"]["nearest"]
    return content
