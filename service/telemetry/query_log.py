"""The query log: what was asked and what was found, for who keeps the corpus; never who asked."""

from __future__ import annotations

import json
import logging
import os
import queue
import threading
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from filelock import FileLock

from service.telemetry.metrics import QUERY_LOG_LOST

LARGEST = 10_000_000
"""Bytes of a file; a new one is begun before it grows beyond."""
KEPT = 5
"""Older files kept beside it: PATH.1, the newest of them, to PATH.5."""
WAITING = 10_000
"""Lines that may wait to be written; more are lost, and counted."""
TOGETHER = 500
"""Lines written at a time."""
PATIENCE = 2.0
"""Seconds that what waits is given at the end."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Asked:
    """A question that was answered."""

    time: str
    """UTC, ISO 8601, to the second."""
    question: str
    language: str | None
    relevance: str
    """Class of the answer."""
    source: str | None
    """Of the best hit."""
    hits: int
    ms: float


def now() -> str:
    """This moment, as `Asked.time` gives it."""
    return datetime.now(UTC).isoformat(timespec="seconds")


class QuestionLog:
    """Appends lines of JSON to a file from a thread of its own; several processes may share the file.

    A context manager: what was noted within the block is written by its end. Noting neither waits nor
    fails; what cannot be written is counted and, once until it is possible again, warned of.
    """

    def __init__(self, path: Path, largest: int = LARGEST) -> None:
        self._path, self._largest = path, largest
        self._waiting: queue.Queue[Asked | None] = queue.Queue(WAITING)
        self._lock = FileLock(f"{path}.lock", mode=0o600)
        self._warned = False
        self._thread: threading.Thread | None = None

    def note(self, asked: Asked) -> None:
        """Have it written."""
        try:
            self._waiting.put_nowait(asked)
        except queue.Full:
            QUERY_LOG_LOST.inc()

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._run, name="query-log", daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._thread is not None
        try:
            self._waiting.put(None, timeout=PATIENCE)
        except queue.Full:
            return  # the disk does not answer; it is not waited for
        self._thread.join(PATIENCE)

    def _run(self) -> None:
        ended = False
        while not ended:
            lines = [self._waiting.get()]
            while len(lines) < TOGETHER and not self._waiting.empty():
                lines.append(self._waiting.get())
            ended = None in lines
            self._written([each for each in lines if each])

    def _written(self, lines: Sequence[Asked]) -> None:
        text = "".join(json.dumps(asdict(each), ensure_ascii=False) + "\n" for each in lines).encode(
            errors="replace"
        )
        try:
            with self._lock:
                self._append(text)
            self._warned = False
        except OSError as error:
            QUERY_LOG_LOST.inc(len(lines))
            if not self._warned:
                reason = error.strerror or error
                log.warning("The query log %s cannot be written: %s. Answers go on.", self._path, reason)
            self._warned = True

    def _append(self, text: bytes) -> None:
        """All of the text or, when the disk is full, none of it."""
        if self._path.exists() and self._path.stat().st_size + len(text) > self._largest:
            self._rotate()
        descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        with open(descriptor, "ab", buffering=0) as file:
            before = os.fstat(descriptor).st_size
            try:
                sent = 0
                while sent < len(text):
                    sent += file.write(text[sent:])
            except OSError:
                file.truncate(before)
                raise

    def _rotate(self) -> None:
        for number in range(KEPT, 0, -1):
            older = numbered(self._path, number - 1)
            if older.exists():
                older.replace(numbered(self._path, number))


def numbered(path: Path, number: int) -> Path:
    """The file that is so many rotations old; 0 is the one that is written."""
    return path.with_name(f"{path.name}.{number}") if number else path


def written(path: Path) -> Iterator[Asked]:
    """All that a query log holds, oldest first; lines that cannot be read are left out."""
    for number in range(KEPT, -1, -1):
        file = numbered(path, number)
        if not file.exists():
            continue
        with file.open(encoding="utf-8", errors="replace") as lines:
            for line in lines:
                try:
                    yield Asked(**json.loads(line))
                except (ValueError, TypeError):
                    continue
