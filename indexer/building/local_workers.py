"""Do the work of a build in this process."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from threading import Lock

from indexer.building.build_cache import BuildCache
from indexer.building.sandbox import ReaderSandbox
from indexer.building.settings import DEFAULT, BuildSettings
from indexer.building.station import BLOCK_FILES, Station
from indexer.building.workers import ListedFile, ReadFile
from indexer.store.arrays import Floats
from models.encoder import Encoder


class LocalWorkers:
    """This process: files are read as they are waited for, and one slice is computed at a time.

    With a cache, files are read and cut in the blocks in which a cluster reads and cuts them, and kept so.
    Without one they come one by one, and are cut by whoever waits for them.
    """

    blocks = 0
    slices = 2
    """One is computed while the vectors of the one before are kept."""

    def __init__(
        self,
        sandbox: ReaderSandbox,
        settings: BuildSettings = DEFAULT,
        cache: BuildCache | None = None,
        *,
        ocr: bool = False,
    ) -> None:
        """`ocr`: whether the sandbox reads pages that are pictures."""
        self.block_files = 1 if cache is None else BLOCK_FILES
        self.found = 0
        self._sandbox = sandbox
        self._settings = settings
        self._cache = cache
        self._ocr = ocr
        self._station: Future[Station] = Future()
        self._counting = Lock()

    def use(self, encoder: Encoder) -> None:
        self._station.set_result(Station(self._sandbox, encoder, self._settings, self._cache, ocr=self._ocr))

    def read(self, files: Sequence[ListedFile]) -> Callable[[], Sequence[ReadFile]]:
        if self._cache is None:
            return lambda: [ReadFile(self._sandbox.load(file)) for file, _ in files]
        return lambda: self._station.result().read(files)

    def embed(self, texts: Sequence[str]) -> Floats:
        vectors, found = self._station.result().embed(texts)
        with self._counting:
            self.found += len(texts) if found else 0
        return vectors

    def close(self) -> None:
        self._station.cancel()  # whoever waits for the model, which may have failed to load, waits no longer
        self._sandbox.close()
