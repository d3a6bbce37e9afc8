"""Open the file that a source names within the folders of a corpus, and nothing outside of them.

Every folder on the way is opened from the one before it, and no link is followed, so that nobody who changes
the corpus meanwhile can lead elsewhere. A file that is a link is opened where it leads, if that is within its
folder of the corpus, as a build reads it.
"""

from __future__ import annotations

import errno
import os
import unicodedata
from collections.abc import Sequence
from pathlib import Path

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC
"""A pipe in the place of a file does not block."""


class CorpusUnreachable(Exception):
    """Raised when the folder that a file was read from is not there, or not readable to the service."""


def open_source(corpus: str, source: str) -> int:
    """Return a descriptor of the file at a source; `corpus` holds the folders as `Manifest.corpus` does.

    Raises CorpusUnreachable, and OSError when there is no such file in the folder.
    """
    root, parts = _placed(corpus, source)
    try:
        folder = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise CorpusUnreachable(str(error)) from error
    try:
        return _open_below(folder, parts)
    except _LinkMet as link:
        return _open_below(folder, _target(root, link.parts))
    finally:
        os.close(folder)


class _LinkMet(OSError):
    """Raised when the file itself is a link."""

    def __init__(self, parts: Sequence[str]) -> None:
        """`parts`: its path within the folder, as it is spelt there."""
        super().__init__(errno.ELOOP, "a link where a file is expected")
        self.parts = parts


def _target(root: Path, parts: Sequence[str]) -> Sequence[str]:
    """Return the parts of the path below root that a link leads to; raise OSError if it leads elsewhere."""
    try:
        target = Path(root, *parts).resolve(strict=True)
    except RuntimeError:  # how Python before 3.13 reports a loop of links
        raise FileNotFoundError(errno.ENOENT, "a loop of links") from None
    if not target.is_relative_to(root):
        raise FileNotFoundError(errno.ENOENT, "a link that leads outside the corpus")
    return target.relative_to(root).parts


def _placed(corpus: str, source: str) -> tuple[Path, Sequence[str]]:
    """Return the folder of the corpus that a source stands in, and the parts of its path within it.

    Where there are several folders, sources begin with the name of theirs, as indexer.corpus.walk makes them.
    """
    roots = list(dict.fromkeys(Path(folder).resolve() for folder in corpus.split(os.pathsep)))
    parts = source.split("/")
    if any(part in ("", ".", "..") or "\0" in part for part in parts):
        raise FileNotFoundError(errno.ENOENT, "no path within a corpus")
    if len(roots) == 1:
        return roots[0], parts
    for root in roots:
        if unicodedata.normalize("NFC", root.name) == parts[0] and parts[1:]:
            return root, parts[1:]
    raise FileNotFoundError(errno.ENOENT, "in no folder of the corpus")


def _open_below(folder: int, parts: Sequence[str]) -> int:
    """Return a descriptor of a file below an open folder. Raises _LinkMet and OSError."""
    at, spelt = os.dup(folder), []
    try:
        for part in parts[:-1]:
            spelt.append(_spelt(at, part))
            below = os.open(spelt[-1], _FOLDER, dir_fd=at)
            os.close(at)
            at = below
        spelt.append(_spelt(at, parts[-1]))
        return os.open(spelt[-1], _FILE, dir_fd=at)
    except OSError as error:
        if error.errno == errno.ELOOP and len(spelt) == len(parts):
            raise _LinkMet(spelt) from None
        raise
    finally:
        os.close(at)


def _spelt(folder: int, name: str) -> str:
    """Return a name as the file system spells it: sources are in NFC, names may be in any form."""
    try:
        os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        same = (each for each in os.listdir(folder) if unicodedata.normalize("NFC", each) == name)
        return next(iter(sorted(same)), name)
    return name
