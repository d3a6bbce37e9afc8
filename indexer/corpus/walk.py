"""The corpus: one or several folders → every file in them, in order. No file is opened."""

from __future__ import annotations

import os
import stat
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path, PurePosixPath

from pathspec import GitIgnoreSpec

from indexer.corpus import sidecar
from indexer.corpus.loading import VANISHED, too_large, unopened
from indexer.errors import CorpusError
from indexer.readers import Unreadable, reader_of
from indexer.records import CorpusFile, Skipped


@dataclass(frozen=True, slots=True)
class Corpus:
    """What is to be indexed."""

    folders: tuple[Path, ...]
    """Of several, the sources begin with the folder's own name."""
    include: tuple[str, ...] = ()
    """Patterns as in .gitignore; only files that fit one are read. None: every file."""
    exclude: tuple[str, ...] = ()
    """Patterns as in .gitignore; files that fit are left out."""
    apart_from: Path | None = None
    """A folder that is passed over wherever it stands: that of the index."""

    @property
    def name(self) -> str:
        """The folders, as they were given."""
        return os.pathsep.join(map(str, self.folders))


def walk(corpus: Corpus | Path) -> Iterator[CorpusFile | Skipped]:
    """Everything in a corpus, sorted by source; a path stands for the one folder.

    CorpusError when a folder is missing, cannot be listed or is named twice, or a pattern has no meaning.
    """
    corpus = Corpus((corpus,)) if isinstance(corpus, Path) else corpus
    wanted = _Wanted(corpus)
    found = [item for root, prefix in _roots(corpus.folders) for item in _entries(root, prefix, wanted)]
    found.sort(key=lambda item: (item[0], os.fsencode(item[1])))
    seen: dict[str, CorpusFile | Skipped] = {}
    twice = []
    for source, path, root in found:
        if source in seen:
            reason = "its name is that of another file, spelt with other Unicode characters"
            twice.append(Skipped(source, reason))
        else:
            seen[source] = _judge(source, path, root)
    yield from sorted([*_with_sidecars(seen), *twice], key=lambda item: item.source)


class _Wanted:
    """Which paths the patterns ask for."""

    def __init__(self, corpus: Corpus) -> None:
        self._include = _patterns(corpus.include) if corpus.include else None
        self._exclude = _patterns(corpus.exclude)
        self._apart_from = corpus.apart_from.resolve() if corpus.apart_from is not None else None

    def folder(self, source: str, path: Path) -> bool:
        """Whether to look into a folder; as with git, nothing in an excluded one is taken in again."""
        return path != self._apart_from and not self._exclude.match_file(source + "/")

    def file(self, source: str) -> bool:
        """Whether to look at a file. A sidecar goes with what it describes."""
        if source.endswith(sidecar.SUFFIX):
            return True
        included = self._include is None or self._include.match_file(source)
        return included and not self._exclude.match_file(source)


def _patterns(lines: Sequence[str]) -> GitIgnoreSpec:
    try:
        return GitIgnoreSpec.from_lines(unicodedata.normalize("NFC", line) for line in lines)
    except ValueError as error:
        raise CorpusError(f"A pattern cannot be used: {error}. Write it as in a .gitignore file.") from error


def _roots(folders: Sequence[Path]) -> list[tuple[Path, str]]:
    """Each folder with what its sources begin with: nothing where there is but one."""
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


def _entries(root: Path, prefix: str, wanted: _Wanted) -> Iterator[tuple[str, Path, Path]]:
    """(source, path, root) of all that is no open folder, at any depth; links to folders are not entered."""
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
                if wanted.folder(source, path):
                    folders.append(path)
            elif wanted.file(source):
                yield source, path, root


def _source(path: Path, root: Path, prefix: str) -> str:
    """Path within the corpus: NFC, forward slashes, and printable whatever bytes the name is made of."""
    name = os.fsencode(path.relative_to(root).as_posix()).decode("utf-8", errors="backslashreplace")
    return prefix + _nfc(name)


def _nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _with_sidecars(found: Mapping[str, CorpusFile | Skipped]) -> Iterator[CorpusFile | Skipped]:
    """What was found, each file with its sidecar; a sidecar by itself only where it describes nothing."""
    described = set()
    for source, item in found.items():
        if source.endswith(sidecar.SUFFIX):
            continue
        beside = _beside(source, found)
        described.add(beside.source if beside else source)
        yield replace(item, sidecar=beside) if isinstance(item, CorpusFile) else item
    for source, item in found.items():
        if source.endswith(sidecar.SUFFIX) and source not in described:
            unused = Skipped(source, "a sidecar of no file that is indexed")
            yield item if isinstance(item, Skipped) else unused


def _beside(source: str, found: Mapping[str, CorpusFile | Skipped]) -> CorpusFile | None:
    """The sidecar of a file."""
    here = PurePosixPath(source)
    named = (found.get(str(here.with_name(name))) for name in sidecar.names(here.name))
    return next((each for each in named if isinstance(each, CorpusFile)), None)


def _judge(source: str, path: Path, root: Path) -> CorpusFile | Skipped:
    """A file worth opening, or why it is not, told from its name and status alone."""
    try:
        os.fsencode(path).decode("utf-8")
        status = path.stat() if not path.is_symlink() else _linked(path, root)
        reason = _reason(path, status.st_mode, status.st_size)
        if not reason:
            if not source.endswith(sidecar.SUFFIX):
                reader_of(source)
            return CorpusFile(source, path, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
    except UnicodeDecodeError:
        reason = "its name is not valid UTF-8: rename it"
    except Unreadable as error:
        reason = str(error)
    except FileNotFoundError:
        reason = VANISHED
    except OSError as error:
        reason = unopened(error)
    return Skipped(source, reason)


def _reason(path: Path, mode: int, size: int) -> str:
    """Why something that is there is no file to read; empty when it is one."""
    if path.name.startswith("."):
        return "hidden folder" if stat.S_ISDIR(mode) else "hidden file"
    if stat.S_ISDIR(mode):
        linked = path.is_symlink()
        return "a link to a folder of the corpus" if linked else "a folder that cannot be listed"
    if not stat.S_ISREG(mode):
        return "neither a file nor a folder (a pipe, a socket or a device)"
    return "empty file" if not size else too_large(size)


def _linked(path: Path, root: Path) -> os.stat_result:
    """Status of what a link leads to. Raises Unreadable unless that stands in the folder."""
    try:
        target = path.resolve(strict=True)
    except (OSError, RuntimeError):  # RuntimeError is how Python before 3.13 reports a loop
        raise Unreadable("a link that leads nowhere") from None
    if not target.is_relative_to(root):
        raise Unreadable("a link that leads outside the corpus")
    return target.stat()
