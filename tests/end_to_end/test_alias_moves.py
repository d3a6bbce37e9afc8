"""Generations published and gone back from in a Qdrant under load: no request to two services fails."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import pytest

from bench.qdrant_engine import EdgeClient
from indexer.building import build as builder
from indexer.store import generation as store
from indexer.store.open_index import open_index
from indexer.store.qdrant import publishing
from indexer.store.qdrant.collections import Generations
from indexer.store.qdrant.copies import Copies
from indexer.store.qdrant.engine import Engine
from indexer.store.qdrant.qdrant_store import open_generation
from service.app import build_app
from service.search.index_watcher import IndexWatcher
from tests.serving import serving, wait_until
from tests.standin import StandInChoice, StandInEncoder

pytestmark = pytest.mark.slow

WORDS = ("abricot", "banane")
"""What every passage of a generation holds, by turns."""
DOCUMENTS = 5
SERVICES = 2
ASKING = 2
"""Threads that ask each service."""


@dataclass
class Cluster:
    """An index in a folder, published in the server's own engine, and services that answer from that."""

    folder: Path
    generations: Generations
    watchers: list[IndexWatcher] = field(default_factory=list)
    addresses: list[str] = field(default_factory=list)
    words: dict[str, str] = field(default_factory=dict)
    """Generation → the word of its corpus."""

    def build(self) -> None:
        """Build another generation in the folder, of the other corpus."""
        word = WORDS[len(self.words) % len(WORDS)]
        corpus = self.folder / word
        corpus.mkdir(exist_ok=True)
        for number in range(DOCUMENTS):
            text = f"Article {number}\n\nUn {word} mûr tombe du numéro {number}. Le {word} est bon.\n"
            (corpus / f"{number}.txt").write_text(text, encoding="utf-8")
        builder.build(corpus, self.folder / "index", StandInChoice(), force=True)
        self.words[store.read_pointer(self.folder / "index").current] = word

    def publish(self) -> None:
        """Have what serves in the folder serve in Qdrant."""
        with closing(open_index(self.folder / "index", None)) as opened:
            publishing.publish(self.generations, opened)

    @property
    def answering(self) -> list[str | None]:
        """The generation that each service answers from."""
        searchers = [each.searcher for each in self.watchers]
        return [each.index.manifest.generation if each else None for each in searchers]

    def noticed(self, move: Callable[[], object]) -> float:
        """Return the seconds from an alias's move until every service answers from what it points to."""
        serve, moved = self.generations.engine.clients[0].update_collection_aliases, []

        def timed(operations: Any) -> None:
            serve(operations)
            moved.append(time.monotonic())

        client: Any = self.generations.engine.clients[0]
        client.update_collection_aliases = timed
        with ThreadPoolExecutor(1) as pool:
            moving = pool.submit(move)
            wait_until(lambda: bool(moved) or moving.done())
            serving = self.generations.serving()
            wait_until(lambda: all(each == serving for each in self.answering))
            seconds = time.monotonic() - moved[0]
            moving.result()
        client.update_collection_aliases = serve
        return seconds


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cluster]:
    monkeypatch.setattr(publishing, "GRACE", 1.0)  # as much as services are given to notice
    with closing(EdgeClient(tmp_path / "engine")) as client, ExitStack() as services:
        made = Cluster(tmp_path, Generations(Engine([client], "the engine"), "articles"))
        made.build()
        made.publish()
        for _ in range(SERVICES):
            copies = Copies(made.generations)
            watcher = IndexWatcher(
                tmp_path / "index",
                StandInEncoder,
                published=lambda _: made.generations.serving(),
                open_index=lambda folder, _, copies=copies: open_generation(copies, folder),  # type: ignore[misc]
                look_ahead=lambda _, copies=copies: copies.look_ahead(),  # type: ignore[misc]
            )
            port = services.enter_context(serving(build_app(watcher)))
            made.watchers.append(watcher)
            made.addresses.append(f"http://127.0.0.1:{port}")
        wait_until(lambda: all(httpx2.get(f"{each}/health").status_code == 200 for each in made.addresses))
        yield made


def ask_until(stop: threading.Event, cluster: Cluster, address: str) -> list[str]:
    """Return the generation of every answer; fail on one that did not succeed, or that mixes two."""
    answers: list[str] = []
    with httpx2.Client(base_url=address, timeout=30) as client:
        while not stop.is_set():
            number = len(answers) % DOCUMENTS
            response = client.get("/search", params={"q": f"numéro {number}", "k": 50})
            assert response.status_code == 200, response.text
            answer = response.json()
            generation = answer["index"]["generation"]
            texts = " ".join(hit["text"] for hit in answer["hits"])
            assert [word for word in WORDS if word in texts] == [cluster.words[generation]]
            assert {hit["source"] for hit in answer["hits"]} == {f"{n}.txt" for n in range(DOCUMENTS)}
            answers.append(generation)
    return answers


def moves(cluster: Cluster, rounds: int) -> tuple[list[float], list[list[str]]]:
    """Publish, go back and return under load; return how late each move was noticed, and the answers."""
    stop, seconds = threading.Event(), []
    index = cluster.folder / "index"
    with ThreadPoolExecutor(SERVICES * ASKING) as pool:
        asking = [
            pool.submit(ask_until, stop, cluster, each) for each in cluster.addresses for _ in range(ASKING)
        ]
        try:
            for _ in range(rounds):
                for _ in range(2):
                    cluster.build()
                    seconds.append(cluster.noticed(cluster.publish))
                for _ in range(2):
                    store.rollback(index)
                    seconds.append(cluster.noticed(cluster.publish))
        finally:
            stop.set()
        return seconds, [each.result() for each in asking]


def test_no_request_fails_while_the_alias_moves(cluster: Cluster) -> None:
    seconds, answers = moves(cluster, 1)
    asked = sum(map(len, answers))
    print(f"{asked} answers, {len(seconds)} moves, noticed after {max(seconds):.2f} s at the most")
    assert all(len(set(each)) > 1 for each in answers), "each thread saw generations come"
    assert max(seconds) < 2  # half a second by its clock; the rest is a busy machine's
