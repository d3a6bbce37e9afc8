"""make calibrate: fit the curve that turns features into probabilities, for one model, on datasets.

Answerable questions are each dataset's own; unanswerable ones are its unanswerable.jsonl and the questions
of the other datasets, those on related subjects left out. Everything is fitted on all datasets but one and
reported on that one, then fitted on all of them.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression

from bench import datasets, measures
from bench.datasets import Ask, Dataset, DatasetError
from bench.eval import Remembering, prepare
from indexer import progress
from models import calibration
from models.errors import RepereError
from models.load import ModelChoice
from service.search import relevance
from service.search.answers import RankedPassage
from service.search.relevance import Calibration, coverage_weight, logistic
from service.search.searcher import Searcher

Floats = npt.NDArray[np.float64]
HITS = 10
MOST = 250
"""Questions of each kind that are asked, taken evenly."""
KINDS = {"answerable": 0.6, "near": 0.14, "far": 0.26}
"""Weight of each kind of question in a dataset: people mostly ask a corpus what it is about."""
LOST = 0.025
"""Share of answerable questions, mean over the datasets, that may fall below the class weak."""
CLAIMED = 0.25
"""Share of all near misses that may reach the class strong."""


@dataclass(frozen=True, slots=True)
class Sample:
    """Questions of one kind asked of one corpus."""

    name: str
    corpus: str
    """Name of the dataset that the corpus is of."""
    kind: str
    """A key of KINDS."""
    answers: Floats
    """[n, 3], a row a question: closeness and weighted coverage of its best hit, and whether it crosses."""
    hits: Floats
    """[m, 6], a row a hit below the best: these three, its score gap, whether it is right, and whether the
    dataset names several right documents for its question."""


def main(arguments: list[str] | None = None) -> int:
    """Fit, report and save; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m bench.calibrate", description=__doc__)
    parser.add_argument("datasets", type=Path, nargs="+", help="folders in BEIR's layout")
    parser.add_argument("--model", default="", help="sentence-transformers folder or hub name")
    parser.add_argument(
        "--related", default="", help="names of datasets on related subjects, parted by commas"
    )
    parser.add_argument("--ship", action="store_true", help="keep the result with the code, not in the cache")
    options = parser.parse_args(arguments)
    try:
        loaded = [datasets.load(path) for path in options.datasets]
        samples, fingerprint = collect(loaded, ModelChoice(options.model), options.related.split(","))
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


def collect(
    loaded: Sequence[Dataset], choice: ModelChoice, related: Collection[str] = ()
) -> tuple[list[Sample], str]:
    """Ask every kind of question of every corpus; return the samples and the model's fingerprint.

    Datasets on related subjects are not asked one another's questions: one may well answer the other's.
    """
    if any(data.documents is None for data in loaded):
        raise DatasetError("A file of questions has no corpus of its own; give folders in BEIR's layout.")
    samples, fingerprint = [], ""
    for data in loaded:
        with tempfile.TemporaryDirectory() as scratch:
            searcher = prepare(data, Path(), Path(scratch), choice)
            fingerprint = searcher.encoder.fingerprint
            samples.append(sample(searcher, data.name, "answerable", data.asks, data.qrels))
            for kind in ("near", "far"):
                asks = [ask for ask in data.unanswerable if (ask.kind == "near") == (kind == "near")]
                if asks:
                    samples.append(sample(searcher, data.name, kind, asks))
            for other in loaded:
                if other is not data and not {data.name, other.name} <= set(related):
                    searcher.encoder = Remembering(searcher.encoder, other)
                    samples.append(sample(searcher, data.name, "far", other.asks, asked=other.name))
    return samples, fingerprint


