"""Publishers killed at any moment of what they do to a Qdrant, and whether it answers right afterwards."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from indexer.store import generation as store
from indexer.store.open_index import open_index
from indexer.store.qdrant import publishing
from indexer.store.qdrant.collections import Generations
from indexer.store.qdrant.copies import Copies
from indexer.store.qdrant.engine import Engine
from indexer.store.qdrant.qdrant_store import QdrantStore
from service.search.searcher import Searcher
from tests.standin import StandInEncoder
from tests.torture.engine_server import NAME, Moment, Served, Strike, served
from tests.torture.faults import (
    NEW,
    OLD,
    Outcome,
    Record,
    WrongAnswer,
    other,
    record,
    version_of,
    write_corpus,
)
from tests.torture.kills import moments
from tests.torture.victim import NEVER, Victim

FILES = 12

REMOVED_BEFORE = 2
"""Collections that are removed, should they be there, before a generation is written."""
CASES: Mapping[str, tuple[Sequence[str], Sequence[Moment]]] = {
    "publishing, killed while creating": (
        ("create_collection", "create_payload_index", "begin"),
        ("before", "after"),
    ),
    "publishing, killed between batches": (("upsert",), ("before", "after")),
    "publishing, killed in the midst of a batch": (("upsert",), ("midway",)),
    "publishing, killed while counting": (("count",), ("before", "after")),
    "publishing, killed before the mark": (("mark complete",), ("before",)),
    "publishing, killed before the alias moves": (("update_collection_aliases",), ("before",)),
    "publishing, killed as the alias has moved": (("update_collection_aliases",), ("after",)),
    "publishing, killed while removing": (("delete_collection",), ("before", "after")),
}
"""Case → the calls at which a publisher is killed, and at which moments of them."""
ROLLBACK = ("get_aliases", "retrieve", "update_collection_aliases", "get_collections")
"""Calls of a publication that only moves the alias."""


@dataclass
class Place:
    """An index in a folder, published in an engine, with what each of its generations holds."""

    folder: Path
    engine: Served
    victim: Victim
    version: str = NEW
    held: dict[str, tuple[str, list[tuple[str, str]]]] = field(default_factory=dict)
    """Generation → (version of its corpus, id and text of each passage)."""
    calls: Counter[str] = field(default_factory=Counter)
    """How often a publication that nothing stops makes each call."""
    lost: int = 0
    doubled: int = 0

    @property
    def index(self) -> Path:
        """The folder of the index."""
        return self.folder / "index"

    @property
    def generations(self) -> Generations:
        """What is published, asked without the socket."""
        return Generations(Engine([self.engine.client], "the engine"), NAME)

    def build(self) -> None:
        """Build another generation in the folder, of the other version of the corpus."""
        self.version = other(self.version)
        self.victim.complete("build", self.index, self.folder / self.version)
        opened = open_index(self.index, None)
        passages = opened.catalogue.passages(range(opened.statistics.passages))
        texts = [(each.passage_id, each.passage.text) for each in passages]
        self.held[opened.manifest.generation] = self.version, texts
        opened.close()

    def publish(self, strike: Strike | None = None, kill_after: float = NEVER) -> bool:
        """Publish what serves in the folder; return whether the publisher was killed."""
        self.engine.strike = strike
        code, _ = self.victim.run("publish", self.index, self.engine.address, kill_after=kill_after)
        self.engine.idle.wait()  # a call under way when its publisher is killed is carried out to its end
        self.engine.strike = None
        if code > 0:
            raise RuntimeError(f"the publisher ended with {code}")
        return code < 0

    def look(self, generation: str) -> None:
        """Raise WrongAnswer unless a generation is whole, holds each passage once, and answers from them."""
        version, texts = self.held[generation]
        copy = Copies(self.generations).take(generation)
        opened = QdrantStore(self.generations, generation, self.index, copy)
        try:
            passages = opened.catalogue.passages(range(opened.statistics.passages))
            found = Counter((each.passage_id, each.passage.text) for each in passages)
            points = publishing._count(self.generations, self.generations.passages(generation), None)
            self.lost += (Counter(texts) - found).total()
            self.doubled += (found - Counter(texts)).total() + max(0, points - len(texts))
            if found != Counter(texts) or points != len(texts):
                raise WrongAnswer(f"{generation} holds {points} passages of {len(texts)}")
            if version_of(Searcher(StandInEncoder(), opened), FILES) != version:
                raise WrongAnswer(f"{generation} is of another version than {version}")
        finally:
            opened.close()

    def outcome(self, expected: str) -> Outcome:
        """Return whether a generation serves and answers right."""
        try:
            if (serving := self.generations.serving()) != expected:
                raise WrongAnswer(f"{serving} serves, not {expected}")
            self.look(expected)
        except Exception as error:
            print(f"{type(error).__name__}: {error}", flush=True)
            return "wrong"
        return "right"

    def settled(self) -> Outcome:
        """Publish to the end; return whether two generations are there, both whole, the folder's serving."""
        if self.publish():
            raise RuntimeError("the publisher was killed, and nobody did so")
        there = self.generations.there()
        collections = self.engine.client.get_collections().collections
        if len(there) != 2 or len(collections) != 4:
            print(f"left: {sorted(each.name for each in collections)}", flush=True)
            return "wrong"
        try:
            for each in there:
                self.look(each)
        except WrongAnswer as error:
            print(error, flush=True)
            return "wrong"
        return self.outcome(store.read_pointer(self.index).current)


