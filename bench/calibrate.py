"""make calibrate: fit what turns scores into probabilities, for one model, on datasets of questions.

Answerable questions are each dataset's own; unanswerable ones are its unanswerable.jsonl and the questions
of the other datasets. Everything is fitted on one half of the questions and reported on the other, then
fitted on all of them.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression

from bench import datasets, measures
from bench.datasets import Dataset, DatasetError
from bench.eval import Remembering, prepare
from indexer import progress
from indexer.building import build as builder
from indexer.passages.embedding_texts import own_title
from indexer.store.open_index import open_index
from models import calibration
from models.encoder import Encoder, ModelChoice
from models.errors import RepereError
from service.search.relevance import Calibration, logistic, told
from service.search.searcher import Searcher

Floats = npt.NDArray[np.float64]
HITS = 10
MOST = 1000
"""Questions asked of each kind, taken evenly."""
ANSWERED = 0.7
"""Share of questions taken to have an answer: people mostly ask a corpus what it is about."""
SMALL, CORPORA = 8, 24
"""Documents of a small corpus, and how many such corpora are made of a dataset."""
WEAK, STRONG = 0.193, 0.8
"""Least probabilities of the classes. Below WEAK fall all six off-topic questions asked of the five seed
articles and one of thirty that they answer, which even in fp32 stands below one of the six: chosen, not
found."""


@dataclass(frozen=True, slots=True)
class Sample:
    """Questions of one kind asked of one corpus."""

    name: str
    answerable: bool
    halves: npt.NDArray[np.bool_]
    """[n]: which half each question belongs to."""
    answers: Floats
    """[n, 2]: closeness of the best hit, and what its coverage tells."""
    hits: Floats
    """[m, 3]: the same two and the gap, of every hit."""
    right: npt.NDArray[np.bool_]
    """[m]"""
    hit_halves: npt.NDArray[np.bool_]
    """[m]"""


def main(arguments: list[str] | None = None) -> int:
    """Fit, report and keep; its exit code."""
    parser = argparse.ArgumentParser(prog="python -m bench.calibrate", description=__doc__)
    parser.add_argument("datasets", type=Path, nargs="+", help="folders in BEIR's layout")
    parser.add_argument("--model", default="", help="sentence-transformers folder or hub name")
    parser.add_argument("--ship", action="store_true", help="keep the result with the code, not in the cache")
    options = parser.parse_args(arguments)
    try:
        loaded = [datasets.load(path) for path in options.datasets]
        samples, fingerprint = collect(loaded, ModelChoice(options.model))
        report(samples)
        fitted = fit(samples)
    except RepereError as error:
        print(error, file=sys.stderr)
        return 1
    print("\nFitted on all:", fitted)
    target = calibration.SHIPPED if options.ship else calibration.FITTED
    calibration.keep(fingerprint, {name: round(value, 4) for name, value in asdict(fitted).items()}, target)
    print(f"Kept for {fingerprint} in {target}; the next build of an index takes it.")
    return 0


def collect(loaded: Sequence[Dataset], choice: ModelChoice) -> tuple[list[Sample], str]:
    """Every kind of question, asked of every corpus; and the model's fingerprint."""
    if any(data.documents is None for data in loaded):
        raise DatasetError("A file of questions has no corpus of its own; give folders in BEIR's layout.")
    samples, fingerprint = [], ""
    for data in loaded:
        with tempfile.TemporaryDirectory() as scratch:
            searcher = prepare(data, Path(), Path(scratch), choice)
            fingerprint = searcher.encoder.fingerprint
            samples.append(sample(searcher, data, f"{data.name}, its questions", data.qrels))
            if data.unanswerable:
                samples.append(sample(searcher, data, f"{data.name}, its unanswerable", {}))
            for other in loaded:
                if other is not data:
                    searcher.encoder = Remembering(searcher.encoder, other)
                    samples.append(sample(searcher, other, f"{data.name}, asked {other.name}'s", {}))
            samples += small_corpora(searcher.encoder, data)
    return samples, fingerprint


