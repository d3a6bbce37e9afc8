"""How everything grows with the number of passages: indexes made up in several sizes, each measured alone.

For each size, in processes of their own: the index is written; opened and searched without encoding;
exact search over the same vectors is the measure of its recall and its baseline; then both services are
started over it and asked over HTTP.
"""

from __future__ import annotations

import json
import shutil
import time
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import faiss

from bench import load, memory, questions, searching, servers, synthetic
from bench.child import alone
from bench.datasets import Dataset
from bench.figures import Figure, Measured
from bench.load import Load
from bench.memory import Memory
from bench.plan import Plan
from bench.searching import DEPTH, WARM_UP, Asked, Opened
from bench.synthetic import Real
from indexer import progress
from indexer.store import generation as store
from indexer.store.cells import recall_of
from models import encoder as models
from models.encoder import ModelChoice

TURNS = 5
"""In which the two services alternate over HTTP."""
PART = "{:,} passages"


@dataclass(frozen=True, slots=True)
class Served:
    """A service over an index."""

    ready: float
    """Seconds from the start of its process to its first answer."""
    asked: Load
    """Of one client, with new questions."""
    memory: Memory


@dataclass(frozen=True, slots=True)
class Side:
    """Ours or the baseline, at one size."""

    written: float
    """Seconds: to write every file, vectors given."""
    bytes: int
    opened: Opened
    served: Served


@dataclass(frozen=True, slots=True)
class Size:
    """Everything at one size."""

    passages: int
    recall: float
    """Share of the DEPTH nearest by exact search that our vectors bring up first, mean over questions."""
    ours: Side
    baseline: Side


def measure(data: Dataset, plan: Plan, scratch: Path) -> Measured:
    """Every size, one after the other; each is gone from the disk before the next."""
    held, asked = alone(encode, data, plan)
    sizes = []
    for count in progress.track(plan.sizes, len(plan.sizes), "Measuring sizes"):
        folder = scratch / str(count)
        folder.mkdir(parents=True)
        sizes.append(at_size(folder, held, asked, count))
        shutil.rmtree(folder)
    return Measured([row for each in sizes for row in _figures(each)], [_plain(each) for each in sizes])


def encode(data: Dataset, plan: Plan) -> tuple[Real, Asked]:
    """What everything is made up of, and the questions that are asked of it."""
    texts = list(islice(questions.distinct([each.text for each in data.asks]), plan.asked))
    return synthetic.real(data, plan.real), Asked(texts, models.load(ModelChoice()).queries(texts))


def at_size(folder: Path, held: Real, asked: Asked, count: int) -> Size:
    """Ours and the baseline over the same passages."""
    index, plain = folder / "index", folder / "passages.jsonl"
    written = alone(write, index, held, count)
    plainly = alone(write_plainly, plain, held, count)
    opened = alone(searching.ours, index, asked, held.model.fingerprint)
    exact = alone(searching.baseline, plain, asked, held.background[0])
    served, served_plainly = serve(index, plain, asked)
    return Size(
        passages=count,
        recall=recall_of(opened.nearest, exact.nearest),
        ours=Side(written, _bytes(index), opened, served),
        baseline=Side(plainly, plain.with_suffix(".faiss").stat().st_size, exact, served_plainly),
    )


def write(index: Path, held: Real, count: int) -> float:
    """Seconds to write the index."""
    begun = time.perf_counter()
    synthetic.write(index, held, count)
    return time.perf_counter() - begun


def write_plainly(passages: Path, held: Real, count: int) -> float:
    """Write what the baseline reads: the passages, and beside them their vectors, as it would keep them.

    Seconds for both.
    """
    begun = time.perf_counter()
    with passages.open("w", encoding="utf-8") as file:
        for row, parts in enumerate(synthetic.passage_texts(held, count)):
            said = {"source": str(row), "title": synthetic.title(row), "text": " ".join(parts)}
            print(json.dumps(said, ensure_ascii=False), file=file)
    exact = faiss.IndexFlatIP(held.model.dim)
    for block in synthetic.passage_vectors(held, count):
        exact.add(block)
    faiss.write_index(exact, str(passages.with_suffix(".faiss")))
    return time.perf_counter() - begun


def serve(index: Path, passages: Path, asked: Asked) -> tuple[Served, Served]:
    """Ours and the baseline, asked by one client, by turns, what neither has heard before."""
    with servers.ours(index) as ours, servers.baseline(passages) as baseline:
        ports = {"ours": ours.port, "baseline": baseline.port}
        load.by_turns(ports, asked.texts[:WARM_UP], 1, turns=1)
        counted = load.by_turns(ports, asked.texts[WARM_UP:], 1, turns=TURNS)
        return (
            Served(ours.ready, counted["ours"], memory.of_process(ours.pid)),
            Served(baseline.ready, counted["baseline"], memory.of_process(baseline.pid)),
        )


def _bytes(index: Path) -> int:
    folder = store.generation_folder(index, store.read_pointer(index).current)
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _figures(size: Size) -> list[Figure]:
    part = PART.format(size.passages).replace(",", " ")
    a, b = size.ours, size.baseline
    x, y = a.opened, b.opened
    mine, other = a.served, b.served
    return [
        Figure(part, "index written, vectors given", "s", a.written, b.written),
        Figure(part, "on disk (baseline: vectors of passages only)", "MB", a.bytes / 1e6, b.bytes / 1e6),
        Figure(part, f"recall@{DEPTH} of the vectors to exact search", "", size.recall, 1.0, ""),
        Figure(part, "opened", "s", x.seconds, y.seconds),
        Figure(part, "search without encoding, p50", "ms", x.search.p50, y.search.p50),
        Figure(part, "search without encoding, p95", "ms", x.search.p95, y.search.p95),
        Figure(part, "search without encoding, p99", "ms", x.search.p99, y.search.p99),
        Figure(part, "over HTTP with encoding, p50", "ms", mine.asked.latency.p50, other.asked.latency.p50),
        Figure(part, "over HTTP with encoding, p99", "ms", mine.asked.latency.p99, other.asked.latency.p99),
        Figure(part, "start to first answer", "s", mine.ready, other.ready),
        Figure(part, "the index in memory, its own", "MB", _grown(x).anon, _grown(y).anon),
        Figure(part, "the index in memory, mapped files", "MB", _grown(x).file, _grown(y).file, ""),
        Figure(part, "the service in memory, its own", "MB", mine.memory.anon, other.memory.anon),
        Figure(
            part,
            "the service in memory, with mapped files",
            "MB",
            mine.memory.resident,
            other.memory.resident,
        ),
    ]


def _grown(opened: Opened) -> Memory:
    """What opening and searching added to the process."""
    a, b = opened.before, opened.after
    return Memory(b.anon - a.anon, b.file - a.file, b.peak - a.peak)


def _plain(size: Size) -> dict[str, Any]:
    """For the JSON, without the rows."""
    said = asdict(size)
    for side in "ours", "baseline":
        del said[side]["opened"]["nearest"]
    return said
