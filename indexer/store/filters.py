"""What a search is confined to: the filters as they are asked for, and the passages that they let through."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Filters:
    """What a passage and its document have to be; by default anything will do."""

    source: str | None = None
    """A pattern of SQLite's GLOB, NFC, that a path of the document has to match."""
    languages: tuple[str, ...] = ()
    """The passage's, ISO 639-1: one of these; empty: any or none."""
    formats: tuple[str, ...] = ()
    """The document's: one of these; empty: any."""
    first: str | None = None
    """Day, ISO 8601, on which or after which the document may be of; its month may have a 31st always."""
    last: str | None = None
    """The same, on which or before which."""

    @property
    def of_documents(self) -> bool:
        """Whether something is asked of documents, and not of passages alone."""
        return bool(self.source is not None or self.formats or self.first or self.last)


EVERYTHING = Filters()


@dataclass(frozen=True, slots=True, eq=False)
class Allowed:
    """The passages that some filters let through."""

    passages: Mask
    """[passages]"""
    documents: Mask | None
    """[documents]: those that the filters of documents let through; None where there is no such filter."""
    languages: tuple[str, ...]
    """As in Filters."""
    count: int
    """Passages let through."""
    bits: npt.NDArray[np.uint8]
    """The passages as bits, the lowest of each byte first: what FAISS reads."""

    @property
    def rows(self) -> npt.NDArray[np.int64]:
        """Passages let through, by their rows."""
        return np.flatnonzero(self.passages)

    @property
    def named(self) -> int:
        """Documents that tell which are let through: these or the others, whichever are fewer."""
        if self.documents is None:
            return 0
        through = int(np.count_nonzero(self.documents))
        return min(through, len(self.documents) - through)


def allow(passages: Mask, documents: Mask | None, languages: tuple[str, ...]) -> Allowed:
    """Masks as a search needs them."""
    bits = np.packbits(passages, bitorder="little")
    return Allowed(passages, documents, languages, int(passages.sum()), bits)


def language_code(language: str | None) -> int:
    """16 bits that stand for a language of two ASCII letters; 0 for any other, and for none."""
    if language is None or len(language) != 2 or not (language.isascii() and language.isalpha()):
        return 0
    return int.from_bytes(language.encode("ascii"), "little")


def language_of(code: int) -> str | None:
    """The language that 16 bits stand for; None for 0."""
    return int(code).to_bytes(2, "little").decode("ascii") if code else None