def small_corpora(encoder: Encoder, data: Dataset) -> list[Sample]:
    """Corpora of a few documents, asked their own questions and others': the best of few is less near."""
    # Untitled documents are mostly pieces of a few articles: what another piece answers is no strange
    # question, but a near miss, which nothing here can tell from an answer.
    documents = [each for each in data.documents or [] if own_title(each)]
    own, strange = [], []
    for number in range(min(CORPORA, len(documents) // SMALL)):
        held = {each.source for each in documents[number * SMALL : (number + 1) * SMALL]}
        mine = [each for each in data.asks if held & set(data.qrels[each.id])]
        rest = [each for each in data.asks if not held & set(data.qrels[each.id])]
        others = rest[number :: max(1, len(rest) // max(1, len(mine)))]
        part = replace(data, documents=[each for each in documents if each.source in held])
        with tempfile.TemporaryDirectory() as scratch:
            builder.publish_documents(part.documents or [], part.name, Path(scratch), encoder)
            searcher = Searcher(encoder, open_index(Path(scratch), encoder.fingerprint))
            own.append(
                sample(searcher, replace(part, asks=mine), f"small {data.name}, its questions", data.qrels)
            )
            strange.append(
                sample(searcher, replace(part, asks=others), f"small {data.name}, asked others", {})
            )
    return [joined(each) for each in (own, strange) if any(len(part.halves) for part in each)]


def joined(samples: Sequence[Sample]) -> Sample:
    """Samples of one kind as one."""
    arrays = {
        name: np.concatenate([getattr(each, name) for each in samples if len(each.halves)])
        for name in ("halves", "answers", "hits", "right", "hit_halves")
    }
    return Sample(samples[0].name, samples[0].answerable, **arrays)


def sample(searcher: Searcher, data: Dataset, name: str, qrels: Mapping[str, Mapping[str, int]]) -> Sample:
    """Ask questions; with qrels they are answerable, without they are not."""
    asks = data.unanswerable if name.endswith("unanswerable") else data.asks
    asks = asks[:: max(1, len(asks) // MOST)]
    answers, hits, right, halves, hit_halves = [], [], [], [], []
    for each in progress.track(asks, len(asks), name):
        answer = searcher.search(each.text, HITS, per_source=HITS)
        if not answer.hits:
            continue
        half = zlib.crc32(each.id.encode()) % 2 == 0
        best = answer.hits[0]
        answers.append((best.features.closeness, told(best.features.coverage)))
        halves.append(half)
        for hit in answer.hits:
            hits.append((hit.features.closeness, told(hit.features.coverage), best.score - hit.score))
            right.append(hit.entry.document.source in qrels.get(each.id, {}))
            hit_halves.append(half)
    return Sample(
        name,
        bool(qrels),
        np.asarray(halves, bool),
        np.asarray(answers, float).reshape(-1, 2),
        np.asarray(hits, float).reshape(-1, 3),
        np.asarray(right, bool),
        np.asarray(hit_halves, bool),
    )


def fit(samples: Sequence[Sample], half: bool | None = None) -> Calibration:
    """Two logistic curves, one for answers and one for hits, on one half of the questions or on all.

    Each kind of question weighs the same, answerable ones ANSWERED together.
    """
    taken = [
        (each, np.ones(len(each.halves), bool) if half is None else each.halves == half) for each in samples
    ]
    features = np.concatenate([each.answers[mask] for each, mask in taken])
    outcome = np.concatenate([np.full(mask.sum(), each.answerable) for each, mask in taken])
    if len(set(outcome.tolist())) < 2:
        raise DatasetError(
            "Questions that the corpus answers and others that it does not are both needed, on both halves."
            " Give another dataset, or one with unanswerable.jsonl, or more questions."
        )
    kinds = Counter(each.answerable for each in samples)
    share = {True: ANSWERED, False: 1 - ANSWERED}
    weights = np.concatenate(
        [
            np.full(mask.sum(), share[each.answerable] / kinds[each.answerable] / max(mask.sum(), 1))
            for each, mask in taken
        ]
    )
    answer = _logistic(features, outcome, weights)
    masks = [
        np.ones(len(each.hit_halves), bool) if half is None else each.hit_halves == half for each in samples
    ]
    hits = np.concatenate([each.hits[mask] for each, mask in zip(samples, masks, strict=True)])
    right = np.concatenate([each.right[mask] for each, mask in zip(samples, masks, strict=True)])
    hit_weights = np.concatenate([np.full(mask.sum(), 1 / max(mask.sum(), 1)) for mask in masks])
    if len(set(right.tolist())) < 2:
        raise DatasetError("Hits that are right and hits that are not are both needed. Give more questions.")
    hit = _logistic(hits, right, hit_weights)
    return Calibration(answer[0], answer[1], answer[2], hit[0], hit[1], hit[2], hit[3], WEAK, STRONG)


def _logistic(features: Floats, outcome: npt.NDArray[np.bool_], weights: Floats) -> list[float]:
    model = LogisticRegression(C=1e6).fit(features, outcome, weights * len(weights) / weights.sum())
    return [*model.coef_[0].tolist(), float(model.intercept_[0])]


def report(samples: Sequence[Sample]) -> None:
    """What was fitted on one half, measured on the other."""
    fitted = {half: fit(samples, half) for half in (True, False)}
    given = {each.name: _held_back(each, fitted) for each in samples}
    print(f"\n{'answers, held back':<44}{'AUC':>7}{'answered at 5 %':>18}{'ECE':>8}")
    for yes in (each for each in samples if each.answerable):
        corpus = yes.name.split(",")[0]
        for no in (each for each in samples if not each.answerable and each.name.split(",")[0] == corpus):
            p, n = given[yes.name], given[no.name]
            table = measures.reliability([*p, *n], [True] * len(p) + [False] * len(n))
            print(
                f"  {no.name:<42}{measures.auc(p, n):>7.3f}{measures.answered_at(p, n):>18.1%}"
                f"{measures.calibration_error(table):>8.3f}"
            )
    for each in samples:
        halves = [fitted[not half] for half in each.hit_halves]
        p = [
            logistic(f.hit_closeness * z + f.hit_coverage * c + f.hit_gap * g + f.hit_constant)
            for f, (z, c, g) in zip(halves, each.hits, strict=True)
        ]
        error = measures.calibration_error(measures.reliability(p, each.right.tolist()))
        print(f"  hits of {each.name:<34}{'ECE':>8}{error:>8.3f}")


def _held_back(each: Sample, fitted: dict[bool, Calibration]) -> list[float]:
    found = []
    for half, (z, c) in zip(each.halves.tolist(), each.answers, strict=True):
        f = fitted[not half]
        found.append(logistic(f.answer_closeness * z + f.answer_coverage * c + f.answer_constant))
    return found


if __name__ == "__main__":
    sys.exit(main())
