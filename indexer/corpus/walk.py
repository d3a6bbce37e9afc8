"""Walk the folders of a corpus: every file in them, in order, without opening any."""

from __future__ import annotations

import os
import stat
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path, PurePosixPath

from pathspec import GitIgnoreSpec

from indexer.corpus import library, saved_pages, sidecar
from indexer.corpus.loading import MOST_BYTES, VANISHED, too_large, unopened
from indexer.errors import CorpusError
from indexer.readers import Unreadable, check_format
from indexer.records import CorpusFile, Skipped

MOST_STARS = 3
"""Stars in one part of a pattern, and double stars in all: matching takes a name's length to that power."""


@dataclass(frozen=True, slots=True)
class Corpus:
    """The folders to index, and which of their files."""

    folders: tuple[Path, ...]
    """Where there are several, sources begin with the folder's own name."""
    include: tuple[str, ...] = ()
    """Patterns as in .gitignore; only files that match one are read. Without any, every file is."""
    exclude: tuple[str, ...] = ()
    """Patterns as in .gitignore; files that match one are left out."""
    apart_from: Path | None = None
    """Folder that is skipped without a word wherever it stands: that of the index."""

    @property
    def name(self) -> str:
        """The folders, as they were given."""
        return os.pathsep.join(map(str, self.folders))


def walk(corpus: Corpus | Path, most_bytes: int = MOST_BYTES) -> Iterator[CorpusFile | Skipped]:
    """Yield everything in a corpus, sorted by source; a path stands for that one folder.

    Files larger than most_bytes are skipped. Raises CorpusError when a folder is missing, cannot be listed or
    is named twice, or a pattern is invalid.
    """
    corpus = Corpus((corpus,)) if isinstance(corpus, Path) else corpus
    filters = _PathFilters(corpus)
    entries = [entry for root, prefix in _roots(corpus.folders) for entry in _entries(root, prefix, filters)]
    entries.sort(key=lambda entry: (entry[0], os.fsencode(entry[1])))
    by_source: dict[str, CorpusFile | Skipped] = {}
    same_name = []
    for source, path, root in entries:
        if source in by_source:
            reason = "its name is that of another file, spelt with other Unicode characters"
            same_name.append(Skipped(source, reason))
        else:
            by_source[source] = _judge(source, path, root, most_bytes)
    for source in by_source:
        page = saved_pages.page_of(source, by_source)
        if page:
            by_source[source] = Skipped(source, f"a part of the saved page {page}")
    found = library.described([*_with_sidecars(by_source), *same_name])
    yield from sorted(found, key=lambda item: item.source)


class _PathFilters:
    """The paths that a corpus's patterns let through."""

    def __init__(self, corpus: Corpus) -> None:
        self._include = _patterns(corpus.include) if corpus.include else None
        self._exclude = _patterns(corpus.exclude)
        self._apart_from = corpus.apart_from.resolve() if corpus.apart_from is not None else None

    def enters(self, source: str, folder: Path) -> bool:
        """Return whether to look into a folder; as with git, nothing in an excluded one is taken in again."""
        return folder != self._apart_from and not self._exclude.match_file(source + "/")

    def takes(self, source: str) -> bool:
        """Return whether to look at a file. A sidecar goes with the file it describes."""
        if source.endswith(sidecar.SUFFIX):
            return True
        included = self._include is None or self._include.match_file(source)
        return included and not self._exclude.match_file(source)


def _patterns(lines: Sequence[str]) -> GitIgnoreSpec:
    for line in lines:
        if max(part.count("*") for part in line.replace("**", "").split("/")) > MOST_STARS:
            raise CorpusError(
                f"The pattern {line[:60]!r} has more than {MOST_STARS} * between two slashes: some names"
                " would take it years. Write it with fewer, or as several patterns."
            )
        if line.count("**") > MOST_STARS:
            raise CorpusError(
                f"The pattern {line[:60]!r} has more than {MOST_STARS} ** : write it with fewer."
            )
    try:
        return GitIgnoreSpec.from_lines(unicodedata.normalize("NFC", line) for line in lines)
    except ValueError as error:
        raise CorpusError(f"A pattern cannot be used: {error}. Write it as in a .gitignore file.") from error


def _roots(folders: Sequence[Path]) -> list[tuple[Path, str]]:
    """Return each folder, resolved, with the prefix of its sources: "" where there is only one."""
    roots = {_root(folder): folder for folder in folders}
    if len(roots) == 1:
        return [(root, "") for root in roots]
    for one, other in combinations(roots, 2):
        inner, outer = (one, other) if one.is_relative_to(other) else (other, one)
        if inner.is_relative_to(outer):
            raise CorpusError(f"{roots[inner]} stands within {roots[outer]}: name the outer one alone.")
        if _nfc(one.name) == _nfc(other.name):
            raise CorpusError(
                f"{roots[one]} and {roots[other]} have the same name, so their files could not be told apart:"
                " rename one, or name the folder that holds both."
            )
    return [(root, f"{_nfc(root.name)}/") for root in roots]


