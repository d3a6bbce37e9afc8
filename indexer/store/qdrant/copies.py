"""What a searcher keeps of a generation on its own machine, fetched before the generation comes to serve.

A publication writes these files first and marks them FILES; loading the passages takes a hundred times as
long. So a searcher that looks ahead has its copy once the alias moves, and only has to open it. The
generation that a rollback would bring back is fetched as well.
"""

from __future__ import annotations

import hashlib
import shutil
import threading
import time
import weakref
from base64 import b64decode
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from indexer.errors import IndexRefused, StoreError
from indexer.store.qdrant.collections import COMPLETE, FILES, Generations
from indexer.store.qdrant.publishing import StoredFile

AHEAD = 5.0
"""Seconds between two looks at what may come to serve."""
PARTS = 8
"""Parts of a file fetched by one call, some 3 MB."""


class Copy:
    """The files of one generation in a folder of this process's own."""

    def __init__(self, digest: str) -> None:
        """Make an empty folder for a generation whose manifest has this checksum."""
        self.digest = digest
        self.folder = Path(mkdtemp(prefix="repere-"))
        self.sums: dict[str, str] = {}
        """Name of a file → its sha256."""
        self.remove: Callable[[], object] = weakref.finalize(
            self, shutil.rmtree, self.folder, ignore_errors=True
        )
        """Removes the folder, as the end of the process does, or of the last who has the copy."""


def fetch(generations: Generations, generation: str, marker: Mapping[str, Any]) -> Copy:
    """Return a copy of what the mark FILES or COMPLETE of a generation names.

    Raises IndexRefused where checksums are not those that were taken when it was stored, StoreUnavailable.
    """
    copy = Copy(marker["digest"])
    try:
        for name, stored in marker["files"].items():
            if (
                Path(name).name != name
                or _copy(generations, generation, stored, copy.folder / name) != stored["sum"]
            ):
                where = f"{generations.name} at {generations.engine.where}"
                raise IndexRefused(
                    f"Generation {generation} of {where} is damaged: {name}. Publish it again."
                )
            copy.sums[name] = stored["sum"]
    except BaseException:
        copy.remove()
        raise
    return copy


def _copy(generations: Generations, generation: str, stored: StoredFile, target: Path) -> str:
    """Write a stored file, a few parts at a time; return the sha256 of what was there of it."""
    digest, collection = hashlib.sha256(), generations.index(generation)
    ids = range(stored["first"], stored["first"] + stored["parts"])
    with target.open("wb") as file:
        for start in range(0, len(ids), PARTS):
            wanted = list(ids[start : start + PARTS])
            records = generations.engine.ask(
                lambda client, wanted=wanted: client.retrieve(  # type: ignore[misc]
                    collection, wanted, with_payload=True
                )
            )
            for record in sorted(records, key=lambda each: int(each.id)):
                data = b64decode(record.payload["data"])
                digest.update(data)
                file.write(data)
    return digest.hexdigest()


@dataclass
class Copies:
    """Copies of the generations that may come to serve; safe to call from several threads."""

    generations: Generations
    clock: Callable[[], float] = time.monotonic
    _fetched: dict[str, Future[Copy]] = field(default_factory=dict)
    """Generation → its copy, or what is being fetched."""
    _look_at: float = 0.0
    _looking: threading.Thread | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, generation: str) -> Copy:
        """Return the copy of a whole generation, the caller's own from now on; fetch it if it is not here.

        Raises IndexRefused where the generation is not whole, StoreUnavailable.
        """
        marker = self.generations.marker(generation, COMPLETE)
        if marker is None:
            where = f"{self.generations.name} at {self.generations.engine.where}"
            raise IndexRefused(f"Generation {generation} of {where} is not whole. Publish it again.")
        with self._lock:
            ahead = self._fetched.pop(generation, None)
        with suppress(StoreError, OSError):
            if ahead is not None:
                copy = ahead.result()  # also of one that is still being fetched
                if copy.digest == marker["digest"]:
                    return copy
                copy.remove()
        return fetch(self.generations, generation, marker)

    def look_ahead(self) -> None:
        """Begin to fetch, in the background, what may come to serve, unless that was begun lately."""
        with self._lock:
            busy = self._looking is not None and self._looking.is_alive()
            if busy or self.clock() < self._look_at:
                return
            self._look_at = self.clock() + AHEAD
            self._looking = threading.Thread(target=self._look, name="index-fetcher", daemon=True)
            self._looking.start()

    def _look(self) -> None:
        """Fetch what has files and does not serve, and let go of what is no longer there.

        What fails here is tried again: by the next look, or by the one who needs the copy, and says so.
        """
        with suppress(StoreError, OSError):
            serving = self.generations.serving()
            coming = [each for each in self.generations.there() if each != serving]
            for gone in [each for each in self._fetched if each not in coming]:
                self._let_go(gone)
            for generation in coming:
                marker = self.generations.marker(generation, FILES)
                if marker is not None:
                    self._have(generation, marker)

    def _have(self, generation: str, marker: Mapping[str, Any]) -> None:
        """Fetch a generation unless a copy of it is here. Raises StoreError or OSError."""
        with self._lock:
            known = self._fetched.get(generation)
        if known is not None:
            if known.result().digest == marker["digest"]:
                return
            self._let_go(generation)
        coming: Future[Copy] = Future()
        with self._lock:
            self._fetched[generation] = coming
        try:
            coming.set_result(fetch(self.generations, generation, marker))
        except BaseException as error:
            with self._lock:
                self._fetched.pop(generation, None)
            coming.set_exception(error)
            raise

    def _let_go(self, generation: str) -> None:
        with self._lock:
            known = self._fetched.pop(generation, None)
        if known is not None:
            known.result().remove()
