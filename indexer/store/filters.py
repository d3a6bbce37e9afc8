"""Filters that confine a search, and the passages that they allow."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Filters:
    """Conditions on a passage and its document; by default there is none."""

    source: str | None = None
    """Pattern of SQLite's GLOB, NFC, that a path of the document has to match; None: any path."""
    languages: tuple[str, ...] = ()
    """ISO 639-1 codes, of which the passage's language has to be one; empty: any language or none."""
    formats: tuple[str, ...] = ()
    """Names of readers, of which the document's format has to be one; empty: any format."""
    first: str | None = None
    """Earliest day of the document's date, ISO 8601; every month may be given a 31st. None: no limit."""
    last: str | None = None
    """Latest day of the document's date, ISO 8601; every month may be given a 31st. None: no limit."""

    @property
    def of_documents(self) -> bool:
        """Whether a condition is on documents, and not on passages alone."""
        return bool(self.source is not None or self.formats or self.first or self.last)


EVERYTHING = Filters()


@dataclass(frozen=True, slots=True, eq=False)
class Allowed:
    """The passages that some filters allow."""

    passages: Mask
    """[passages]: whether each is allowed."""
    documents: Mask | None
    """[documents]: whether the conditions on documents allow each; None where there is no such condition."""
    languages: tuple[str, ...]
    """Allowed languages as in Filters; empty: any."""
    count: int
    """Number of passages allowed."""
    bits: npt.NDArray[np.uint8]
    """The mask of passages as bits, the lowest of each byte first, which is what FAISS reads."""

    @property
    def rows(self) -> npt.NDArray[np.int64]:
        """Rows of the allowed passages, in order."""
        return np.flatnonzero(self.passages)

    @property
    def named(self) -> int:
        """Number of documents to name in a query: the allowed ones or the others, whichever are fewer."""
        if self.documents is None:
            return 0
        allowed = int(np.count_nonzero(self.documents))
        return min(allowed, len(self.documents) - allowed)


def allow(passages: Mask, documents: Mask | None, languages: tuple[str, ...]) -> Allowed:
    """Return masks [passages] and [documents] in the forms that a search needs."""
    bits = np.packbits(passages, bitorder="little")
    return Allowed(passages, documents, languages, int(passages.sum()), bits)
