"""Pure functions: what is known of the candidates → one score each, and the order they are shown in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from indexer.records import PassageKind
from indexer.store.passage_table import kind_code

Floats = npt.NDArray[np.float32]

UNIT_WEIGHT = 0.5
"""Share of the best sentence in the dense score; the rest is the passage's."""
COMMON_SHARE = 0.4
"""How much of the mean question is taken out of every question."""
LEXICAL_WEIGHT = 0.05
"""Worth of holding every word of the question, on the scale of cosines.

More helps where questions repeat the words of the passage, as they do in a benchmark whose questions were
written with the passage on the screen, and harms where they do not (docs/ranking.md).
"""
KIND_COST = 0.01
"""Cost, on the scale of cosines, of being a list of references or contents rather than text.

Such a list holds the words of many questions and answers hardly any. A question for the list itself, by the
title or authors of a cited work, is nearer to it than that (docs/ranking.md).
"""
COSTLY_KINDS = (PassageKind.REFERENCES, PassageKind.CONTENTS)
K1, B = 0.4, 0.75
"""BM25's constants. A low k1: that a passage says a word again matters little beside that it says it."""


@dataclass(frozen=True, slots=True)
class RankingSettings:
    """Weights of the ingredients of a score, and which readings of a question are tried."""

    unit_weight: float = UNIT_WEIGHT
    common_share: float = COMMON_SHARE
    lexical_weight: float = LEXICAL_WEIGHT
    prefix: bool = True
    """Whether the terms of the prefix analysis score, beside those of the stemming ones."""
    acronyms: bool = True
    """Whether acronyms are also tried written out, and long forms cut short."""
    corrections: bool = True
    """Whether words that no passage holds are also tried as the nearest corpus words."""
    kind_cost: float = KIND_COST
    weak: float | None = None
    """Least probability of the class weak; None: the one that the model was calibrated with."""


SETTINGS = RankingSettings()


def centred(queries: Floats, mean_query: Floats, share: float = COMMON_SHARE) -> Floats:
    """queries [v, dim] without their share of what all questions have in common, mean_query [dim].

    Questions resemble one another as questions; taken out in part, the resemblance no longer favours
    passages that merely sound like an answer. Not rescaled: scores of one question are compared.
    """
    return queries - np.float32(share) * mean_query


def dense(passages: Floats, units: Floats, weight: float = UNIT_WEIGHT) -> Floats:
    """(1 - weight) · passages + weight · units; cosines of the passage and its best unit."""
    mixed: Floats = np.float32(1 - weight) * passages + np.float32(weight) * units
    return mixed


def bm25(weights: Floats, lengths: Floats, mean_length: float, idf: Floats) -> Floats:
    """BM25 over its upper bound, in [0, 1]: weights [n, terms], lengths [n], idf [terms] → [n].

    score[i] = Σ_t idf[t] · w[i,t] · (k1 + 1) / (w[i,t] + k1 · (1 - b + b · length[i] / mean)), and its bound
    (k1 + 1) · Σ_t idf[t] needs nothing but the question and the document frequencies. So a question in
    another language, few of whose words any passage holds, gets little from words, where a scale taken
    from the candidates would give their noise a full vote (Bruch, Gai, Ingber, "An Analysis of Fusion
    Functions for Hybrid Retrieval", TOIS 2023).
    """
    total = float(idf.sum())
    if not total:
        return np.zeros(len(weights), dtype=np.float32)
    penalty = K1 * (1 - B + B * lengths / max(mean_length, 1e-9))
    saturated = weights * np.float32(K1 + 1) / (weights + penalty[:, None])
    score: Floats = (_product(saturated, idf) / np.float32((K1 + 1) * total)).astype(np.float32)
    return score


def coverage(weights: Floats, idf: Floats) -> Floats:
    """Share, by idf, of the question's terms that each passage holds: weights [n, terms] → [n] in [0, 1]."""
    total = float(idf.sum())
    if not total:
        return np.zeros(len(weights), dtype=np.float32)
    share: Floats = (_product(weights > 0, idf) / np.float32(total)).astype(np.float32)
    return share


def _product(rows: npt.NDArray[Any], column: Floats) -> Floats:
    """rows @ column, finite both: lanes of the processor that hold nothing may raise its flag "invalid"."""
    with np.errstate(invalid="ignore"):
        product: Floats = rows @ column
    return product


def shares(
    passage: float, unit: float, lexical: float, settings: RankingSettings = SETTINGS
) -> tuple[float, float, float]:
    """Return what each feature adds to the combined score of one passage."""
    weight = settings.unit_weight
    return (1 - weight) * passage, weight * unit, settings.lexical_weight * lexical


def combined(dense_scores: Floats, lexical: Floats, weight: float = LEXICAL_WEIGHT) -> Floats:
    """dense + weight · lexical: one score, on a scale that does not depend on the candidates."""
    scores: Floats = dense_scores + np.float32(weight) * lexical
    return scores


def kind_costs(kinds: npt.NDArray[np.uint8], cost: float = KIND_COST) -> Floats:
    """Return what each passage's kind takes from its score: kinds [n], codes as kind_code returns → [n]."""
    return np.where(_COSTLY[kinds], np.float32(cost), np.float32(0))


_COSTLY = np.isin([kind_code(kind) for kind in PassageKind], [kind_code(kind) for kind in COSTLY_KINDS])
"""[kinds]: whether the kind of a code costs something."""


def order(scores: Floats, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Places of the scores, best first; equal scores in the order of the index."""
    return np.lexsort((rows, -scores))


def folded(
    order: npt.NDArray[np.int64],
    groups: npt.NDArray[np.int64],
    preference: npt.NDArray[np.int64] | None = None,
) -> npt.NDArray[np.int64]:
    """Return the places of order with only one member of each group, where the first of the group stood.

    groups [n]: the group of each place that order may name, -1 where it is in none. preference [n]: the
    member of the highest preference stands for its group, the first of equals; without it, the first.
    """
    group_of = groups[order]
    if group_of.max(initial=-1) < 0:
        return order
    first = np.unique(group_of, return_index=True)[1]
    keep = group_of < 0
    keep[first] = True
    if preference is None:
        return order[keep]
    best = order.copy()
    # By group, the most preferred first, and then in order: what begins each group stands for it.
    ranked = np.lexsort((np.arange(len(order)), -preference[order], group_of))
    begins = ranked[np.unique(group_of[ranked], return_index=True)[1]]
    best[first] = order[begins]
    alone = group_of < 0
    best[alone] = order[alone]
    return best[keep]


def diverse(documents: Sequence[int], per_source: int, count: int) -> list[int]:
    """The first `count` places at which no document has been taken more than `per_source` times."""
    taken: dict[int, int] = {}
    places: list[int] = []
    for place, document in enumerate(documents):
        if len(places) == count:
            break
        if taken.get(document, 0) < per_source:
            taken[document] = taken.get(document, 0) + 1
            places.append(place)
    return places


def grouped(documents: Sequence[int], per_source: int) -> list[list[int]]:
    """Places of each document, at most `per_source` of them; documents in the order of their first places."""
    groups: dict[int, list[int]] = {}
    for place, document in enumerate(documents):
        group = groups.setdefault(document, [])
        if len(group) < per_source:
            group.append(place)
    return list(groups.values())
