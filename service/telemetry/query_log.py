"""The query log: the questions asked and what they found, for who keeps the corpus; never who asked."""

from __future__ import annotations

import json
import logging
import queue
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from filelock import FileLock

from models.files import append_whole, reason_of
from service.telemetry.metrics import QUERY_LOG_LOST, QUERY_LOG_WAITING

MAX_BYTES = 10_000_000
"""Bytes of a file; a new one is begun before it grows beyond."""
OLD_FILES = 5
"""Older files beside it: PATH.1, the newest of them, to PATH.5."""
MAX_WAITING = 10_000
"""Records that may wait to be written; more are lost, and counted."""
BATCH = 500
"""Records written at a time."""
STALLED = 60.0
"""Seconds after which writing once is said to hang: another process holds the lock, or the disk is away."""
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
    a record that cannot be written is counted as lost, and the first of them is warned of. Nothing but the
    end of the block ends the thread: what writing raises is its `problem` until writing succeeds. The
    standard library's QueueListener and RotatingFileHandler promise less: they rotate a file that another is
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
        self._failed: str | None = None
        self._writing_since: float | None = None
        self._thread = threading.Thread(target=self._run, name="query-log", daemon=True)

    def add(self, record: QueryRecord) -> None:
        """Have a record written."""
        try:
            self._waiting.put_nowait(record)
        except queue.Full:
            QUERY_LOG_LOST.inc()
        QUERY_LOG_WAITING.set(self._waiting.qsize())

    @property
    def problem(self) -> str | None:
        """Why questions are not noted, None while they are; anyone may read it, so it names no path."""
        since = self._writing_since
        if since is not None and time.monotonic() - since > STALLED:
            return f"Writing the query log takes more than {STALLED:.0f} s. Answers go on."
        return self._failed

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
            batch: list[QueryRecord | None] = []
            with suppress(MemoryError):  # what was taken is written all the same
                batch.append(self._waiting.get())
                while len(batch) < BATCH and not self._waiting.empty():
                    batch.append(self._waiting.get())
            closed = None in batch
            self.write([record for record in batch if record])
            QUERY_LOG_WAITING.set(self._waiting.qsize())

    def write(self, records: Sequence[QueryRecord]) -> None:
        """Append records at once, in the calling thread; those that cannot be written are counted as lost."""
        self._writing_since = time.monotonic()
        try:
            lines = "".join(json.dumps(asdict(record), ensure_ascii=False) + "\n" for record in records)
            with self._lock:
                self._append(lines.encode(errors="replace"))
            self._failed = None
        except BaseException as error:  # no memory, no locks on this disk: the next records may be written
            with suppress(BaseException):  # there may be no memory to say so
                self._fail(len(records), error)
        finally:
            self._writing_since = None

    def _fail(self, lost: int, error: BaseException) -> None:
        QUERY_LOG_LOST.inc(lost)
        reason = reason_of(error)
        if self._failed is None:
            log.warning("The query log %s cannot be written: %s. Answers go on.", self._path, reason)
        self._failed = f"The query log cannot be written: {reason}. Answers go on."

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
