"""Read files of complex formats, and large ones, in a process of their own, with limits on time and memory.

A file may hang its reader, exhaust memory or crash the library that opens it. In the sandbox that costs one
file and never the build.
"""

from __future__ import annotations

import os
import resource
import signal
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing import reduction
from multiprocessing.connection import Connection
from pathlib import Path, PurePosixPath
from threading import Lock
from types import TracebackType
from typing import Self

from indexer.building.child import Child
from indexer.building.confinement import confine
from indexer.corpus import loading
from indexer.corpus.loading import Loaded
from indexer.corpus.opening import open_descriptor
from indexer.errors import StoreError
from indexer.readers import Unreadable, ocr
from indexer.records import CorpusFile, Skipped
from models.files import reason_of

SECONDS = 60.0
"""Seconds that reading a file, or a page by OCR, may take; a thousand dense pages of PDF take half of it."""
MEMORY = 2 * 2**30
"""Bytes of address space that the process may have."""
OCR_MEMORY = 2 * 2**30
"""Bytes that it may have besides once a page is read by OCR."""
TRUSTED = frozenset({".txt", ".text", ".md", ".markdown"})
"""Suffixes of the formats whose small files are read in the build's own process: their readers take time in
proportion to a file's size, and an article less than starting a process does."""
TRUSTED_SIZE = 128 * 1024
"""Bytes of the largest such file: of what was tried, the worst takes some two seconds."""


@dataclass(frozen=True, slots=True)
class OcrFolders:
    """What reading pictures needs."""

    networks: Path
    """Folder of the networks, as ocr.model_files.fetch returns it."""
    cache: Path
    """Folder in which the pages that were read are kept."""


class ReaderSandbox:
    """Loads files one at a time; its process is started for the first file that needs it."""

    def __init__(
        self,
        load_trusted: Callable[[CorpusFile], Loaded] = loading.load,
        ocr: OcrFolders | None = None,
        seconds: float = SECONDS,
        memory: int = MEMORY,
    ) -> None:
        self.seconds = seconds
        """Seconds that reading a file may take."""
        self._load_trusted = load_trusted
        self._memory = memory
        self._ocr = ocr
        self._running: Child | None = None
        self._ended = False
        self._using = Lock()
        """Held by the thread that uses the connection, so that none closes it under another."""

    def load(self, file: CorpusFile) -> Loaded:
        """Return the documents in a file, or the reason why there are none.

        When another thread ends the sandbox meanwhile, or has ended it, that is the reason. Raises StoreError
        when the process cannot be started: to leave every such file out would be to lose the index's half.
        """
        if file.size <= TRUSTED_SIZE and PurePosixPath(file.source).suffix.lower() in TRUSTED:
            return self._load_trusted(file)
        with self._using:
            answer = None if self._ended else self._answer(file)
        if isinstance(answer, Loaded):
            return answer
        if answer is None or self._ended:
            return Loaded(skipped=(Skipped(file.source, "reading has been stopped"),))
        return without_documents(file, answer)

    def _answer(self, file: CorpusFile) -> Loaded | str | None:
        """Return what the process makes of a file, or why it makes nothing of it; None if it was stopped."""
        connection = self._connect()
        if self._ended:
            return None  # meanwhile, when there was no process yet that could be killed
        try:
            self._send(file, connection)
            while connection.poll(self.seconds):
                answer: Loaded | None = connection.recv()
                if answer is not None:  # None: it has come to the next page that is a picture
                    return answer
            self._stop()
            return f"reading it takes more than {self.seconds:.0f} seconds"
        except (EOFError, OSError):
            self._stop()
            return "its reader crashes on it"

    def _send(self, file: CorpusFile, connection: Connection) -> None:
        """Send a file with what it and its sidecar are read from: descriptors, or why there are none."""
        opened = [_opened(each) for each in (file, file.sidecar) if each is not None]
        try:
            connection.send((file, [each if isinstance(each, Exception) else None for each in opened]))
            for each in opened:
                if isinstance(each, int):
                    reduction.send_handle(connection, each, self.pid)
        finally:
            for each in opened:
                if isinstance(each, int):
                    os.close(each)

    @property
    def pid(self) -> int | None:
        """Process id of the sandbox; None while there is none."""
        return self._running.process.pid if self._running else None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _: type[BaseException] | None, __: object, ___: TracebackType | None) -> None:
        """End the process, for good."""
        self.close()

    def close(self) -> None:
        """End the process, for good."""
        self._ended = True
        if running := self._running:
            running.process.kill()  # whoever waits for its answer waits no longer
        with self._using:
            self._stop()

    def _connect(self) -> Connection:
        """Return the connection to the process, which is started if need be."""
        if self._running and self._running.ended:
            self._stop()  # it ended between two files, so the next file is not to blame
        if self._running is None:
            try:
                self._running = self._started()
            except OSError as error:
                raise StoreError(
                    f"The process that reads files cannot be started: {reason_of(error)}. Mend that, then"
                    " try again; TMPDIR names the folder of temporary files. The index stays as it was."
                ) from error
        return self._running.connection

    def _started(self) -> Child:
        folders = (self._ocr.networks, self._ocr.cache) if self._ocr else ()
        self._scratch = tempfile.TemporaryDirectory(prefix="repere-reading-", ignore_cleanup_errors=True)
        try:
            return Child.start(
                "indexer.building.sandbox",
                (self.seconds, self._memory, *folders),
                {**os.environ, "TMPDIR": self._scratch.name},  # of all temporary files it sees its own
            )
        except OSError:
            self._scratch.cleanup()
            raise

    def _stop(self) -> None:
        if self._running:
            self._running.stop()
            self._scratch.cleanup()
            self._running = None


