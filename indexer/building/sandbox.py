"""Read files of complex formats in a process of their own, with limits on time and memory.

A file may hang its reader, exhaust memory or crash the library that opens it. In the sandbox that costs one
file and never the build.
"""

from __future__ import annotations

import os
import pickle
import resource
import select
import signal
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import IO, Any, Self

from indexer.corpus import loading
from indexer.corpus.loading import Loaded
from indexer.readers import ROW_READERS
from indexer.records import CorpusFile, Skipped

SECONDS = 60.0
"""Seconds that reading a file may take; a thousand dense pages of PDF take half of it."""
MEMORY = 2 * 2**30
"""Bytes of address space that the process may have."""
TRUSTED = {".txt", ".md", ".markdown", *ROW_READERS}
"""Suffixes of the formats read in the build's own process: their readers are Repère's own and take time in
proportion to a file's size."""
_LENGTH = struct.Struct("<Q")


class ReaderSandbox:
    """Loads files one at a time; its process is started for the first file that needs it."""

    def __init__(
        self,
        load_trusted: Callable[[CorpusFile], Loaded] = loading.load,
        seconds: float = SECONDS,
        memory: int = MEMORY,
    ) -> None:
        self.seconds = seconds
        """Seconds that reading a file may take."""
        self._load_trusted = load_trusted
        self._memory = memory
        self._process: subprocess.Popen[bytes] | None = None

    def load(self, file: CorpusFile) -> Loaded:
        """Return the documents in a file, or the reason why there are none."""
        if PurePosixPath(file.source).suffix.lower() in TRUSTED:
            return self._load_trusted(file)
        requests, answers = self._pipes()
        try:
            _send(requests, file)
            if not select.select([answers], [], [], self.seconds)[0]:
                self._stop()
                return _skipped(file, f"reading it takes more than {self.seconds:.0f} seconds")
            loaded: Loaded = _receive(answers)
            return loaded
        except (EOFError, OSError):
            self._stop()
            return _skipped(file, "its reader crashes on it")

    @property
    def pid(self) -> int | None:
        """Process id of the sandbox; None while there is none."""
        return self._process.pid if self._process is not None else None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _: type[BaseException] | None, __: object, ___: TracebackType | None) -> None:
        """End the process."""
        self._stop()

    def _pipes(self) -> tuple[IO[bytes], IO[bytes]]:
        """Return the pipes to and from the process, which is started if need be."""
        if self._process is not None and self._process.poll() is not None:
            self._stop()  # it ended between two files, so the next file is not to blame
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "indexer.building.sandbox", str(self.seconds), str(self._memory)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,  # the last words of a dying library help no user
                cwd=Path(__file__).parents[2],
                start_new_session=True,  # an interrupt is for the build to handle
            )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        return self._process.stdin, self._process.stdout

    def _stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None


def _skipped(file: CorpusFile, reason: str) -> Loaded:
    """Return no document but the reason; with the digest, so that the same bytes are not tried again."""
    try:
        digest = loading.digest(file)
    except OSError:
        digest = ""
    return Loaded(skipped=(Skipped(file.source, reason),), digest=digest)


def _send(pipe: IO[bytes], message: CorpusFile | Loaded) -> None:
    data = pickle.dumps(message)
    pipe.write(_LENGTH.pack(len(data)) + data)
    pipe.flush()


def _receive(pipe: IO[bytes]) -> Any:
    """Return the next message. Raises EOFError when the other side has ended."""
    head = pipe.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        raise EOFError
    (length,) = _LENGTH.unpack(head)
    data = pipe.read(length)
    if len(data) < length:
        raise EOFError
    return pickle.loads(data)


def main(seconds: float, memory: int) -> None:
    """Load the files named on standard input until it ends, and answer on standard output."""
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    requests = sys.stdin.buffer
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # whatever a library prints must not mix with the answers
    while True:
        try:
            file = _receive(requests)
        except EOFError:
            return
        signal.alarm(round(seconds) + 5)  # ends a hanging reader if the build itself has been killed
        loaded = loading.load(file)
        signal.alarm(0)
        _send(answers, loaded)


if __name__ == "__main__":
    main(float(sys.argv[1]), int(sys.argv[2]))