def _root(folder: Path) -> Path:
    try:
        root = folder.resolve(strict=True)
        os.scandir(root).close()
    except FileNotFoundError:
        raise CorpusError(f"There is no folder {folder}: create it, or name the one to index.") from None
    except NotADirectoryError:
        raise CorpusError(f"{folder} is a file: name the folder that holds it instead.") from None
    except (OSError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise CorpusError(f"The folder {folder} cannot be listed ({reason}): make it readable.") from error
    return root


def _entries(root: Path, prefix: str, filters: _PathFilters) -> Iterator[tuple[str, Path, Path]]:
    """Yield (source, path, root) of all files at any depth, and of folders that are not entered.

    These are links, hidden folders and folders that cannot be listed.
    """
    folders = [root]
    while folders:
        here = folders.pop()
        try:
            entries = list(os.scandir(here))
        except OSError:
            yield _source(here, root, prefix), here, root
            continue
        for entry in entries:
            path = Path(entry.path)
            source = _source(path, root, prefix)
            if entry.is_dir(follow_symlinks=False) and not entry.name.startswith("."):
                if filters.enters(source, path):
                    folders.append(path)
            elif filters.takes(source):
                yield source, path, root


def _source(path: Path, root: Path, prefix: str) -> str:
    """Return the path within the corpus: NFC, forward slashes, printable whatever bytes the name holds."""
    name = os.fsencode(path.relative_to(root).as_posix()).decode("utf-8", errors="backslashreplace")
    return prefix + _nfc(name)


def _nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _with_sidecars(by_source: Mapping[str, CorpusFile | Skipped]) -> Iterator[CorpusFile | Skipped]:
    """Yield each file with its sidecar; a sidecar by itself only where it describes no file."""
    described = set()
    for source, item in by_source.items():
        if source.endswith(sidecar.SUFFIX):
            continue
        beside = _sidecar_of(source, by_source)
        described.add(beside.source if beside else source)
        yield replace(item, sidecar=beside) if isinstance(item, CorpusFile) else item
    for source, item in by_source.items():
        if source.endswith(sidecar.SUFFIX) and source not in described:
            unused = Skipped(source, "a sidecar of no file that is indexed")
            yield item if isinstance(item, Skipped) else unused


def _sidecar_of(source: str, by_source: Mapping[str, CorpusFile | Skipped]) -> CorpusFile | None:
    here = PurePosixPath(source)
    candidates = (by_source.get(str(here.with_name(name))) for name in sidecar.names(here.name))
    return next((item for item in candidates if isinstance(item, CorpusFile)), None)


def _judge(source: str, path: Path, root: Path, most_bytes: int) -> CorpusFile | Skipped:
    """Return a file worth opening, or why it is not, judged by its name and status alone."""
    try:
        os.fsencode(path).decode("utf-8")
        target = _target(path, root) if path.is_symlink() else path
        status = target.stat()
        reason = _reason(path, status, most_bytes)
        if not reason:
            if not source.endswith(sidecar.SUFFIX):
                check_format(source)
            return CorpusFile(source, target, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
    except UnicodeDecodeError:
        reason = "its name is not valid UTF-8: rename it"
    except Unreadable as error:
        reason = str(error)
    except FileNotFoundError:
        reason = VANISHED
    except OSError as error:
        reason = unopened(error)
    return Skipped(source, reason)


def _reason(path: Path, status: os.stat_result, most_bytes: int) -> str:
    """Return why an entry is no file to read, "" when it is one."""
    if path.name.startswith("."):
        return "hidden folder" if stat.S_ISDIR(status.st_mode) else "hidden file"
    if stat.S_ISDIR(status.st_mode):
        linked = path.is_symlink()
        return "a link to a folder of the corpus" if linked else "a folder that cannot be listed"
    if not stat.S_ISREG(status.st_mode):
        return "neither a file nor a folder (a pipe, a socket or a device)"
    if path.name.startswith("~$"):
        return "a lock file of an open Word document"
    return "empty file" if not status.st_size else too_large(status.st_size, most_bytes)


def _target(path: Path, root: Path) -> Path:
    """Return what a link leads to, free of links. Raises Unreadable unless that is in the corpus folder."""
    try:
        target = path.resolve(strict=True)
    except (OSError, RuntimeError):  # RuntimeError is how Python before 3.13 reports a loop
        raise Unreadable("a link that leads nowhere") from None
    if not target.is_relative_to(root):
        raise Unreadable("a link that leads outside the corpus")
    return target
