"""What office documents have in common: outer checks, element trees, the text of a paragraph as it grows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any

from indexer.readers.extraction import Unreadable
from indexer.readers.text.scripts import CONTEXT, subscript, superscript
from indexer.readers.zip_archive import ZipArchive

OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""First bytes of an office document from before 2007, and of an encrypted DOCX, which is wrapped as one."""
ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
"""Name of the stream that holds the content of an encrypted DOCX."""


def unpack(data: bytes) -> ZipArchive:
    """Open an office document. Raises Unreadable when it is encrypted, old or damaged."""
    if data.startswith(OLD_OFFICE):
        if ENCRYPTED in data:
            raise Unreadable("encrypted: it opens only with a password")
        raise Unreadable("it is an old office document; saved as DOCX or ODT it can be read")
    return ZipArchive(data)


def local(element: Any) -> str:
    """Return an element's name without its namespace, "" for a node that is no element."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def flat(text: str | None) -> str:
    """Return the text of an element on one line: its line breaks are those of the file, not of the author."""
    return (text or "").replace("\r", " ").replace("\n", " ")


def attribute(element: Any, name: str) -> str | None:
    """Return an attribute by its name without its namespace, None where there is none."""
    for key, value in element.attrib.items():
        if key.rpartition("}")[2] == name:
            return str(value)
    return None


def children(element: Any, *names: str) -> Iterator[Any]:
    """Yield the children that have one of these names, in order."""
    return (child for child in element if local(child) in names)


def child(element: Any, *path: str) -> Any:
    """Return the first descendant along a path of names, None where there is none."""
    for name in path:
        element = next(children(element, name), None) if element is not None else None
    return element


def content(element: Any, *path: str) -> str | None:
    """Return the text of the first descendant along a path of names, None where there is none."""
    target = child(element, *path)
    return target.text if target is not None else None


class Script(Enum):
    """Where text stands on its line."""

    NORMAL = auto()
    RAISED = auto()
    LOWERED = auto()


@dataclass(frozen=True, slots=True)
class RunFormat:
    """What decides how text of one format is read."""

    is_hidden: bool = False
    font: str | None = None
    script: Script = Script.NORMAL


@dataclass(slots=True)
class ParagraphText:
    """The text of a paragraph or table cell as it is gathered, and the boxes and notes anchored there."""

    anchored: list[Any] = field(default_factory=list)
    """Elements that hold text boxes and notes, in order."""
    _parts: list[str] = field(default_factory=list)
    _moved: list[str] = field(default_factory=list)
    """Raised or lowered text that may not be complete: programs split it at will."""
    _script: Script = Script.NORMAL

    def add(self, text: str, script: Script = Script.NORMAL) -> None:
        """Add text that stands on its line as script says."""
        if text and script is not self._script:
            self._flush()
            self._script = script
        (self._parts if script is Script.NORMAL else self._moved).append(text)

    def __str__(self) -> str:
        self._flush()
        return "".join(self._parts)

    def _flush(self) -> None:
        moved = "".join(self._moved)
        self._moved.clear()
        if moved and self._script is Script.RAISED:
            self._parts.append(superscript(moved, self._end()))
        elif moved:
            self._parts.append(subscript(moved))

    def _end(self) -> str:
        """Return the end of the text so far."""
        end = ""
        for part in reversed(self._parts):
            end = part + end
            if len(end) >= CONTEXT:
                break
        return end