def sample(
    searcher: Searcher,
    corpus: str,
    kind: str,
    asks: Sequence[Ask],
    qrels: Mapping[str, Mapping[str, int]] | None = None,
    asked: str = "",
) -> Sample:
    """Ask the questions of one kind; with qrels they are answerable."""
    name = f"{corpus}, {asked or 'own'}, {kind}"
    asks = asks[:: max(1, len(asks) // MOST)]
    answers, hits = [], []
    for ask in progress.track(asks, len(asks), name):
        found = searcher.search(ask.text, HITS, per_source=HITS).hits
        if not found:
            continue
        answers.append(_features(found[0]))
        rights = (qrels or {}).get(ask.id, {})
        for hit in found[1:] if qrels else ():
            right = hit.entry.document.source in rights
            hits.append((*_features(hit), found[0].score - hit.score, right, len(rights) > 1))
    return Sample(
        name,
        corpus,
        kind,
        np.asarray(answers, float).reshape(-1, 3),
        np.asarray(hits, float).reshape(-1, 6),
    )


def _features(hit: RankedPassage) -> tuple[float, ...]:
    features = hit.features
    (weight,) = coverage_weight(np.array([features.coverage])).tolist()
    return features.closeness, weight, features.crosses


def fit(samples: Sequence[Sample]) -> Calibration:
    """Fit the curve within a language, the one across two, and what the gap of further hits takes from both.

    In every dataset each kind of question weighs as KINDS says. Near misses have no part in the curve across
    two languages: hardly a dataset has any. Raises DatasetError when there are questions, or hits, of one
    outcome only.
    """
    within = [replace(part, answers=part.answers[part.answers[:, 2] == 0]) for part in samples]
    across = [replace(part, answers=part.answers[part.answers[:, 2] == 1]) for part in samples]
    closeness, coverage, constant = _curve(within, [0, 1])
    try:
        cross_closeness, cross_constant = _curve([part for part in across if part.kind != "near"], [0])
    except DatasetError:  # all in one language: coverage is left out, for want of better
        cross_closeness, cross_constant = _curve(within, [0])
    fitted = Calibration(closeness, coverage, constant, cross_closeness, cross_constant, 0.0, 0.0, 1.0)
    fitted = replace(fitted, gap=_gap(np.concatenate([part.hits for part in samples]), fitted))
    return replace(fitted, weak=_weak(samples, fitted), strong=_strong(samples, fitted))


def _curve(samples: Sequence[Sample], columns: Sequence[int]) -> list[float]:
    """Return the logistic coefficients of some features, and the constant."""
    answers = np.concatenate([part.answers for part in samples])[:, columns]
    outcome = np.concatenate([np.full(len(part.answers), part.kind == "answerable") for part in samples])
    if len(set(outcome.tolist())) < 2:
        raise DatasetError(
            "Questions that the corpus answers and others that it does not are both needed. Give another"
            " dataset, or one with unanswerable.jsonl, or more questions."
        )
    scale = np.maximum(answers.std(axis=0), 1e-9)
    model = LogisticRegression(C=1.0).fit(answers / scale, outcome, _weights(samples))
    return [*(model.coef_[0] / scale).tolist(), float(model.intercept_[0])]


def _weights(samples: Sequence[Sample]) -> Floats:
    """Return the weight of each answer: a dataset's kinds weigh as KINDS says, samples of one kind alike."""
    weights = []
    for part in samples:
        alike = sum((other.corpus, other.kind) == (part.corpus, part.kind) for other in samples)
        count = max(len(part.answers), 1)
        weights.append(np.full(len(part.answers), 1000 * KINDS[part.kind] / (alike * count)))
    return np.concatenate(weights)


def _gap(hits: Floats, fitted: Calibration) -> float:
    """Return the logit that a unit of score gap costs a hit, by the least log loss on a grid.

    A dataset that names one right document for a question counts every other one that answers as wrong.
    Where there are questions with several, they alone are looked at.
    """
    if (several := hits[:, 5] > 0).any():
        hits = hits[several]
    right = hits[:, 4] > 0
    if len(set(right.tolist())) < 2:
        raise DatasetError("Hits that are right and hits that are not are both needed. Give more questions.")
    logits = _logits(hits, fitted)

    def loss(gap: float) -> float:
        probable = np.clip(logistic(logits + gap * hits[:, 3]), 1e-9, 1 - 1e-9)
        return -float(np.where(right, np.log(probable), np.log(1 - probable)).mean())

    return float(min(np.arange(-400.0, 1.0, 2.0).tolist(), key=loss))


def _logits(rows: Floats, fitted: Calibration) -> Floats:
    return relevance.logits(fitted, rows[:, 0], rows[:, 1], rows[:, 2] > 0)


def probabilities(rows: Floats, fitted: Calibration) -> Floats:
    """Return the probability of each best hit: features [n, 3] → [n]."""
    return logistic(_logits(rows, fitted))


def _weak(samples: Sequence[Sample], fitted: Calibration) -> float:
    """Return the highest threshold that loses no more than LOST of the questions that datasets answer."""
    probable = [probabilities(part.answers, fitted) for part in samples if part.kind == "answerable"]
    grid = np.arange(0.01, 0.5, 0.005).tolist()
    lost = {at: float(np.mean([(several < at).mean() for several in probable])) for at in grid}
    return float(max((at for at in grid if lost[at] <= LOST), default=grid[0]))


def _strong(samples: Sequence[Sample], fitted: Calibration) -> float:
    """Return the lowest threshold, 0.7 at least, that no more than CLAIMED of all near misses reach."""
    near = [probabilities(part.answers, fitted) for part in samples if part.kind == "near"]
    if not near:
        return 0.8
    probable = np.concatenate(near)
    grid = np.arange(0.7, 0.99, 0.005).tolist()
    return float(min((at for at in grid if (probable >= at).mean() <= CLAIMED), default=grid[-1]))


def report(samples: Sequence[Sample]) -> None:
    """Print how well each dataset is predicted by what was fitted on all the others."""
    corpora = list(dict.fromkeys(part.corpus for part in samples))
    head = f"{'questions':>11}{'none':>8}{'weak':>8}{'strong':>8}{'AUC':>8}{'ECE':>8}"
    print(f"\n{'each dataset by a curve fitted on the others':<52}{head}")
    for corpus in corpora:
        rest = [part for part in samples if part.corpus != corpus] if len(corpora) > 1 else samples
        fitted = fit(rest)
        own = [part for part in samples if part.corpus == corpus]
        answerable = np.concatenate([probabilities(p.answers, fitted) for p in own if p.kind == "answerable"])
        for part in own:
            probable = probabilities(part.answers, fitted)
            strong, none = (probable >= fitted.strong).mean(), (probable < fitted.weak).mean()
            line = f"  {part.name:<50}{len(probable):>11}{none:>8.1%}{1 - none - strong:>8.1%}{strong:>8.1%}"
            if part.kind != "answerable":
                outcomes = [True] * len(answerable) + [False] * len(probable)
                table = measures.reliability([*answerable, *probable], outcomes)
                error = measures.calibration_error(table)
                line += f"{measures.auc(answerable.tolist(), probable.tolist()):>8.3f}{error:>8.3f}"
            print(line)


if __name__ == "__main__":
    sys.exit(main())
