"""The folder beside Qdrant over the same passages: the same hits, as good, how fast, in how much memory.

    python -m bench.stores DATASET…                               quality, over their indexes
    python -m bench.stores DATASET --passages 50000,250000        speed, over made-up ones

Speed is asked by turns in one process. Qdrant is its own engine in this process (see qdrant_engine.py), or
the server that REPERE_STORE names.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import TypeAlias

import numpy as np
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from bench import datasets, eval, material, measures, processes, scale, synthetic
from bench.figures import Latency, latency
from bench.plan import FULL, sizes
from bench.processes import alone
from bench.qdrant_engine import EdgeClient
from bench.searching import Asked, Fixed
from bench.synthetic import KINDS
from indexer.store import home
from indexer.store.filters import EVERYTHING, Filters
from indexer.store.open_index import open_index
from indexer.store.qdrant import publishing
from indexer.store.qdrant.collections import Generations
from indexer.store.qdrant.copies import Copies
from indexer.store.qdrant.engine import Engine
from indexer.store.qdrant.qdrant_store import open_generation
from indexer.store.store import Store
from models.errors import RepereError
from models.load import ModelChoice
from service.search.answers import RankedPassage
from service.search.searcher import Searcher

DEPTH = 10
"""Hits that are compared."""
ROUNDS = 3
"""Rounds of all questions, of which the first does not count: it fills caches."""
FILTERS: Mapping[str, Filters] = {
    "no filter": EVERYTHING,
    "a language, most passages": Filters(languages=(KINDS["language"][-1],)),
    "a folder, 5 %": Filters(source=f"{KINDS['folder'][1]}/*"),
    "a folder, 0.1 %": Filters(source=f"{KINDS['folder'][0]}/*"),
}


Hits: TypeAlias = list[tuple[int, float]]
"""(row, score) of the hits of a question, best first."""


@dataclass(frozen=True, slots=True)
class Alike:
    """How far two stores agree, over the first DEPTH hits of some questions."""

    places: float
    """Share of places that hold the same passage."""
    ten: float
    """Share of hits that both have, at whatever place."""
    score: float
    """Greatest difference of the scores of a passage."""


@dataclass(frozen=True, slots=True)
class Times:
    """What a question takes in one store."""

    wall: Latency
    cpu: float
    """Mean of the processor's time, in milliseconds, of all threads of the process."""


def alike(first: Sequence[Hits], second: Sequence[Hits]) -> Alike:
    """Compare the hits of the same questions; where neither store has any, they agree."""
    wanted = sum(max(len(a), len(b)) for a, b in zip(first, second, strict=True))
    if not wanted:
        return Alike(1.0, 1.0, 0.0)
    places = both = 0
    differences = [0.0]
    for a, b in zip(first, second, strict=True):
        places += sum(one[0] == other[0] for one, other in zip(a, b, strict=False))
        known = dict(a)
        own = [(row, score) for row, score in b if row in known]
        both += len(own)
        differences += [abs(known[row] - score) for row, score in own]
    return Alike(places / wanted, both / wanted, max(differences))


@contextmanager
def _place() -> Iterator[tuple[Path, Path]]:
    """Yield folders for an index, of a name that no other has, and for an engine; both go at the end."""
    with tempfile.TemporaryDirectory() as scratch:
        index = Path(scratch) / Path(scratch).name
        try:
            yield index, Path(scratch) / "engine"
        finally:
            home.withdraw(index)


@contextmanager
def in_qdrant(index: Path, engine: Path) -> Iterator[Store]:
    """Have what serves in a folder serve in Qdrant as well, while the block runs; its engine in a folder."""
    if os.environ.get(home.VARIABLE):
        home.publish(index)
        with closing(home.open_store(index, None)) as opened:
            yield opened
        return
    with closing(EdgeClient(engine)) as client:
        generations = Generations(Engine([client], "its engine"), index.name)
        if generations.serving() is None:
            _load(generations, client, index)
        with closing(open_generation(Copies(generations), index)) as served:
            yield served


def _load(generations: Generations, client: EdgeClient, index: Path) -> None:
    begun, used = time.perf_counter(), time.process_time()
    with closing(open_index(index, None)) as opened:
        publishing.publish(generations, opened)
        count = opened.statistics.passages
    loaded = time.perf_counter() - begun
    each = (time.process_time() - used) * 1000 / max(count, 1)
    print(f"Loaded {count} passages in {loaded:.0f} s: {count / loaded:.0f}/s, {each:.1f} ms of CPU each.")
    client.optimize()
    print(f"Optimised in {time.perf_counter() - begun - loaded:.0f} s.", flush=True)


