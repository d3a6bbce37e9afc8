"""Read files of formats that can hide anything in a process apart, bounded in time and memory.

A file may be made to hang its reader, to take all memory or to crash the library that opens it; here that
costs one file, never the build.
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
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import IO, Any, Self

from indexer.corpus import loading
from indexer.corpus.loading import Loaded
from indexer.readers import RECORDS
from indexer.records import CorpusFile, Skipped

SECONDS = 60.0
"""A file may take to be read; a thousand dense pages of PDF take half of it."""
BYTES = 2 * 2**30
"""Of address space that the process may have."""
TRUSTED = {".txt", ".md", ".markdown", *RECORDS}
"""Read here: their readers are Repère's own, and take time in proportion to a file's size."""
_LENGTH = struct.Struct("<Q")


class Reading:
    """Loads files one at a time; the process apart is started for the first file that needs it."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    def load(self, file: CorpusFile) -> Loaded:
        """The documents in a file, or why there are none."""
        if PurePosixPath(file.source).suffix.lower() in TRUSTED:
            return loading.load(file)
        to, back = self._pipes()
        try:
            _send(to, file)
            if not select.select([back], [], [], SECONDS)[0]:
                self._stop()
                return _without(file, f"reading it takes more than {SECONDS:.0f} seconds")
            found: Loaded = _receive(back)
            return found
        except (EOFError, OSError):
            self._stop()
            return _without(file, "its reader crashes on it")

    @property
    def pid(self) -> int | None:
        """Of the process apart; None while there is none."""
        return self._process.pid if self._process is not None else None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _: type[BaseException] | None, __: object, ___: TracebackType | None) -> None:
        """End the process apart."""
        self._stop()

    def _pipes(self) -> tuple[IO[bytes], IO[bytes]]:
        """Where to write to the process and where to read from it."""
        if self._process is not None and self._process.poll() is not None:
            self._stop()  # it ended between two files: the next one is not to blame
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "indexer.building.sandbox"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,  # what a library says as it dies tells a user nothing
                cwd=Path(__file__).parents[2],
                start_new_session=True,  # an interrupt is the build's to handle
            )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        return self._process.stdin, self._process.stdout

    def _stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None


def _without(file: CorpusFile, reason: str) -> Loaded:
    """No document; the same bytes would fail again, so they are not tried again."""
    try:
        return Loaded(skipped=(Skipped(file.source, reason),), digest=loading.digest(file))
    except OSError:
        return Loaded(skipped=(Skipped(file.source, reason),))


def _send(file: IO[bytes], what: CorpusFile | Loaded) -> None:
    data = pickle.dumps(what)
    file.write(_LENGTH.pack(len(data)) + data)
    file.flush()


def _receive(file: IO[bytes]) -> Any:
    """What the other side sent. Raises EOFError when it has ended."""
    head = file.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        raise EOFError
    (length,) = _LENGTH.unpack(head)
    data = file.read(length)
    if len(data) < length:
        raise EOFError
    return pickle.loads(data)


def main() -> None:
    """Load the files that standard input names, until it ends."""
    resource.setrlimit(resource.RLIMIT_AS, (BYTES, BYTES))
    asked = sys.stdin.buffer
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # whatever a library prints is no answer
    while True:
        try:
            file = _receive(asked)
        except EOFError:
            return
        signal.alarm(round(SECONDS) + 5)  # should the build have been killed, nobody else would end this
        found = loading.load(file)
        signal.alarm(0)
        _send(answers, found)


if __name__ == "__main__":
    main()
