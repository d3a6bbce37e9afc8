"""Keep blocks of what workers computed in a folder or an object storage, where any machine finds them.

    URL/INDEX/KIND-SHA256    a line with name, length and checksum, then the block's bytes

A block is named by a digest of all that went into it, so that whoever asks for a name wants these very bytes.
What is damaged, cut short or not of this name counts as missing, and nothing of it is interpreted. All that a
build keeps is removed once its generation is published. A storage that fails costs time and never the build.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from typing import Any, Self, TypeVar
from urllib.parse import quote

from indexer.errors import CacheError
from models import VERSION

T = TypeVar("T")

MOST_BYTES = 128 * 2**20
"""Bytes of the largest block that is kept or read."""
FAILURES = 3
"""Failures in a row after which a process reads, or writes, there no more: each may take a minute."""
UNREAD = "What it holds is computed again"
UNKEPT = "What is computed from here on is not kept there"

OBJECT_STORAGES = frozenset({"s3", "gs", "abfs"})
"""Schemes of storages that obstore speaks to, where it is installed; fsspec knows of other libraries, too."""

_FORMAT = "repere block 1"
_NAME = re.compile(r"(files|vectors|mark)-[0-9a-f]+(\.[0-9a-f]+)?")
"""Names of what is kept; with an ending while it is written."""
_PASSWORD = re.compile(r"[^:/]+://[^@]*:[^@]*@")


def block_name(kind: str, went_in: bytes) -> str:
    """Return the name of the block of a kind, "files" or "vectors", that this version computes from bytes."""
    return f"{kind}-{hashlib.sha256(f'{_FORMAT} {VERSION} '.encode() + went_in).hexdigest()}"


@dataclass(frozen=True, slots=True)
class CachePlace:
    """Where the blocks of an index are kept, and what shows that another process sees the same place."""

    url: str
    """Address of the folder of one index."""
    mark: str
    """Name of a file that the builder has written there."""


class BuildCache:
    """The blocks of one index; safe to call from several threads."""

    def __init__(self, place: CachePlace, tell: Callable[[str], None]) -> None:
        """Open the place; `tell` shows people a line. Raises CacheError when its address cannot be used."""
        self.place = place
        self._tell = tell
        self._files, self._folder = _file_system(place.url)
        self._failed: Counter[str] = Counter()  # in a row, by what comes of it

    @classmethod
    def joined(cls, place: CachePlace, tell: Callable[[str], None]) -> Self:
        """Open the place that a builder has opened. Raises CacheError when it cannot be seen from here."""
        cache = cls(place, tell)
        try:
            seen = cache._found(place.mark)
        except Exception as error:  # of whichever library speaks to the storage
            raise _unusable(place.url, error) from error
        if seen is None:
            raise CacheError(
                f"The cache {_shown(place.url)} is not the one that the builder writes to. Mount the same"
                " folder under this path on every node, or give an object storage with --cache s3://…"
            )
        return cache

    def mark(self) -> None:
        """Write the mark again, which another build of an index of this name may have removed."""
        self._tried(lambda: self._write(self.place.mark, b""), UNKEPT)

    def find(self, name: str) -> bytes | None:
        """Return the bytes of a block; None where it is missing, damaged or cannot be read."""
        return self._tried(lambda: self._found(name), UNREAD)

    def keep(self, name: str, data: bytes) -> None:
        """Keep a block, whole or not at all."""
        if len(data) <= MOST_BYTES:
            self._tried(lambda: self._write(name, data), UNKEPT)

    def sweep(self) -> None:
        """Remove all blocks of the index: its generation is published, or they are of no use."""
        try:
            self._files.invalidate_cache()
            paths = [str(path) for path in self._files.ls(self._folder, detail=False)]
            if blocks := [path for path in paths if _NAME.fullmatch(path.rpartition("/")[2])]:
                self._files.rm(blocks)
        except FileNotFoundError:
            return  # nothing was kept, or another build has removed it
        except Exception as error:  # of whichever library speaks to the storage
            self._tell(
                f"The cache {_shown(self.place.url)} could not be emptied: {_reason(error)}."
                " The index is published; the next publication empties it."
            )

    def _tried(self, use: Callable[[], T | None], loss: str) -> T | None:
        """Return what a use of the storage gives; None when it fails, or has failed too often.

        `loss` says what comes of that.
        """
        if self._failed[loss] >= FAILURES:
            return None
        try:
            used = use()
        except Exception as error:  # of whichever library speaks to the storage
            self._failed[loss] += 1
            if self._failed[loss] == FAILURES:
                self._tell(
                    f"The cache {_shown(self.place.url)} fails: {_reason(error)}. {loss}; the build goes on."
                )
            return None
        self._failed[loss] = 0
        return used

    def _found(self, name: str) -> bytes | None:
        """Return the bytes of a block; None where it is missing or damaged."""
        try:
            data: bytes = self._files.cat_file(f"{self._folder}/{name}", start=0, end=MOST_BYTES + 1024)
        except FileNotFoundError:
            return None
        head, _, block = data.partition(b"\n")
        return block if head == _head(name, block) else None

    def _write(self, name: str, block: bytes) -> None:
        path, data = f"{self._folder}/{name}", _head(name, block) + b"\n" + block
        if not _is_local(self._files):
            self._files.pipe_file(path, data)  # an object appears when it is whole
            return
        beside = Path(f"{path}.{token_hex(8)}")
        try:
            with beside.open("xb") as file:
                file.write(data)
            beside.replace(path)
        except BaseException:
            with suppress(OSError):
                beside.unlink(missing_ok=True)
            raise


@contextmanager
def opened(url: str, index: Path, tell: Callable[[str], None]) -> Iterator[BuildCache]:
    """Open the cache of an index at an address, in a folder that is called as the index's.

    Raises CacheError when it cannot be written to.
    """
    _refuse_password(url)
    _refuse_nowhere(url)
    base = url.rstrip("/") if "://" in url else str(Path(url).expanduser().absolute())
    place = CachePlace(f"{base}/{quote(index.resolve().name, safe='')}", f"mark-{token_hex(8)}")
    cache = BuildCache(place, tell)
    try:
        if _is_local(cache._files):
            Path(cache._folder).mkdir(mode=0o700, parents=True, exist_ok=True)  # it holds texts
        cache._write(place.mark, b"")
        if cache._found(place.mark) is None:
            raise OSError(None, "what is written there reads otherwise")
    except Exception as error:  # of whichever library speaks to the storage
        raise _unusable(place.url, error) from error
    try:
        yield cache
    finally:
        with suppress(Exception):  # the next publication removes it
            cache._files.rm_file(f"{cache._folder}/{place.mark}")


def _file_system(url: str) -> tuple[Any, str]:
    """Return what speaks to the storage of an address, and the path there."""
    try:
        from fsspec.core import url_to_fs

        if (scheme := url.partition("://")[0]) in OBJECT_STORAGES:
            _have_obstore_speak(scheme)
        files, folder = url_to_fs(url)
    except ImportError as error:
        missing = (
            "run pip install 'repere[objects]' here and on every node"
            if url.partition("://")[0] in OBJECT_STORAGES
            else f"{_reason(error)}, here and on every node"
        )
        raise CacheError(
            f"The cache {_shown(url)} cannot be used without another library: {missing}."
        ) from error
    except Exception as error:  # of whichever library speaks to the storage
        raise _unusable(url, error) from error
    return files, str(folder).rstrip("/")


def _have_obstore_speak(scheme: str) -> None:
    """Have obstore speak to a kind of storage: one wheel, where fsspec's own libraries bring a dozen."""
    with suppress(ImportError):
        from obstore.fsspec import register

        register(scheme)


