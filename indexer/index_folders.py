"""The folders of indexes as settings write them: one folder, or several collections under names."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

ALL = "all"
"""What stands for every collection in a request, so that no collection can be called so."""
MAX_NAME = 64
"""Characters that a name may have."""
_PLAIN = re.compile(r"[^=]*|(/|\./|\.\./).*", re.DOTALL)
"""A text that is a folder, whatever else it holds; others that hold = give folders names."""


def is_name(text: str) -> bool:
    """Return whether text can be a name: NFC; letters and digits of any script, dot, dash, underscore.

    A combining mark counts as a part of its letter. The first character is a letter or a digit, so that no
    name looks like an option of a command.
    """
    kinds = [unicodedata.category(character) for character in text]
    return (
        0 < len(text) <= MAX_NAME
        and unicodedata.is_normalized("NFC", text)
        and (kinds[0][0] == "L" or kinds[0] == "Nd")
        and all(kind[0] in "LM" or kind == "Nd" or c in ".-_" for c, kind in zip(text, kinds, strict=True))
    )


@dataclass(frozen=True, slots=True)
class IndexFolder:
    """The folder of an index, and the name of the collection that it is."""

    name: str | None
    """None where the one folder there is has no name."""
    folder: Path


@dataclass(frozen=True, slots=True)
class IndexFolders:
    """One folder, or several under names; no name and no folder twice, and at least one."""

    entries: tuple[IndexFolder, ...]
    """In the order in which they are written."""

    @classmethod
    def one(cls, folder: Path) -> Self:
        """Return one folder without a name."""
        return cls((IndexFolder(None, folder),))

    def __str__(self) -> str:
        """Return the folders as they are written."""
        return ",".join(
            f"{each.name}={each.folder}" if each.name else str(each.folder) for each in self.entries
        )

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the collections; none where the one folder has no name."""
        return tuple(each.name for each in self.entries if each.name is not None)

    @property
    def first(self) -> Path:
        """The folder that is written first."""
        return self.entries[0].folder


def read(written: str | Mapping[str, str]) -> IndexFolders:
    """Return the folders of a folder, of name=folder,name=folder, or of a table of name → folder.

    Raises ValueError for names and folders that cannot be.
    """
    if isinstance(written, Mapping):
        return _named(written.items())
    if _PLAIN.fullmatch(written) or Path(written).is_dir():
        return IndexFolders.one(Path(written))
    return _named(_pair(part) for part in written.split(","))


def _pair(part: str) -> tuple[str, str]:
    name, equals, folder = part.partition("=")
    if not equals:
        raise ValueError(
            f"{part.strip()!r} is no name=folder; a folder with a comma in it is named in CONFIG"
        )
    return name, folder


def _named(pairs: Iterable[tuple[str, str]]) -> IndexFolders:
    """Return folders under names. Raises ValueError for the first that cannot be."""
    found: dict[str, Path] = {}
    resolved: dict[Path, str] = {}
    for written, folder in pairs:
        name = unicodedata.normalize("NFC", written.strip())
        _check_name(name, folder)
        if name in found:
            raise ValueError(f"the name {name} is given twice; each collection has a name of its own")
        path = Path(folder.strip())
        place = path.resolve()
        if place in resolved:
            raise ValueError(f"{path} is the folder of {resolved[place]} and of {name}; name it once")
        found[name], resolved[place] = path, name
    return IndexFolders(tuple(IndexFolder(name, path) for name, path in found.items()))


def _check_name(name: str, folder: str) -> None:
    if not name:
        raise ValueError(f"{folder.strip()!r} has an empty name; write name=folder")
    if not is_name(name):
        raise ValueError(
            f"{name!r} cannot name a collection; take up to {MAX_NAME} letters, digits, dots, dashes and"
            " underscores, a letter or a digit first; a folder with = in its name is written ./a=b"
        )
    if name == ALL:
        raise ValueError(f"no collection can be called {ALL}, which stands for every collection")
    if not folder.strip():
        raise ValueError(f"{name} has no folder; write {name}=folder")
