"""Whether the files of a generation are still those that were opened; a sealed generation never changes."""

from __future__ import annotations

import hashlib
import os
import weakref
from collections.abc import Mapping
from pathlib import Path

Stamp = tuple[int, int, int, int]


class Intact:
    """Watches the files of one generation by their size and times, which costs microseconds a file.

    Made before the files are verified, it misses nothing that is written to them afterwards. What a disk
    forgets by itself changes no time: that is found when the files are read through, as every opening does.
    """

    def __init__(self, folder: Path) -> None:
        # The folder itself is held: another one that later stands under its name is none of its business.
        self._folder = os.open(folder, os.O_RDONLY)
        weakref.finalize(self, os.close, self._folder)
        names = [path.relative_to(folder).as_posix() for path in folder.rglob("*")]
        self._stamps = {name: self._stamp(name) for name in names}

    def altered(self, sums: Mapping[str, str]) -> list[str]:
        """Names of the files that hold other bytes than their checksums say; each change is told once.

        A file that is gone counts as whole: who opened it still reads it as it was.
        """
        stamps = {name: self._stamp(name) for name in sums}
        touched = [name for name, stamp in stamps.items() if stamp and stamp != self._stamps.get(name)]
        self._stamps.update((name, stamps[name]) for name in touched)
        return sorted(name for name in touched if self._sum(name) not in (sums[name], None))

    def _stamp(self, name: str) -> Stamp | None:
        try:
            status = os.stat(name, dir_fd=self._folder)
        except OSError:
            return None
        return status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino

    def _sum(self, name: str) -> str | None:
        """None for a file that is gone."""
        try:
            descriptor = os.open(name, os.O_RDONLY, dir_fd=self._folder)
            with open(descriptor, "rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest()
        except FileNotFoundError:
            return None
        except OSError as error:
            return str(error)
