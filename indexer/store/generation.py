"""Generations: complete, immutable indexes, each in its own folder; how one is started and published.

    INDEX/
      CURRENT                 JSON: the generation that serves and the one before it
      build.lock              held while a build, a rollback or a repair runs
      generations/g000012/    one folder a generation; files named in `Layout`

A build fills a folder that nothing points to, makes it durable, and publishes it by replacing CURRENT in one
atomic rename. A build killed before the rename leaves the old generation serving; after it, the new one.
"""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from indexer.errors import BuildUnderWay, IndexMissing, IndexRefused, StoreError
from indexer.store.manifest import BUILD_COMMAND, Layout, Manifest, seal, verify
from models.files import Stamp, file_stamp, is_transient, reason_of, write_atomically

_NAME = re.compile(r"g\d{6,}")


@dataclass(frozen=True, slots=True)
class Pointer:
    """The content of CURRENT: the generation that serves and the one before it."""

    current: str
    previous: str | None


def generation_folder(index: Path, generation: str) -> Path:
    """Return the folder of a generation's files."""
    return index / "generations" / generation


def read_pointer(index: Path) -> Pointer:
    """Return which generation serves. Raises IndexMissing, or IndexRefused when CURRENT cannot be read."""
    path = index / "CURRENT"
    try:
        pointer = Pointer(**json.loads(path.read_text(encoding="utf-8")))
        names = [pointer.current] if pointer.previous is None else [pointer.current, pointer.previous]
        # Of two equal names one is damaged: a flipped bit must not make an older generation serve.
        if len({*names}) < len(names) or not all(map(_NAME.fullmatch, names)):
            raise ValueError(names)
    except (FileNotFoundError, NotADirectoryError):
        raise IndexMissing(f"There is no index in {index}. Build one with '{BUILD_COMMAND}'.") from None
    except (OSError, ValueError, TypeError) as error:
        if is_transient(error):
            raise IndexRefused(f"{path} cannot be read just now: {reason_of(error)}. Try again.") from error
        raise IndexRefused(
            f"{path} cannot be read as the name of a generation ({type(error).__name__})."
            f" Build the index anew with '{BUILD_COMMAND}'."
        ) from error
    return pointer


def published(index: Path) -> Stamp | None:
    """Return the stamp of CURRENT, which changes whenever it is replaced; None when there is no index."""
    return file_stamp(index / "CURRENT")


def write_pointer(index: Path, pointer: Pointer) -> None:
    """Replace CURRENT by one atomic rename, durably; it gets the mode of the generation's files."""
    manifest = generation_folder(index, pointer.current) / Layout.MANIFEST
    write_atomically(index / "CURRENT", json.dumps(asdict(pointer)), mode=manifest.stat().st_mode & 0o777)


@contextmanager
def build_lock(index: Path) -> Iterator[None]:
    """Hold the index for writing; the system frees the lock of a process that is killed.

    Raises BuildUnderWay at once when another process holds it, StoreError when there can be no index there.
    """
    lock = FileLock(index / "build.lock")
    try:
        index.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=0)
    except Timeout:
        raise BuildUnderWay(
            f"Another build is under way in {index}. Wait for it to end, then try again."
        ) from None
    except OSError as error:
        raise StoreError(
            f"{index} cannot hold an index: {error.strerror or error}. Give another folder with INDEX=."
        ) from error
    try:
        yield
    finally:
        lock.release()


def is_locked(index: Path) -> bool:
    """Return whether another process holds the index for writing."""
    path = index / "build.lock"
    lock = FileLock(path)
    try:
        if path.is_file():
            lock.acquire(timeout=0)
            lock.release()
    except Timeout:
        return True
    except OSError:
        pass  # a user who may not write there cannot tell
    return False


def generations(index: Path) -> list[str]:
    """Return the names of all generations in an index, unfinished ones included, newest first."""
    try:
        names = [path.name for path in (index / "generations").iterdir() if _NAME.fullmatch(path.name)]
    except (FileNotFoundError, NotADirectoryError):
        return []
    return sorted(names, key=lambda name: int(name[1:]), reverse=True)


def start(index: Path) -> Path:
    """Sweep away the generations that no pointer names, and return a new, empty folder. Needs the lock."""
    home = index / "generations"
    home.mkdir(parents=True, exist_ok=True)
    try:
        pointer = read_pointer(index)
        # A damaged pointer names a missing generation, and may keep silent about the good ones.
        if generation_folder(index, pointer.current).is_dir():
            sweep(index, pointer)
    except (IndexMissing, IndexRefused):
        pass  # without a pointer any generation may be the good one, so nothing is removed
    taken = [int(name[1:]) for name in generations(index)]
    folder = home / f"g{max(taken, default=0) + 1:06d}"
    folder.mkdir()
    return folder


@contextmanager
def new_generation(index: Path, remedy: str) -> Iterator[Path]:
    """Yield the empty folder of a new generation, and remove it unless it serves at the end. Needs the lock.

    An error of the disk or of SQLite becomes a StoreError whose message ends with the remedy.
    """
    target = None
    try:
        target = start(index)
        yield target
    except (OSError, sqlite3.Error) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise StoreError(f"The index could not be written to {index}: {reason}. {remedy}") from error
    finally:
        if target is not None and not _serves(index, target):
            shutil.rmtree(target, ignore_errors=True)


def _serves(index: Path, target: Path) -> bool:
    try:
        return read_pointer(index).current == target.name
    except (IndexMissing, IndexRefused):
        return False


def leftovers(index: Path, pointer: Pointer) -> list[Path]:
    """Return the folders that a sweep removes: every generation that the pointer does not name."""
    home = index / "generations"
    if not home.is_dir():
        return []
    named = (pointer.current, pointer.previous)
    return sorted(path for path in home.iterdir() if path.is_dir() and path.name not in named)


def sweep(index: Path, pointer: Pointer) -> None:
    """Remove every generation that the pointer does not name."""
    for path in leftovers(index, pointer):
        shutil.rmtree(path, ignore_errors=True)


def publish(index: Path, folder: Path, manifest: Manifest) -> Manifest:
    """Seal a complete generation with its manifest, make it the current one, and keep the last two."""
    sealed = seal(folder, manifest)
    serve(index, folder)
    return sealed


def serve(index: Path, folder: Path) -> None:
    """Make a sealed generation the current one, and keep the last two. Needs the lock."""
    try:
        previous: str | None = read_pointer(index).current
    except (IndexMissing, IndexRefused):
        previous = None
    pointer = Pointer(folder.name, previous)
    write_pointer(index, pointer)
    sweep(index, pointer)


def rollback(index: Path) -> Pointer:
    """Make the previous generation serve again; a second rollback undoes the first.

    Raises IndexMissing when there is none, IndexRefused when it is damaged; then the current one stays.
    """
    read_pointer(index)  # comes before the lock, which would create the folder of a missing index
    with build_lock(index):
        pointer = read_pointer(index)
        if pointer.previous is None:
            raise IndexMissing(
                f"The index in {index} has no generation before {pointer.current}: nothing to go back to."
            )
        verify(generation_folder(index, pointer.previous), remedy=f"{pointer.current} goes on serving.")
        swapped = Pointer(pointer.previous, pointer.current)
        write_pointer(index, swapped)
        return swapped
