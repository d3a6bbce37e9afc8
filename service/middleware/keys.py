"""Keys that let requests in: a file of checksums, changed by commands and watched by the running service.

A key is 256 random bits. Its checksum cannot be turned back, so that whoever reads the file cannot ask.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import os
import re
import secrets
import time
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar, Literal

from filelock import FileLock, Timeout
from pydantic import ConfigDict, TypeAdapter, ValidationError

from indexer.index_folders import MAX_NAME, is_name
from models.errors import RepereError
from models.files import file_stamp, is_transient, write_atomically

Scope = Literal["read", "admin"]
SCOPES: tuple[Scope, ...] = ("read", "admin")
CREATE_COMMAND = "python -m service keys create NAME --scope read"
PREFIX = "repere_"
"""Beginning of every key, so that one is recognised where it should not stand."""
LOCK_SECONDS = 10.0
"""Seconds that a change of the file waits for another to end."""
POLL_SECONDS = 0.5
"""Seconds between two looks of a running service at the file."""
_CHECKSUM = re.compile(r"[0-9a-f]{64}")

log = logging.getLogger(__name__)


class KeysError(RepereError):
    """Raised when the keys cannot be read or changed."""


@dataclass(frozen=True, slots=True)
class Key:
    """What the file holds of a key."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    name: str
    """Who or what uses the key; see `is_name`."""
    scope: Scope
    sha256: str
    """Checksum of the key, hexadecimal."""
    created: str
    """Time of its creation, UTC, ISO 8601."""
    collections: tuple[str, ...] | None = None
    """Names of the collections that it opens, at least one; None: every one, as for all of scope admin."""

    @property
    def sound(self) -> bool:
        """Whether every field is what it is meant to be."""
        names = self.collections
        opens = names is None or (
            self.scope != "admin" and 0 < len(names) == len(set(names)) and all(map(is_name, names))
        )
        return is_name(self.name) and bool(_CHECKSUM.fullmatch(self.sha256)) and opens


_FILE = TypeAdapter(list[Key])


def load(path: Path) -> tuple[Key, ...] | None:
    """Return the keys of a file; None when there is no file. Raises KeysError when it cannot be trusted."""
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            content = file.read()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise KeysError(f"The keys in {path} cannot be read: {error.strerror}.") from error
    if mode & 0o022:
        raise KeysError(f"The keys in {path} can be changed by other users. Run: chmod 600 {path}")
    try:
        keys = _FILE.validate_json(content, strict=True)
    except ValidationError as error:
        raise _damaged(path) from error
    # Two equal names or checksums are a key's revocation undone, or damage: neither entry is trusted.
    distinct = len({key.name for key in keys}) == len({key.sha256 for key in keys}) == len(keys)
    if not distinct or not all(key.sound for key in keys):
        raise _damaged(path)
    return tuple(keys)


def _damaged(path: Path) -> KeysError:
    return KeysError(
        f"{path} is damaged: it is no list of keys. Put back a copy, or delete it and create the keys anew."
    )


def find(keys: Sequence[Key], token: str) -> Key | None:
    """Return the key that a token is, in the same time whichever key it is, or none."""
    checksum = hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
    match = None
    for key in keys:
        if hmac.compare_digest(key.sha256, checksum):
            match = key
    return match


def create(
    path: Path,
    name: str,
    scope: Scope,
    collections: Sequence[str] | None = None,
    lock_seconds: float = LOCK_SECONDS,
) -> str:
    """Add a key and return its token, which is stored nowhere. Raises KeysError when it cannot be added.

    `collections`: names of those that it opens; None: every one.
    """
    if collections is not None:
        collections = opened_by(scope, collections)
    name = unicodedata.normalize("NFC", name)
    if not is_name(name):
        raise KeysError(
            f"{name!r} cannot name a key."
            f" Take up to {MAX_NAME} letters, digits, dots, dashes and underscores."
        )
    with _locked(path, lock_seconds):
        keys = load(path) or ()
        if any(key.name == name for key in keys):
            raise KeysError(f"There is a key {name} already. Take another name, or revoke it first.")
        token = PREFIX + secrets.token_urlsafe(32)
        checksum = hashlib.sha256(token.encode()).hexdigest()
        now = datetime.now(UTC).isoformat(timespec="seconds")
        _write(path, (*keys, Key(name, scope, checksum, now, collections)))
    return token


