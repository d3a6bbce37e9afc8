"""The streams of an OLE file, as Word, Outlook and their like wrote them until 2007 (DOC, MSG)."""

from __future__ import annotations

from io import BytesIO

import olefile

from indexer.readers.extraction import Unreadable
from indexer.readers.office import ENCRYPTED

FAILURES = (
    OSError,
    ValueError,
    IndexError,
    KeyError,
    TypeError,
    AttributeError,
    RecursionError,
    OverflowError,
)
"""Exceptions that olefile raises on files that are damaged or made to do harm."""


class OleFile:
    """The streams of a file, by their paths."""

    def __init__(self, data: bytes) -> None:
        """Open a file. Raises Unreadable when it is damaged, or the wrapping of an encrypted one."""
        if ENCRYPTED in data:
            raise Unreadable("encrypted: it opens only with a password")
        try:
            self._file = olefile.OleFileIO(BytesIO(data))
            self.paths = ["/".join(path) for path in self._file.listdir()]
        except FAILURES:
            raise Unreadable("it is damaged: its streams cannot be opened") from None
        self._known = set(self.paths)

    def __contains__(self, path: str) -> bool:
        return path in self._known

    def read(self, path: str) -> bytes:
        """Return the bytes of a stream. Raises Unreadable when it is missing or damaged."""
        try:
            return bytes(self._file.openstream(path).read())
        except FAILURES:
            raise Unreadable(f"it is damaged: its stream {path} is missing or cut short") from None

    def properties(self) -> tuple[str | None, str | None]:
        """Return the title and author of the file's summary, None where it gives none."""
        try:
            summary = self._file.get_metadata()
        except FAILURES:
            return None, None
        codepage = summary.codepage if isinstance(summary.codepage, int) and summary.codepage > 0 else 1252
        title, author = (_decoded(value, codepage) for value in (summary.title, summary.author))
        return title, author


def _decoded(value: object, codepage: int) -> str | None:
    if not isinstance(value, bytes):
        return None
    name = "utf-8" if codepage == 65001 else f"cp{codepage}"
    try:
        return value.decode(name, "replace").strip("\0 ")
    except LookupError:
        return value.decode("cp1252", "replace").strip("\0 ")
