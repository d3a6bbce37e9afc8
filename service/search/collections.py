"""The collections that a service answers from: their names, and what watches the index of each."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Self, TypeVar

from indexer.errors import StoreError
from indexer.index_folders import IndexFolder, IndexFolders
from indexer.store.home import open_store
from models.encoder import Encoder
from service.search.index_watcher import IndexWatcher, Serving, warm_up
from service.search.observer import SILENT, Observer
from service.search.ranking import SETTINGS, RankingSettings
from service.search.searcher import Searcher

Made = TypeVar("Made")


@dataclass(frozen=True, slots=True)
class Collections:
    """Name → the watcher of that collection's index; one index without a name stands under None."""

    watchers: Mapping[str | None, IndexWatcher]
    """At least one, in the order of the settings."""

    @classmethod
    def only(cls, watcher: IndexWatcher) -> Self:
        """Return the collection of one index without a name."""
        return cls({None: watcher})

    @classmethod
    def of(
        cls,
        folders: IndexFolders,
        load_encoder: Callable[[], Encoder],
        observer: Callable[[str | None], Observer] = lambda _: SILENT,
        ranking: RankingSettings = SETTINGS,
    ) -> Self:
        """Return a watcher for each folder, not started yet; all of them answer with one encoder.

        `observer` makes the one that is told of a collection; `ranking` is what all of them rank with.
        """
        load, warm = _once(load_encoder), _once(warm_up)
        return cls(
            {
                each.name: IndexWatcher(each.folder, load, observer(each.name), warm_up=warm, ranking=ranking)
                for each in folders.entries
            }
        )

    @property
    def folders(self) -> IndexFolders:
        """The folders of the indexes, as the settings name them."""
        return IndexFolders(
            tuple(IndexFolder(name, watcher.index) for name, watcher in self.watchers.items())
        )

    def start(self) -> None:
        """Load the model, and open and watch every index, in the background."""
        for watcher in self.watchers.values():
            watcher.start()

    def wait(self, seconds: float | None = None) -> None:
        """Wait until every index was looked at, or for so many seconds for each."""
        for watcher in self.watchers.values():
            watcher.settled.wait(seconds)

    def stop(self) -> None:
        """Stop watching; each is given a second, all of them side by side."""
        with ThreadPoolExecutor(len(self.watchers)) as stopping:
            for watcher in self.watchers.values():
                stopping.submit(watcher.stop)


def serving(
    folders: IndexFolders, encoder: Encoder, ranking: RankingSettings = SETTINGS
) -> dict[str | None, Serving]:
    """Return name → what answers of each folder, which is opened once and not watched.

    Raises StoreError where one index without a name cannot be searched.
    """
    found: dict[str | None, Serving] = {}
    for each in folders.entries:
        try:
            opened = open_store(each.folder, encoder.fingerprint)
            found[each.name] = Serving(Searcher(encoder, opened, settings=ranking), None)
        except StoreError as error:
            if each.name is None:
                raise
            found[each.name] = Serving(None, str(error))
    return found


def _once(make: Callable[[], Made]) -> Callable[[], Made]:
    """Return a function that gives what `make` first made without failing, to all threads that call it."""
    made: list[Made] = []
    lock = threading.Lock()

    def get() -> Made:
        with lock:
            if not made:
                made.append(make())
            return made[0]

    return get