def opened_by(scope: Scope, collections: Sequence[str]) -> tuple[str, ...]:
    """Return the names of the collections that a key is to open. Raises KeysError where it cannot be so."""
    names = tuple(unicodedata.normalize("NFC", name.strip()) for name in collections)
    if scope == "admin":
        raise KeysError(
            "A key of scope admin opens every collection. Leave the collections out, or take read."
        )
    for name in names:
        if not is_name(name):
            raise KeysError(f"{name!r} cannot name a collection. Name those that the key opens, as a,b.")
        if names.count(name) > 1:
            raise KeysError(f"The collection {name} is named twice. Name each once.")
    return names


def revoke(path: Path, name: str, lock_seconds: float = LOCK_SECONDS) -> int:
    """Remove a key and return how many are left. Raises KeysError when there is none of this name."""
    name = unicodedata.normalize("NFC", name)
    with _locked(path, lock_seconds):
        keys = load(path) or ()
        left = tuple(key for key in keys if key.name != name)
        if len(left) == len(keys):
            names = ", ".join(key.name for key in keys) or "none"
            raise KeysError(f"There is no key {name} in {path}. There are: {names}.")
        _write(path, left)
    return len(left)


@contextmanager
def _locked(path: Path, seconds: float) -> Iterator[None]:
    """Keep other commands from changing the keys meanwhile; a failure of the disk becomes a KeysError."""
    try:
        with FileLock(f"{path}.lock", timeout=seconds, mode=0o600):
            yield
    except Timeout as error:
        raise KeysError(f"Another command is changing the keys in {path}. Try again.") from error
    except OSError as error:
        raise KeysError(f"The keys in {path} cannot be changed: {error.strerror or error}.") from error


def _write(path: Path, keys: Sequence[Key]) -> None:
    """Replace the file, which only its owner can read; a new file made by root goes to the folder's owner."""
    stored = [{name: value for name, value in asdict(key).items() if value is not None} for key in keys]
    text = json.dumps(stored, indent=1)
    write_atomically(path, text, mode=0o600, owner_of=path if path.exists() else path.parent)


class Keyring:
    """The keys a running service accepts at this moment. Used by the event loop alone.

    It reads the file again whenever that changes, and at each look while it cannot be read. Damage to the
    file never lets anybody in; where the system was only short of something, the last good keys stay.
    """

    def __init__(
        self,
        path: Path,
        *,
        required: bool,
        poll_seconds: float = POLL_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`required`: requests need a key even while there is no file of keys."""
        self._path, self._required = path, required
        self._poll_seconds, self._clock = poll_seconds, clock
        self._keys: tuple[Key, ...] | None = ()
        self._stamp: object = ()  # unlike any stamp of a file
        self._last_look = float("-inf")
        self._problem: str | None = None

    @property
    def problem(self) -> str | None:
        """Why the keys accepted are not those of the file, for anybody to read; None when all is well."""
        self._refresh()
        return "The keys cannot be read; the service's log says why." if self._problem else None

    @property
    def off(self) -> bool:
        """Whether requests need no key. Once there has been a file of keys, they always do."""
        self._refresh()
        return not self._required

    def find(self, token: str) -> Key | None:
        """Return the key that a token is, if it is one. Raises KeysError while the keys cannot be read."""
        self._refresh()
        if self._keys is None:
            raise KeysError("The keys cannot be read, so none is accepted.")
        return find(self._keys, token)

    def _refresh(self) -> None:
        now = self._clock()
        if now - self._last_look < self._poll_seconds:
            return
        self._last_look = now
        stamp = file_stamp(self._path)
        if stamp == self._stamp:
            return
        try:
            keys = load(self._path)
        except KeysError as error:
            self._refuse(error)
            return
        self._stamp, self._problem = stamp, None
        self._required = self._required or keys is not None
        self._keys = keys or ()
        if self._required:
            log.info("%d keys are accepted.", len(self._keys))

    def _refuse(self, error: KeysError) -> None:
        """Accept no key until the file can be read, unless good ones are known and it is no fault of its."""
        meanwhile = "Until then those read before are accepted."
        if not (self._keys and is_transient(error)):
            self._keys, meanwhile = None, "Until then no key is accepted."
        self._required = True
        self._stamp = ()
        if self._problem != str(error):
            log.error("%s %s", error, meanwhile)
        self._problem = str(error)
