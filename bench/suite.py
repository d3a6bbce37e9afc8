"""make eval SUITE=folder: ask every dataset in a folder; print one table of ranking and one of relevance."""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from statistics import fmean

import numpy as np

from bench import datasets, eval, material, measures
from bench.datasets import Ask, Dataset
from bench.eval import Evaluation, EvidenceCount
from bench.measures import Run
from indexer.building.settings import DEFAULT, BuildSettings
from indexer.records import Document
from models import languages
from models.encoder import Encoder
from models.errors import RepereError
from models.load import ModelChoice
from service.search.relevance import RelevanceClass

PLAIN = ("vectors", "bm25", "fusion")
LEAST_PART = 20
"""Questions that each part of a dataset must have in each language for parts to be slices of their own."""
Values = Mapping[str, float]
"""Question → nDCG@10."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """Tokens that a build embeds, without the model's prompts."""

    passages: int
    """Number of passages."""
    once: int
    """Tokens of the passages."""
    units: int
    """Tokens of their sentences and headings."""

    @property
    def a_passage(self) -> float:
        """Return the mean of tokens embedded of a passage."""
        return (self.once + self.units) / self.passages

    @property
    def times_once(self) -> float:
        """Return how many times the passages' own tokens are embedded."""
        return (self.once + self.units) / self.once


@dataclass(frozen=True, slots=True)
class Slice:
    """Questions of one dataset, part and language."""

    name: str
    values: Mapping[str, Sequence[float]]
    """System → nDCG@10 of each question."""

    def mean(self, system: str) -> float:
        """Return the mean nDCG@10 of a system."""
        return fmean(self.values[system])

    @property
    def difference(self) -> float:
        """Return how far ours lies above the best of the plain rankings."""
        return self.mean("ours") - max(map(self.mean, PLAIN))


@dataclass(frozen=True, slots=True)
class Judged:
    """The relevance of the answer to one question."""

    dataset: str
    pair: str
    """Language of the question > language of the passages."""
    kind: str
    """Answerable, near (unanswerable, but the corpus treats the subject) or far."""
    silent: bool
    """Whether nothing is said: the answer is of class none, or no hit is shown."""
    strong: bool
    probability: float | None
    """None where the model is not calibrated."""


@dataclass(frozen=True, slots=True)
class Result:
    """What is measured of one dataset."""

    name: str
    tokens: Tokens
    slices: Sequence[Slice]
    judged: Sequence[Judged]
    evidence: EvidenceCount


def main(arguments: list[str] | None = None) -> int:
    """Evaluate every dataset, print and save; return the exit code."""
    parser = eval.parser_of(__doc__)
    parser.add_argument("suite", type=Path, help="a folder of datasets")
    parser.add_argument("--runs", type=Path, default="runs", help="where runs are saved in TREC's format")
    parser.add_argument("--against", type=Path, help="a folder of earlier runs to compare with")
    options = parser.parse_args(arguments)
    choice = ModelChoice(options.model)
    try:
        results = [
            measure(data, options.corpus, choice, options.runs, options.against)
            for data in datasets.suite(options.suite)
        ]
    except RepereError as error:
        print(error, file=sys.stderr)
        return 1
    report_ranking(results)
    report_relevance([judged for result in results for judged in result.judged])
    for result in results:
        if result.evidence.questions:
            report_evidence(result)
    print(f"\nRuns saved in {options.runs}/ in TREC's format.")
    return 0


