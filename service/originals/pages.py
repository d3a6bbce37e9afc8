"""Pictures of pages, and where a text stands on them, drawn in a process of their own with bounds.

A PDF may hang the library that draws it, exhaust memory or crash it. Here that costs one picture: the process
is killed, and another one started for the next.
"""

from __future__ import annotations

import json
import threading
from dataclasses import asdict, dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from indexer.building.child import Child
from service.originals.boxes import Box

SECONDS = 8.0
"""Seconds that a page may take."""
MEMORY = 2 * 2**30
"""Bytes of address space that the process may have."""
WIDEST = 2000
"""Pixels of the widest picture."""
MOST_PIXELS = 6_000_000
"""Pixels of a picture; a page that is far higher than wide is drawn smaller."""

Kind = Literal["pdf", "picture"]


class PageNotDrawn(Exception):
    """Raised when a page cannot be drawn; the message is one clause."""


@dataclass(frozen=True, slots=True)
class PageRequest:
    """What is wanted of a page."""

    kind: Kind
    page: int
    """Its place in the file, from 1."""
    width: int | None = None
    """Width of its picture in pixels; None: no picture is wanted."""
    text: str = ""
    """Text whose place is wanted; empty: none is."""


@dataclass(frozen=True, slots=True)
class DrawnPage:
    """A page as it was drawn."""

    pages: int
    """Number of pages of the file; nothing else is known of a page beyond them."""
    width: float = 0.0
    """In points, or in pixels of a file that is a picture."""
    height: float = 0.0
    boxes: tuple[Box, ...] = ()
    picture: bytes = b""
    """PNG."""


class PageDrawer:
    """Draws one page at a time, for any number of threads; its process is started for the first one."""

    def __init__(self, ocr: Path | None = None, seconds: float = SECONDS, memory: int = MEMORY) -> None:
        """`ocr` is the folder of what OCR has read, the only one that the process may look into."""
        self._ocr, self._seconds, self._memory = ocr, seconds, memory
        self._lock = threading.Lock()
        self._running: Child | None = None

    def draw(self, data: bytes, request: PageRequest) -> DrawnPage:
        """Return a page of a file with these bytes. Raises PageNotDrawn."""
        with self._lock:
            connection = self._connect()
            try:
                connection.send_bytes(json.dumps(asdict(request)).encode())
                connection.send_bytes(data)
                if not connection.poll(self._seconds):
                    raise PageNotDrawn(f"it takes more than {self._seconds:g} seconds")
                answer = json.loads(connection.recv_bytes())
                picture = connection.recv_bytes()
            except (EOFError, OSError) as error:
                self._stop()
                raise PageNotDrawn("the program that draws pages crashes on it") from error
            except BaseException:
                self._stop()
                raise
        if "failure" in answer:
            raise PageNotDrawn(answer["failure"])
        answer["boxes"] = tuple(Box(*box) for box in answer["boxes"])
        return DrawnPage(**answer, picture=picture)

    def close(self) -> None:
        """End the process; another is started for the next page."""
        with self._lock:
            self._stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _: type[BaseException] | None, __: object, ___: TracebackType | None) -> None:
        self.close()

    def _connect(self) -> Connection:
        if self._running and self._running.ended:
            self._stop()  # it ended between two pages, so the next one is not to blame
        if self._running is None:
            folders = [self._ocr.absolute()] if self._ocr else []
            # It needs nothing of what the service may hold in its environment.
            self._running = Child.start(
                "service.originals.drawing", (self._seconds, self._memory, *folders), environment={}
            )
        return self._running.connection

    def _stop(self) -> None:
        if self._running:
            self._running.stop()
            self._running = None
