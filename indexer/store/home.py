"""Where an index is kept: in its folder, or also in a Qdrant under its name, as REPERE_STORE says."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Generic, ParamSpec, TypeVar

from indexer.errors import StoreError
from indexer.store import generation
from indexer.store.open_index import open_index, require_model
from indexer.store.store import Store

if TYPE_CHECKING:
    from indexer.store.qdrant.collections import Generations
    from indexer.store.qdrant.copies import Copies
    from indexer.store.qdrant.engine import Engine

P = ParamSpec("P")
T = TypeVar("T")

VARIABLE = "REPERE_STORE"
"""Variable of the environment that holds the address of a Qdrant; without it, folders answer."""


def published(index: Path) -> object:
    """Return what changes whenever another generation comes to serve; None when there is no index.

    Raises StoreUnavailable where the server that holds it does not answer.
    """
    generations = _generations(index)
    return generation.published(index) if generations is None else generations.serving()


def open_store(index: Path, fingerprint: str | None) -> Store:
    """Open the generation that serves, which the model of this fingerprint has to have made; None: any model.

    Raises StoreError as open_index does, StoreUnavailable where a server does not answer.
    """
    generations = _generations(index)
    if generations is None:
        return open_index(index, fingerprint)
    from indexer.store.qdrant.qdrant_store import open_generation

    opened = open_generation(_copies(generations.engine, generations.name), index)
    if fingerprint is not None:
        require_model(opened.manifest, fingerprint)
    return opened


def require(index: Path) -> None:
    """Raise StoreError unless the Qdrant that is set, if any, can be asked: before what takes hours."""
    generations = _generations(index, writing=True)
    if generations is not None:
        generations.serving()


def look_ahead(index: Path) -> None:
    """Begin to fetch what may come to serve, so that it opens at once; nothing where folders answer."""
    generations = _generations(index)
    if generations is not None:
        _copies(generations.engine, generations.name).look_ahead()


def publish(index: Path) -> str | None:
    """Have what serves in the folder serve in Qdrant too, and say so; None where no Qdrant is set.

    Raises StoreError where that fails; then what served there before serves on.
    """
    generations = _generations(index, writing=True)
    if generations is None:
        return None
    from indexer.store.qdrant import publishing

    opened = open_index(index, None)
    try:
        publishing.publish(generations, opened, nodes=len(generations.engine.clients))
    finally:
        opened.close()
    return f"{opened.manifest.generation} serves as {generations.name} at {generations.engine.where}."


def rollback(index: Path) -> str | None:
    """Make the generation before serve again in Qdrant alone, and say so; None where no Qdrant is set.

    That is for a machine that has not the folder; with it, the folder goes back and is published. Raises
    IndexMissing where there is none to go back to, StoreUnavailable.
    """
    generations = _generations(index, writing=True)
    if generations is None:
        return None
    left = generations.serving()
    now = generations.rollback()
    where = f"{generations.name} at {generations.engine.where}"
    return f"{now} serves again as {where}; 'rollback' once more returns to {left}."


def withdraw(index: Path) -> None:
    """Remove every generation of an index from Qdrant, if one is set. Raises StoreUnavailable."""
    generations = _generations(index, writing=True)
    if generations is not None:
        generations.sweep()


def layout(index: Path) -> str | None:
    """Return in words what serves in Qdrant and how it lies there, or why not; None without a Qdrant."""
    try:
        generations = _generations(index)
        return None if generations is None else generations.layout()
    except StoreError as error:
        return str(error)


def _generations(index: Path, *, writing: bool = False) -> Generations | None:
    """Return the generations of an index in Qdrant, under its folder's name; None where folders answer."""
    address = os.environ.get(VARIABLE)
    if not address:
        return None
    folder = address.removeprefix("qdrant://")
    if not writing and folder.strip("/") and folder.startswith("/") and not Path(folder).is_dir():
        raise StoreError(  # who only reads would make it
            f"There is no folder {folder}, which {VARIABLE} names. Build an index with it set first."
        )
    engine = _engine(address, writing=writing)
    from indexer.store.qdrant.collections import Generations

    return Generations(engine, index.resolve().name)


class _MadeOnce(Generic[P, T]):
    """A function that makes each thing once, however many threads ask for it before it is made."""

    def __init__(self, make: Callable[P, T]) -> None:
        self._made: Callable[..., T] = lru_cache(make)
        self._lock = threading.RLock()  # making one thing may ask for another

    def __call__(self, *given: P.args, **named: P.kwargs) -> T:
        with self._lock:
            return self._made(*given, **named)

    def cache_clear(self) -> None:
        """Forget what was made."""
        with self._lock:
            self._made.cache_clear()  # type: ignore[attr-defined]


@_MadeOnce
def _copies(engine: Engine, name: str) -> Copies:
    """Return the copies of an index's generations, which all that open it in this process share."""
    from indexer.store.qdrant.collections import Generations
    from indexer.store.qdrant.copies import Copies

    return Copies(Generations(engine, name))


@_MadeOnce
def _engine(address: str, *, writing: bool) -> Engine:
    """Return the engine at an address, whose connections all indexes of this process share."""
    try:
        from indexer.store.qdrant.engine import TIMEOUT, WRITE_TIMEOUT, connect, in_process
    except ModuleNotFoundError as error:
        raise StoreError(
            f"{VARIABLE} is set, and {error.name} is not installed. Run pip install 'repere[qdrant]'."
        ) from error
    if writing and in_process(address):  # which one engine of a process may have open
        return _engine(address, writing=False)
    return connect(address, WRITE_TIMEOUT if writing else TIMEOUT)
