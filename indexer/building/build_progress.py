"""What a build is doing and how far it has come, by the texts that it embeds: they are what takes time."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from threading import Lock
from types import TracebackType
from typing import Self

from indexer.progress import Clock, Display, Line, pace

LOADING = "Loading the model"
EMBEDDING = "Embedding"
WORDS = "Words: writing the index of words and the catalogue"
VECTORS = "Vectors: finding out which passages are near one another"
PUBLISHING = "Publishing: checksums, and every file to disk"


@dataclass(frozen=True, slots=True)
class Counts:
    """How far reading and embedding have come. Texts that need no embedding are not counted."""

    files: int = 0
    files_read: int = 0
    """Files read and cut, or taken over as they were."""
    size: int = 0
    """Bytes of the files that are new or have changed."""
    size_read: int = 0
    """Bytes of those read and cut so far."""
    files_searched: int = 0
    size_searched: int = 0
    """Files and bytes read when texts to embed were last looked for in what had been read."""
    texts: int = 0
    """Texts to embed that were found there."""
    characters: int = 0
    texts_embedded: int = 0
    characters_embedded: int = 0

    @property
    def share_searched(self) -> float:
        """Share of what is to be read whose texts have been found; 1 where their number is final."""
        return self.size_searched / self.size if self.files_searched < self.files and self.size else 1.0


def line(counts: Counts, seconds: float) -> Line:
    """Return what is shown of reading and embedding, which has gone on for so many seconds.

    While files are still to be read their texts are estimated by their bytes. The time left goes by the
    characters of texts, for a passage takes as long as ten sentences.
    """
    read = f"{counts.files_read} of {counts.files} files read"
    share = counts.share_searched
    if not counts.texts:
        return Line(f"Reading: {read}", counts.files_read / max(1, counts.files))
    if not share:
        return Line(f"{EMBEDDING}: {counts.texts_embedded} of at least {counts.texts} texts; {read}")
    total = f"{'' if share == 1 else 'about '}{counts.texts / share:.0f}"
    told = f"{EMBEDDING}: {counts.texts_embedded} of {total} texts"
    done = counts.characters_embedded * share / counts.characters
    if done:
        # The pace is one of texts; as many of them are left as the characters say.
        told += pace(counts.texts_embedded, counts.texts_embedded * (1 - done) / done, seconds)
    return Line(told if share == 1 else f"{told}; {read}", done)


class BuildProgress:
    """Notes what a build does and shows it until its block ends; safe to call from several threads."""

    def __init__(self, clock: Clock = time.monotonic) -> None:
        self.counts = Counts()
        self._phase = LOADING
        self._clock = clock
        self._embedding_since: float | None = None
        self._lock = Lock()
        self._display = Display(self._line)

    def __enter__(self) -> Self:
        self._display.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop showing."""
        self._display.__exit__(kind, error, trace)

    def enter(self, phase: str) -> None:
        """Show that the build has come to another phase."""
        self._phase = phase
        self._display.changed()

    def tell(self, text: str) -> None:
        """Show a line that stays."""
        self._display.tell(text)

    def expect(self, files: int, size: int) -> None:
        """Take note of how many files there are, and how many bytes of them are to be read."""
        self._add(files=files, size=size)

    def read(self, size: int) -> None:
        """Take note of so many bytes of a file that have been read and cut."""
        self._add(size_read=size)

    def file_read(self, size: int) -> None:
        """Take note of the last bytes of a file; 0 where it was taken over as it was."""
        self._add(files_read=1, size_read=size)

    def found(self, texts: int, characters: int) -> None:
        """Take note of the texts that have to be embedded of what has been read since the last ones."""
        with self._lock:
            read = self.counts.files_read, self.counts.size_read
            self.counts = replace(self.counts, files_searched=read[0], size_searched=read[1])
        self._add(texts=texts, characters=characters)
        if texts and self._embedding_since is None:
            self._embedding_since = self._clock()

    def embedded(self, texts: int, characters: int) -> None:
        """Take note of texts that have been embedded."""
        self._add(texts_embedded=texts, characters_embedded=characters)

    def _add(self, **more: int) -> None:
        with self._lock:
            self.counts = replace(
                self.counts, **{name: getattr(self.counts, name) + count for name, count in more.items()}
            )

    def _line(self) -> Line:
        if self._phase != EMBEDDING:
            return Line(f"{self._phase}…")
        since = self._embedding_since
        return line(self.counts, 0.0 if since is None else self._clock() - since)
