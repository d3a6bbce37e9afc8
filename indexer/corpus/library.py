"""Reference libraries of a corpus: which files their entries describe, which entries stand for themselves."""

from __future__ import annotations

import logging
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path, PurePosixPath
from posixpath import join, normpath

from indexer.corpus.loading import MOST_BYTES
from indexer.corpus.opening import open_file
from indexer.passages.analysis import fold
from indexer.readers import library
from indexer.readers.library import LIBRARY_SUFFIXES, Entry
from indexer.records import CorpusFile, Metadata, Skipped

LOG = logging.getLogger(__name__)
JSON = ".json"
JSON_HEAD = 4096
"""Bytes at the start of a .json file that tell whether it may be CSL-JSON."""

Item = CorpusFile | Skipped


def described(items: Sequence[Item]) -> list[Item]:
    """Return the files of a corpus with what its reference libraries say of them.

    Of a library, the entries whose files are in the corpus, or that an earlier entry repeats by its DOI or by
    title and year, are marked as standing elsewhere. The first entry that names a file describes it.
    """
    files = {item.source: item for item in items if isinstance(item, CorpusFile)}
    libraries = [
        file for file in files.values() if PurePosixPath(file.source).suffix.lower() in LIBRARY_SUFFIXES
    ]
    entries = {file.source: _entries(file.path, file.source, file.stamp) for file in libraries}
    if not any(entries.values()):
        return list(items)
    places = _Places(source for source in files if source not in entries or not entries[source])
    descriptions: dict[str, Metadata] = {}
    elsewhere: dict[str, frozenset[int]] = {}
    met: set[str] = set()
    for source, several in entries.items():
        standing = set()
        for number, entry in enumerate(several, 1):
            named = [place for path in entry.files if (place := places.find(source, path))]
            for place in named:
                descriptions.setdefault(place, entry.metadata)
            keys = set(_keys(entry.metadata))
            if named or keys & met:
                standing.add(number)
            met |= keys
        elsewhere[source] = frozenset(standing)
    return [
        replace(
            item, described=descriptions.get(item.source), elsewhere=elsewhere.get(item.source, frozenset())
        )
        if isinstance(item, CorpusFile)
        else item
        for item in items
    ]


class _Places:
    """Finds the source that a path in a library means."""

    def __init__(self, sources: Iterable[str]) -> None:
        self._by_name: dict[str, list[str]] = defaultdict(list)
        for source in sources:
            self._by_name[PurePosixPath(source).name].append(source)

    def find(self, of: str, path: str) -> str | None:
        """Return the source at a path from the folder of the library `of`, or else the one that ends like it.

        Absolute paths are those of the computer that exported the library, so their ends alone count: the
        source with the longest common end, where no other has one as long.
        """
        path = unicodedata.normalize("NFC", path)
        candidates = self._by_name.get(PurePosixPath(path).name, [])
        relative = normpath(join(PurePosixPath(of).parent.as_posix(), path))
        if relative in candidates:
            return relative
        shared = sorted(((_common_end(source, path), source) for source in candidates), reverse=True)
        is_one = shared and (len(shared) == 1 or shared[0][0] > shared[1][0])
        return shared[0][1] if is_one else None


def _common_end(one: str, other: str) -> int:
    """Return how many parts two paths share, from their ends."""
    count = 0
    for mine, theirs in zip(reversed(one.split("/")), reversed(other.split("/")), strict=False):
        if mine != theirs:
            break
        count += 1
    return count


def _keys(metadata: Metadata) -> Iterator[str]:
    """Yield what tells a work from others: its DOI, its title with its year."""
    if doi := metadata.identifiers.get("doi"):
        yield doi
    if metadata.date:
        yield f"{fold(metadata.title)} {metadata.date.iso[:4]}"


@lru_cache(maxsize=64)
def _entries(path: Path, source: str, _stamp: str) -> tuple[Entry, ...]:
    """Return the entries of a library, none where it cannot be read: its reader then says why.

    The stamp makes a library that has changed be read again.
    """
    try:
        with open_file(path) as file:
            head = file.read(JSON_HEAD)
            if source.lower().endswith(JSON) and not (
                head.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"[") and b'"type"' in head
            ):
                return ()
            return tuple(library.entries(PurePosixPath(source).name, head + file.read(MOST_BYTES)))
    except Exception as error:
        LOG.debug("no library: %s", source, exc_info=error)
        return ()
