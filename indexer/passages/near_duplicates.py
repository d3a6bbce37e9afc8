"""Group near-duplicates: passages of different documents that say the same in nearly the same words.

Two groupings are computed from one signature a passage. *Twins* agree in their figures and dates as well (a
press release on five sites). *Versions* may differ in figures alone (the notice of 2014 and that of 2015).
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from indexer.months import MONTH_NUMBER
from indexer.passages.analysis import words

MINIMA = 64
"""Minima of a signature; a digest of the passage's figures follows them."""
LEAST_WORDS = 12
"""Words beside figures of a passage that can have near-duplicates: "read more" has none."""
FIGURE = "#"
"""Stands for any figure or date in a shingle."""
SHINGLE = 3
"""Words that are taken together."""
LEAST_SHARE = 0.8
"""Share of equal minima from which two passages are near-duplicates: estimates that of common shingles."""
BANDS = 16
"""Of four minima each: of pairs just alike enough, one in 5 000 has no band in common."""
NEAR = 3
"""So many neighbours in a band a passage is compared with: of five or fewer, each with each."""

_TELLING = frozenset(MONTH_NUMBER) | frozenset(
    """
    deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize vingt trente
    quarante cinquante soixante cent cents mille million millions milliard milliards
    lundi mardi mercredi jeudi vendredi samedi dimanche
    two three four five seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen
    eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand billion
    monday tuesday wednesday thursday friday saturday sunday
    """.split()
)
"""Words that tell a number or a date, folded."""
_NONE = np.uint32(0xFFFFFFFF)
"""The minima of a passage that is too short."""
_BLOCK = 1 << 16
"""Signatures, or pairs of them, looked at together."""

Signatures = npt.NDArray[np.uint32]
"""[passages, MINIMA + 1], one row a passage: see signature."""
Rows = npt.NDArray[np.int64]
Keys = npt.NDArray[np.uint64]


def signature(text: str) -> npt.NDArray[np.uint32]:
    """Return [MINIMA + 1]: the minima of a passage's shingles (MinHash), and a digest of its figures.

    Shingles show a figure or a date as FIGURE, so that texts that differ in figures alone have the same
    minima. A signature depends on nothing but the folded words: case, accents and typography do not matter.
    """
    folded = list(words(text))
    masked = [FIGURE if _tells_figure(word) else word for word in folded]
    minima = _nothing().copy()
    if len(masked) - masked.count(FIGURE) >= LEAST_WORDS:
        shingles = zip(*(masked[start:] for start in range(SHINGLE)), strict=False)
        minima.update_batch(" ".join(shingle).encode() for shingle in shingles)
    return np.append(minima.hashvalues, np.uint32(_figures(folded)))


def signatures(texts: Iterable[str]) -> Signatures:
    """Return the signature of each text: [texts, MINIMA + 1]."""
    rows = [signature(text) for text in texts]
    return np.array(rows, dtype=np.uint32).reshape(-1, MINIMA + 1)


def groups(held: Signatures, documents: npt.NDArray[np.int32], *, figures: bool = True) -> Rows:
    """Return [passages]: the lowest row of the group that each passage stands in; -1 where it is alone.

    held [passages, MINIMA + 1], documents [passages]. Members of a group agree in their figures, unless
    `figures` is false. A near-duplicate of a near-duplicate is one, and a group spans at least two documents.
    The grouping does not depend on the order of the passages. Time is linear in their number, however many
    are alike.
    """
    group_of = np.full(len(held), -1, dtype=np.int64)
    rows = np.flatnonzero(held[:, 0] != _NONE)
    if not len(rows):
        return group_of
    keys = _keys(held, figures)
    # Of passages with the very same signature one stands for all; they are in an order of their content.
    _, first, alike = np.unique(keys[0, rows], return_index=True, return_inverse=True)
    distinct = rows[first]
    component = _components(held, keys[1:, distinct], distinct, figures)[alike]
    order = np.argsort(component, kind="stable")
    begins = np.flatnonzero(np.diff(component[order], prepend=-1))
    rows = rows[order]
    lowest, highest = (edge.reduceat(documents[rows], begins) for edge in (np.minimum, np.maximum))
    group = np.where(lowest < highest, rows[begins], -1)
    group_of[rows] = np.repeat(group, np.diff(begins, append=len(rows)))
    return group_of


