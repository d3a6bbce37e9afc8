"""What is stored of a passage as a point, and how it is read back; pure functions over bytes and arrays.

vectors  passage [dim], units [units, dim] compared by their maximum, words: sparse, saturated as BM25
payload  document, language, passage_id, written, stems_…    what filters ask for
         shown, units                                        what is shown of it, fetched for the hits alone

All else that scores are made of stands in columns, which every searcher has a copy of (see columns.py).
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from indexer.passages.phrases import STEMMING, phrase_words, stems
from indexer.records import Passage, PassageKind, Sentence
from indexer.store.arrays import Floats

PASSAGE, UNITS, WORDS = "passage", "units", "words"
"""Names of a point's vectors."""
DOCUMENT, LANGUAGE, NAME, WRITTEN = "document", "language", "passage_id", "written"
"""Payload that filters ask for: document's number, ISO 639-1 code, id, folded words in order."""
SHOWN, UNIT_BYTES = "shown", "units"
"""Payload that is fetched with hits."""
STEMMED = {analysis.name: f"stems_{analysis.name}" for analysis in STEMMING}
"""Name of an analysis → payload of the stems by it, in order."""
BREAK = "endoftext"
"""Stands between the text, the title and the headings of a passage, so that no phrase runs across."""
K1, B = 1.2, 0.75
"""BM25's constants for what words bring up: tantivy's, so that both stores find like candidates."""


@dataclass(frozen=True, slots=True)
class StoredUnits:
    """The units of one passage, in 8 bits as vectors.quantise returns them."""

    levels: npt.NDArray[np.int8]
    """[units, dim]"""
    scales: Floats
    """[units]"""
    sentences: npt.NDArray[np.uint16]
    """[units]: place of the sentence that a unit is shown as."""

    def ranked(self, query: Floats) -> list[tuple[float, int]]:
        """Return (inner product, place of its sentence) of each unit with query [dim], best first."""
        products = (self.levels.astype(np.float32) @ query) * self.scales
        scored = zip(products.tolist(), self.sentences.tolist(), strict=True)
        return sorted(scored, key=lambda unit: -unit[0])


def packed_units(units: StoredUnits) -> str:
    """Return the units of one passage as text."""
    pieces = (units.scales.astype("<f4"), units.sentences.astype("<u2"), units.levels)
    return b64encode(b"".join(piece.tobytes() for piece in pieces)).decode("ascii")


def unpacked_units(text: str, dim: int) -> StoredUnits:
    """Return what packed_units was given, of vectors of so many components."""
    data = b64decode(text)
    count = len(data) // (dim + 6)
    return StoredUnits(
        np.frombuffer(data, np.int8, count * dim, 6 * count).reshape(count, dim),
        np.frombuffer(data, "<f4", count),
        np.frombuffer(data, "<u2", count, 4 * count),
    )


def packed_passage(passage: Passage) -> str:
    """Return a passage as JSON."""
    sentences = [[each.text, each.start, each.end, each.page] for each in passage.sentences]
    own = [passage.text, passage.start, passage.end, passage.section, passage.page, passage.language]
    return json.dumps([*own, sentences, passage.kind, passage.last_page], ensure_ascii=False)


def unpacked_passage(text: str) -> Passage:
    """Return what packed_passage was given."""
    body, start, end, section, page, language, sentences, kind, last_page = json.loads(text)
    whole = tuple(Sentence(*each) for each in sentences)
    return Passage(body, start, end, tuple(section), page, language, whole, PassageKind(kind), last_page)


def wordings(texts: Sequence[str]) -> dict[str, str]:
    """Return payload in which phrases are found: the words of the texts as written, and by their stems."""
    words = [phrase_words(text) for text in texts]
    lines: dict[str, str] = {WRITTEN: _line(words)}
    for analysis in STEMMING:
        lines[STEMMED[analysis.name]] = _line([stems(each, analysis) for each in words])
    return lines


def _line(texts: Sequence[Sequence[str]]) -> str:
    return f" {BREAK} ".join(" ".join(words) for words in texts)


def saturated(weights: npt.NDArray[np.floating], length: float, mean_length: float) -> Floats:
    """Return w · (K1 + 1) / (w + K1 · (1 - B + B · length / mean)) of the weights w [terms] of a passage."""
    penalty = K1 * (1 - B + B * length / max(mean_length, 1e-9))
    values: Floats = (weights * (K1 + 1) / (weights + penalty)).astype(np.float32)
    return values
