"""Twins: passages of different documents that say the same in nearly the same words."""

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
"""Shorter passages, "read more" and the like, are no one's twins."""
SHINGLE = 3
"""Words that are taken together."""
LEAST_SHARE = 0.8
"""Share of equal minima, which estimates the share of common shingles, from which two passages are twins."""
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
    """[MINIMA + 1]: the minima of a passage's shingles (MinHash), and a digest of its figures.

    Depends on nothing but the folded words, so case, accents and typography make no difference.
    """
    found = list(words(text))
    minima = _nothing().copy()
    if len(found) >= LEAST_WORDS:
        shingles = zip(*(found[start:] for start in range(SHINGLE)), strict=False)
        minima.update_batch(" ".join(each).encode() for each in shingles)
    return np.append(minima.hashvalues, np.uint32(_figures(found)))


def signatures(texts: Iterable[str]) -> Signatures:
    """[texts, MINIMA + 1]"""
    found = [signature(text) for text in texts]
    return np.array(found, dtype=np.uint32).reshape(-1, MINIMA + 1)


def groups(held: Signatures, documents: npt.NDArray[np.int32]) -> Rows:
    """[passages]: the lowest row of the group of twins that each stands in; -1 for a passage without twins.

    held [passages, MINIMA + 1], documents [passages]. Twins of twins are twins. A group spans at least two
    documents. Who stands with whom does not depend on the order of the passages. Time is linear in their
    number, however many are alike.
    """
    found = np.full(len(held), -1, dtype=np.int64)
    rows = np.flatnonzero(held[:, 0] != _NONE)
    if not len(rows):
        return found
    keys = _keys(held)
    # Of passages with the very same signature one stands for all; they are in an order of their content.
    _, first, alike = np.unique(keys[0, rows], return_index=True, return_inverse=True)
    distinct = rows[first]
    component = _components(held, keys[1:, distinct], distinct)[alike]
    order = np.argsort(component, kind="stable")
    begins = np.flatnonzero(np.diff(component[order], prepend=-1))
    rows = rows[order]
    lowest, highest = (each.reduceat(documents[rows], begins) for each in (np.minimum, np.maximum))
    group = np.where(lowest < highest, rows[begins], -1)
    found[rows] = np.repeat(group, np.diff(begins, append=len(rows)))
    return found


def _components(held: Signatures, bands: Keys, rows: Rows) -> npt.NDArray[np.int32]:
    """[rows]: a number for each set of rows that pairs of twins connect. bands [BANDS, rows]."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    found = np.arange(len(rows), dtype=np.int32)
    for band in bands:
        pairs = _candidates(band)
        pairs = _verified(held, rows, pairs[:, found[pairs[0]] != found[pairs[1]]])
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


def _verified(held: Signatures, rows: Rows, pairs: Rows) -> Rows:
    """Those of pairs [2, n] that are twins."""
    kept = []
    for start in range(0, pairs.shape[1], _BLOCK):
        some = pairs[:, start : start + _BLOCK]
        equal = held[rows[some[0]]] == held[rows[some[1]]]
        kept.append(some[:, (equal[:, :MINIMA].mean(axis=1) >= LEAST_SHARE) & equal[:, MINIMA]])
    return np.concatenate(kept, axis=1) if kept else pairs


def _keys(held: Signatures) -> Keys:
    """[1 + BANDS, passages]: a digest of each whole signature, and of each band with the figures."""
    keys = np.empty((1 + BANDS, len(held)), dtype=np.uint64)
    for start in range(0, len(held), _BLOCK):
        keys[:, start : start + _BLOCK] = (held[start : start + _BLOCK].astype(np.uint64) @ _factors()).T
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


def _figures(folded: Iterable[str]) -> int:
    """32 bits that stand for the numbers and dates of a text, in their order."""
    told = [word for word in folded if word in _TELLING or any(char.isdigit() for char in word)]
    return zlib.crc32(" ".join(told).encode())


@cache
def _nothing() -> Any:
    """The MinHash of no shingles. Making one draws its permutations, so it is copied."""
    from datasketch import MinHash  # which brings all of scipy: most of a second

    return MinHash(num_perm=MINIMA, seed=1, hashfunc=zlib.crc32, scheme="affine32")
