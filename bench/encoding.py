"""Encoding: our engine and sentence-transformers on torch fp32, turn by turn in one process.

Each turn gives both the same texts. On a machine that others use as well, a slow minute then slows both,
and medians over the turns forget it.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field

import numpy as np

from bench import texts
from bench.child import alone
from bench.datasets import Dataset
from bench.figures import Figure, Measured
from bench.plan import Plan
from bench.times import Latency, latency
from indexer import progress
from models import encoder as models
from models.encoder import Encoder, ModelChoice, SentenceTransformersEncoder, Vectors

PAUSE = 0.1
"""Seconds between two turns: threads that wait by spinning for the next work give the cores back."""
PART = "Encoding"


@dataclass(slots=True)
class _Engine:
    """One of the two, with what it took so far."""

    encoder: Encoder
    questions: list[float] = field(default_factory=list)
    """Seconds of each question."""
    passages: list[float] = field(default_factory=list)
    """Tokens a second, of each turn."""
    units: list[float] = field(default_factory=list)
    both: list[float] = field(default_factory=list)
    vectors: list[Vectors] = field(default_factory=list)

    def turn(self, asked: Sequence[str], passages: Sequence[str], units: Sequence[str]) -> None:
        """Questions one by one, then passages together, then units together."""
        found = []
        for text in asked:
            begun = time.perf_counter()
            found.append(self.encoder.queries([text]))
            self.questions.append(time.perf_counter() - begun)
        tokens, seconds = [], []
        for group in passages, units:
            begun = time.perf_counter()
            found.append(self.encoder.passages(group))
            seconds.append(time.perf_counter() - begun)
            tokens.append(sum(self.encoder.count_tokens(group)))
        self.passages.append(tokens[0] / seconds[0])
        self.units.append(tokens[1] / seconds[1])
        self.both.append(sum(tokens) / sum(seconds))
        self.vectors.append(np.concatenate(found))


@dataclass(frozen=True, slots=True)
class Speed:
    """One engine's."""

    question: Latency
    """Of one question by itself."""
    passages: float
    """Tokens a second, median over the turns; prompts and special tokens do not count."""
    units: float
    both: float
    """Passages and units, as many of each."""


@dataclass(frozen=True, slots=True)
class Compared:
    """Both engines, on the same texts."""

    ours: Speed
    baseline: Speed
    mean_cosine: float
    """Between the vectors of the two, over all questions, passages and units."""
    least_cosine: float


def measure(data: Dataset, plan: Plan) -> Measured:
    """Both engines over questions, passages and units of the dataset."""
    found = alone(compare, data, plan)
    ours, theirs = found.ours, found.baseline
    figures = [
        Figure(PART, "one question, p50", "ms", ours.question.p50, theirs.question.p50),
        Figure(PART, "one question, p99", "ms", ours.question.p99, theirs.question.p99),
        Figure(PART, "passages", "tokens/s", ours.passages, theirs.passages, "more"),
        Figure(PART, "sentences and their parts", "tokens/s", ours.units, theirs.units, "more"),
        Figure(PART, "both, as many of each", "tokens/s", ours.both, theirs.both, "more"),
        Figure(PART, "cosine to fp32, mean", "", found.mean_cosine, 1.0, ""),
        Figure(PART, "cosine to fp32, least", "", found.least_cosine, 1.0, ""),
    ]
    return Measured(figures, asdict(found))


def compare(data: Dataset, plan: Plan) -> Compared:
    """The measurement itself, in the process that calls it."""
    choice = ModelChoice()
    engines = [
        _Engine(models.load(choice)),
        _Engine(SentenceTransformersEncoder(models.model_folder(choice), choice)),
    ]
    held = texts.embedded(data.documents or [], engines[0].encoder)
    # One turn more, that both warm up on; every turn has a question and a passage.
    turns = min(plan.rounds + 1, len(held.passages), len(data.asks))
    asked = texts.spread([each.text for each in data.asks], turns * plan.turn_questions)
    passages = texts.spread(held.passages, turns * plan.turn_texts)
    units = texts.spread(held.units, turns * plan.turn_texts)
    for turn in progress.track(range(turns), turns, "Encoding, turn by turn"):
        for engine in engines:
            time.sleep(PAUSE)
            engine.turn(asked[turn::turns], passages[turn::turns], units[turn::turns])
    ours, theirs = (np.concatenate(engine.vectors) for engine in engines)
    cosines = (ours * theirs).sum(axis=1)
    first, second = (_speed(engine, len(asked[::turns])) for engine in engines)
    return Compared(first, second, float(cosines.mean()), float(cosines.min()))


def _speed(engine: _Engine, warming: int) -> Speed:
    """Without the turn that warmed it up."""
    return Speed(
        latency(engine.questions[warming:]),
        float(np.median(engine.passages[1:])),
        float(np.median(engine.units[1:])),
        float(np.median(engine.both[1:])),
    )
