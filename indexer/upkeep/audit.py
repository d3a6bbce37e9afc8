"""The audit log: who changed the keys or what serves, when, and what came of it.

A file of JSON lines, `audit.jsonl`, in the folder of the index or of the keys that an action is done to; its
owner alone can read it, and lines are only ever appended. Each action is two lines with one id: `begun`
before anything is changed, then `done` or `failed`. An action whose process was killed has the first alone.
"""

from __future__ import annotations

import fcntl
import json
import logging
import os
import pwd
import re
import secrets
import socket
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from indexer.errors import StoreError
from models.errors import RepereError
from models.files import append_whole, reason_of

FILE = "audit.jsonl"
LOGIN = Path("/proc/self/loginuid")
"""The user who logged in, whoever they have become since; written by the system."""
NO_LOGIN = 2**32 - 1
"""What stands there of a process that no login began."""
_TOKEN = re.compile(r"repere_[A-Za-z0-9_-]{43}")
"""A whole key, which somebody may give where its name belongs."""

log = logging.getLogger(__name__)


@contextmanager
def noted(folder: Path, action: str, *, required: bool, **about: str | None) -> Iterator[dict[str, str]]:
    """Note an action on what lies in a folder, and what comes of it; yield where to say more of the outcome.

    `about` says what is acted on; what is None is left out. Where the beginning cannot be written, a
    `required` action is refused: raises StoreError before anything is done. Any other goes on with a warning.
    Nothing is written while there is no such folder: then there is nothing yet that could be harmed.
    """
    acted_on = {name: value for name, value in about.items() if value is not None}
    entry = {**_who(), "id": secrets.token_hex(4), "action": action, **acted_on}
    if folder.is_dir():
        try:
            _append(folder / FILE, {**entry, "outcome": "begun"})
        except OSError as error:
            _refuse_or_warn(folder / FILE, action, error, required)
    outcome: dict[str, str] = {}
    try:
        yield outcome
    except BaseException as error:
        # What an unforeseen error says is not known to be free of secrets.
        reason = str(error) if isinstance(error, RepereError) else type(error).__name__
        _note_end(folder, {**entry, "outcome": "failed", "reason": reason})
        raise
    _note_end(folder, {**entry, "outcome": "done", **outcome})


def _refuse_or_warn(path: Path, action: str, error: OSError, required: bool) -> None:
    said = f"The audit log {path} cannot be written: {reason_of(error)}."
    if required:
        raise StoreError(
            f"{said} Nothing was done: '{action}' is not done without a note of it."
            " Have the file writable by who runs this, or make room, then try again."
        ) from error
    log.warning("%s '%s' is done without a note of it.", said, action)


def _note_end(folder: Path, entry: Mapping[str, str | int]) -> None:
    if not folder.is_dir():
        return
    try:
        _append(folder / FILE, entry)
    except OSError as error:
        said = "The audit log %s cannot be written: %s. That '%s' is %s is not noted."
        log.warning(said, folder / FILE, reason_of(error), entry["action"], entry["outcome"])


def _append(path: Path, entry: Mapping[str, str | int]) -> None:
    """Append a line, whole. Raises OSError."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    line = json.dumps({"time": now, **entry}, ensure_ascii=False) + "\n"
    # Whoever owns the folder may have put a link there for root to write through, or a pipe to wait at.
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    descriptor = os.open(path, flags, 0o600)
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode) or status.st_nlink != 1:
            raise OSError(None, "it is no file by itself")
        if os.geteuid() == 0 and status.st_size == 0:  # the service's own user adds the next line
            owner = path.parent.stat()
            os.fchown(descriptor, owner.st_uid, owner.st_gid)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        append_whole(
            Path(f"/proc/self/fd/{descriptor}"), _TOKEN.sub("repere_…", line).encode(errors="replace")
        )
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _who() -> dict[str, str | int]:
    """Return the machine, the user whose rights are used, and the one who logged in, where one did."""
    who: dict[str, str | int] = {
        "host": socket.gethostname(),
        "pid": os.getpid(),
        "user": _name(os.geteuid()),
    }
    try:
        login = int(LOGIN.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return who
    return who if login == NO_LOGIN else who | {"login": _name(login)}


def _name(user: int) -> str:
    """Return a user's name, or the number of one who has none."""
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return str(user)
