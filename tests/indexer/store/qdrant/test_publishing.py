"""Generations as collections: loaded once or twice, killed half-way, moved by the alias, gone back to."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from indexer.building import build as builder
from indexer.errors import IndexMissing, IndexRefused, StoreUnavailable
from indexer.store import generation
from indexer.store.local_store import LocalStore
from indexer.store.open_index import open_index
from indexer.store.qdrant import points, publishing
from indexer.store.qdrant.collections import COMPLETE, FILES, Generations
from indexer.store.qdrant.copies import Copies
from indexer.store.qdrant.engine import Engine, connect
from indexer.store.qdrant.publishing import publish, sizing
from indexer.store.qdrant.qdrant_store import open_generation
from tests.standin import StandInChoice, StandInEncoder


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody searches meanwhile, so that nothing has to be waited for."""
    monkeypatch.setattr(publishing, "GRACE", 0.0)


@pytest.fixture
def engine() -> Iterator[Engine]:
    engine = connect("qdrant://:memory:")
    yield engine
    engine.close()


@pytest.fixture
def generations(engine: Engine) -> Generations:
    return Generations(engine, "articles")


def built(corpus: Path, index: Path, number: int) -> LocalStore:
    """The index after so many changes."""
    (corpus / "suite.txt").write_text(
        f"Suite {number}\n\nLe texte numéro {number} est long.\n", encoding="utf-8"
    )
    builder.build(corpus, index, StandInChoice())
    return open_index(index, StandInEncoder().fingerprint)


def collections(generations: Generations) -> set[str]:
    return {each.name for each in generations.engine.clients[0].get_collections().collections}


def of(*names: str) -> set[str]:
    return {f"articles-{name}{end}" for name in names for end in ("", "-index")}


def test_the_last_two_are_kept_and_the_first_can_be_gone_back_to(
    generations: Generations, corpus: Path, tmp_path: Path
) -> None:
    with pytest.raises(IndexMissing, match=r"There is no index articles at qdrant://:memory:"):
        open_generation(Copies(generations), tmp_path)
    for number in (1, 2, 3):
        publish(generations, built(corpus, tmp_path / "index", number))
        assert generations.serving() == f"g00000{number}"
        assert f"Suite {number}" in open_generation(Copies(generations), tmp_path).catalogue.titles(100)
    assert collections(generations) == of("g000002", "g000003")
    assert [generations.rollback(), generations.serving()] == ["g000002", "g000002"]
    assert "Suite 2" in open_generation(Copies(generations), tmp_path).catalogue.titles(100)
    assert generations.rollback() == "g000003"


