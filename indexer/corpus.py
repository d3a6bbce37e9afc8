"""A corpus folder → the files in it, and each file → its Document or the reason it is left out."""

from __future__ import annotations

import logging
import os
import stat
import unicodedata
from collections.abc import Iterator
from pathlib import Path

from indexer.documents import CorpusFile, Document, Skipped
from indexer.errors import CorpusError
from indexer.readers import Unreadable, read, reader_of

LOG = logging.getLogger(__name__)

MOST_BYTES = 32 * 2**20
"""Size of the largest file read. A text beyond it is an export or a log rather than an article."""

VANISHED = "it vanished while the corpus was being read"


def walk(folder: Path) -> Iterator[CorpusFile | Skipped]:
    """Everything in a corpus folder, sorted by source. No file is opened.

    CorpusError when there is no such folder, or it cannot be listed.
    """
    root = _root(folder)
    found = sorted(_entries(root, root), key=lambda item: (item[0], os.fsencode(item[1])))
    previous = ""
    for source, path in found:
        if source == previous:
            yield Skipped(source, "its name is that of another file, spelt with other Unicode characters")
        else:
            yield _judge(source, path, root)
        previous = source


def load(file: CorpusFile) -> Document | Skipped:
    """The document in a file, or why there is none. Never raises: one bad file must not stop the rest."""
    try:
        return read(file, _bytes(file.path))
    except Unreadable as error:
        return Skipped(file.source, str(error))
    except FileNotFoundError:
        return Skipped(file.source, VANISHED)
    except OSError as error:
        return Skipped(file.source, _unopened(error))
    except MemoryError:
        return Skipped(file.source, "reading it takes more memory than a file may")
    except Exception as error:
        LOG.debug("the reader failed on %s", file.source, exc_info=True)
        return Skipped(file.source, f"the reader failed: {type(error).__name__}")


def _root(folder: Path) -> Path:
    try:
        root = folder.resolve(strict=True)
        os.scandir(root).close()
    except FileNotFoundError:
        raise CorpusError(f"There is no folder {folder}: create it, or name the one to index.") from None
    except NotADirectoryError:
        raise CorpusError(f"{folder} is a file: name the folder that holds it instead.") from None
    except (OSError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise CorpusError(f"The folder {folder} cannot be listed ({reason}): make it readable.") from error
    return root


def _entries(folder: Path, root: Path) -> Iterator[tuple[str, Path]]:
    """Source and path of all that is not an open folder, at any depth; links to folders are not entered."""
    folders = [folder]
    while folders:
        here = folders.pop()
        try:
            entries = list(os.scandir(here))
        except OSError:
            yield _source(here, root), here
            continue
        for entry in entries:
            path = Path(entry.path)
            if entry.is_dir(follow_symlinks=False) and not entry.name.startswith("."):
                folders.append(path)
            else:
                yield _source(path, root), path


def _source(path: Path, root: Path) -> str:
    """Path within the corpus: NFC, forward slashes, and printable whatever bytes the name is made of."""
    name = os.fsencode(path.relative_to(root).as_posix()).decode("utf-8", errors="backslashreplace")
    return unicodedata.normalize("NFC", name)


def _judge(source: str, path: Path, root: Path) -> CorpusFile | Skipped:
    """A file worth opening, or why it is not, told from its name and status alone."""
    try:
        os.fsencode(path).decode("utf-8")
        status = path.stat() if not path.is_symlink() else _linked(path, root)
        reason = _reason(path, status.st_mode, status.st_size)
        if not reason:
            reader_of(source)
            return CorpusFile(source, path, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
    except UnicodeDecodeError:
        reason = "its name is not valid UTF-8: rename it"
    except Unreadable as error:
        reason = str(error)
    except FileNotFoundError:
        reason = VANISHED
    except OSError as error:
        reason = _unopened(error)
    return Skipped(source, reason)


def _reason(path: Path, mode: int, size: int) -> str:
    """Why something that is there is no file to read; empty when it is one."""
    if path.name.startswith("."):
        return "hidden folder" if stat.S_ISDIR(mode) else "hidden file"
    if stat.S_ISDIR(mode):
        linked = path.is_symlink()
        return "a link to a folder of the corpus" if linked else "a folder that cannot be listed"
    if not stat.S_ISREG(mode):
        return "neither a file nor a folder (a pipe, a socket or a device)"
    if not size:
        return "empty file"
    return _too_large(size) if size > MOST_BYTES else ""


def _linked(path: Path, root: Path) -> os.stat_result:
    """Status of what a link leads to. Raises Unreadable unless that stands in the corpus."""
    try:
        target = path.resolve(strict=True)
    except (OSError, RuntimeError):  # RuntimeError is how Python before 3.13 reports a loop
        raise Unreadable("a link that leads nowhere") from None
    if not target.is_relative_to(root):
        raise Unreadable("a link that leads outside the corpus")
    return target.stat()


def _bytes(path: Path) -> bytes:
    """The bytes of a regular file, which may have been replaced since the walk: a pipe must not hang us."""
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    with os.fdopen(os.open(path, flags), "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise Unreadable("it is no longer a file")
        data = file.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise Unreadable(_too_large(path.stat().st_size))
    return data


def _too_large(size: int) -> str:
    return f"too large: {size / 2**20:.1f} MB where {MOST_BYTES // 2**20} MB are read at most"


def _unopened(error: OSError) -> str:
    return f"it cannot be opened: {error.strerror or type(error).__name__}"
