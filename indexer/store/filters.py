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
    paths: tuple[str, ...] = ()
    """Texts that a path of the document has to hold, each in any case and accents; with * or ? a pattern."""
    titles: tuple[str, ...] = ()
    """Texts whose words the document's title has to hold, in any order, case and accents."""
    authors: tuple[str, ...] = ()
    """Texts whose words one of the document's authors has to hold, in any order, case and accents."""
    tag: str | None = None
    """A tag of the document, in any case and accents; None: any."""
    undated: bool = False
    """Whether the document must have no date."""
    phrases: tuple[str, ...] = ()
    """Texts whose words the passage, its title or a heading has to hold in a row, in any case and accents."""
    excluded: tuple[str, ...] = ()
    """Texts whose words the passage, its title and headings must not hold in a row, in any inflection."""

    @property
    def of_documents(self) -> bool:
        """Whether a condition is on documents, and not on passages alone."""
        on_texts = self.paths or self.titles or self.authors
        return bool(
            self.source is not None
            or self.formats
            or self.first
            or self.last
            or on_texts
            or self.tag
            or self.undated
        )

    @property
    def of_words(self) -> bool:
        """Whether a condition is on the words of passages."""
        return bool(self.phrases or self.excluded)

    @property
    def of_passages(self) -> bool:
        """Whether a condition is on passages, and not on documents alone."""
        return bool(self.languages or self.of_words)


EVERYTHING = Filters()


@dataclass(frozen=True, slots=True, eq=False)
class Allowed:
    """The passages that some filters allow."""

    passages: Mask
    """[passages]: whether each is allowed."""
    documents: Mask | None
    """[documents]: whether each may hold an allowed passage; None where no document is ruled out."""
    languages: tuple[str, ...]
    """Allowed languages as in Filters; empty: any."""
    count: int
    """Number of passages allowed."""
    reached: int
    """Number of passages in these documents and languages, allowed or not."""
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


def allow(
    passages: Mask, documents: Mask | None, languages: tuple[str, ...], reached: int | None = None
) -> Allowed:
    """Return masks [passages] and [documents] in the forms that a search needs.

    `reached` is None where the documents and languages allow no other passages.
    """
    bits = np.packbits(passages, bitorder="little")
    count = int(passages.sum())
    return Allowed(passages, documents, languages, count, count if reached is None else reached, bits)
