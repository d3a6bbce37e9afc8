"""Detect changes to the files of an open generation, which never change once it is sealed."""

from __future__ import annotations

import hashlib
import os
import weakref
from collections.abc import Mapping
from pathlib import Path

from models.files import file_stamp, is_transient


class IntegrityMonitor:
    """Watches the files of one generation by their stamps, which costs microseconds a file.

    A monitor made before the files are verified misses nothing that is written to them afterwards. A disk
    that loses bytes by itself changes no stamp; opening the index, which reads every file, finds that.
    """

    def __init__(self, folder: Path) -> None:
        # The folder is held open: another folder that later stands under its name is none of its business.
        self._folder = os.open(folder, os.O_RDONLY)
        weakref.finalize(self, os.close, self._folder)
        names = [path.relative_to(folder).as_posix() for path in folder.rglob("*")]
        self._stamps = {name: file_stamp(name, self._folder) for name in names}

    def altered(self, sums: Mapping[str, str]) -> list[str]:
        """Return the names of files whose bytes no longer match their checksums; each change is told once.

        A file that is gone counts as undamaged: whoever opened it still reads it as it was.
        """
        stamps = {name: file_stamp(name, self._folder) for name in sums}
        found = []
        for name, stamp in stamps.items():
            if not stamp or stamp == self._stamps.get(name):
                continue
            try:
                actual = self._sum(name)
            except MemoryError:
                continue
            except OSError as error:
                if is_transient(error):
                    continue  # it says nothing of the file, which is looked at again
                actual = str(error)
            self._stamps[name] = stamp
            if actual not in (sums[name], None):
                found.append(name)
        return sorted(found)

    def _sum(self, name: str) -> str | None:
        """Return a file's checksum; None for a file that is gone. Raises OSError."""
        try:
            descriptor = os.open(name, os.O_RDONLY, dir_fd=self._folder)
            with open(descriptor, "rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest()
        except FileNotFoundError:
            return None
