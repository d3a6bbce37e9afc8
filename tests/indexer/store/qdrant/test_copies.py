"""Copies of generations: fetched before they come to serve, once each, and removed with their stores."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest

from indexer.building import build as builder
from indexer.errors import IndexRefused
from indexer.store.open_index import open_index
from indexer.store.qdrant import publishing
from indexer.store.qdrant.collections import FILES, Generations
from indexer.store.qdrant.copies import AHEAD, Copies
from indexer.store.qdrant.engine import Engine, connect
from indexer.store.qdrant.publishing import publish
from indexer.store.qdrant.qdrant_store import open_generation
from tests.standin import StandInChoice


class Counting:
    """A client that counts how many points it has given."""

    def __init__(self, client: Any) -> None:
        self.client, self.given = client, 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.client, name)

    def retrieve(self, *given: Any, **named: Any) -> Any:
        records = self.client.retrieve(*given, **named)
        self.given += sum("data" in (record.payload or {}) for record in records)
        return records


class Clock:
    """Seconds that pass when they are told to."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


class Stopped(BaseException):
    """What ends a publication before its alias moves."""


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Counting]:
    monkeypatch.setattr(publishing, "GRACE", 0.0)
    (tmp_path / "scratch").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "scratch"))
    engine = connect("qdrant://:memory:")
    yield Counting(engine.clients[0])
    engine.close()


@pytest.fixture
def copies(client: Counting) -> Copies:
    stand_in: Any = client
    return Copies(Generations(Engine([stand_in], "the engine", local=True), "articles"), Clock())


@pytest.fixture
def publication(copies: Copies, corpus: Path, tmp_path: Path) -> Any:
    """Publishes another generation; `to` "files" or "complete" ends it there."""

    def go_on(monkeypatch: pytest.MonkeyPatch, to: str = "alias") -> None:
        (corpus / "suite.txt").write_text(f"Suite\n\nEncore {to} {len(list(kept(tmp_path)))}.\n", "utf-8")
        builder.build(corpus, tmp_path / "index", StandInChoice(), force=True)

        def stop(*_: object) -> None:
            raise Stopped

        with monkeypatch.context() as patched, closing(open_index(tmp_path / "index", None)) as opened:
            if to == "files":
                patched.setattr(publishing, "_fill", stop)
            if to == "complete":
                patched.setattr(Generations, "serve", stop)
            with suppress(Stopped):
                publish(copies.generations, opened)

    return go_on


def kept(tmp_path: Path) -> set[Path]:
    """Folders of copies."""
    return {path.parent for path in (tmp_path / "scratch").glob("repere-*/manifest.json")}


def look(copies: Copies) -> None:
    """Look ahead, to the end."""
    copies.look_ahead()
    assert copies._looking is not None
    copies._looking.join()


@pytest.mark.parametrize("to", ["files", "complete"])
def test_what_comes_to_serve_is_here_before(
    copies: Copies,
    client: Counting,
    publication: Any,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    to: str,
) -> None:
    publication(monkeypatch)
    publication(monkeypatch, to)
    look(copies)
    fetched, folders = client.given, kept(tmp_path)
    assert fetched and len(folders) == 1
    with closing(open_index(tmp_path / "index", None)) as local:
        publish(copies.generations, local)
    with closing(open_generation(copies, tmp_path)) as opened:
        assert opened.manifest.generation == "g000002" == copies.generations.serving()
        assert (client.given, kept(tmp_path)) == (fetched, folders)
    assert kept(tmp_path) == set(), "it goes with its store"


def test_so_is_what_a_rollback_brings_back(
    copies: Copies, client: Counting, publication: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    publication(monkeypatch)
    publication(monkeypatch)
    look(copies)
    fetched = client.given
    copies.generations.rollback()
    with closing(open_generation(copies, tmp_path)) as opened:
        assert opened.manifest.generation == "g000001" and client.given == fetched


def test_it_is_fetched_once_and_looked_for_every_few_seconds(
    copies: Copies, client: Counting, publication: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    publication(monkeypatch)
    look(copies)
    assert client.given == 0, "what serves is nothing to look ahead to"
    publication(monkeypatch)
    copies.look_ahead()
    assert client.given == 0, "it was looked for a moment ago"
    given = []
    for _ in range(2):
        copies.clock.now += AHEAD  # type: ignore[attr-defined]
        look(copies)
        given.append(client.given)
    assert given[0] == given[1] > 0
    copies.take("g000001").remove()
    assert client.given == given[0] and not kept(tmp_path)


def test_what_is_not_there_any_more_is_let_go(
    copies: Copies, publication: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    publication(monkeypatch)
    publication(monkeypatch, "files")
    look(copies)
    assert len(kept(tmp_path)) == 1
    copies.generations.remove("g000002")
    copies.clock.now += AHEAD  # type: ignore[attr-defined]
    look(copies)
    assert kept(tmp_path) == set()


def test_another_generation_of_the_same_name_is_not_taken_for_it(
    copies: Copies, publication: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    publication(monkeypatch)
    publication(monkeypatch, "files")
    look(copies)
    copies.generations.remove("g000002")
    publication(monkeypatch)  # g000003 in the folder
    digest = copies.generations.marker("g000003", FILES)
    assert digest is not None
    copies._fetched["g000003"] = copies._fetched.pop("g000002")
    with closing(open_generation(copies, tmp_path)) as opened:
        assert opened.manifest.generation == "g000003"
    assert kept(tmp_path) == set()


def test_a_copy_that_cannot_be_had_leaves_nothing_and_is_refused(
    copies: Copies, client: Counting, publication: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    publication(monkeypatch)
    publication(monkeypatch)
    client.set_payload(copies.generations.index("g000001"), {"data": "AAAA"}, points=[FILES + 1])
    look(copies)
    assert kept(tmp_path) == set() and not copies._fetched
    copies.generations.rollback()
    with pytest.raises(IndexRefused, match=r"damaged: .*Publish it again"):
        open_generation(copies, tmp_path)
    assert kept(tmp_path) == set()