def _components(held: Signatures, bands: Keys, rows: Rows, figures: bool) -> npt.NDArray[np.int32]:
    """Return [rows]: a number for each set of rows that pairs connect. bands [BANDS, rows]."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    found = np.arange(len(rows), dtype=np.int32)
    for band in bands:
        pairs = _candidates(band)
        pairs = _verified(held, rows, pairs[:, found[pairs[0]] != found[pairs[1]]], figures)
        if not pairs.size:
            continue
        linked = (np.ones(pairs.shape[1], dtype=bool), (found[pairs[0]], found[pairs[1]]))
        sets = int(found.max()) + 1
        joined = connected_components(coo_matrix(linked, (sets, sets)), directed=False)[1]
        found = joined[found]
    return found


def _candidates(keys: Keys) -> Rows:
    """[2, pairs]: every place with the first place of the same key and with up to NEAR just before it.

    Not each with each: a text that stands in thousands of places stays cheap.
    """
    order = np.argsort(keys, kind="stable")
    is_first = np.diff(keys[order], prepend=~keys[order[:1]]) != 0
    later = np.flatnonzero(~is_first)
    first = np.flatnonzero(is_first)[np.cumsum(is_first)[later] - 1]
    pairs = [np.stack([first, later])]
    for step in range(1, NEAR + 1):
        between = later - step > first
        pairs.append(np.stack([later - step, later])[:, between])
    found: Rows = order[np.concatenate(pairs, axis=1)]
    return found


def _verified(held: Signatures, rows: Rows, pairs: Rows, figures: bool) -> Rows:
    """Return those of pairs [2, n] that are near-duplicates."""
    kept = []
    for start in range(0, pairs.shape[1], _BLOCK):
        some = pairs[:, start : start + _BLOCK]
        equal = held[rows[some[0]]] == held[rows[some[1]]]
        alike = equal[:, :MINIMA].mean(axis=1) >= LEAST_SHARE
        kept.append(some[:, alike & equal[:, MINIMA] if figures else alike])
    return np.concatenate(kept, axis=1) if kept else pairs


def _keys(held: Signatures, figures: bool) -> Keys:
    """Return [1 + BANDS, passages]: a digest of each signature and of each band, with figures or without."""
    keys = np.empty((1 + BANDS, len(held)), dtype=np.uint64)
    factors = _factors() if figures else np.vstack([_factors()[:MINIMA], np.zeros_like(_factors()[MINIMA:])])
    for start in range(0, len(held), _BLOCK):
        keys[:, start : start + _BLOCK] = (held[start : start + _BLOCK].astype(np.uint64) @ factors).T
    return keys


@cache
def _factors() -> Keys:
    """[MINIMA + 1, 1 + BANDS]: odd numbers, by which and modulo 2⁶⁴ a digest weighs what it covers."""
    generator = np.random.RandomState(1)  # its numbers stay the same for ever; default_rng's need not
    factors = generator.randint(0, 1 << 63, (MINIMA + 1, 1 + BANDS), dtype=np.uint64) * 2 + 1
    band = np.arange(MINIMA + 1)[:, None] // (MINIMA // BANDS)
    covered = (band == np.arange(BANDS)) | (band == BANDS)
    factors[:, 1:] *= covered
    return factors


def _tells_figure(word: str) -> bool:
    """Return whether a folded word tells a number or a date."""
    return word in _TELLING or any(char.isdigit() for char in word)


def _figures(folded: Iterable[str]) -> int:
    """Return 32 bits that stand for the numbers and dates of a text, in their order."""
    return zlib.crc32(" ".join(word for word in folded if _tells_figure(word)).encode())


@cache
def _nothing() -> Any:
    """The MinHash of no shingles. Making one draws its permutations, so it is copied."""
    from datasketch import MinHash  # which brings all of scipy: most of a second

    return MinHash(num_perm=MINIMA, seed=1, hashfunc=zlib.crc32, scheme="affine32")