def _is_local(files: Any) -> bool:
    return "file" in ((files.protocol,) if isinstance(files.protocol, str) else files.protocol)


def _head(name: str, block: bytes) -> bytes:
    return f"{_FORMAT} {name} {len(block)} {hashlib.sha256(block).hexdigest()}".encode()


def _refuse_password(url: str) -> None:
    if _PASSWORD.match(url):
        raise CacheError(
            "The address of the cache holds a password, which a list of processes would show. Leave it out:"
            " each machine takes its own from the environment (for s3://, AWS_ACCESS_KEY_ID and"
            " AWS_SECRET_ACCESS_KEY) or from the files of the storage's library."
        )


def _refuse_nowhere(url: str) -> None:
    """Refuse what is meant for an address and would be taken for a folder here."""
    scheme, _, rest = url.partition(":")
    if (not rest.strip("/") and "://" in url) or (scheme in OBJECT_STORAGES and not rest.startswith("//")):
        raise CacheError(f"{url} names no storage. Write {scheme}://bucket/folder, or the path of a folder.")


def refuse_within(url: str, folders: Iterable[Path], apart_from: Path) -> None:
    """Raise CacheError where a cache lies in one of the folders of a corpus, whose build would read it."""
    path = Path(url.removeprefix("file://")).expanduser().resolve()
    if ("://" in url and not url.startswith("file://")) or path.is_relative_to(apart_from.resolve()):
        return
    for folder in folders:
        if path.is_relative_to(folder.resolve()):
            raise CacheError(
                f"The cache {path} lies in the corpus {folder}: the next build would read what it holds."
                " Give a folder outside."
            )


def _unusable(url: str, error: BaseException) -> CacheError:
    return CacheError(
        f"The cache {_shown(url)} cannot be used: {_reason(error)}. Give a folder or storage that can be"
        " written to, or leave --cache out; what was indexed before still serves."
    )


def _shown(url: str) -> str:
    """Return an address as it may be shown: without a query, which may hold a key."""
    return url.partition("?")[0] if "://" in url else url


def _reason(error: BaseException) -> str:
    """Return what the system says of an error, or what a library says on one line.

    The answer of a storage is left out, and so are queries of addresses: both may hold keys.
    """
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    said = re.sub(r"(?i)(\?|%3F)\S*", "", re.split(r"\n|<", str(error).strip(), maxsplit=1)[0])
    return said.rstrip(".: ") or type(error).__name__
