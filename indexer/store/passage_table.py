"""The passage table: the document, the language and the kind of every passage, by its row."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from indexer.records import PassageKind
from indexer.store.arrays import ArrayGroup
from indexer.store.manifest import Layout

_KINDS = {kind: code for code, kind in enumerate(PassageKind)}


class PassageTableWriter(ArrayGroup):
    """Writes the passage table of a new generation."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._documents = self.open(folder / Layout.PASSAGE_DOCUMENTS, np.int32)
        self._languages = self.open(folder / Layout.PASSAGE_LANGUAGES, np.uint16)
        self._kinds = self.open(folder / Layout.PASSAGE_KINDS, np.uint8)

    def add(self, document: int, languages: Sequence[str | None], kinds: Sequence[PassageKind]) -> None:
        """Append the passages of a document, by its number in the catalogue, each by language and kind."""
        self._documents.add(np.full(len(languages), document))
        self._languages.add(np.array([language_code(language) for language in languages]))
        self._kinds.add(np.array([kind_code(kind) for kind in kinds]))


class PassageTable:
    """Holds the passage table of a sealed generation in memory."""

    def __init__(self, folder: Path) -> None:
        self.documents: npt.NDArray[np.int32] = np.load(folder / Layout.PASSAGE_DOCUMENTS)
        """[passages]: number of the passage's document in the catalogue."""
        self.languages: npt.NDArray[np.uint16] = np.load(folder / Layout.PASSAGE_LANGUAGES)
        """[passages]: code of the passage's language, as language_code returns it."""
        self.kinds: npt.NDArray[np.uint8] = np.load(folder / Layout.PASSAGE_KINDS)
        """[passages]: code of the passage's kind, as kind_code returns it."""


def language_code(language: str | None) -> int:
    """Return 16 bits that stand for a language of two ASCII letters; 0 for any other, and for None."""
    if language is None or len(language) != 2 or not (language.isascii() and language.isalpha()):
        return 0
    return int.from_bytes(language.encode("ascii"), "little")


def kind_code(kind: PassageKind) -> int:
    """Return the place of a kind among all kinds."""
    return _KINDS[kind]


def language_of(code: int) -> str | None:
    """Return the language that 16 bits stand for; None for 0."""
    return int(code).to_bytes(2, "little").decode("ascii") if code else None