def measure(data: Dataset, corpus: Path, choice: ModelChoice, runs: Path, against: Path | None) -> Result:
    """Index and ask one dataset, compare it with an earlier run if there is one, and save the runs."""
    earlier = against / f"{data.name}.ours.trec" if against else None
    before = eval.read_trec(earlier) if earlier and earlier.is_file() else None
    documents = material.read(corpus) if data.documents is None else data.documents
    with tempfile.TemporaryDirectory() as scratch:
        searcher = eval.prepare(data, corpus, Path(scratch), choice)
        evaluation = eval.ask(searcher, data, eval.FEW)
        counted = eval.evidence(searcher, data)
    eval.write_runs(runs, data.name, evaluation.runs)
    if before is not None:
        print(f"\n{data.name}", end="")
        eval.compare(data, evaluation.runs["ours"], before)
    return Result(
        data.name,
        tokens_of(documents, searcher.encoder),
        slices_of(data, {system: values_of(run, data) for system, run in evaluation.runs.items()}),
        judge(data, documents, evaluation),
        counted,
    )


def values_of(run: Run, data: Dataset) -> Values:
    """Return the nDCG@10 of each question."""
    return measures.by_question(run, data.qrels)["nDCG@10"]


def tokens_of(documents: Sequence[Document], encoder: Encoder, settings: BuildSettings = DEFAULT) -> Tokens:
    """Count the tokens that a build of these documents embeds."""
    texts = material.embedded(documents, encoder, settings)
    once, units = (sum(encoder.count_tokens(several)) for several in (texts.passages, texts.units))
    return Tokens(len(texts.passages), once, units)


def slices_of(data: Dataset, values: Mapping[str, Values]) -> list[Slice]:
    """Return the slices of a dataset: by part and language, or by language where a part is too small."""

    def by(key: Callable[[Ask], str]) -> list[tuple[str, list[str]]]:
        groups = groupby(sorted(data.asks, key=key), key)
        return [(name, [ask.id for ask in asks]) for name, asks in groups]

    groups = by(lambda ask: f"{ask.part} {ask.language}".strip())
    if any(len(questions) < LEAST_PART for _, questions in groups):
        groups = by(lambda ask: ask.language)
    return [
        Slice(
            f"{data.name} {name}".strip(),
            {system: [given[question] for question in questions] for system, given in values.items()},
        )
        for name, questions in groups
    ]


def judge(data: Dataset, documents: Sequence[Document], evaluation: Evaluation) -> list[Judged]:
    """Return the relevance of every answer, beside the languages of the question and of the passages.

    Passages are in the language of the right document; of a question that has none, in the language of most
    documents. A question is in its language, where it is given, and in that of all the others together.
    """
    language_of = {document.source: document.metadata.language or "?" for document in documents}
    ((most, _),) = Counter(language_of.values()).most_common(1)
    asks = [*data.asks, *data.unanswerable]
    common = languages.detect("\n".join(ask.text for ask in asks if not ask.language)) or "?"
    judged = []
    for ask in asks:
        relevance = evaluation.relevances[ask.id]
        right = next(iter(data.qrels.get(ask.id, ())), "")
        judged.append(
            Judged(
                data.name,
                f"{ask.language or common} > {language_of.get(right, most)}",
                "answerable" if right else "near" if ask.kind == "near" else "far",
                ask.id not in evaluation.shown or not relevance.reaches(RelevanceClass.WEAK),
                relevance.label is RelevanceClass.STRONG,
                relevance.probability,
            )
        )
    return judged


def report_ranking(results: Sequence[Result]) -> None:
    """Print nDCG@10 by slice, and how many tokens are embedded."""
    slices = [part for result in results for part in result.slices]
    print("\nnDCG@10 by documents; ours with its 95 % bootstrap interval, and less the best plain ranking")
    print(
        f"{'slice':<26}{'questions':>9}  {'ours':<22}{'vectors':>9}{'BM25':>9}{'fusion':>9}{'difference':>12}"
    )
    for part in slices:
        ours = part.values["ours"]
        cells = "".join(f"{part.mean(system):>9.3f}" for system in PLAIN)
        print(
            f"{part.name:<26}{len(ours):>9}  {measures.bootstrap(ours)!s:<22}{cells}{part.difference:>+12.3f}"
        )
    means = {system: fmean(part.mean(system) for part in slices) for system in ("ours", *PLAIN)}
    best = means["ours"] - max(means[system] for system in PLAIN)
    cells = "".join(f"{means[system]:>9.3f}" for system in PLAIN)
    print(f"{f'mean of {len(slices)} slices':<35}  {means['ours']:<22.4f}{cells}{best:>+12.3f}")
    worst = min(slices, key=lambda part: part.difference)
    print(f"worst difference: {worst.difference:+.3f}, {worst.name}")
    print(
        f"\n{'tokens embedded':<26}{'passages':>9}{'once':>9}{'units':>9}{'a passage':>11}{'times once':>12}"
    )
    for name, tokens in [
        *((result.name, result.tokens) for result in results),
        ("all", total([result.tokens for result in results])),
    ]:
        counts = f"{tokens.passages:>9}{tokens.once:>9}{tokens.units:>9}"
        print(f"{name:<26}{counts}{tokens.a_passage:>11.0f}{tokens.times_once:>12.2f}")


