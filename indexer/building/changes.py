"""What has changed in a corpus since the last build: its files compared by their bytes and their names."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from indexer.corpus.loading import digest
from indexer.records import CorpusFile, Skipped

UNREAD = "unreadable"
"""Stands for the digest of a file that cannot be read."""


@dataclass(frozen=True, slots=True)
class Changes:
    """Sources, each list in order."""

    new: tuple[str, ...]
    changed: tuple[str, ...]
    moved: tuple[tuple[str, str], ...]
    """(where it stood, where it stands)"""
    removed: tuple[str, ...]
    same: int
    """How many files are as they were."""


def digests(files: Sequence[CorpusFile], before: Mapping[str, tuple[str, str]]) -> dict[str, str]:
    """source → digest of each file's bytes and its sidecar's.

    before: source → (stamp, digest) as the last build found them; a file that has not been touched since is
    not read again.
    """
    found = {}
    for file in files:
        stamp, known = before.get(file.source, ("", ""))
        try:
            found[file.source] = known if stamp == file.stamp else digest(file)
        except OSError:
            found[file.source] = UNREAD
    return found


def compare(before: Mapping[str, str], now: Mapping[str, str]) -> Changes:
    """What became of the files of before; both source → digest.

    A source that is gone and a new one with the same bytes are one file that was moved.
    """
    gone: defaultdict[str, list[str]] = defaultdict(list)
    for source in sorted(before.keys() - now.keys(), reverse=True):
        gone[before[source]].append(source)
    new, moved = [], []
    for source in sorted(now.keys() - before.keys()):
        if gone[now[source]]:
            moved.append((gone[now[source]].pop(), source))
        else:
            new.append(source)
    kept = before.keys() & now.keys()
    changed = sorted(source for source in kept if before[source] != now[source])
    removed = sorted(source for sources in gone.values() for source in sources)
    return Changes(tuple(new), tuple(changed), tuple(moved), tuple(removed), len(kept) - len(changed))


def state(found: Mapping[str, str], skipped: Sequence[Skipped]) -> str:
    """Digest over every file's source and bytes and over what was skipped: changes when the corpus does."""
    whole = hashlib.sha256()
    for source, told in found.items():
        whole.update(f"{source}\0{told}\0".encode())
    for each in skipped:
        whole.update(f"{each.source}\0{each.reason}\0".encode())
    return whole.hexdigest()
