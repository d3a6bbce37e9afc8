"""The keys a running service goes by: read anew when their file changes, and never opened up by damage."""

from __future__ import annotations

import logging
import os
import time
from pathlib import Path

from service.middleware import keys
from service.middleware.keys import Key, KeysError

POLL = 0.5
"""Seconds between two looks at the file."""

log = logging.getLogger(__name__)


class Keyring:
    """Which keys let in at this moment. Used by the event loop alone."""

    def __init__(self, path: Path, *, needed: bool) -> None:
        """`needed`: a key is needed even where there is no file of keys."""
        self._path = path
        self._needed = needed
        self._keys: tuple[Key, ...] | None = ()
        self._seen: object = ()  # unlike any sign of a file
        self._looked = float("-inf")

    @property
    def off(self) -> bool:
        """Whether requests need no key. Once there has been a file of keys, they always do."""
        self._look()
        return not self._needed

    def find(self, token: str) -> Key | None:
        """The key that a token is, if it is one. Raises KeysError while the keys cannot be read."""
        self._look()
        if self._keys is None:
            raise KeysError("The keys cannot be read, so none is accepted.")
        return keys.find(self._keys, token)

    def _look(self) -> None:
        now = time.monotonic()
        if now - self._looked < POLL:
            return
        self._looked = now
        sign = _sign(self._path)
        if sign == self._seen:
            return
        self._seen = sign
        try:
            found = keys.load(self._path)
        except KeysError as error:
            self._needed, self._keys = True, None
            log.error("%s Until then no key is accepted.", error)
            return
        self._needed = self._needed or found is not None
        self._keys = found or ()
        if self._needed:
            log.info("%d keys are accepted.", len(self._keys))


def _sign(path: Path) -> tuple[int, ...] | None:
    """A cheap sign of a file's state: changes whenever it is replaced, written to or its mode is changed."""
    try:
        stat = os.stat(path)
    except OSError:
        return None
    return stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino, stat.st_size