def total(several: Iterable[Tokens]) -> Tokens:
    """Return the sum of several counts."""
    counts = [(tokens.passages, tokens.once, tokens.units) for tokens in several]
    return Tokens(*map(sum, zip(*counts, strict=True)))


def report_relevance(judged: Sequence[Judged]) -> None:
    """Print what is said to questions that have an answer and to others, and how far probabilities err."""
    if any(one.probability is None for one in judged):
        print("\nThe model is not calibrated: make calibrate fits its relevance.")
        return
    head = f"{'answerable: nothing':>22}{'far: nothing':>18}{'near: strong':>18}"
    print(f"\n{'relevance, question > passage':<32}{head}{'AUC':>8}{'ECE':>8}")
    by_dataset = {f"{one.dataset:<22}{one.pair}": (one.dataset, one.pair) for one in judged}
    for label, (dataset, pair) in by_dataset.items():
        _report_judged(label, [one for one in judged if (one.dataset, one.pair) == (dataset, pair)])
    print("all datasets")
    for pair in sorted({one.pair for one in judged}):
        _report_judged(f"{'':<22}{pair}", [one for one in judged if one.pair == pair])


def _report_judged(label: str, judged: Sequence[Judged]) -> None:
    kinds = {kind: [one for one in judged if one.kind == kind] for kind in ("answerable", "far", "near")}
    cells = [
        _share([one.silent for one in kinds["answerable"]], 22),
        _share([one.silent for one in kinds["far"]], 18),
        _share([one.strong for one in kinds["near"]], 18),
    ]
    chances = [one.probability or 0.0 for one in judged]
    outcomes = [one.kind == "answerable" for one in judged]
    if len(set(outcomes)) == 2:
        yes = [chance for chance, outcome in zip(chances, outcomes, strict=True) if outcome]
        no = [chance for chance, outcome in zip(chances, outcomes, strict=True) if not outcome]
        error = measures.calibration_error(measures.reliability(chances, outcomes))
        cells.append(f"{measures.auc(yes, no):>8.3f}{error:>8.3f}")
    print(f"{label:<32}{''.join(cells)}".rstrip())


def _share(outcomes: Collection[bool], width: int) -> str:
    """Return "n of m, share", aligned to the right; nothing where there are no outcomes."""
    if not outcomes:
        return " " * width
    return f"{f'{sum(outcomes)} of {len(outcomes)}, {fmean(outcomes):.1%}':>{width}}"


def report_evidence(result: Result) -> None:
    """Print how often the first hits of a file of questions hold what was looked for."""
    print(f"\n{result.name}", end="")
    eval.report_evidence(result.evidence)
    far = [one.silent for one in result.judged if one.kind == "far"]
    hidden = sum(one.silent for one in result.judged if one.kind == "answerable")
    print(f"Off-topic questions told nothing: {sum(far)} of {len(far)}; answerable ones: {hidden}.")


if __name__ == "__main__":
    # Once in many thousand searches a matrix product is flagged as invalid: it warns, and ends no long run.
    np.seterr(all="raise", under="ignore", invalid="warn")
    sys.exit(main())