def quality(path: Path, corpus: Path) -> None:
    """Build the index of a dataset, ask both stores all of its questions, and print a row of the table."""
    data = datasets.load(path)
    with _place() as (index, engine):
        folder = eval.prepare(data, corpus, index, ModelChoice())
        with in_qdrant(index, engine) as store:
            several = [folder, Searcher(folder.encoder, store)]
            asks = [*data.asks, *data.unanswerable]
            answers = [[each.search(ask.text, DEPTH, per_source=1) for ask in asks] for each in several]
    same = alike(*[[_hits(answer.hits) for answer in given] for given in answers])
    classes = sum(a.relevance.label == b.relevance.label for a, b in zip(*answers, strict=True))
    ndcg = []
    for given in answers:
        run = {ask.id: eval.documents_of(answer) for ask, answer in zip(data.asks, given, strict=False)}
        ndcg.append(fmean(measures.by_question(run, data.qrels)["nDCG@10"].values()))
    passages = folder.index.statistics.passages
    print(
        f"| {data.name}, {passages} passages, {len(asks)} questions | {same.places:.2%} | {same.ten:.2%}"
        f" | {ndcg[0]:.4f}, {ndcg[1]:.4f} | {classes} of {len(asks)} | {same.score:.0e} |",
        flush=True,
    )


def speed(data: datasets.Dataset, sizes: Sequence[int]) -> None:
    """Make indexes of so many passages, ask both stores of each, and print a table."""
    real, asked = alone(scale.encode, data, FULL)
    for count in sizes:
        with _place() as (index, engine):
            alone(synthetic.write, index, real, count)
            alone(_loaded, index, engine)  # so that none of what loading takes is in this process's memory
            print(f"Folder {_size(index):.0f} MB, Qdrant's engine {_size(engine):.0f} MB.")
            alone(by_turns, index, engine, asked, real.model.fingerprint)


def _loaded(index: Path, engine: Path) -> None:
    with in_qdrant(index, engine):
        pass


def by_turns(index: Path, engine: Path, asked: Asked, fingerprint: str) -> None:
    """Ask both stores by turns under each filter, and print a row of each."""
    threadpool_limits(1, user_api="blas")  # as the service does
    encoder = Fixed(asked, fingerprint)
    before = processes.memory_of()
    with closing(open_index(index, fingerprint)) as folder:
        ours = Searcher(encoder, folder)
        _asked(ours, asked.texts, EVERYTHING)
        between = processes.memory_of()
        with in_qdrant(index, engine) as store:
            theirs = Searcher(encoder, store)
            _asked(theirs, asked.texts, EVERYTHING)
            after = processes.memory_of()
            for name, a, b in ("folder", before, between), ("Qdrant's engine and searcher", between, after):
                print(
                    f"{name}: {b.anon - a.anon:.0f} MB of its own, {b.file - a.file:.0f} MB of mapped files."
                )
            for label, filters in FILTERS.items():
                print(_row(label, [ours, theirs], asked.texts, filters), flush=True)


def _row(label: str, both: Sequence[Searcher], texts: Sequence[str], filters: Filters) -> str:
    hits: list[list[Hits]] = [[], []]
    walls: list[list[float]] = [[], []]
    cpus: list[list[float]] = [[], []]
    for number in range(ROUNDS):
        for place, text in enumerate(texts):
            for which in (0, 1) if (place + number) % 2 else (1, 0):
                begun, used = time.perf_counter(), time.process_time()
                found = _asked(both[which], [text], filters)
                if number:
                    walls[which].append(time.perf_counter() - begun)
                    cpus[which].append(time.process_time() - used)
                if number == 1:
                    hits[which] += found
    same = alike(*hits)
    ours, theirs = (Times(latency(w), fmean(c) * 1000) for w, c in zip(walls, cpus, strict=True))
    return (
        f"| {label} | {ours.wall.p50:.1f}, {ours.wall.p95:.0f} ms"
        f" | {theirs.wall.p50:.1f}, {theirs.wall.p95:.0f} ms | {theirs.wall.p50 / ours.wall.p50:.1f} ×"
        f" | {ours.cpu:.1f} and {theirs.cpu:.1f} ms"
        f" | {same.ten:.1%} | {same.places:.1%} | {same.score:.0e} |"
    )


def _asked(searcher: Searcher, texts: Sequence[str], filters: Filters) -> list[Hits]:
    return [_hits(searcher.search(text, DEPTH, per_source=DEPTH, filters=filters).hits) for text in texts]


def _hits(hits: Sequence[RankedPassage]) -> Hits:
    return [(hit.entry.row, hit.score) for hit in hits]


def _size(folder: Path) -> float:
    """Return the MB that the files of a folder take on the disk, holes left out."""
    return sum(path.stat().st_blocks for path in folder.rglob("*") if path.is_file()) * 512 / 1e6


def main(arguments: list[str] | None = None) -> int:
    """Compare, print; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m bench.stores", description=__doc__)
    parser.add_argument("datasets", nargs="+", type=Path, help="BEIR folders, or files of questions")
    parser.add_argument(
        "--corpus", type=Path, default="seeds", help="the folder a file of questions is about"
    )
    over = "compare speed over indexes of so many passages, made up of a dataset's sentences: 50000,250000"
    parser.add_argument("--passages", type=sizes, default=[], help=over)
    options = parser.parse_args(arguments)
    try:
        for path in options.datasets:
            if options.passages:
                speed(material.load(str(path)), options.passages)
            else:
                quality(path, options.corpus)
    except (RepereError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    np.seterr(all="raise", under="ignore", invalid="warn")
    sys.exit(main())