def test_what_was_gone_back_from_is_not_kept_in_place_of_what_was_gone_back_to(
    generations: Generations, corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the publisher ends between the alias's move and the removal of what is kept no longer."""
    index = tmp_path / "index"
    for number in (1, 2):
        publish(generations, built(corpus, index, number))
    generation.rollback(index)
    publish(generations, open_index(index, None))
    assert generations.serving() == "g000001"
    third = built(corpus, index, 3)
    with monkeypatch.context() as patched:
        patched.setattr(Generations, "sweep", lambda *_: None)
        publish(generations, third)
    publish(generations, third)
    assert collections(generations) == of("g000001", "g000003")


@pytest.mark.parametrize(
    ("on_disk", "vectors"),
    [(False, "full vectors in memory"), (True, "full vectors on disk, 8 bits of them in memory")],
)
def test_the_layout_is_told(
    generations: Generations,
    corpus: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    on_disk: bool,
    vectors: str,
) -> None:
    where = "articles at qdrant://:memory:"
    assert generations.layout() == f"nothing serves as {where}"
    monkeypatch.setattr(publishing, "sizing", lambda *_: publishing.Sizing(1, 1, on_disk))
    store = built(corpus, tmp_path / "index", 1)
    publish(generations, store)
    told = f"g000001 serves as {where}: {store.statistics.passages} passages, shards 1, replicas 1, {vectors}"
    assert generations.layout() == told


def test_nothing_to_go_back_to(generations: Generations, corpus: Path, tmp_path: Path) -> None:
    publish(generations, built(corpus, tmp_path / "index", 1))
    with pytest.raises(IndexMissing, match="nothing to go back to"):
        generations.rollback()


def test_another_index_keeps_its_own(engine: Engine, corpus: Path, tmp_path: Path) -> None:
    """Names that begin alike are two indexes."""
    store = built(corpus, tmp_path / "index", 1)
    several = [Generations(engine, name) for name in ("articles", "articles-g000009", "articles-old")]
    for each in several:
        publish(each, store)
    several[0].sweep()
    assert [each.serving() for each in several] == [None, "g000001", "g000001"]
    assert several[0].there() == []


def test_loading_twice_is_loading_once(
    generations: Generations, corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = built(corpus, tmp_path / "index", 1)
    publish(generations, store)
    monkeypatch.setattr(publishing, "_load", lambda *_: pytest.fail("it is there"))
    publish(generations, store)
    assert collections(generations) == of("g000001")


def test_batches_are_written_side_by_side(
    generations: Generations, corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And what one of them raises ends the publication, once none is being written any more."""
    monkeypatch.setattr(publishing, "BATCH", 1)
    together, put = threading.Barrier(publishing.WRITERS, timeout=10), publishing._put

    def at_once(generations: Generations, collection: str, batch: Any) -> None:
        if not collection.endswith("-index") and batch[0].id < publishing.WRITERS:
            together.wait()
        if batch[0].id == 3 and failing:
            raise StoreUnavailable("away")
        put(generations, collection, batch)

    monkeypatch.setattr(publishing, "_put", at_once)
    store, failing = built(corpus, tmp_path / "index", 1), True
    with pytest.raises(StoreUnavailable, match="away"):
        publish(generations, store)
    assert generations.serving() is None
    failing = False
    together.reset()
    publish(generations, store)
    assert publishing._count(generations, generations.passages("g000001"), None) == store.statistics.passages


class Killed(BaseException):
    """What ends a process in the middle of a load."""


@pytest.mark.parametrize("calls", [1, 3, 6, 9, 14])
def test_a_killed_load_is_taken_up_or_removed(
    generations: Generations, corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, calls: int
) -> None:
    monkeypatch.setattr(publishing, "BATCH", 2)
    publish(generations, built(corpus, tmp_path / "index", 1))
    second = built(corpus, tmp_path / "index", 2)
    put = publishing._put
    made: list[object] = []

    def until_killed(*given: Any) -> None:
        if len(made) == calls:
            raise Killed
        made.append(given)
        put(*given)

    monkeypatch.setattr(publishing, "_put", until_killed)
    try:
        publish(generations, second)
    except Killed:
        assert generations.serving() == "g000001"
        assert generations.marker("g000002", COMPLETE) is None
    monkeypatch.setattr(publishing, "_put", put)
    if calls % 2:
        publish(generations, second)
        kept = of("g000001", "g000002")
    else:
        second = built(corpus, tmp_path / "index", 3)
        publish(generations, second)
        kept = of("g000001", "g000003")
    assert collections(generations) in (kept, of("g000002", "g000003"))
    opened = open_generation(Copies(generations), tmp_path)
    rows = range(second.statistics.passages)
    assert opened.manifest == second.manifest
    assert opened.catalogue.passages(rows) == second.catalogue.passages(rows)


@pytest.mark.parametrize("wrong", ["lost", "altered"])
def test_what_is_not_stored_as_it_was_loaded_never_serves(
    generations: Generations, corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wrong: str
) -> None:
    publish(generations, built(corpus, tmp_path / "index", 1))
    passages = publishing._passages

    def damaged(store: LocalStore, rows: range) -> Iterator[Any]:
        first, *rest = passages(store, rows)
        if wrong == "altered":
            vector = np.roll(first.vector[points.PASSAGE], 1).tolist()
            first.vector = {**first.vector, points.PASSAGE: vector}
            yield first
        yield from rest

    monkeypatch.setattr(publishing, "_passages", damaged)
    with pytest.raises(IndexRefused, match="another vector" if wrong == "altered" else "passages of"):
        publish(generations, built(corpus, tmp_path / "index", 2))
    assert generations.serving() == "g000001"


def test_another_generation_of_the_same_name_is_not_written_over(
    generations: Generations, corpus: Path, tmp_path: Path
) -> None:
    publish(generations, built(corpus, tmp_path / "index", 1))
    with pytest.raises(IndexRefused, match="serves another g000001, built elsewhere"):
        publish(generations, built(corpus, tmp_path / "elsewhere", 2))


def test_a_damaged_file_is_refused(generations: Generations, corpus: Path, tmp_path: Path) -> None:
    publish(generations, built(corpus, tmp_path / "index", 1))
    client, collection = generations.engine.clients[0], generations.index("g000001")
    client.set_payload(collection, {"data": "AAAA"}, points=[FILES + 1])
    with pytest.raises(IndexRefused, match=r"damaged: .*Publish it again"):
        open_generation(Copies(generations), tmp_path)


@pytest.mark.parametrize(
    ("passages", "nodes", "shards", "replicas", "on_disk"),
    [
        (1_000, 1, 1, 1, False),
        (50_000, 3, 1, 2, False),
        (1_000_000, 3, 3, 2, True),
        (100_000_000, 6, 13, 2, True),
        (1_000_000_000, 32, 125, 2, True),
    ],
)
def test_the_layout_grows_with_the_index(
    passages: int, nodes: int, shards: int, replicas: int, on_disk: bool
) -> None:
    layout = sizing(passages, nodes)
    assert (layout.shards, layout.replicas, layout.on_disk) == (shards, replicas, on_disk)
