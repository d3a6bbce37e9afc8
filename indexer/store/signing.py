"""Sign manifests with a key of the keeper's own, for indexes that are carried between machines.

A manifest holds the checksum of every other file of its generation, so that signing it signs all of them.
Checksums tell damage; only a key that the maker of a generation holds as well tells who made it.
"""

from __future__ import annotations

import hashlib
import hmac
import os

from indexer.errors import IndexRefused, StoreError

FILE = "manifest.hmac"
"""Name of the file beside the manifest that holds its signature: HMAC-SHA256, hexadecimal."""
VARIABLE = "REPERE_SIGNING_KEY"
"""Variable of the environment that holds the key, on every machine that builds, restores or serves."""
SHORTEST = 32
"""Characters that a key has at least; 'openssl rand -hex 32' makes one of 64."""


def signature(raw: bytes) -> str | None:
    """Return a manifest's signature; None while no key is set. Raises StoreError for a short one."""
    key = _key()
    return None if key is None else hmac.new(key, raw, hashlib.sha256).hexdigest()


def check(raw: bytes, found: str | None, whose: str) -> None:
    """Raise IndexRefused unless a manifest's signature, if it has one, is right; without a key all pass."""
    expected = signature(raw)
    if expected is None or (found is not None and hmac.compare_digest(expected, found)):
        return
    what = "is not signed" if found is None else "is signed with another key, or was changed since"
    raise IndexRefused(
        f"{whose} {what}, and {VARIABLE} is set: only what was made with that key is taken. Build it anew"
        f" with the key set, or unset {VARIABLE} if you trust where it comes from."
    )


def _key() -> bytes | None:
    key = os.environ.get(VARIABLE)
    if not key:
        return None
    if len(key) < SHORTEST:
        raise StoreError(
            f"{VARIABLE} has {len(key)} characters, and {SHORTEST} are needed."
            " 'openssl rand -hex 32' makes one."
        )
    return key.encode("utf-8", "surrogateescape")