@contextmanager
def place(folder: Path, victim: Victim, client: Any) -> Iterator[Place]:
    """Make an index of three generations in an empty folder, all published in the engine of a client."""
    for version in OLD, NEW:
        write_corpus(folder / version, version, FILES)
    with served(client, folder / "socket") as engine:
        made = Place(folder, engine, victim)
        for _ in range(3):
            made.build()
            made.publish()
        made.calls = Counter(engine.calls)
        yield made


def killed_while_publishing(
    where: Place, case: str, calls: Sequence[str], moments: Sequence[Moment], count: int, rng: random.Random
) -> Record:
    """Kill publishers of a new generation at some calls; what follows goes on, comes anew, or goes back."""
    outcomes: list[Outcome] = []
    struck = 0
    for _ in range(count):
        before = _serving(where)
        where.build()
        call = rng.choice(calls)
        first = REMOVED_BEFORE if call == "delete_collection" else 0
        strike = Strike(call, rng.randrange(first, where.calls[call]), rng.choice(moments))
        struck += where.publish(strike)
        outcomes.append(_afterwards(where, before, rng))
    return record(case, outcomes, struck)


def killed_at_random(where: Place, count: int, rng: random.Random) -> Record:
    """Kill publishers of a new generation after a share of the time that one takes."""
    outcomes: list[Outcome] = []
    struck, length = 0, 0.5
    for share in moments(count, rng):
        before = _serving(where)
        where.build()
        begun = time.perf_counter()
        killed = where.publish(kill_after=share * length)
        struck += killed
        length = length * 1.2 if killed else time.perf_counter() - begun
        outcomes.append(_afterwards(where, before, rng))
    return record("publishing, killed at a random time", outcomes, struck, f"over {length:.2f} s")


def killed_while_rolling_back(where: Place, count: int, rng: random.Random) -> Record:
    """Kill what follows a rollback of the folder, and moves the alias back."""
    outcomes: list[Outcome] = []
    struck = 0
    for _ in range(count):
        before = _serving(where)
        store.rollback(where.index)
        struck += where.publish(Strike(rng.choice(ROLLBACK), 0, rng.choice(("before", "after"))))
        outcomes.append(_afterwards(where, before, rng))
    return record("publishing, killed while rolling back", outcomes, struck)


def _serving(where: Place) -> str:
    serving = where.generations.serving()
    assert serving is not None, "two were published"
    return serving


def _afterwards(where: Place, before: str, rng: random.Random) -> Outcome:
    """Look at what serves; then have a publication go on, come anew, or follow a rollback, and look again."""
    now = store.read_pointer(where.index).current
    found = where.outcome(now if where.engine.moved else before)
    match rng.randrange(3):
        case 0:
            where.build()
        case 1:
            store.rollback(where.index)
    after = where.settled()
    return "wrong" if "wrong" in (found, after) else "right"


def killed(folder: Path, victim: Victim, client: Any, count: int, rng: random.Random) -> Iterator[Record]:
    """Yield a record of each case, of `count` kills each, and twice as many at random times."""
    with place(folder, victim, client) as where:
        for case, (calls, moments) in CASES.items():
            yield killed_while_publishing(where, case, calls, moments, count, rng)
        yield killed_at_random(where, 2 * count, rng)
        found = killed_while_rolling_back(where, count, rng)
        note = f"{where.lost} passages lost, {where.doubled} doubled in all"
        yield Record(found.case, found.tried, found.struck, found.right, found.refused, found.wrong, note)
