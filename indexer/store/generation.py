"""A generation: one complete, immutable index in a folder of its own; how it is published and opened.

    INDEX/
      CURRENT                 JSON: the generation that serves and the one before it
      build.lock              held while a build, a rollback or a repair runs
      generations/g000012/    one folder a generation; files named in `Layout`

A build fills a folder that nothing points to, syncs it, and publishes it by replacing CURRENT, which
is one atomic rename. Killed before that, the old generation serves; after it, the new one does.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from indexer.errors import BuildUnderWay, IndexMissing, IndexRefused, StoreError
from indexer.store.manifest import BUILD_COMMAND, Manifest, seal, verify
from models.files import sync

_NAME = re.compile(r"g\d{6,}")


@dataclass(frozen=True, slots=True)
class Pointer:
    """What CURRENT says."""

    current: str
    previous: str | None


def generation_folder(index: Path, generation: str) -> Path:
    """Where a generation's files stand."""
    return index / "generations" / generation


def read_pointer(index: Path) -> Pointer:
    """Which generation serves. Raises IndexMissing, or IndexRefused when CURRENT cannot be read."""
    path = index / "CURRENT"
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        pointer = Pointer(**said)
        names = [pointer.current] if pointer.previous is None else [pointer.current, pointer.previous]
        # Two names alike are one of them damaged: a flipped bit must not make an older generation serve.
        if len({*names}) < len(names) or not all(map(_NAME.fullmatch, names)):
            raise ValueError(names)
    except (FileNotFoundError, NotADirectoryError):
        raise IndexMissing(f"There is no index in {index}. Build one with '{BUILD_COMMAND}'.") from None
    except (OSError, ValueError, TypeError) as error:
        raise IndexRefused(
            f"{path} cannot be read as the name of a generation ({type(error).__name__})."
            f" Build the index anew with '{BUILD_COMMAND}'."
        ) from error
    return pointer


def published(index: Path) -> tuple[int, int] | None:
    """A cheap sign of what is published: changes whenever CURRENT is replaced; None when there is none."""
    try:
        stat = (index / "CURRENT").stat()
    except OSError:
        return None
    return stat.st_mtime_ns, stat.st_ino


def write_pointer(index: Path, pointer: Pointer) -> None:
    """Replace CURRENT by one atomic rename, on disk when this returns."""
    scratch = index / "CURRENT.new"
    with scratch.open("w", encoding="utf-8") as file:
        json.dump(asdict(pointer), file)
        file.flush()
        os.fsync(file.fileno())
    scratch.replace(index / "CURRENT")
    sync(index)


@contextmanager
def build_lock(index: Path) -> Iterator[None]:
    """Hold the index for writing. Raises BuildUnderWay at once when another process does, StoreError
    when there can be no index there.

    The system frees the lock of a process that was killed.
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
    """Whether another process holds the index for writing."""
    path = index / "build.lock"
    lock = FileLock(path)
    try:
        if path.is_file():
            lock.acquire(timeout=0)
            lock.release()
    except Timeout:
        return True
    except OSError:
        pass  # who may not write there cannot tell
    return False


def generations(index: Path) -> list[str]:
    """The generations that stand in an index, half-made ones included, the newest first."""
    try:
        found = [path.name for path in (index / "generations").iterdir() if _NAME.fullmatch(path.name)]
    except (FileNotFoundError, NotADirectoryError):
        return []
    return sorted(found, key=lambda name: int(name[1:]), reverse=True)


def start(index: Path) -> Path:
    """A new, empty generation folder, after sweeping away what no pointer names. Needs the lock."""
    home = index / "generations"
    home.mkdir(parents=True, exist_ok=True)
    try:
        pointer = read_pointer(index)
        # A pointer to what is not there is damaged, and may be the only one to know of no good generation.
        if generation_folder(index, pointer.current).is_dir():
            sweep(index, pointer)
    except (IndexMissing, IndexRefused):
        pass  # nothing says what may go, so nothing goes
    taken = [int(name[1:]) for name in generations(index)]
    folder = home / f"g{max(taken, default=0) + 1:06d}"
    folder.mkdir()
    return folder


@contextmanager
def new_generation(index: Path, remedy: str) -> Iterator[Path]:
    """An empty generation's folder, gone again unless it serves at the end. Needs the lock.

    What the disk and SQLite say when they cannot go on becomes a StoreError that ends with the remedy.
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
    """What a sweep removes: every generation that the pointer does not name, half-made or old."""
    home = index / "generations"
    named = (pointer.current, pointer.previous)
    if not home.is_dir():
        return []
    return sorted(path for path in home.iterdir() if path.is_dir() and path.name not in named)


def sweep(index: Path, pointer: Pointer) -> None:
    """Remove every generation that the pointer does not name."""
    for path in leftovers(index, pointer):
        shutil.rmtree(path, ignore_errors=True)


def publish(index: Path, folder: Path, manifest: Manifest) -> Manifest:
    """Seal a complete generation with its manifest and make it the current one; keep the last two."""
    sealed = seal(folder, manifest)
    serve(index, folder)
    return sealed


def serve(index: Path, folder: Path) -> None:
    """Make a sealed generation the current one; keep the last two. Needs the lock."""
    try:
        before: str | None = read_pointer(index).current
    except (IndexMissing, IndexRefused):
        before = None
    pointer = Pointer(folder.name, before)
    write_pointer(index, pointer)
    sweep(index, pointer)


def rollback(index: Path) -> Pointer:
    """Make the generation before the current one serve again; done twice, it is undone.

    Raises IndexMissing when there is none, IndexRefused when it is damaged: the current one stays.
    """
    read_pointer(index)  # before the lock, which would make the folder of an index that is missing
    with build_lock(index):
        pointer = read_pointer(index)
        if pointer.previous is None:
            raise IndexMissing(
                f"The index in {index} has no generation before {pointer.current}: nothing to go back to."
            )
        verify(generation_folder(index, pointer.previous), remedy=f"{pointer.current} goes on serving.")
        back = Pointer(pointer.previous, pointer.current)
        write_pointer(index, back)
        return back
