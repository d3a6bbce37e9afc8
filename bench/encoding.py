"""Encoding: our engine and sentence-transformers on torch fp32, turn by turn in one process.

Each turn gives both the same texts. On a machine that others use as well, a slow minute then slows both,
and medians over the turns forget it.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

from bench import material
from bench.datasets import Dataset
from bench.figures import Figure, Latency, Measured, latency
from bench.plan import Plan
from bench.processes import alone
from indexer import progress
from models.encoder import Encoder, Vectors
from models.load import ModelChoice

PAUSE = 0.1
"""Seconds between two turns: threads that wait by spinning for the next work give the cores back."""
PART = "Encoding"
FLOPS_PER_TOKEN = 12 * 2 * (4 * 384 * 384 + 2 * 384 * 1536)
"""Operations that the matrices of the default model take for a token, 42.5 million: twelve layers, each with
four matrices of attention and two that go to 1 536 dimensions and back; each weight multiplies and adds."""
MATRIX = 2048
"""Rows and columns of the matrices by whose product the machine's peak is measured."""


@dataclass(slots=True)
class _Engine:
    """One of the two engines, with what it took so far."""

    encoder: Encoder
    questions: list[float] = field(default_factory=list)
    """Seconds of each question."""
    rates: list[tuple[float, float, float]] = field(default_factory=list)
    """Tokens per second of passages, of units and of both, in each turn."""
    vectors: list[Vectors] = field(default_factory=list)

    def turn(self, asked: Sequence[str], passages: Sequence[str], units: Sequence[str]) -> None:
        """Encode questions one by one, then passages together, then units together."""
        vectors, tokens, seconds = [], [], []
        for text in asked:
            begun = time.perf_counter()
            vectors.append(self.encoder.queries([text]))
            self.questions.append(time.perf_counter() - begun)
        for group in passages, units:
            begun = time.perf_counter()
            vectors.append(self.encoder.passages(group))
            seconds.append(time.perf_counter() - begun)
            tokens.append(sum(self.encoder.count_tokens(group)))
        self.rates.append((tokens[0] / seconds[0], tokens[1] / seconds[1], sum(tokens) / sum(seconds)))
        self.vectors.append(np.concatenate(vectors))


@dataclass(frozen=True, slots=True)
class Speed:
    """Speed of one engine; rates are medians over the turns, without prompts and special tokens."""

    question: Latency
    """Latency of one question by itself."""
    passages: float
    """Tokens of passages per second."""
    units: float
    """Tokens of sentences and headings per second."""
    both: float
    """Tokens per second of passages and units, as many of each."""


@dataclass(frozen=True, slots=True)
class Compared:
    """Both engines, on the same texts."""

    ours: Speed
    baseline: Speed
    mean_cosine: float
    """Mean cosine between the vectors of the two, over all questions, passages and units."""
    least_cosine: float
    peak: float
    """Operations a second of the product of two large matrices in fp32, by NumPy; the best of the turns."""


def measure(data: Dataset, plan: Plan, _: Path) -> Measured:
    """Compare both engines on questions, passages and units of the dataset."""
    result = alone(compare, data, plan)
    ours, theirs = result.ours, result.baseline
    share, plain_share = (
        speed.passages * FLOPS_PER_TOKEN / result.peak * 100 for speed in (result.ours, result.baseline)
    )
    figures = [
        Figure(PART, "one question, p50", "ms", ours.question.p50, theirs.question.p50),
        Figure(PART, "one question, p99", "ms", ours.question.p99, theirs.question.p99),
        Figure(PART, "passages", "tokens/s", ours.passages, theirs.passages, "more"),
        Figure(PART, "sentences and headings", "tokens/s", ours.units, theirs.units, "more"),
        Figure(PART, "both, as many of each", "tokens/s", ours.both, theirs.both, "more"),
        Figure(PART, "matrix product of NumPy in fp32", "GFLOP/s", result.peak / 1e9),
        Figure(PART, "passages, share of it (8 bits may exceed it)", "%", share, plain_share, ""),
        Figure(PART, "cosine to fp32, mean", "", result.mean_cosine, 1.0, ""),
        Figure(PART, "cosine to fp32, least", "", result.least_cosine, 1.0, ""),
    ]
    return Measured(figures, asdict(result))


def compare(data: Dataset, plan: Plan) -> Compared:
    """Measure both engines in the process that calls this."""
    choice = ModelChoice()
    engines = [_Engine(choice.load()), _Engine(choice.load(fast=None))]
    texts = material.embedded(data.documents or [], engines[0].encoder)
    # One turn more, that both warm up on; every turn has a question and a passage.
    turns = min(plan.rounds + 1, len(texts.passages), len(data.asks))
    asked = material.spread([ask.text for ask in data.asks], turns * plan.turn_questions)
    passages = material.spread(texts.passages, turns * plan.turn_texts)
    units = material.spread(texts.units, turns * plan.turn_texts)
    peak = 0.0
    for turn in progress.track(range(turns), turns, "Encoding, turn by turn"):
        for engine in engines:
            time.sleep(PAUSE)
            engine.turn(asked[turn::turns], passages[turn::turns], units[turn::turns])
        time.sleep(PAUSE)
        peak = max(peak, matrix_peak())
    ours, theirs = (np.concatenate(engine.vectors) for engine in engines)
    cosines = (ours * theirs).sum(axis=1)
    warm_up = len(asked[::turns])
    first, second = (
        Speed(latency(engine.questions[warm_up:]), *np.median(engine.rates[1:], axis=0).tolist())
        for engine in engines
    )
    return Compared(first, second, float(cosines.mean()), float(cosines.min()), peak)


def matrix_peak(size: int = MATRIX) -> float:
    """Return the operations a second of one product of two square matrices of `size` in fp32."""
    matrix = np.random.default_rng(0).standard_normal((size, size), dtype=np.float32)
    begun = time.perf_counter()
    matrix @ matrix
    return 2 * size**3 / (time.perf_counter() - begun)
