"""make calibrate: fit the curves that turn scores into probabilities, for one model, on datasets.

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
from models.encoder import Encoder
from models.errors import RepereError
from models.load import ModelChoice
from service.search.relevance import Calibration, logistic, told
from service.search.searcher import Searcher

Floats = npt.NDArray[np.float64]
HITS = 10
MOST = 1000
"""Questions of each kind that are asked, taken evenly."""
ANSWERED = 0.7
"""Share of questions taken to have an answer: people mostly ask a corpus what it is about."""
SMALL, CORPORA = 8, 24
"""Documents of a small corpus, and number of such corpora made of a dataset."""
WEAK, STRONG = 0.193, 0.8
"""Least probabilities of the classes. Below WEAK fall all six off-topic questions asked of the five seed
articles and one of thirty that they answer, which even in fp32 stands below one of the six: chosen, not
found."""


@dataclass(frozen=True, slots=True)
class Sample:
    """Questions of one kind asked of one corpus."""

    name: str
    answerable: bool
    answers: Floats
    """[n, 3], a row per question: its half (0 or 1), closeness and weighted coverage of its best hit."""
    hits: Floats
    """[m, 5], a row per hit: half of its question, whether it is right, closeness, coverage, score gap."""

    def of_half(self, half: int) -> Sample:
        """Return the questions of one half."""
        answers, hits = (rows[rows[:, 0] == half] for rows in (self.answers, self.hits))
        return replace(self, answers=answers, hits=hits)


def main(arguments: list[str] | None = None) -> int:
    """Fit, report and save; return the exit code."""
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
    """Ask every kind of question of every corpus; return the samples and the model's fingerprint."""
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
    """Ask corpora of a few documents their own questions and others': the best of few is less near."""
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
    return [joined(kind) for kind in (own, strange) if any(len(part.answers) for part in kind)]


def joined(samples: Sequence[Sample]) -> Sample:
    """Join samples of one kind."""
    answers = np.concatenate([part.answers for part in samples])
    return replace(samples[0], answers=answers, hits=np.concatenate([part.hits for part in samples]))


def sample(searcher: Searcher, data: Dataset, name: str, qrels: Mapping[str, Mapping[str, int]]) -> Sample:
    """Ask the questions of one kind; with qrels they are answerable, without they are not."""
    asks = data.unanswerable if name.endswith("unanswerable") else data.asks
    asks = asks[:: max(1, len(asks) // MOST)]
    answers, hits = [], []
    for ask in progress.track(asks, len(asks), name):
        found = searcher.search(ask.text, HITS, per_source=HITS).hits
        half = zlib.crc32(ask.id.encode()) % 2
        for hit in found:
            features = (hit.features.closeness, told(hit.features.coverage))
            right = hit.entry.document.source in qrels.get(ask.id, {})
            hits.append((half, right, *features, found[0].score - hit.score))
            if hit is found[0]:
                answers.append((half, *features))
    return Sample(
        name, bool(qrels), np.asarray(answers, float).reshape(-1, 3), np.asarray(hits, float).reshape(-1, 5)
    )


def fit(samples: Sequence[Sample]) -> Calibration:
    """Fit two logistic curves, one for answers and one for hits.

    Each kind of question weighs the same, answerable ones ANSWERED together. Raises DatasetError when there
    are questions, or hits, of one outcome only.
    """
    kinds = Counter(part.answerable for part in samples)
    share = {kind: (ANSWERED if kind else 1 - ANSWERED) / count for kind, count in kinds.items()}
    outcome = np.concatenate([np.full(len(part.answers), part.answerable) for part in samples])
    if len(set(outcome.tolist())) < 2:
        raise DatasetError(
            "Questions that the corpus answers and others that it does not are both needed, on both halves."
            " Give another dataset, or one with unanswerable.jsonl, or more questions."
        )
    answers, hits = (
        np.concatenate(rows) for rows in zip(*((s.answers, s.hits) for s in samples), strict=True)
    )
    if len(set(hits[:, 1].tolist())) < 2:
        raise DatasetError("Hits that are right and hits that are not are both needed. Give more questions.")
    weights = _weights([(share[part.answerable], len(part.answers)) for part in samples])
    hit_weights = _weights([(1.0, len(part.hits)) for part in samples])
    curves = _logistic("answer", answers[:, 1:], outcome, weights)
    curves |= _logistic("hit", hits[:, 2:], hits[:, 1] > 0, hit_weights)
    return Calibration(**curves, weak=WEAK, strong=STRONG)


def _weights(shares: Sequence[tuple[float, int]]) -> Floats:
    """Return weights: each (share, count) becomes `count` equal weights that add up to the share."""
    return np.concatenate([np.full(count, share / max(count, 1)) for share, count in shares])


def _logistic(
    name: str, features: Floats, outcome: npt.NDArray[np.bool_], weights: Floats
) -> dict[str, float]:
    """Fit the coefficients of one curve, by their names in Calibration."""
    model = LogisticRegression(C=1e6).fit(features, outcome, weights * len(weights) / weights.sum())
    coefficients = zip(("closeness", "coverage", "gap"), model.coef_[0].tolist(), strict=False)
    fitted = {f"{name}_{feature}": value for feature, value in coefficients}
    return fitted | {f"{name}_constant": float(model.intercept_[0])}


def report(samples: Sequence[Sample]) -> None:
    """Print how well each half is predicted by what was fitted on the other."""
    fitted = [fit([part.of_half(half) for part in samples]) for half in (1, 0)]  # by the half it predicts
    predicted = {part.name: _held_back(part, fitted) for part in samples}
    print(f"\n{'answers, held back':<44}{'AUC':>7}{'answered at 5 %':>18}{'ECE':>8}")
    for yes in (part for part in samples if part.answerable):
        corpus = yes.name.split(",")[0]
        for no in (part for part in samples if not part.answerable and part.name.split(",")[0] == corpus):
            p, n = predicted[yes.name], predicted[no.name]
            table = measures.reliability([*p, *n], [True] * len(p) + [False] * len(n))
            print(
                f"  {no.name:<42}{measures.auc(p, n):>7.3f}{measures.answered_at(p, n):>18.1%}"
                f"{measures.calibration_error(table):>8.3f}"
            )
    for part in samples:
        curves = [fitted[int(half)] for half in part.hits[:, 0]]
        p = [
            logistic(f.hit_closeness * z + f.hit_coverage * c + f.hit_gap * g + f.hit_constant)
            for f, (z, c, g) in zip(curves, part.hits[:, 2:].tolist(), strict=True)
        ]
        error = measures.calibration_error(measures.reliability(p, (part.hits[:, 1] > 0).tolist()))
        print(f"  hits of {part.name:<34}{'ECE':>8}{error:>8.3f}")


def _held_back(part: Sample, fitted: Sequence[Calibration]) -> list[float]:
    """Return the probability of each answer by the curve that was fitted on the other half."""
    curves = [fitted[int(half)] for half in part.answers[:, 0]]
    return [
        logistic(f.answer_closeness * z + f.answer_coverage * c + f.answer_constant)
        for f, (z, c) in zip(curves, part.answers[:, 1:].tolist(), strict=True)
    ]


if __name__ == "__main__":
    sys.exit(main())
