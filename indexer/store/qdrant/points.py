"""What is stored of a passage as a point, and how it is read back; pure functions over bytes and arrays.

vectors  passage [dim], units [units, dim] compared by their maximum, words: sparse, saturated as BM25
payload  document, language, passage_id, written, stems_…    what filters ask for
         features                                            what scores are made of, in bytes
         shown, units, others                                what is shown of it, fetched for the hits alone
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from indexer.passages.analysis import ANALYSES
from indexer.passages.phrases import STEMMING, phrase_words, stems
from indexer.records import Passage, PassageKind, Sentence
from indexer.store.arrays import Floats
from indexer.store.vectors import VectorRows

PASSAGE, UNITS, WORDS = "passage", "units", "words"
"""Names of a point's vectors."""
DOCUMENT, LANGUAGE, NAME, WRITTEN = "document", "language", "passage_id", "written"
"""Payload that filters ask for: document's number, ISO 639-1 code, id, folded words in order."""
FEATURES, SHOWN, UNIT_BYTES, OTHERS = "features", "shown", "units", "others"
"""Payload that is fetched: with candidates the first, with hits the rest."""
STEMMED = {analysis.name: f"stems_{analysis.name}" for analysis in STEMMING}
"""Name of an analysis → payload of the stems by it, in order."""
BREAK = "endoftext"
"""Stands between the text, the title and the headings of a passage, so that no phrase runs across."""
K1, B = 1.2, 0.75
"""BM25's constants for what words bring up: tantivy's, so that both stores find like candidates."""

_TABLE = np.dtype(
    [
        ("document", "<i4"),
        ("twins", "<i4"),
        ("versions", "<i4"),
        ("terms", "<i4"),
        ("language", "<u2"),
        ("kind", "u1"),
        ("lengths", "<f4", (len(ANALYSES),)),
    ]
)


@dataclass(frozen=True, slots=True)
class Features:
    """What the scores, relevance and order of passages are made of, beside their vectors."""

    table: npt.NDArray[np.void]
    """[passages]: records of document, twins, versions, terms, language, kind and lengths."""
    keys: npt.NDArray[np.uint32]
    """[terms]: keys of the terms that the passages hold, one passage after the other."""
    weights: npt.NDArray[np.uint8]
    """[terms]: weight of each in quarters of an occurrence."""

    @property
    def owners(self) -> npt.NDArray[np.int64]:
        """[terms]: place of the passage that holds each."""
        return np.repeat(np.arange(len(self.table)), self.table["terms"])


def packed_features(
    values: tuple[int, int, int, int, int],
    lengths: Floats,
    keys: npt.NDArray[np.uint32],
    weights: npt.NDArray[np.uint8],
) -> str:
    """Return features as text; values: document, group of twins, of versions, language's and kind's codes."""
    document, twins, versions, language, kind = values
    table = np.array((document, twins, versions, len(keys), language, kind, tuple(lengths)), _TABLE)
    return b64encode(table.tobytes() + keys.astype("<u4").tobytes() + weights.tobytes()).decode("ascii")


def unpacked_features(texts: Sequence[str]) -> Features:
    """Return the features of several passages, each packed by packed_features."""
    packed, begin = [b64decode(text) for text in texts], _TABLE.itemsize
    table = np.frombuffer(b"".join([each[:begin] for each in packed]), _TABLE)
    ends = (begin + 4 * table["terms"]).tolist()
    pairs = list(zip(packed, ends, strict=True))
    return Features(
        table,
        np.frombuffer(b"".join([each[begin:end] for each, end in pairs]), "<u4"),
        np.frombuffer(b"".join([each[end:] for each, end in pairs]), np.uint8),
    )


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


def packed_units(rows: VectorRows) -> str:
    """Return the units of one passage as text."""
    pieces = (rows.scales.astype("<f4"), rows.sentences.astype("<u2"), rows.levels)
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


def payload_of(values: dict[str, Any]) -> dict[str, Any]:
    """Return payload without what a passage has none of: nothing is stored for it."""
    return {name: value for name, value in values.items() if value is not None}
