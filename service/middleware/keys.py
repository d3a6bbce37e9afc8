"""The keys that let requests in: kept in a file as checksums, created and revoked while the service runs.

A key is 256 random bits. Its checksum cannot be turned back, so that whoever reads the file cannot ask.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import re
import secrets
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar, Literal

from filelock import FileLock, Timeout
from pydantic import ConfigDict, TypeAdapter, ValidationError

from models.errors import RepereError
from models.files import sync

Scope = Literal["read", "admin"]
SCOPES: tuple[Scope, ...] = ("read", "admin")
CREATE = "python -m service keys create NAME --scope read"
MARK = "repere_"
"""What every key begins with, so that one is known where it should not stand."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_CHECKSUM = re.compile(r"[0-9a-f]{64}")
_PATIENCE = 10
"""Seconds that a change waits for another to end."""


class KeysError(RepereError):
    """The keys cannot be read or changed."""


@dataclass(frozen=True, slots=True)
class Key:
    """What is kept of a key."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    name: str
    scope: Scope
    sha256: str
    """Checksum of the key, hexadecimal."""
    created: str
    """When, in UTC, as ISO 8601."""


_FILE = TypeAdapter(list[Key])


def load(path: Path) -> tuple[Key, ...] | None:
    """The keys of a file; None when there is no file. Raises KeysError when it cannot be trusted."""
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
    # Two names or checksums alike are a key's revocation undone, or damage: none is taken for right.
    distinct = len({key.name for key in keys}) == len({key.sha256 for key in keys}) == len(keys)
    if not distinct or not all(_NAME.fullmatch(key.name) and _CHECKSUM.fullmatch(key.sha256) for key in keys):
        raise _damaged(path)
    return tuple(keys)


def _damaged(path: Path) -> KeysError:
    return KeysError(
        f"{path} is damaged: it is no list of keys. Put back a copy, or delete it and create the keys anew."
    )


def find(keys: Sequence[Key], token: str) -> Key | None:
    """The key that a token is. Takes as long whichever it is, and as long for none."""
    checksum = hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
    found = None
    for key in keys:
        if hmac.compare_digest(key.sha256, checksum):
            found = key
    return found


def create(path: Path, name: str, scope: Scope) -> str:
    """Add a key; the token, which is not kept anywhere. Raises KeysError when it cannot be added."""
    if not _NAME.fullmatch(name):
        raise KeysError(
            f"{name!r} cannot name a key. Take up to 64 letters, digits, dots, dashes and underscores."
        )
    with _changing(path):
        keys = load(path) or ()
        if any(key.name == name for key in keys):
            raise KeysError(f"There is a key {name} already. Take another name, or revoke it first.")
        token = MARK + secrets.token_urlsafe(32)
        checksum = hashlib.sha256(token.encode()).hexdigest()
        made = Key(name, scope, checksum, datetime.now(UTC).isoformat(timespec="seconds"))
        _write(path, (*keys, made))
    return token


def revoke(path: Path, name: str) -> int:
    """Remove a key; how many are left. Raises KeysError when there is none of this name."""
    with _changing(path):
        keys = load(path) or ()
        left = tuple(key for key in keys if key.name != name)
        if len(left) == len(keys):
            names = ", ".join(key.name for key in keys) or "none"
            raise KeysError(f"There is no key {name} in {path}. There are: {names}.")
        _write(path, left)
    return len(left)


@contextmanager
def _changing(path: Path) -> Iterator[None]:
    """Keeps two commands from changing the keys at once; failures of the disk are told in a sentence."""
    try:
        with FileLock(f"{path}.lock", timeout=_PATIENCE, mode=0o600):
            yield
    except Timeout as error:
        raise KeysError(f"Another command is changing the keys in {path}. Try again.") from error
    except OSError as error:
        raise KeysError(f"The keys in {path} cannot be changed: {error.strerror or error}.") from error


def _write(path: Path, keys: Sequence[Key]) -> None:
    """Replace the file by one rename, on disk when this returns; its owner, and nobody else, can read it."""
    at = path if path.exists() else path.parent
    descriptor, scratch = tempfile.mkstemp(prefix=f"{path.name}.", dir=path.parent)  # made with mode 0600
    try:
        with open(descriptor, "w", encoding="utf-8") as file:
            json.dump([asdict(key) for key in keys], file, indent=1)
            if os.geteuid() == 0:
                # Made by root for a service that runs as another user, which has to read it.
                os.fchown(file.fileno(), at.stat().st_uid, at.stat().st_gid)
            file.flush()
            os.fsync(file.fileno())
        Path(scratch).replace(path)
    except OSError:
        Path(scratch).unlink(missing_ok=True)
        raise
    sync(path.parent)