def _opened(file: CorpusFile) -> int | Exception:
    """Return a descriptor of a file, or what opening it raised."""
    try:
        return open_descriptor(file.path)
    except (OSError, Unreadable) as error:
        return error


def _received(connection: Connection) -> tuple[CorpusFile, Callable[[Path], int]]:
    """Return the next file, and a function that returns, or raises, what came with it, in turn."""
    file, unopened = connection.recv()
    handles = iter([each or reduction.recv_handle(connection) for each in unopened])

    def next_descriptor(_: Path) -> int:
        handle: int | Exception = next(handles)
        if isinstance(handle, Exception):
            raise handle
        return handle

    return file, next_descriptor


def without_documents(file: CorpusFile, reason: str) -> Loaded:
    """Return no document but the reason; with the digest, so that the same bytes are not tried again."""
    try:
        digest = loading.digest(file)
    except OSError:
        digest = ""
    return Loaded(skipped=(Skipped(file.source, reason),), digest=digest)


def serve(connection: Connection, seconds: float, memory: int, ocr_folders: OcrFolders | None) -> None:
    """Load the files that come through a connection until it is closed, and send back what they hold.

    From the first file on the process is confined: files come opened, and it can open no others.

    Before each page that is read by OCR, None is sent, and time begins anew.
    """
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory + OCR_MEMORY))

    def next_page() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (memory + OCR_MEMORY, memory + OCR_MEMORY))
        signal.alarm(round(seconds) + 5)
        connection.send(None)

    if ocr_folders is not None:
        ocr.set_up(ocr_folders.networks, ocr_folders.cache, next_page)
    networks, cache = ([ocr_folders.networks], [ocr_folders.cache]) if ocr_folders else ([], [])
    confine(networks, [*cache, Path(tempfile.gettempdir())])
    while True:
        try:
            file, next_descriptor = _received(connection)
        except EOFError:
            return
        signal.alarm(round(seconds) + 5)  # ends a hanging reader if the build itself has been killed
        loaded = loading.load(file, open_descriptor=next_descriptor)
        signal.alarm(0)
        connection.send(loaded)


if __name__ == "__main__":
    serve(
        Connection(int(sys.argv[1])),
        float(sys.argv[2]),
        int(sys.argv[3]),
        OcrFolders(*map(Path, sys.argv[4:])) if sys.argv[4:] else None,
    )
