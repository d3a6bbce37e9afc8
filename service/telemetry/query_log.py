"""The query log: the questions asked and what they found, for who keeps the corpus; never who asked."""

from __future__ import annotations

import json
import logging
import queue
import threading
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from filelock import FileLock

from models.files import append_whole
from service.telemetry.metrics import QUERY_LOG_LOST

MAX_BYTES = 10_000_000
"""Bytes of a file; a new one is begun before it grows beyond."""
OLD_FILES = 5
"""Older files beside it: PATH.1, the newest of them, to PATH.5."""
MAX_WAITING = 10_000
"""Records that may wait to be written; more are lost, and counted."""
BATCH = 500
"""Records written at a time."""
CLOSE_SECONDS = 2.0
"""Seconds that the records still waiting are given when the log is closed."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class QueryRecord:
    """One answered question, a line of the query log."""

    time: str
    """UTC, ISO 8601, to the second."""
    question: str
    language: str | None
    """ISO 639-1; None where it is not known."""
    relevance: str
    """Relevance class of the answer."""
    source: str | None
    """Source of the best hit; None without hits."""
    hits: int
    ms: float
    """Milliseconds that the search took."""
    collections: str | None = None
    """Names of those that were asked, joined by ","; None for one index without a name."""


def now() -> str:
    """Return the present time in the form of `QueryRecord.time`."""
    return datetime.now(UTC).isoformat(timespec="seconds")


class QueryLog:
    """Appends lines of JSON to a file from a thread of its own; several processes may share the file.

    A context manager: what was added within the block is written by its end. Adding neither waits nor fails;
    a record that cannot be written is counted as lost, and the first of them is warned of. The standard
    library's QueueListener and RotatingFileHandler promise less: they rotate a file that another process is
    writing, leave half a line on a full disk, and wait without a limit when they are stopped.
    """

    def __init__(
        self,
        path: Path,
        max_bytes: int = MAX_BYTES,
        max_waiting: int = MAX_WAITING,
        close_seconds: float = CLOSE_SECONDS,
    ) -> None:
        self._path, self._max_bytes, self._close_seconds = path, max_bytes, close_seconds
        self._waiting: queue.Queue[QueryRecord | None] = queue.Queue(max_waiting)
        self._lock = FileLock(f"{path}.lock", mode=0o600)
        self._warned = False
        self._thread = threading.Thread(target=self._run, name="query-log", daemon=True)

    def add(self, record: QueryRecord) -> None:
        """Have a record written."""
        try:
            self._waiting.put_nowait(record)
        except queue.Full:
            QUERY_LOG_LOST.inc()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._waiting.put(None, timeout=self._close_seconds)
        except queue.Full:
            return  # the disk does not answer; it is not waited for
        self._thread.join(self._close_seconds)

    def _run(self) -> None:
        closed = False
        while not closed:
            batch = [self._waiting.get()]
            while len(batch) < BATCH and not self._waiting.empty():
                batch.append(self._waiting.get())
            closed = None in batch
            self.write([record for record in batch if record])

    def write(self, records: Sequence[QueryRecord]) -> None:
        """Append records at once, in the calling thread; those that cannot be written are counted as lost."""
        lines = "".join(json.dumps(asdict(record), ensure_ascii=False) + "\n" for record in records)
        try:
            with self._lock:
                self._append(lines.encode(errors="replace"))
            self._warned = False
        except OSError as error:
            QUERY_LOG_LOST.inc(len(records))
            if not self._warned:
                reason = error.strerror or error
                log.warning("The query log %s cannot be written: %s. Answers go on.", self._path, reason)
            self._warned = True

    def _append(self, text: bytes) -> None:
        """Write all of the text or, when the disk is full, none of it."""
        if self._path.exists() and self._path.stat().st_size + len(text) > self._max_bytes:
            self._rotate()
        append_whole(self._path, text)

    def _rotate(self) -> None:
        for age in range(OLD_FILES, 0, -1):
            newer = rotated(self._path, age - 1)
            if newer.exists():
                newer.replace(rotated(self._path, age))


def rotated(path: Path, age: int) -> Path:
    """Return the file of a query log that is so many rotations old; 0 is the one being written."""
    return path.with_name(f"{path.name}.{age}") if age else path


def read_records(path: Path) -> Iterator[QueryRecord]:
    """Yield the records of a query log and its older files, oldest first; broken lines are left out."""
    for age in range(OLD_FILES, -1, -1):
        file = rotated(path, age)
        if not file.exists():
            continue
        with file.open(encoding="utf-8", errors="replace") as lines:
            for line in lines:
                try:
                    yield QueryRecord(**json.loads(line))
                except (ValueError, TypeError):
                    continue
